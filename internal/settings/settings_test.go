package settings

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
)

// good are the least values that Microsoft 365 works with.
var good = map[string]string{
	"tenant_id":     "aaaaaaaa-1111-2222-3333-444444444444",
	"client_id":     "bbbbbbbb-1111-2222-3333-444444444444",
	"client_secret": "Xy8~correct.horse-battery_staple",
}

// own are the least values that an Exchange server of one's own works with.
var own = map[string]string{
	"office365":    "false",
	"ews_url":      "https://mail.example.org/EWS/Exchange.asmx",
	"ews_username": `EXAMPLE\contactsync`,
	"ews_password": "pa55 word",
}

// with returns base with the given keys and values changed.
func with(base map[string]string, pairs ...string) map[string]string {
	m := maps.Clone(base)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func without(base map[string]string, keys ...string) map[string]string {
	m := maps.Clone(base)
	for _, k := range keys {
		delete(m, k)
	}
	return m
}

func mustLoad(t *testing.T, values map[string]string) Settings {
	t.Helper()
	s, err := Load(values)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return s
}

func TestDefaults(t *testing.T) {
	s := mustLoad(t, good)
	secret := s.ClientSecret
	s.ClientSecret = Secret{}
	want := Settings{
		TenantID: good["tenant_id"], ClientID: good["client_id"], Office365: true, Source: Auto,
		Authority: "https://login.microsoftonline.com",
		GraphURL:  "https://graph.microsoft.com/v1.0",
		EWSURL:    "https://outlook.office365.com/EWS/Exchange.asmx",

		PhonebookName: "Privat", DefaultRegion: "DE", Workers: 4,
		LDAP: LDAP{
			URL: "ldapi:///", StartTLS: true,
			GroupFilter:     "(&(objectClass=groupOfNames)(description=ews_synccontacts=true))",
			MemberAttribute: "member", UIDAttribute: "uid", MailAttribute: "mail",
		},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("defaults\n got %+v\nwant %+v", s, want)
	}
	if secret.Reveal() != good["client_secret"] {
		t.Error("the secret is not the one that was stored")
	}
	if s.Proxy() != nil {
		t.Error("a proxy out of nothing")
	}
}

// TestValues gives each key a value and looks at the setting.
func TestValues(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key, value string
		got        func(Settings) any
		want       any
	}{
		{"tenant_id", "CONTOSO.onmicrosoft.com", func(s Settings) any { return s.TenantID }, "contoso.onmicrosoft.com"},
		{"tenant_id", "AAAAAAAA-1111-2222-3333-444444444444", func(s Settings) any { return s.TenantID }, "aaaaaaaa-1111-2222-3333-444444444444"},
		{"tenant_id", "xn--mller-kva.de", func(s Settings) any { return s.TenantID }, "xn--mller-kva.de"},
		{"client_secret", "\ufeff \u00a0a~b\r\n", func(s Settings) any { return s.ClientSecret.Reveal() }, "a~b"},
		{"client_secret_expires", "2027-03-31", func(s Settings) any { return s.ClientSecretExpires }, time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)},
		{"client_certificate", "/etc/app.pem", func(s Settings) any { return s.ClientCertificate }, "/etc/app.pem"},
		{"office365", " Ja\n", func(s Settings) any { return s.Office365 }, true},
		{"source", "Graph", func(s Settings) any { return s.Source }, Graph},
		{"source", "ews", func(s Settings) any { return s.Source }, EWS},
		{"phonebookname", "\tPrivat – Büro\u200b ", func(s Settings) any { return s.PhonebookName }, "Privat – Büro"},
		{"phonebookname", " ", func(s Settings) any { return s.PhonebookName }, "Privat"},
		{"contact_folders", "all", func(s Settings) any { return s.AllFolders }, true},
		{"skip_without_number", "yes", func(s Settings) any { return s.SkipWithoutNumber }, true},
		{"include_notes", "1", func(s Settings) any { return s.IncludeNotes }, true},
		{"include_notes", "nein", func(s Settings) any { return s.IncludeNotes }, false},
		{"default_region", "at", func(s Settings) any { return s.DefaultRegion }, "AT"},
		{"default_area_code", "30", func(s Settings) any { return s.DefaultAreaCode }, "30"},
		{"default_area_code", "(030) ", func(s Settings) any { return s.DefaultAreaCode }, "30"},
		{"leavers", "delete", func(s Settings) any { return s.DeleteLeavers }, true},
		{"authority", "https://login.microsoftonline.com/", func(s Settings) any { return s.Authority }, "https://login.microsoftonline.com"},
		{"authority", "https://127.0.0.1:8443", func(s Settings) any { return s.Authority }, "https://127.0.0.1:8443"},
		{"graph_url", "http://[::1]:8080/v1.0/", func(s Settings) any { return s.GraphURL }, "http://[::1]:8080/v1.0"},
		{"graph_url", "https://Graph.Microsoft.com/beta", func(s Settings) any { return s.GraphURL }, "https://graph.microsoft.com/beta"},
		{"ews_url", "http://localhost:8080/EWS/Exchange.asmx", func(s Settings) any { return s.EWSURL }, "http://localhost:8080/EWS/Exchange.asmx"},
		{"ca_file", ca, func(s Settings) any { return s.CAFile }, ca},
		{"proxy_url", "http://proxy.example.org:3128/", func(s Settings) any { return s.ProxyURL }, "http://proxy.example.org:3128"},
		{"workers", "64", func(s Settings) any { return s.Workers }, 64},
		{"ldap_url", "ldap://ldap.example.org/", func(s Settings) any { return s.LDAP.URL }, "ldap://ldap.example.org"},
		{"ldap_url", "LDAPS://ldap.example.org:1636", func(s Settings) any { return s.LDAP.URL }, "ldaps://ldap.example.org:1636"},
		{"ldap_url", "ldapi://%2Frun%2Fslapd%2Fldapi", func(s Settings) any { return s.LDAP.URL }, "ldapi:///run/slapd/ldapi"},
		{"ldap_url", "ldapi:///run/slapd/ldapi", func(s Settings) any { return s.LDAP.URL }, "ldapi:///run/slapd/ldapi"},
		{"ldap_starttls", "false", func(s Settings) any { return s.LDAP.StartTLS }, false},
		{"ldap_base_dn", "dc=example,dc=org", func(s Settings) any { return s.LDAP.BaseDN }, "dc=example,dc=org"},
		{"ldap_group_filter", "(cn=phones*)", func(s Settings) any { return s.LDAP.GroupFilter }, "(cn=phones*)"},
		{"ldap_member_attribute", "memberUid", func(s Settings) any { return s.LDAP.MemberAttribute }, "memberUid"},
		{"ldap_uid_attribute", "0.9.2342.19200300.100.1.1", func(s Settings) any { return s.LDAP.UIDAttribute }, "0.9.2342.19200300.100.1.1"},
		{"ldap_mail_attribute", "mail;lang-de", func(s Settings) any { return s.LDAP.MailAttribute }, "mail;lang-de"},
		{"ldap_object_id_attribute", "entraObjectId", func(s Settings) any { return s.LDAP.ObjectIDAttribute }, "entraObjectId"},
	} {
		t.Run(c.key+"="+strings.ReplaceAll(c.value, "/", "_"), func(t *testing.T) {
			if got := c.got(mustLoad(t, with(good, c.key, c.value))); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestProblems gives keys bad values and expects one problem, of the key and
// with the text.
func TestProblems(t *testing.T) {
	for _, c := range []struct {
		name      string
		values    map[string]string
		key, text string
	}{
		{"no tenant", without(good, "tenant_id"), "tenant_id", "missing"},
		{"blank tenant", with(good, "tenant_id", "\u00a0 "), "tenant_id", "holds nothing but blanks; want the Directory (tenant) ID"},
		{"odd tenant", with(good, "tenant_id", "contoso"), "tenant_id", "not a GUID (want e.g."},
		{"common", with(good, "tenant_id", "common"), "tenant_id", "not a GUID"},
		{"two lines", with(good, "tenant_id", good["tenant_id"]+"\n"+good["client_id"]), "tenant_id", "line end"},
		{"invisible", with(good, "client_id", "bbbbbbbb-1111-2222\u200b-3333-444444444444"), "client_id", "invisible"},
		{"no client", without(good, "client_id"), "client_id", "missing"},
		{"a name", with(good, "client_id", "contactsync"), "client_id", "not a GUID"},
		{"no secret", without(good, "client_secret"), "client_secret", "missing"},
		{"secret's id", with(good, "client_secret", "cccccccc-1111-2222-3333-444444444444"), "client_secret", "secret's id"},
		{"tenant's id", with(good, "client_secret", strings.ToUpper(good["tenant_id"])), "client_secret", "is the tenant's id, the same as tenant_id"},
		{"app's id", with(good, "client_secret", good["client_id"]), "client_secret", "is the app's id, the same as client_id"},
		{"quoted secret", with(good, "client_secret", `"abc~def"`), "client_secret", "begins and ends with a quotation mark"},
		{"German quotes", with(good, "client_secret", "„abc~def“"), "client_secret", "begins and ends with a quotation mark"},
		{"with its key", with(good, "client_secret", "client_secret=abc~def"), "client_secret", "begins with the key's own name"},
		{"with its key in JSON", with(good, "client_secret", `"client_secret": "abc~def"`), "client_secret", "begins with the key's own name"},
		{"blanks", with(good, "client_secret", " \t\n"), "client_secret", "holds nothing but blanks; want the value of a client secret"},
		{"whole row", with(good, "client_secret", "abc~def 3/31/2027"), "client_secret", "blank in the middle"},
		{"latin1", with(good, "client_secret", "abc\xff"), "client_secret", "UTF-8"},
		{"relative path", with(good, "client_certificate", "app.pem"), "client_certificate", "absolute path, e.g. /etc/ucware/contactsync.pem"},
		{"relative path alone", with(without(good, "client_secret"), "client_certificate", "app.pem"), "client_certificate", "absolute path"},
		{"maybe", with(good, "office365", "maybe"), "office365", "true or false"},
		{"imap", with(good, "source", "imap"), "source", "auto or graph or ews"},
		{"long name", with(good, "phonebookname", strings.Repeat("ä", 101)), "phonebookname", "101"},
		{"bell", with(good, "phonebookname", "Pri\avat"), "phonebookname", "invisible"},
		{"folders", with(good, "contact_folders", "none"), "contact_folders", "default or all"},
		{"leavers", with(good, "leavers", "remove"), "leavers", "keep or delete"},
		{"region", with(good, "default_region", "UK"), "default_region", "GB"},
		{"region word", with(good, "default_region", "Germany"), "default_region", "ISO 3166"},
		{"area code", with(good, "default_area_code", "+4930"), "default_area_code", "without the country's"},
		{"area code 0049", with(good, "default_area_code", "004930"), "default_area_code", "without the country's"},
		{"area code 0", with(good, "default_area_code", "0"), "default_area_code", "030"},
		{"authority http", with(good, "authority", "http://127.0.0.1:8080"), "authority", "https://"},
		{"authority with tenant", with(good, "authority", "https://login.microsoftonline.com/contoso"), "authority", "tenant_id"},
		{"graph http", with(good, "graph_url", "http://graph.microsoft.com/v1.0"), "graph_url", "https://"},
		{"graph without version", with(good, "graph_url", "https://graph.microsoft.com"), "graph_url", "/v1.0"},
		{"graph with user", with(good, "graph_url", "https://u:p@graph.microsoft.com/v1.0"), "graph_url", "must not hold a user"},
		{"graph with query", with(good, "graph_url", "https://graph.microsoft.com/v1.0?x=1"), "graph_url", "must not hold ?"},
		{"graph no url", with(good, "graph_url", "graph.microsoft.com"), "graph_url", "https://graph.microsoft.com/v1.0"},
		{"graph port", with(good, "graph_url", "https://127.0.0.1:99999/v1.0"), "graph_url", "want an address"},
		{"ews without path", with(good, "ews_url", "https://outlook.office365.com"), "ews_url", "/EWS/Exchange.asmx"},
		{"no CA", with(good, "ca_file", "/nonexistent/ca.pem"), "ca_file", "no such file"},
		{"relative CA", with(good, "ca_file", "ca.pem"), "ca_file", "absolute"},
		{"proxy without scheme", with(good, "proxy_url", "proxy:3128"), "proxy_url", "http://proxy.example.org:3128"},
		{"socks", with(good, "proxy_url", "socks5://proxy:1080"), "proxy_url", "http://"},
		{"proxy with user", with(good, "proxy_url", "http://u:p@proxy:3128"), "proxy_url", "proxy_password"},
		{"proxy with path", with(good, "proxy_url", "http://proxy:3128/pac"), "proxy_url", "end after the port"},
		{"proxy password alone", with(good, "proxy_url", "http://proxy", "proxy_password", "x"), "proxy_username", "missing"},
		{"workers 0", with(good, "workers", "0"), "workers", "1 to 64"},
		{"workers 65", with(good, "workers", "65"), "workers", "1 to 64"},
		{"workers many", with(good, "workers", "four"), "workers", "1 to 64"},
		{"ldap scheme", with(good, "ldap_url", "http://ldap"), "ldap_url", "ldaps://"},
		{"ldap bare", with(good, "ldap_url", "ldap.example.org"), "ldap_url", "ldaps://"},
		{"ldap base", with(good, "ldap_url", "ldap://ldap/dc=example"), "ldap_url", "ldap_base_dn"},
		{"ldap user", with(good, "ldap_url", "ldap://u:p@ldap"), "ldap_url", "ldap_bind_password"},
		{"ldapi relative", with(good, "ldap_url", "ldapi://ldapi"), "ldap_url", "ldapi:///"},
		{"base", with(good, "ldap_base_dn", "example.org"), "ldap_base_dn", "dc=example"},
		{"filter", with(good, "ldap_group_filter", "(cn=x"), "ldap_group_filter", "not an LDAP filter"},
		{"attribute", with(good, "ldap_mail_attribute", "mail address"), "ldap_mail_attribute", "attribute"},
		{"bind without password", with(good, "ldap_url", "ldaps://ldap", "ldap_bind_dn", "cn=x"), "ldap_bind_password", "missing"},
		{"password without name", with(good, "ldap_bind_password", "x"), "ldap_bind_dn", "missing"},
		{"plain bind", with(good, "ldap_url", "ldap://ldap.example.org", "ldap_starttls", "false", "ldap_bind_dn", "cn=x", "ldap_bind_password", "x"), "ldap_starttls", "unencrypted"},

		{"cloud of graph", with(good, "graph_url", "https://graph.microsoft.us/v1.0", "source", "graph"), "graph_url", "the US government's cloud, but the sign-in in Microsoft's public cloud; want https://graph.microsoft.com/v1.0"},
		{"cloud of the sign-in", with(good, "authority", "https://login.partner.microsoftonline.cn", "source", "graph"), "graph_url", "want https://microsoftgraph.chinacloudapi.cn/v1.0"},
		{"cloud of ews", with(good, "authority", "https://login.microsoftonline.us", "source", "ews"), "ews_url", "want https://outlook.office365.us/EWS/Exchange.asmx"},
		{"two clouds of the US", with(good, "authority", "https://login.microsoftonline.us", "graph_url", "https://dod-graph.microsoft.us/v1.0", "ews_url", "https://outlook.office365.us/EWS/Exchange.asmx"), "ews_url", "want https://outlook-dod.office365.us/EWS/Exchange.asmx"},

		{"own without url", without(own, "ews_url"), "ews_url", "missing"},
		{"own with Microsoft's", with(own, "ews_url", "https://outlook.office365.com/EWS/Exchange.asmx"), "ews_url", "Microsoft's server"},
		{"own without path", with(own, "ews_url", "https://mail.example.org"), "ews_url", "https://mail.example.org/EWS/Exchange.asmx"},
		{"own over http", with(own, "ews_url", "http://mail.example.org/EWS/Exchange.asmx"), "ews_url", "https://"},
		{"own without user", without(own, "ews_username"), "ews_username", "missing"},
		{"own without password", without(own, "ews_password"), "ews_password", "missing"},
		{"own graph", with(own, "source", "graph"), "source", "where office365 is false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.values)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v holds no problems", err)
			}
			if fault.ClassOf(err) != fault.Config || fault.HintOf(err) == "" {
				t.Errorf("class %v, hint %q", fault.ClassOf(err), fault.HintOf(err))
			}
			if len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Text, c.text) {
				t.Errorf("problems:\n%v\nwant one of %s with %q", problems, c.key, c.text)
			}
			if strings.Contains(err.Error(), "%!") {
				t.Errorf("bad format: %v", err)
			}
		})
	}
}

func TestGoodCombinations(t *testing.T) {
	for name, values := range map[string]map[string]string{
		"own server":             own,
		"own server, ews":        with(own, "source", "ews"),
		"own server on loopback": with(own, "ews_url", "http://127.0.0.1:8080/ews"),
		"certificate":            with(without(good, "client_secret"), "client_certificate", "/etc/app.pem"),
		"plain LDAP, anonymous":  with(good, "ldap_url", "ldap://ldap", "ldap_starttls", "false"),
		"plain LDAP, loopback":   with(good, "ldap_url", "ldap://[::1]:1389", "ldap_starttls", "false", "ldap_bind_dn", "cn=x", "ldap_bind_password", "x"),
		"China": with(good, "authority", "https://login.partner.microsoftonline.cn", "graph_url", "https://microsoftgraph.chinacloudapi.cn/v1.0",
			"ews_url", "https://partner.outlook.cn/EWS/Exchange.asmx"),
		"DoD": with(good, "authority", "https://login.microsoftonline.us", "graph_url", "https://dod-graph.microsoft.us/v1.0",
			"ews_url", "https://outlook-dod.office365.us/EWS/Exchange.asmx"),
		"cloud of an unused service": with(good, "source", "graph", "ews_url", "https://partner.outlook.cn/EWS/Exchange.asmx"),
		"simulator":                  with(good, "authority", "https://127.0.0.1:1", "graph_url", "https://127.0.0.1:1/v1.0", "ews_url", "https://127.0.0.1:1/EWS/Exchange.asmx"),
	} {
		t.Run(name, func(t *testing.T) {
			if s := mustLoad(t, values); len(s.Warnings) > 0 {
				t.Errorf("warnings: %v", s.Warnings)
			}
		})
	}
	if s := mustLoad(t, own); s.Source != EWS {
		t.Errorf("an own server's source is %s, want ews", s.Source)
	}
}

// TestAllProblemsAtOnce has one line for each of many keys.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Load(map[string]string{"workers": "0", "source": "x", "default_region": "XX", "client_certificate": "x"})
	lines := strings.Split(err.Error(), "\n")
	var keys []string
	for _, l := range lines[1:] {
		key, _, _ := strings.Cut(l, ":")
		keys = append(keys, key)
	}
	want := []string{"tenant_id", "client_id", "client_certificate", "source", "default_region", "workers"}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("keys %v, want %v in\n%v", keys, want, err)
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		values    map[string]string
		key, text string
	}{
		{with(good, "tenant-id", "x"), "tenant-id", "perhaps tenant_id is meant"},
		{with(good, "phonebook_name", "x"), "phonebook_name", "perhaps phonebookname is meant"},
		{with(good, "Worker", "x"), "Worker", "perhaps workers is meant"},
		{with(good, "favourite_colour", "blue"), "favourite_colour", "unknown key, it has no effect"},
		{with(good, "wor\nkers", "x"), `"wor\nkers"`, "unknown key"},
		{with(good, "client_certificate", "/etc/app.pem"), "client_secret", "has no effect"},
		{with(good, "client_secret_expires", "31.03.2027"), "client_secret_expires", `"31.03.2027" does not fit; want a date as YYYY-MM-DD`},
		{with(good, "client_secret_expires", "2027-02-30"), "client_secret_expires", "want a date"},
		{with(good, "client_secret_expires", "2027-03-31\n2028-03-31"), "client_secret_expires", "has a line end"},
		{with(good, "proxy_username", "x"), "proxy_url", "have no effect"},
		{with(good, "graph_url", "https://gateway.example.org/v1.0"), "graph_url", "none of Microsoft's"},
	} {
		s := mustLoad(t, c.values)
		if len(s.Warnings) != 1 || s.Warnings[0].Key != c.key || !strings.Contains(s.Warnings[0].Text, c.text) {
			t.Errorf("warnings %v, want one of %s with %q", s.Warnings, c.key, c.text)
		}
	}
	if s := mustLoad(t, with(good, "favourite_colour", "")); strings.Contains(fmt.Sprint(s.Warnings), "perhaps") {
		t.Errorf("guessed too far: %v", s.Warnings)
	}
}

func TestScopes(t *testing.T) {
	for _, c := range []struct{ graph, ews, graphScope, ewsScope string }{
		{"https://graph.microsoft.com/beta", "https://outlook.office365.com/EWS/Exchange.asmx",
			"https://graph.microsoft.com/.default", "https://outlook.office365.com/.default"},
		{"https://127.0.0.1:1/v1.0", "http://localhost/ews",
			"https://graph.microsoft.com/.default", "https://outlook.office365.com/.default"},
		{"https://graph.microsoft.us/v1.0", "https://outlook.office365.us/EWS/Exchange.asmx",
			"https://graph.microsoft.us/.default", "https://outlook.office365.us/.default"},
		{"https://dod-graph.microsoft.us/v1.0", "https://outlook-dod.office365.us/EWS/Exchange.asmx",
			"https://dod-graph.microsoft.us/.default", "https://outlook-dod.office365.us/.default"},
		{"https://microsoftgraph.chinacloudapi.cn/v1.0", "https://partner.outlook.cn/EWS/Exchange.asmx",
			"https://microsoftgraph.chinacloudapi.cn/.default", "https://partner.outlook.cn/.default"},
		{"https://graph.microsoft.com.example.org/v1.0", "https://outlook.office.com/EWS/Exchange.asmx",
			"https://graph.microsoft.com/.default", "https://outlook.office.com/.default"},
	} {
		s := Settings{GraphURL: c.graph, EWSURL: c.ews}
		if got := s.GraphScope(); got != c.graphScope {
			t.Errorf("GraphScope of %s: %s, want %s", c.graph, got, c.graphScope)
		}
		if got := s.EWSScope(); got != c.ewsScope {
			t.Errorf("EWSScope of %s: %s, want %s", c.ews, got, c.ewsScope)
		}
	}
}

func TestProxy(t *testing.T) {
	s := mustLoad(t, with(good, "proxy_url", "http://proxy:3128", "proxy_username", "user@x", "proxy_password", "p:ä/?"))
	u := s.Proxy()
	if pw, _ := u.User.Password(); u.Host != "proxy:3128" || u.User.Username() != "user@x" || pw != "p:ä/?" {
		t.Errorf("proxy %v", u.Redacted())
	}
	if strings.Contains(fmt.Sprintf("%+v", s), "p:ä/?") {
		t.Error("the proxy's password is printed")
	}
}

// TestAreaCodeOfOtherRegions keeps the zero where it is part of the number.
func TestAreaCodeOfOtherRegions(t *testing.T) {
	for _, c := range []struct{ region, value, want string }{
		{"IT", "06", "06"}, {"CH", "044", "44"}, {"US", "212", "212"}, {"AT", "01", "1"},
	} {
		if got := mustLoad(t, with(good, "default_region", c.region, "default_area_code", c.value)).DefaultAreaCode; got != c.want {
			t.Errorf("%s %s: %s, want %s", c.region, c.value, got, c.want)
		}
	}
}

// TestDigest changes every key there is. A key that nobody sorted into one of
// the two lists fails the test.
func TestDigest(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base := with(good, "authority", "https://127.0.0.1", "proxy_url", "http://proxy", "ldap_url", "ldaps://ldap", "ldap_bind_dn", "cn=x", "ldap_bind_password", "x")
	anew := map[string]string{
		"tenant_id": "contoso.com", "client_id": "dddddddd-1111-2222-3333-444444444444", "office365": "false", "source": "ews",
		"authority": "https://localhost", "graph_url": "https://127.0.0.2/v1.0", "ews_url": "https://127.0.0.2/ews", "ews_username": "u",
		"phonebookname": "P", "contact_folders": "all", "skip_without_number": "true", "include_notes": "true",
		"default_region": "AT", "default_area_code": "30",
		"ldap_url": "ldaps://other", "ldap_base_dn": "dc=x", "ldap_group_filter": "(cn=x)", "ldap_member_attribute": "m",
		"ldap_uid_attribute": "u", "ldap_mail_attribute": "m", "ldap_object_id_attribute": "o",
	}
	same := map[string]string{
		"client_secret": "other", "client_secret_expires": "2030-01-01", "client_certificate": "/x.pem", "ews_password": "x",
		"leavers": "delete", "ca_file": ca, "proxy_url": "http://other", "proxy_username": "u", "proxy_password": "p",
		"ldap_starttls": "false", "ldap_bind_dn": "cn=y", "ldap_bind_password": "y", "workers": "5",
	}
	before := mustLoad(t, base).Digest()
	r := &reader{}
	new(Settings).readAll(r)
	for _, key := range r.known {
		change, isAnew := anew[key]
		if !isAnew {
			var ok bool
			if change, ok = same[key]; !ok {
				t.Errorf("%s: decide whether its change needs a full read", key)
			}
		}
		s, _ := Load(with(base, key, change))
		if changed := s.Digest() != before; changed != isAnew {
			t.Errorf("%s: digest changed: %v, want %v", key, changed, isAnew)
		}
		if named := slices.Contains(s.ChangedSince(before), key); named != isAnew {
			t.Errorf("%s: named as changed: %v, want %v", key, named, isAnew)
		}
	}
	if mustLoad(t, with(base, "source", "auto", "phonebookname", "Privat ")).Digest() != before {
		t.Error("writing down a default changes the digest")
	}
}

// TestQuotation shows the wrong value, unless it may be a secret that was
// pasted into the wrong field.
func TestQuotation(t *testing.T) {
	const entra = "Xy8Q~abcdefGHIJ.klmnop-QRSTUV_wxyz01234567"
	for _, c := range []struct{ key, value, want string }{
		{"default_region", "Germany", `default_region: "Germany" is no country code (ISO 3166, such as DE`},
		{"ca_file", "/nonexistent/ca.pem", `ca_file: "/nonexistent/ca.pem" cannot be read`},
		{"ca_file", "ca.pem", `ca_file: "ca.pem" does not fit; want an absolute path, e.g. /etc/ucware/contactsync-ca.pem`},
		{"client_secret_expires", "31.03.2027", `client_secret_expires: "31.03.2027" does not fit; want a date`},
		{"workers", " 65\n", `workers: "65" does not fit; want a whole number`},
		{"office365", "maybe", `office365: "maybe" does not fit; want true or false`},
		{"ldap_url", "ldap.example.org", `ldap_url: "ldap.example.org" does not fit`},
		{"authority", "http://office365.example.org", `authority: "http://office365.example.org" must start with https://`},

		{"client_secret_expires", entra, ""},
		{"client_secret_expires", "pa55w0rd", ""},
		{"client_secret_expires", good["client_secret"], ""},
		{"client_secret", "two words", ""},
		{"client_id", "correct horse", ""},
		{"tenant_id", "hush", ""},
		{"ca_file", entra, ""},
		{"workers", "correct", ""}, // a part of the secret in the store
		{"graph_url", "https://u:hush@example.org/v1.0", ""},
		{"proxy_url", "proxyuser:hush@proxy", ""},
	} {
		s, err := Load(with(good, c.key, c.value))
		said := fmt.Sprint(err, s.Warnings)
		switch {
		case err == nil && len(s.Warnings) == 0:
			t.Errorf("%s=%s: no error", c.key, c.value)
		case c.want == "" && strings.Contains(said, strings.TrimSpace(c.value)):
			t.Errorf("what may be a secret is repeated: %s", said)
		case !strings.Contains(said, c.want):
			t.Errorf("%s\nlacks %s", said, c.want)
		}
	}
}

// Every Secret is among the keys whose values are never shown.
func TestSecretsAreKnown(t *testing.T) {
	for _, key := range Keys() {
		looks := strings.HasSuffix(key, "_secret") || strings.HasSuffix(key, "_password")
		if looks != isSecret(key) {
			t.Errorf("%s: a secret: %v", key, isSecret(key))
		}
	}
}

func TestHintHasTheCommand(t *testing.T) {
	for _, c := range []struct {
		values map[string]string
		want   string
	}{
		{with(good, "workers", "0"), "set the key with: kvstore set contactsync workers VALUE"},
		{without(good, "client_secret"), "answer the questions of: sudo dpkg-reconfigure ucware-contactsync; or set the key with: kvstore set contactsync client_secret (without a value: it is asked for)"},
		{with(good, "workers", "0", "source", "x"), "set a key with: kvstore set contactsync KEY VALUE (a secret without VALUE: it is asked for)"},
	} {
		_, err := Load(c.values)
		var problems Problems
		errors.As(err, &problems)
		if got := problems.Hint("kvstore", true); got != c.want {
			t.Errorf("hint %q, want %q", got, c.want)
		}
		if got := problems.Hint("kvstore", false); strings.Contains(got, "dpkg") {
			t.Errorf("hint %q where the dialog sets another store", got)
		}
	}
}

// FuzzLoad looks for values that make Load panic, or that an error repeats
// though they have what a client secret has.
func FuzzLoad(f *testing.F) {
	f.Add("phonebookname", strings.Repeat("ü", 300))
	for k, v := range with(own, "ldap_url", "ldapi://%zz", "proxy_url", "http://u:p@[::1", "tenant_id", "x\x00") {
		f.Add(k, v)
	}
	const marker = "m4rk~er"
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, base := range []map[string]string{good, own} {
			s, err := Load(with(base, key, value+marker))
			if s.Authority == "" || s.Workers < 1 || s.Source == "" {
				t.Errorf("settings without what every caller relies on: %+v", s)
			}
			if err != nil && !strings.Contains(key, marker) && strings.Contains(err.Error(), marker) {
				t.Errorf("the error repeats the value: %v", err)
			}
			s.Digest()
		}
	})
}

// TestSameIDs: which of the two was pasted twice, nobody knows.
func TestSameIDs(t *testing.T) {
	_, err := Load(with(good, "client_id", good["tenant_id"]))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 2 || !strings.HasPrefix(problems[0].String(), "tenant_id: is the same as client_id") ||
		!strings.HasPrefix(problems[1].String(), "client_id: is the same as tenant_id") {
		t.Error(err)
	}
}

// TestChangedSince: one who looks for the reason of a full read is told the key.
func TestChangedSince(t *testing.T) {
	was := mustLoad(t, good)
	for want, s := range map[string]Settings{
		"":                                    mustLoad(t, with(good, "source", "auto", "workers", "7")),
		"include_notes":                       mustLoad(t, with(good, "include_notes", "true")),
		"contact_folders ldap_mail_attribute": mustLoad(t, with(good, "contact_folders", "all", "ldap_mail_attribute", "mailPrimaryAddress")),
	} {
		if got := strings.Join(s.ChangedSince(was.Digest()), " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, foreign := range []string{"", "x", "-", was.Digest()[:40], was.Digest() + "00"} {
		if got := was.ChangedSince(foreign); got != nil {
			t.Errorf("since %q: %q", foreign, got)
		}
	}
}
