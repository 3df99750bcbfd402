package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

// tenant is a simulated tenant with an app that may read contacts and look
// users up.
type tenant struct {
	*simulator.Tenant
	t         *testing.T
	app       *simulator.App
	server    *simulator.Server
	transport *transport.Transport

	mu    sync.Mutex
	waits []time.Duration
	slept func(time.Duration) // called for each wait, if not nil
}

func newTenant(t *testing.T, o simulator.Options) *tenant {
	t.Helper()
	n := &tenant{Tenant: simulator.NewTenant("graph"), t: t}
	n.app = n.AddApp(simulator.App{Roles: map[string][]string{simulator.GraphResource: {"Contacts.Read", "User.ReadBasic.All"}}})
	server, err := simulator.Start(n.Tenant, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	n.server = server
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := server.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	n.transport = newTransport(t, ca, func(d time.Duration) {
		n.mu.Lock()
		n.waits = append(n.waits, d)
		n.mu.Unlock()
		if n.slept != nil {
			n.slept(d)
		}
	})
	return n
}

// roles sets what was consented for Graph.
func (n *tenant) roles(roles ...string) {
	n.Change(func() { n.app.Roles = map[string][]string{simulator.GraphResource: roles} })
}

// person adds a user with contacts of the given names.
func (n *tenant) person(m simulator.Mailbox, contacts ...string) *simulator.Mailbox {
	box := n.AddMailbox(m)
	for _, c := range contacts {
		box.AddContact(box.Contacts, simulator.Contact{DisplayName: c})
	}
	return box
}

// signIn gets a token as MSAL does.
func (n *tenant) signIn(ctx context.Context) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {n.app.ClientID}, "client_secret": {n.app.Secret},
		"scope": {simulator.GraphResource + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.server.Authority()+"/"+n.ID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := n.transport.Client().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
		Error string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", fmt.Errorf("no token: %s", answer.Error)
	}
	return answer.Token, nil
}

// source returns a Source with a token that is kept until Graph refuses it.
func (n *tenant) source(change func(*Config)) *Source {
	var (
		mu   sync.Mutex
		kept string
	)
	c := Config{
		BaseURL: n.server.GraphURL(), Transport: n.transport,
		Token: func(ctx context.Context) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			var err error
			if kept == "" {
				kept, err = n.signIn(ctx)
			}
			return kept, err
		},
		Invalidate: func(string) {
			mu.Lock()
			defer mu.Unlock()
			kept = ""
		},
	}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// display returns the display names, sorted.
func display(contacts []phonebook.Contact) string {
	var all []string
	for _, c := range contacts {
		all = append(all, c.DisplayName)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestSimulatedContact(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "anna@example.com"})
	slots := map[string]string{}
	for _, key := range []string{"AssistantPhone", "BusinessFax", "BusinessPhone", "BusinessPhone2", "Callback", "CarPhone", "CompanyMainPhone",
		"HomeFax", "HomePhone", "HomePhone2", "Isdn", "MobilePhone", "OtherFax", "OtherTelephone", "Pager", "PrimaryPhone", "RadioPhone", "Telex", "TtyTddPhone"} {
		slots[key] = key
	}
	id := box.AddContact(box.Contacts, simulator.Contact{
		DisplayName: "Jörg \"J\" Müller <1>", GivenName: "Jörg", Surname: "Müller", Company: "Müller & Co", Department: "Ä\\B", JobTitle: "Chef 😀",
		Phones: slots, Emails: [3]string{"", "j@example.com", "/o=Org/cn=j"},
		Addresses:  map[string]simulator.Address{"Other": {Street: "Weg 1\r\nHof", City: "Köln"}, "Business": {Country: "DE", PostalCode: "1", State: "NW"}},
		Birthday:   time.Date(1604, 2, 29, 11, 59, 0, 0, time.UTC),
		Notes:      "Zeile 1\r\nZeile 2\t\u2028",
		Categories: []string{"Rot", "Grün"},
	})
	member := phonebook.Member{Mail: "anna@example.com"}
	got, _, err := read(n.source(func(c *Config) { c.Notes = true }), member)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d contacts, error %v", len(got), err)
	}
	want := phonebook.Contact{
		ID: id, DisplayName: "Jörg \"J\" Müller <1>", GivenName: "Jörg", Surname: "Müller", Company: "Müller & Co", Department: "Ä\\B", JobTitle: "Chef 😀",
		Emails: []string{"j@example.com", "/o=Org/cn=j"},
		Addresses: []phonebook.Address{
			{Kind: phonebook.BusinessAddress, Country: "DE", PostalCode: "1", State: "NW"},
			{Kind: phonebook.OtherAddress, Street: "Weg 1\r\nHof", City: "Köln"},
		},
		Birthday: "1604-02-29T11:59:00Z", Notes: "Zeile 1\r\nZeile 2\t\u2028", Categories: []string{"Rot", "Grün"},
		Phones: got[0].Phones,
	}
	equal(t, got[0], want)
	places := map[phonebook.Kind][]string{}
	for _, p := range got[0].Phones {
		if !slices.Contains(places[p.Kind], p.Number) {
			places[p.Kind] = append(places[p.Kind], p.Number)
		}
	}
	for kind, want := range map[phonebook.Kind]string{
		phonebook.Business: "BusinessPhone BusinessPhone2", phonebook.Home: "HomePhone HomePhone2", phonebook.Mobile: "MobilePhone",
		phonebook.CompanyMain: "CompanyMainPhone", phonebook.Primary: "PrimaryPhone", phonebook.Assistant: "AssistantPhone",
		phonebook.Callback: "Callback", phonebook.Car: "CarPhone", phonebook.Radio: "RadioPhone", phonebook.Other: "OtherTelephone",
		phonebook.Pager: "Pager", phonebook.FaxBusiness: "BusinessFax", phonebook.FaxHome: "HomeFax", phonebook.FaxOther: "OtherFax",
		phonebook.ISDN: "Isdn", phonebook.Telex: "Telex", phonebook.TTY: "TtyTddPhone",
	} {
		if got := strings.Join(places[kind], " "); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	if got, _, err = read(n.source(nil), member); err != nil || got[0].Notes != "" {
		t.Errorf("notes that nobody asked for: %q, %v", got[0].Notes, err)
	}
}

// TestShortPages has pages of which some are short and some empty, because
// distribution lists take places on them.
func TestShortPages(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 2})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a", "b")
	box.AddList(box.Contacts, "list 1")
	box.AddList(box.Contacts, "list 2")
	box.AddList(box.Contacts, "list 3")
	box.AddContact(box.Contacts, simulator.Contact{DisplayName: "c"})
	box.AddContact(box.Contacts, simulator.Contact{DisplayName: "d"})
	got, _, err := read(n.source(nil), phonebook.Member{Mail: "A@Example.com"})
	if err != nil || display(got) != "a b c d" {
		t.Errorf("contacts %s, error %v", display(got), err)
	}
}

func TestSimulatedFolders(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 1})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "top1", "top2")
	put := func(f *simulator.Folder, name string) *simulator.Folder {
		box.AddContact(f, simulator.Contact{DisplayName: name})
		return f
	}
	sales := put(box.AddFolder(box.Contacts, "Sales", "", false), "sales")
	put(box.AddFolder(put(box.AddFolder(sales, "North", "", false), "north"), "Far north", "", false), "far")
	put(box.AddFolder(box.Contacts, "Private", "IPF.Contact.Custom", false), "private")
	put(box.AddFolder(put(box.AddFolder(box.Contacts, "Cache", "IPF.Contact.RecipientCache", false), "HIDDEN"), "Below", "", false), "HIDDEN")
	put(box.AddFolder(put(box.AddFolder(sales, "Secret", "", true), "HIDDEN"), "Below", "", false), "HIDDEN")

	member := phonebook.Member{Mail: "a@example.com"}
	got, _, err := read(n.source(func(c *Config) { c.Folders = true }), member)
	if want := "far north private sales top1 top2"; err != nil || display(got) != want {
		t.Errorf("contacts %s, want %s; error %v", display(got), want, err)
	}
	if got, _, err = read(n.source(nil), member); err != nil || display(got) != "top1 top2" {
		t.Errorf("contacts %s, error %v", display(got), err)
	}
}

// TestWhoseMailbox has a user whose address is another user's sign-in name.
func TestWhoseMailbox(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	n.person(simulator.Mailbox{Mail: "a@example.com", UPN: "x1@example.com", Aliases: []string{"alias@example.com"}}, "mine")
	n.person(simulator.Mailbox{Mail: "b@example.com", UPN: "a@example.com"}, "notmine")
	n.person(simulator.Mailbox{Mail: "o'neill@example.com", UPN: "x3@example.com"}, "oneill")
	n.person(simulator.Mailbox{Mail: "none@example.com", NoMailbox: true})
	same := n.person(simulator.Mailbox{Mail: "same@example.com"}, "same")

	src := n.source(nil)
	for mail, want := range map[string]string{"a@example.com": "mine", "A@EXAMPLE.COM": "mine", "b@example.com": "notmine", "o'neill@example.com": "oneill"} {
		if got, _, err := read(src, phonebook.Member{Mail: mail}); err != nil || display(got) != want {
			t.Errorf("%s: %s, want %s; error %v", mail, display(got), want, err)
		}
	}
	if got, _, err := read(src, phonebook.Member{Mail: "whatever@example.com", ObjectID: same.ObjectID}); err != nil || display(got) != "same" {
		t.Errorf("by object id: %s, error %v", display(got), err)
	}
	for mail, hint := range map[string]string{"alias@example.com": "alias", "x1@example.com": "primary address", "none@example.com": "licence"} {
		_, _, err := read(src, phonebook.Member{Mail: mail})
		if err == nil || fault.ClassOf(err) != fault.Member || !strings.Contains(fault.HintOf(err), hint) {
			t.Errorf("%s: error %v, hint %q", mail, err, fault.HintOf(err))
		}
	}

	n.roles("Contacts.Read") // no look-ups
	src = n.source(nil)
	if got, _, err := read(src, phonebook.Member{Mail: "same@example.com"}); err != nil || display(got) != "same" {
		t.Errorf("by sign-in name: %s, error %v", display(got), err)
	}
	_, _, err := read(src, phonebook.Member{Mail: "o'neill@example.com"})
	if fault.ClassOf(err) != fault.Member || !strings.Contains(fault.HintOf(err), "User.ReadBasic.All") {
		t.Errorf("by sign-in name that is none: %v, hint %q", err, fault.HintOf(err))
	}
}

func TestConsent(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	n.person(simulator.Mailbox{Mail: "b@example.com"}, "b")
	n.person(simulator.Mailbox{Mail: "none@example.com", NoMailbox: true})
	probe := func(mail string) error {
		return n.source(nil).Probe(context.Background(), phonebook.Member{Mail: mail})
	}
	if err := probe("a@example.com"); err != nil {
		t.Errorf("with consent: %v", err)
	}
	if err := probe("none@example.com"); err == nil || fault.ClassOf(err) != fault.Member {
		t.Errorf("without a mailbox: %v", err)
	}
	n.Change(func() { n.app.Scope = func(m *simulator.Mailbox) bool { return m.Mail == "a@example.com" } })
	if err := probe("a@example.com"); err != nil {
		t.Errorf("in the scope: %v", err)
	}
	if err := probe("b@example.com"); fault.ClassOf(err) != fault.Refused || !strings.Contains(fault.HintOf(err), "policy") {
		t.Errorf("out of the scope: %v", err)
	}
	n.Change(func() { n.app.Scope = nil })
	n.roles("User.Read.All")
	if err := probe("a@example.com"); fault.ClassOf(err) != fault.Refused || !strings.Contains(fault.HintOf(err), "Contacts.Read") {
		t.Errorf("without consent: %v", err)
	}
	n.roles()
	n.Change(func() { n.app.RBAC = true })
	if err := probe("a@example.com"); err != nil {
		t.Errorf("RBAC, without a role in the token: %v", err)
	}
	n.server.SetFault(simulator.Always("/contacts", simulator.Broken(http.StatusServiceUnavailable, "5")))
	if err := probe("a@example.com"); fault.ClassOf(err) != fault.Unavailable {
		t.Errorf("in an outage: %v", err)
	}
}

func TestBadNight(t *testing.T) {
	const member = "a@example.com"
	for name, hook := range map[string]func(*http.Request) simulator.Fault{
		"throttled":          simulator.Times(2, "/contacts", simulator.Throttled("7")),
		"throttled look-up":  simulator.Times(1, "/users", simulator.Throttled("1")),
		"502":                simulator.Times(3, "/v1.0/", simulator.Broken(http.StatusBadGateway, "")),
		"cut at once":        simulator.Times(1, "/contacts", simulator.CutAfter(0)),
		"cut in the middle":  simulator.Times(2, "/contacts", simulator.CutAfter(300)),
		"an hour in between": nil,
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, simulator.Options{MaxPage: 3})
			n.person(simulator.Mailbox{Mail: member}, "a", "b", "c", "d", "e", "f", "g")
			if hook == nil {
				hook = expire(n)
			}
			src := n.source(nil)
			n.server.SetFault(hook)
			got, pages, err := read(src, phonebook.Member{Mail: member})
			if err != nil || display(got) != "a b c d e f g" || pages != 3 {
				t.Errorf("contacts %s in %d pages, error %v", display(got), pages, err)
			}
			if len(n.waits) == 0 {
				t.Error("the fault did not happen")
			}
			if name == "throttled" && !slices.Equal(n.waits, []time.Duration{7 * time.Second, 7 * time.Second}) {
				t.Errorf("waits %v", n.waits)
			}
		})
	}
}

// expire lets the tenant's clock jump before the second page, so that the
// token that is kept is too old.
func expire(n *tenant) func(*http.Request) simulator.Fault {
	var once sync.Once
	return func(r *http.Request) simulator.Fault {
		if strings.Contains(r.URL.RawQuery, "skip") {
			once.Do(func() { n.SetClock(func() time.Time { return time.Now().Add(2 * time.Hour) }) })
		}
		return nil
	}
}

func TestSimulatedLoginPage(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	n.server.SetFault(simulator.Always("/v1.0/", simulator.LoginPage))
	if _, _, err := read(n.source(nil), phonebook.Member{Mail: "a@example.com"}); fault.ClassOf(err) != fault.Config {
		t.Errorf("error %v", err)
	}
}

// TestSideBySide reads and looks at mailboxes side by side. There are never
// more than four requests in flight, of which a batch is up to four; else the
// service would refuse some.
func TestSideBySide(t *testing.T) {
	for name, o := range map[string]simulator.Options{
		"limit by mailbox": {MaxPage: 5, Limit: true, Latency: time.Millisecond},
		"limit by app":     {MaxPage: 5, LimitApp: true, Latency: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, o)
			boxes, books := n.crew(32)
			src := n.source(nil)
			for range 3 {
				var wg sync.WaitGroup
				for some := range slices.Chunk(books, 4) {
					wg.Go(func() {
						if _, err := night(src, some...); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				for i, b := range books {
					if got := len(b.entries); got != len(boxes[i].Items(boxes[i].Contacts)) || !strings.Contains(b.names(), fmt.Sprintf("%02d-", i)) {
						t.Errorf("mailbox %d: %s", i, b.names())
					}
					for range i % 3 {
						boxes[i].AddContact(boxes[i].Contacts, simulator.Contact{DisplayName: "new"})
					}
				}
			}
			if most := n.server.MostInFlight(n.app.ClientID); most > 4 || len(n.waits) > 0 {
				t.Errorf("%d requests at once, waits %v", most, n.waits)
			}
		})
	}
}

// TestBusyNight has a service that is busy for a while: each request is sent
// again, and in the end everything has been read.
func TestBusyNight(t *testing.T) {
	n := newTenant(t, simulator.Options{LimitApp: true, Latency: time.Millisecond})
	boxes, books := n.crew(20)
	src := n.source(nil)
	must(t, src, books...)
	for i := range boxes {
		boxes[i].AddContact(boxes[i].Contacts, simulator.Contact{DisplayName: "new"})
	}
	busy := simulator.Times(5, "$batch", simulator.Throttled("3"))
	parts := simulator.Times(9, "/delta", simulator.Throttled("2"))
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if f := busy(r); f != nil {
			return f
		}
		return parts(r)
	})
	must(t, src, books...)
	for _, b := range books {
		if !strings.Contains(b.names(), "new") || len(b.why) > 0 {
			t.Errorf("%s: %s, %q", b.member.Mail, b.names(), b.why)
		}
	}
	if !slices.Contains(n.waits, 3*time.Second) || !slices.Contains(n.waits, 2*time.Second) {
		t.Errorf("waits %v", n.waits)
	}
}
