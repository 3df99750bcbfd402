package settings

import (
	"net/url"
	"slices"
	"strings"

	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// cloud is one of Microsoft's clouds. A tenant lives in one of them; its
// tokens are good for nothing in another.
type cloud struct {
	name     string
	login    []string // sign-in hosts, the usual one first
	graphURL string   // the default of graph_url there
	ewsURL   string   // the default of ews_url there
	ews      []string // further hosts of EWS
}

// clouds are Microsoft's, from "National cloud deployments" (Microsoft Graph)
// and "Office 365 U.S. Government DoD endpoints". The two clouds of the US
// government share the sign-in host.
var clouds = []cloud{
	{
		name:     words.CloudPublic,
		login:    []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
		graphURL: "https://graph.microsoft.com/v1.0",
		ewsURL:   "https://outlook.office365.com/EWS/Exchange.asmx",
		ews:      []string{"outlook.office.com"},
	},
	{
		name:     words.CloudUS,
		login:    []string{"login.microsoftonline.us"},
		graphURL: "https://graph.microsoft.us/v1.0",
		ewsURL:   "https://outlook.office365.us/EWS/Exchange.asmx",
	},
	{
		name:     words.CloudUSDoD,
		login:    []string{"login.microsoftonline.us"},
		graphURL: "https://dod-graph.microsoft.us/v1.0",
		ewsURL:   "https://outlook-dod.office365.us/EWS/Exchange.asmx",
		ews:      []string{"webmail.apps.mil"},
	},
	{
		name:     words.CloudChina,
		login:    []string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
		graphURL: "https://microsoftgraph.chinacloudapi.cn/v1.0",
		ewsURL:   "https://partner.outlook.cn/EWS/Exchange.asmx",
	},
}

// The two ways in which a host of a service belongs to a cloud.
func (c cloud) hasGraph(host string) bool { return host == hostOf(c.graphURL) }
func (c cloud) hasEWS(host string) bool {
	return host == hostOf(c.ewsURL) || slices.Contains(c.ews, host)
}

// find returns the first cloud for which has answers true.
func find(has func(cloud) bool) (cloud, bool) {
	i := slices.IndexFunc(clouds, has)
	if i < 0 {
		return cloud{}, false
	}
	return clouds[i], true
}

// GraphScope returns the OAuth scope to ask a token for Microsoft Graph with:
// all consented permissions on the server in graph_url; on that of the public
// cloud where graph_url names a server that is not Microsoft's.
func (s Settings) GraphScope() string {
	return scope(hostOf(s.GraphURL), cloud.hasGraph, clouds[0].graphURL)
}

// EWSScope returns the OAuth scope to ask a token for Exchange Web Services
// with, by the same rule as GraphScope.
func (s Settings) EWSScope() string {
	return scope(hostOf(s.EWSURL), cloud.hasEWS, clouds[0].ewsURL)
}

func scope(host string, has func(cloud, string) bool, otherwise string) string {
	if _, microsoft := find(func(c cloud) bool { return has(c, host) }); !microsoft {
		host = hostOf(otherwise)
	}
	return "https://" + host + "/.default"
}

// checkCloud reports services that lie in another cloud than the sign-in
// server, and warns of servers that are not Microsoft's and would get tokens
// for Microsoft's services.
func (s Settings) checkCloud(r *reader) {
	// The clouds that fit all that was looked at so far; none where the tokens
	// come from a server of one's own, which may serve what it likes.
	var home []cloud
	for _, c := range clouds {
		if slices.Contains(c.login, hostOf(s.Authority)) {
			home = append(home, c)
		}
	}
	if home == nil {
		return
	}
	check := func(key, address string, has func(cloud, string) bool, fitting func(cloud) string) {
		host := hostOf(address)
		at, known := find(func(c cloud) bool { return has(c, host) })
		switch {
		case !known && !transport.Loopback(host):
			r.warn(key, words.NotMicrosofts)
		case known && !slices.ContainsFunc(home, func(c cloud) bool { return c.name == at.name }):
			r.problem(key, words.OtherCloudThan, words.Fill(at.name), words.Fill(home[0].name), fitting(home[0]))
		case known:
			home = []cloud{at}
		}
	}
	if s.Source != EWS {
		check("graph_url", s.GraphURL, cloud.hasGraph, func(c cloud) string { return c.graphURL })
	}
	if s.Source != Graph {
		check("ews_url", s.EWSURL, cloud.hasEWS, func(c cloud) string { return c.ewsURL })
	}
}

// hostOf returns the lower-case host of an address, without its port; "" where
// it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
