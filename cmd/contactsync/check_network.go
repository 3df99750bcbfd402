package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"contactsync/internal/entra"
	"contactsync/internal/fault"
	"contactsync/internal/settings"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// host is a server that the settings name.
type host struct {
	role string // what it is to us, a text of package words
	key  string // that names it
	url  *url.URL
	// spare is what runs can do without: EWS, as long as Graph is open.
	spare bool
}

// name returns the host's name, without its port.
func (h host) name() string { return h.url.Hostname() }

// services returns the servers that a run asks for tokens and contacts.
func services(set settings.Settings) []host {
	if !set.Office365 {
		return []host{newHost("Exchange", "ews_url", set.EWSURL)}
	}
	list := []host{newHost(words.TheSignIn, "authority", set.Authority)}
	if set.Source != settings.EWS {
		list = append(list, newHost("Microsoft Graph", "graph_url", set.GraphURL))
	}
	if set.Source != settings.Graph {
		ews := newHost("EWS", "ews_url", set.EWSURL)
		ews.spare = set.Source == settings.Auto
		list = append(list, ews)
	}
	return list
}

func newHost(role, key, address string) host {
	u, err := url.Parse(address)
	if err != nil {
		u = &url.URL{} // settings.Load has said so
	}
	return host{role: role, key: key, url: u}
}

// hosts returns the servers whose names this machine has to resolve itself. A
// proxy does it for the services behind it.
func (k *checker) hosts() (list []host) {
	switch {
	case k.isBroken(networkKeys):
	case k.set.ProxyURL != "":
		list = append(list, newHost(words.TheProxy, "proxy_url", k.set.ProxyURL))
	default:
		list = services(k.set)
	}
	if directory := newHost(words.TheDirectory, "ldap_url", k.set.LDAP.URL); directory.name() != "" && !k.isBroken(directoryKeys) {
		list = append(list, directory)
	}
	return list
}

// testNames tests whether the names of all hosts resolve, each once.
func (k *checker) testNames(ctx context.Context) error {
	list := together(k.hosts(), host.name)
	type answer struct {
		addresses []string
		err       error
	}
	answers := make([]answer, len(list))
	atOnce(len(list), func(i int) {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		answers[i].addresses, answers[i].err = net.DefaultResolver.LookupHost(limited, list[i][0].name())
	})
	for i, same := range list {
		name, a := same[0].name(), answers[i]
		switch {
		case a.err != nil:
			k.failHost("dns", same, fault.New(fault.Unavailable, k.hintOfName(same[0], a.err), words.NameUnresolved, name, roles(same), a.err))
		case net.ParseIP(name) != nil:
			k.ok("dns", words.NameIsAddress, name, roles(same))
		default:
			k.ok("dns", words.NameIs, name, roles(same), some(a.addresses))
		}
	}
	if len(list) == 0 {
		k.skip("dns", words.NoNames)
	}
	return nil
}

// patience is how long one question to a name server or a server may take.
const patience = 30 * time.Second

// hintOfName says what to do about a name that cannot be resolved.
func (k *checker) hintOfName(h host, err error) string {
	mayNeedProxy := k.set.ProxyURL == "" && h.key != "ldap_url"
	switch offline := transport.Offline(err); {
	case offline && mayNeedProxy:
		return words.OfflineOrProxy
	case offline:
		return words.Offline
	case mayNeedProxy:
		return words.Say(words.NameUnknownOrProxy, h.key)
	}
	return words.Say(words.NameUnknown, h.key)
}

// failHost takes down that a server cannot be reached, and which roles it has
// that others build on. It is no failure where runs can do without.
func (k *checker) failHost(name string, same []host, err error) {
	spare := true
	for _, h := range same {
		k.broken[name+" of "+h.role] = name
		spare = spare && h.spare
	}
	if spare {
		k.skip(name, words.Say(words.NeededElse, err))
		return
	}
	k.fail(name, err)
}

// greeting is what a server says before anybody has signed in.
type greeting struct {
	host      string
	date      time.Time     // as the server has it; zero: it does not say
	ahead     time.Duration // of this machine's clock
	encrypted *tls.ConnectionState
	err       error
}

// testTLS tests whether the services can be reached, with a certificate that
// this machine trusts, through the proxy where there is one.
func (k *checker) testTLS(ctx context.Context) error {
	carrier, err := transport.New(transport.Options{
		CAFile: k.set.CAFile, Proxy: k.set.Proxy(), UserAgent: "contactsync/" + version, HTTP1: !k.set.Office365,
	})
	if err != nil {
		k.broken["tls of "+words.TheSignIn] = "tls"
		k.fail("tls", err)
		return nil
	}
	list := together(services(k.set), func(h host) string { return h.url.Scheme + "://" + h.url.Host })
	greetings := make([]greeting, len(list))
	atOnce(len(list), func(i int) {
		if !k.nameless(list[i]) {
			greetings[i] = greet(ctx, carrier.Client(), list[i][0].url)
		}
	})
	for i, same := range list {
		g, at := greetings[i], same[0].url.Host
		switch {
		case k.nameless(same):
			k.skipHost(same)
		case g.err != nil:
			k.failHost("tls", same, g.err)
		case g.encrypted == nil:
			k.ok("tls", words.OnThisMachine, at, roles(same))
		default:
			k.ok("tls", words.CertificateBy, at, roles(same), tls.VersionName(g.encrypted.Version), issuer(g.encrypted))
		}
	}
	k.greeted = greetings
	return nil
}

// nameless tells whether the name of a server cannot be resolved.
func (k *checker) nameless(same []host) bool {
	return k.isBroken("dns of "+same[0].role, "dns of "+words.TheProxy)
}

// skipHost takes down that a server was not asked, because its name or that of
// the proxy cannot be resolved.
func (k *checker) skipHost(same []host) {
	for _, h := range same {
		k.broken["tls of "+h.role] = "dns"
		if !h.spare {
			k.broken["tls"] = "dns"
		}
	}
	k.skip("tls", words.Say(words.HostNotTested, same[0].url.Host, roles(same)))
}

// greet asks a server for anything at all. Whatever it answers shows that it is
// there, who it is and what time it has.
func greet(ctx context.Context, client *http.Client, u *url.URL) greeting {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	g := greeting{host: u.Hostname()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		g.err = err
		return g
	}
	resp, err := client.Do(req)
	if err != nil {
		g.err = explained(u, err)
		return g
	}
	defer resp.Body.Close()
	g.encrypted = resp.TLS
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		g.date, g.ahead = date, time.Since(date).Round(time.Second)
	}
	return g
}

// explained returns why a server cannot be reached, and whose certificate is
// not trusted.
func explained(u *url.URL, err error) error {
	f := transport.Explain(u, err)
	if whose := transport.Untrusted(err); whose != "" {
		f.Err = fmt.Errorf("%w; %s", f.Err, whose)
	}
	return f
}

// issuer names who issued a server's certificate.
func issuer(s *tls.ConnectionState) string {
	if len(s.PeerCertificates) == 0 {
		return words.Fill(words.ByNobody)
	}
	by := s.PeerCertificates[0].Issuer
	if len(by.Organization) > 0 {
		return by.Organization[0]
	}
	return by.String()
}

// How far this machine's clock may be off: to be warned, and for a sign-in by
// certificate, whose proof is good for ten minutes.
const (
	clockDoubt = 2 * time.Minute
	clockLimit = 10 * time.Minute
)

// testClock tests this machine's clock against that of the first service that
// tells the time.
func (k *checker) testClock(context.Context) error {
	byCertificate := k.set.Office365 && k.set.ClientCertificate != ""
	for _, g := range k.greeted {
		if g.date.IsZero() {
			continue
		}
		text := words.Say(words.ClockAhead, g.ahead, g.host)
		if g.ahead < 0 {
			text = words.Say(words.ClockBehind, -g.ahead, g.host)
		}
		switch off := g.ahead.Abs(); {
		case off >= clockLimit && byCertificate:
			k.fail("clock", fault.New(fault.Config, words.SetClock, "%s", text))
		case off >= clockDoubt:
			k.warn("clock", words.SetClock, "%s", text)
		default:
			k.ok("clock", words.ClockAgrees, g.host)
		}
		return nil
	}
	k.skip("clock", words.NoServiceTellsTime)
	return nil
}

// testToken tests whether the app gets the token that a run gets.
func (k *checker) testToken(ctx context.Context) error {
	way, err := k.newWay(k.set, k.log())
	if err != nil {
		k.fail("token", err)
		return nil
	}
	k.way = way
	if way.graphToken == nil {
		k.skip("token", words.EachHasPassword)
		return nil
	}
	if err := k.signIn(ctx); err != nil {
		k.fail("token", err)
		return nil
	}
	if k.set.ClientCertificate != "" {
		k.ok("token", words.SignsInByCert)
	} else {
		k.ok("token", words.SignsInBySecret)
	}
	return nil
}

// glance is how long a token may take that no run needs.
const glance = 3 * time.Second

// signIn gets the tokens and leaves the permissions in them. The error is that
// of a run. The token for the other service is needed only where the first one
// cannot be had or shows no permission; else it shows what was granted besides.
func (k *checker) signIn(ctx context.Context) error {
	graph := func(ctx context.Context) error { return rolesIn(ctx, k.way.graphToken, &k.graphRoles) }
	ews := func(ctx context.Context) error { return rolesIn(ctx, k.way.ewsToken, &k.ewsRoles) }
	needed, other := graph, ews
	if k.set.Source == settings.EWS {
		needed, other = ews, graph
	}
	err := needed(ctx)
	mayBeOther := k.set.Source == settings.Auto
	switch {
	case err == nil && mayBeOther && !k.opens():
		other(ctx)
	case err == nil:
		limited, cancel := context.WithTimeout(ctx, glance)
		defer cancel()
		other(limited)
	case mayBeOther && fault.ClassOf(err) == fault.Config && other(ctx) == nil:
		return nil // a tenant may know one of the services only
	}
	return err
}

// rolesIn gets a token and leaves the permissions in it.
func rolesIn(ctx context.Context, token func(context.Context) (string, error), roles *[]string) error {
	t, err := token(ctx)
	*roles = entra.Roles(t)
	return err
}

// together puts hosts together that have the same of something, in the order in
// which they come.
func together(list []host, of func(host) string) (groups [][]host) {
	place := map[string]int{}
	for _, h := range list {
		i, known := place[of(h)]
		if !known {
			i = len(groups)
			place[of(h)] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], h)
	}
	return groups
}

// roles says what a server is to us.
func roles(same []host) string {
	names := make([]string, len(same))
	for i, h := range same {
		names[i] = words.Fill(h.role)
	}
	return strings.Join(names, ", ")
}

// some names the first of several addresses.
func some(addresses []string) string {
	switch n := len(addresses); n {
	case 0:
		return words.Fill(words.NothingAtAll)
	case 1:
		return addresses[0]
	default:
		return words.Say(words.AndMore, addresses[0], n-1)
	}
}

// atOnce calls f for 0 to n-1 at the same time.
func atOnce(n int, f func(int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// consentPage returns the address of the admin consent.
func (k *checker) consentPage() string {
	return entra.ConsentPage(k.set.Authority, k.set.TenantID, k.set.ClientID)
}
