package ews

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
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

// service is a simulated tenant with one app that may read every mailbox, and
// one service account that may impersonate.
type service struct {
	*simulator.Server
	app     *simulator.App
	account *simulator.Mailbox
	ca      string
	slept   []time.Duration
	mu      sync.Mutex
}

func startService(t testing.TB, o simulator.Options) *service {
	t.Helper()
	tenant := simulator.NewTenant(t.Name())
	s := &service{
		app: tenant.AddApp(simulator.App{Roles: map[string][]string{"https://outlook.office365.com": {"full_access_as_app"}}}),
		account: tenant.AddMailbox(simulator.Mailbox{
			Mail: "svc@example.test", Password: "geheim & lang", MayImpersonate: true,
		}),
	}
	var err error
	if s.Server, err = simulator.Start(tenant, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := s.WriteCA(s.ca); err != nil {
		t.Fatal(err)
	}
	return s
}

// options returns a transport's options with waits that take no time.
func (s *service) options() transport.Options {
	return transport.Options{CAFile: s.ca, Sleep: func(_ context.Context, d time.Duration) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.slept = append(s.slept, d)
		return nil
	}}
}

// online returns a source that signs in as the app.
func (s *service) online(t testing.TB, change ...func(*Config, *transport.Options)) *Source {
	t.Helper()
	o := s.options()
	c := Config{URL: s.EWSURL()}
	c.Token = func(ctx context.Context) (string, error) { return s.token(ctx, c.Transport) }
	for _, f := range change {
		f(&c, &o)
	}
	return newSource(t, &c, o)
}

// signedIn returns a source that has signed in already.
func (s *service) signedIn(t testing.TB, change ...func(*Config, *transport.Options)) *Source {
	t.Helper()
	token, err := s.online(t).token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s.online(t, append(change, func(c *Config, _ *transport.Options) {
		c.Token = func(context.Context) (string, error) { return token, nil }
	})...)
}

// onPremises returns a source that signs in as the given account.
func (s *service) onPremises(t testing.TB, user, password string) *Source {
	t.Helper()
	o := s.options()
	o.HTTP1, o.Wrap = true, Wrap(user, func() string { return password })
	return newSource(t, &Config{URL: s.EWSURL()}, o)
}

func newSource(t testing.TB, c *Config, o transport.Options) *Source {
	t.Helper()
	var err error
	if c.Transport, err = transport.New(o); err != nil {
		t.Fatal(err)
	}
	src, err := New(*c)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// token signs the app in.
func (s *service) token(_ context.Context, tr *transport.Transport) (string, error) {
	resp, err := tr.Client().PostForm(s.Authority()+"/"+s.Tenant().ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.app.ClientID}, "client_secret": {s.app.Secret},
		"scope": {"https://outlook.office365.com/.default"},
	})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || body.Token == "" {
		return "", fmt.Errorf("no token: %s %v", resp.Status, err)
	}
	return body.Token, nil
}

// mailbox adds a mailbox with n plain contacts and a distribution list.
func (s *service) mailbox(name string, n int) *simulator.Mailbox {
	m := s.Tenant().AddMailbox(simulator.Mailbox{Mail: name + "@example.test"})
	m.AddList(m.Contacts, "Verteiler & Freunde")
	for i := range n {
		m.AddContact(m.Contacts, simulator.Contact{
			DisplayName: fmt.Sprintf("%s %04d", name, i), GivenName: name, Surname: fmt.Sprint(i),
			Phones: map[string]string{"MobilePhone": fmt.Sprintf("+49 171 %07d", i)},
		})
	}
	return m
}

func member(mail string) phonebook.Member {
	return phonebook.Member{User: strings.SplitN(mail, "@", 2)[0], Mail: mail}
}

// box is what pages add up to: a mailbox's contacts by id, and its state.
type box struct {
	contacts map[string]phonebook.Contact
	told     int // contacts that were handed over
	gone     []string
	state    string
}

// read brings the box up to date.
func (b *box) read(ctx context.Context, src *Source, mail string) error {
	if b.contacts == nil {
		b.contacts = map[string]phonebook.Contact{}
	}
	b.told, b.gone = 0, nil
	state, err := src.Read(ctx, member(mail), b.state, func(p phonebook.Page) error {
		if len(p.Contacts)+len(p.Gone) == 0 {
			return errors.New("an empty page")
		}
		for _, c := range p.Contacts {
			if c.ID == "" || slices.Contains(p.Gone, c.ID) {
				return fmt.Errorf("%q is there and gone in one page", c.ID)
			}
			b.contacts[c.ID] = c
		}
		for _, id := range p.Gone {
			delete(b.contacts, id)
		}
		b.told += len(p.Contacts)
		b.gone = slices.Compact(slices.Sorted(slices.Values(append(b.gone, p.Gone...))))
		return nil
	})
	if err == nil {
		b.state = state
	}
	return err
}

// sorted returns the box's contacts by name.
func (b *box) sorted() []phonebook.Contact {
	return slices.SortedFunc(maps.Values(b.contacts), func(x, y phonebook.Contact) int {
		return cmp.Or(strings.Compare(x.DisplayName, y.DisplayName), strings.Compare(x.ID, y.ID))
	})
}

// readAll returns all contacts of a mailbox, sorted by name.
func readAll(t testing.TB, src *Source, mail string) ([]phonebook.Contact, error) {
	t.Helper()
	var b box
	err := b.read(t.Context(), src, mail)
	if err == nil && (b.state == "" || strings.ContainsAny(b.state, "\r\n")) {
		t.Errorf("the state is %q", b.state)
	}
	if err == nil && b.told != len(b.contacts) {
		t.Errorf("%d contacts were told, %d are there", b.told, len(b.contacts))
	}
	return b.sorted(), err
}

func mustRead(t testing.TB, src *Source, mail string) []phonebook.Contact {
	t.Helper()
	out, err := readAll(t, src, mail)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func names(contacts []phonebook.Contact) string {
	var out []string
	for _, c := range contacts {
		out = append(out, c.DisplayName)
	}
	return strings.Join(out, ", ")
}

func TestReadEveryField(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.Tenant().AddMailbox(simulator.Mailbox{Mail: "anna@example.test"})
	c := simulator.Contact{
		DisplayName: " Jörg <Groß> & Söhne 😀 ", GivenName: "Jörg", Surname: "Groß", Company: "A&B", Department: "D", JobTitle: "J",
		Phones:    map[string]string{},
		Emails:    [3]string{"", "zwei@example.com", "/o=ExchangeLabs/cn=drei"},
		Addresses: map[string]simulator.Address{"Home": {Street: "Weg 1\nHinterhaus", PostalCode: "1", City: "C", State: "S", Country: "L"}, "Other": {City: "O"}},
		Birthday:  time.Date(1604, 2, 29, 0, 0, 0, 0, time.UTC), Categories: []string{"Rot", "Blau & Grün"},
		Notes: "eins\r\nzwei",
	}
	want := phonebook.Contact{
		DisplayName: c.DisplayName, GivenName: "Jörg", Surname: "Groß", Company: "A&B", Department: "D", JobTitle: "J",
		Emails: []string{"zwei@example.com", "/o=ExchangeLabs/cn=drei"},
		Addresses: []phonebook.Address{
			{Kind: phonebook.HomeAddress, Street: "Weg 1\nHinterhaus", PostalCode: "1", City: "C", State: "S", Country: "L"},
			{Kind: phonebook.OtherAddress, City: "O"},
		},
		Birthday: "1604-02-29", Categories: []string{"Rot", "Blau & Grün"},
	}
	for i, slot := range phoneSlots {
		c.Phones[slot.key] = fmt.Sprint("+49 30 ", 100+i)
		want.Phones = append(want.Phones, phonebook.Phone{Kind: slot.kind, Number: fmt.Sprint("+49 30 ", 100+i)})
	}
	m.AddContact(m.Contacts, c)
	for _, notes := range []bool{false, true} {
		src := s.online(t, func(c *Config, _ *transport.Options) { c.Notes = notes })
		got := mustRead(t, src, "anna@example.test")
		if len(got) != 1 {
			t.Fatalf("%d contacts", len(got))
		}
		want.ID, want.Notes = got[0].ID, ""
		if notes {
			want.Notes = c.Notes
			got[0].Notes = strings.ReplaceAll(strings.ReplaceAll(got[0].Notes, "\r\n", "\n"), "\n", "\r\n")
		}
		got[0].Birthday = strings.SplitN(got[0].Birthday, "T", 2)[0]
		g, _ := json.Marshal(got[0])
		w, _ := json.Marshal(want)
		if string(g) != string(w) {
			t.Errorf("notes %v\n got %s\nwant %s", notes, g, w)
		}
	}
}

func TestPages(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 7})
	s.mailbox("anna", 25)
	s.mailbox("leer", 0)
	src := s.online(t)
	if got := mustRead(t, src, "anna@example.test"); len(got) != 25 || got[24].DisplayName != "anna 0024" {
		t.Errorf("%d contacts: %s", len(got), names(got))
	}
	if n := s.Count("SyncFolderItems"); n != 4 || s.Count("FindItem") != 0 {
		t.Errorf("%d pages, want 4 of 7 for 26 entries", n)
	}
	if got := mustRead(t, src, "leer@example.test"); len(got) != 0 {
		t.Errorf("an empty mailbox holds %s", names(got))
	}
}

// Whatever happens between two pages, the end of the reading shows the folder
// as it is then.
func TestChangeBetweenPages(t *testing.T) {
	for swaps := range 6 {
		s := startService(t, simulator.Options{MaxPage: 10})
		m := s.mailbox("anna", 25)
		items := m.Items(m.Contacts) // the first one is the list
		src := s.online(t)
		calls := 0
		s.SetFault(func(r *http.Request) simulator.Fault {
			if !strings.Contains(r.URL.Path, "asmx") {
				return nil
			}
			if calls++; calls == 2 {
				for i := range swaps {
					m.DeleteContact(items[1+i].ID)
					m.DeleteContact(items[20+i].ID)
					m.UpdateContact(items[7].ID, func(c *simulator.Contact) { c.Company = "anders" })
					m.AddContact(m.Contacts, simulator.Contact{DisplayName: "neu"})
				}
			}
			return nil
		})
		var b box
		if err := b.read(t.Context(), src, m.Mail); err != nil {
			t.Fatal(err)
		}
		s.SetFault(nil)
		if got, want := b.sorted(), mustRead(t, src, m.Mail); !reflect.DeepEqual(got, want) || len(want) != 25-swaps {
			t.Errorf("%d swaps: %s, want %s", swaps, names(got), names(want))
		}
	}
}

// A server may send as few entries a page as it likes.
func TestSmallPages(t *testing.T) {
	for _, size := range []int{1, 2, 3} {
		s := startService(t, simulator.Options{MaxPage: size})
		m := s.mailbox("anna", 6)
		m.AddContact(m.AddFolder(m.Contacts, "eins", "", false), simulator.Contact{DisplayName: "eins"})
		m.AddContact(m.AddFolder(m.Contacts, "zwei", "", false), simulator.Contact{DisplayName: "zwei"})
		got := mustRead(t, s.online(t, func(c *Config, _ *transport.Options) { c.Folders = true }), "anna@example.test")
		if len(got) != 8 {
			t.Errorf("pages of %d: %s", size, names(got))
		}
	}
}

// Somebody who adds contacts all the time ends no reading.
func TestChangesWithoutEnd(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 10})
	m := s.mailbox("anna", 25)
	s.SetFault(func(*http.Request) simulator.Fault {
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: "noch einer"})
		return nil
	})
	if got := mustRead(t, s.online(t), "anna@example.test"); len(got) < 26 || len(got) > 40 {
		t.Errorf("%d contacts", len(got))
	}
}

func TestYieldEndsReading(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 5})
	s.mailbox("anna", 25)
	stop := fmt.Errorf("stop")
	state, err := s.online(t).Read(t.Context(), member("anna@example.test"), "", func(phonebook.Page) error { return stop })
	if !errors.Is(err, stop) || state != "" || s.Count("SyncFolderItems") != 1 {
		t.Errorf("%v and state %q after %d pages", err, state, s.Count("SyncFolderItems"))
	}
}

func TestLongTexts(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.Tenant().AddMailbox(simulator.Mailbox{Mail: "anna@example.test"})
	long := map[string]string{ // by surname
		"254": strings.Repeat("ü", 254), "255": strings.Repeat("ü", 255), "256": strings.Repeat("ü", 256),
		"emoji across the cut": strings.Repeat("x", 254) + "😀 und mehr", "500 emoji": strings.Repeat("😀", 500),
		"control character at the cut": strings.Repeat("x", 250) + "\x01\x02\x03\x04\x05\x06 und mehr",
	}
	for name, text := range long {
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: name, Surname: name, Company: text})
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: name + " street", Addresses: map[string]simulator.Address{"Home": {Street: text}}})
	}
	for _, c := range mustRead(t, s.online(t), "anna@example.test") {
		text, got := long[c.Surname], c.Company
		if len(c.Addresses) == 1 {
			text, got = long[strings.TrimSuffix(c.DisplayName, " street")], c.Addresses[0].Street
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' {
				return -1
			}
			return r
		}, text)
		if got != want || want == "" {
			t.Errorf("%s: %d bytes instead of %d", c.DisplayName, len(got), len(want))
		}
	}
	if n := s.Count("GetItem"); n != 1 {
		t.Errorf("%d GetItem, want 1", n)
	}
}

func TestNotes(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.mailbox("anna", 0)
	text := strings.Repeat("Zeile äöü\n", 2000)
	for i := range 230 {
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: fmt.Sprintf("n %04d", i), Notes: fmt.Sprint(i, text)})
	}
	gone := m.Items(m.Contacts)[1].ID // the first one is the list
	src := s.online(t, func(c *Config, _ *transport.Options) { c.Notes = true })
	s.SetFault(func(r *http.Request) simulator.Fault {
		if s.Count("SyncFolderItems") == 1 {
			m.DeleteContact(gone)
		}
		return nil
	})
	var b box
	if err := b.read(t.Context(), src, m.Mail); err != nil || len(b.gone) != 1 {
		t.Errorf("%v, %d gone", err, len(b.gone))
	}
	got := b.sorted()
	if len(got) != 229 || got[0].DisplayName != "n 0001" {
		t.Errorf("%d contacts, first %q; want 229 without the deleted one", len(got), got[0].DisplayName)
	}
	for i, c := range got {
		if want := fmt.Sprint(i+1, text); strings.ReplaceAll(c.Notes, "\r\n", "\n") != want {
			t.Fatalf("%s: notes of %d bytes instead of %d", c.DisplayName, len(c.Notes), len(want))
		}
	}
	if n := s.Count("GetItem"); n != 3 {
		t.Errorf("%d GetItem for 230 contacts, want 3", n)
	}
}

func TestFolders(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 3})
	m := s.mailbox("anna", 2)
	add := func(parent *simulator.Folder, name, class string, hidden bool) *simulator.Folder {
		f := m.AddFolder(parent, name, class, hidden)
		m.AddContact(f, simulator.Contact{DisplayName: name})
		return f
	}
	friends := add(m.Contacts, "Freunde & Co", "", false)
	add(friends, "Alte Freunde", "IPF.Contact.Mine", false)
	secret := add(m.Contacts, "hidden", "", true)
	add(secret, "below hidden", "", false)
	for _, class := range []string{"IPF.Contact.RecipientCache", "ipf.contact.moc.quickcontacts", "IPF.Contact.Company.Mine"} {
		own := add(m.Contacts, class, class, false)
		add(add(own, "below "+class, "", false), "deep below "+class, "", false)
	}
	notes := add(m.Contacts, "mail", "IPF.Note", false)
	add(notes, "Kunden", "", false)

	without := mustRead(t, s.online(t), "anna@example.test")
	if got := names(without); got != "anna 0000, anna 0001" {
		t.Error(got)
	}
	all := s.online(t, func(c *Config, _ *transport.Options) { c.Folders = true })
	if got := names(mustRead(t, all, "anna@example.test")); got != "Alte Freunde, Freunde & Co, Kunden, anna 0000, anna 0001" {
		t.Error(got)
	}

	// A folder that goes while the mailbox is read takes its contacts along.
	s.ResetLog()
	var once sync.Once
	s.SetFault(func(*http.Request) simulator.Fault {
		if s.Count("FindFolder") > 3 {
			once.Do(func() { m.DeleteFolder(friends) })
		}
		return nil
	})
	if got := names(mustRead(t, all, "anna@example.test")); !strings.HasSuffix(got, "Kunden, anna 0000, anna 0001") {
		t.Error(got)
	}
}

func TestBusy(t *testing.T) {
	wait := 4200 * time.Millisecond
	shapes := map[string]simulator.Fault{
		"fault with 500":   simulator.EWSBusy(wait),
		"fault with 503":   simulator.EWSBusyUnavailable(wait),
		"message with 200": simulator.EWSBusyMessage(wait),
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			s := startService(t, simulator.Options{})
			s.mailbox("anna", 3)
			src := s.online(t)
			s.SetFault(simulator.EWSTimes(2, "SyncFolderItems", shape))
			if got := mustRead(t, src, "anna@example.test"); len(got) != 3 {
				t.Errorf("%d contacts", len(got))
			}
			if !slices.Equal(s.slept, []time.Duration{wait, wait}) {
				t.Errorf("waited %v, want twice %v", s.slept, wait)
			}
			s.SetFault(simulator.EWSTimes(-1, "SyncFolderItems", shape))
			if _, err := readAll(t, src, "anna@example.test"); fault.ClassOf(err) != fault.Unavailable {
				t.Errorf("class %v: %v", fault.ClassOf(err), err)
			}
		})
	}
	t.Run("in a batch", func(t *testing.T) {
		s := startService(t, simulator.Options{})
		s.mailbox("anna", 3)
		s.SetFault(simulator.EWSTimes(1, "GetItem", simulator.EWSBusyMessage(wait)))
		src := s.online(t, func(c *Config, _ *transport.Options) { c.Notes = true })
		if got := mustRead(t, src, "anna@example.test"); len(got) != 3 || !slices.Equal(s.slept, []time.Duration{wait}) {
			t.Errorf("%d contacts, waited %v", len(got), s.slept)
		}
	})
}

func TestFailures(t *testing.T) {
	s := startService(t, simulator.Options{})
	box := s.mailbox("anna", 3)
	s.Tenant().AddMailbox(simulator.Mailbox{Mail: "ohne@example.test", NoMailbox: true})
	s.Tenant().AddMailbox(simulator.Mailbox{Mail: "f3@example.test", EWSDisabled: true})
	s.Tenant().AddMailbox(simulator.Mailbox{Mail: "zwei@example.test", Aliases: []string{"alias@example.test"}})
	s.mailbox("zu", 1)
	s.Tenant().Change(func() { s.app.Scope = func(m *simulator.Mailbox) bool { return m.Mail != "zu@example.test" } })
	_ = box
	always := func(f simulator.Fault) func(*http.Request) simulator.Fault { return simulator.Always("/EWS/", f) }
	status := func(code int) simulator.Fault { return simulator.Broken(code, "") }
	tests := []struct {
		name, mail string
		fault      func(*http.Request) simulator.Fault
		class      fault.Class
		text, hint string
	}{
		{"no mailbox", "ohne@example.test", nil, fault.Member, "ErrorNonExistentMailbox", "licence"},
		{"unknown", "niemand@example.test", nil, fault.Member, "ErrorNonExistentMailbox", "directory"},
		{"an alias", "alias@example.test", nil, fault.Member, "ErrorNonPrimarySmtpAddress", "primary"},
		{"no address", "", nil, fault.Member, "no mail address", "directory"},
		{"a strange address", "anna@example.test\r\nX: y", nil, fault.Member, "no mail address", ""},
		{"outside of the scope", "zu@example.test", nil, fault.Refused, "ErrorAccessDenied", "scope"},
		{"EWS off", "f3@example.test", nil, fault.Refused, "switched off", "Contacts.Read"},
		{"EWS blocked", "anna@example.test", always(simulator.EWSBlocked("EWS is blocked by policy for this user or tenant")), fault.Refused, "blocked by policy", "EwsAllowedAppIDs"},
		{"403 otherwise", "anna@example.test", always(status(403)), fault.Refused, "403", "full_access_as_app"},
		{"denied in a message", "anna@example.test", always(simulator.EWSMessage("ErrorAccessDenied", "No.")), fault.Refused, "ErrorAccessDenied: No", "full_access"},
		{"impersonation denied", "anna@example.test", always(simulator.EWSFault("ErrorImpersonateUserDenied", "No.")), fault.Refused, "ErrorImpersonateUserDenied", "full_access"},
		{"account disabled", "anna@example.test", always(simulator.EWSFault("ErrorAccountDisabled", "Off.")), fault.Member, "ErrorAccountDisabled", "enable"},
		{"an error unheard of", "anna@example.test", always(simulator.EWSFault("ErrorBrandNew", "New.")), fault.Member, "ErrorBrandNew: New", ""},
		{"store unavailable", "anna@example.test", always(simulator.EWSFault("ErrorMailboxStoreUnavailable", "Moved.")), fault.Member, "tried", "moved"},
		{"wrong address", "anna@example.test", always(status(404)), fault.Config, "404", "ews_url"},
		{"login page", "anna@example.test", always(simulator.LoginPage), fault.Config, "page", "login page"},
		{"redirect", "anna@example.test", always(status(302)), fault.Config, "302", "ews_url"},
		{"no role in the token", "anna@example.test", always(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("X-Ms-Diagnostics", `2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`)
			w.WriteHeader(http.StatusUnauthorized)
		}), fault.Refused, "not enough scope", "full_access_as_app"},
		{"token refused", "anna@example.test", always(status(401)), fault.Config, "refuses the token", "tenant_id"},
		{"bad gateway", "anna@example.test", always(status(502)), fault.Unavailable, "502", ""},
		{"500 without a fault", "anna@example.test", always(status(500)), fault.Unavailable, "500", ""},
		{"broken off", "anna@example.test", always(simulator.CutAfter(300)), fault.Unavailable, "read answer", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := s.online(t)
			s.SetFault(tt.fault)
			_, err := readAll(t, src, tt.mail)
			if err == nil {
				t.Fatal("no error")
			}
			if fault.ClassOf(err) != tt.class {
				t.Errorf("class %v, want %v: %v", fault.ClassOf(err), tt.class, err)
			}
			if !strings.Contains(err.Error(), tt.text) || !strings.Contains(fault.HintOf(err), tt.hint) {
				t.Errorf("%v\n(%s)", err, fault.HintOf(err))
			}
			if probe := src.Probe(t.Context(), member(tt.mail)); fault.ClassOf(probe) != tt.class || probe == nil {
				t.Errorf("Probe: %v", probe)
			}
			if _, inspect := src.Inspect(t.Context(), member(tt.mail)); inspect == nil || fault.ClassOf(inspect) != tt.class || fault.HintOf(inspect) != fault.HintOf(err) {
				t.Errorf("Inspect: %v (%s)", inspect, fault.HintOf(inspect))
			}
		})
	}
	s.SetFault(nil)
	if err := s.online(t).Probe(t.Context(), member("anna@example.test")); err != nil {
		t.Errorf("Probe of an open mailbox: %v", err)
	}
}

func TestPassingFailures(t *testing.T) {
	s := startService(t, simulator.Options{})
	s.mailbox("anna", 3)
	for name, f := range map[string]simulator.Fault{
		"cut in the body":     simulator.CutAfter(700),
		"cut before anything": simulator.CutAfter(0),
		"401 once":            simulator.Broken(401, ""),
		"502":                 simulator.Broken(502, ""),
		"503 with a wait":     simulator.Broken(503, "3"),
		"failover":            simulator.EWSFault("ErrorMailboxFailover", "Soon."),
	} {
		t.Run(name, func(t *testing.T) {
			src := s.online(t)
			s.SetFault(simulator.Times(1, "/EWS/", f))
			if got := mustRead(t, src, "anna@example.test"); len(got) != 3 {
				t.Errorf("%d contacts", len(got))
			}
		})
	}
}

// Several workers, each on a connection of its own that NTLM signs in once.
func TestNTLM(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 4})
	for i := range 12 {
		s.mailbox(fmt.Sprint("m", i), 10+i)
	}
	for _, user := range []string{"svc@example.test", `EXAMPLE\svc`} {
		t.Run(user, func(t *testing.T) {
			s.ResetLog()
			src := s.onPremises(t, user, "geheim & lang")
			var wg sync.WaitGroup
			for w := range 4 {
				wg.Go(func() {
					for i := w; i < 12; i += 4 {
						if got, err := readAll(t, src, fmt.Sprintf("m%d@example.test", i)); err != nil || len(got) != 10+i {
							t.Errorf("m%d: %d contacts, %v", i, len(got), err)
						}
					}
				})
			}
			wg.Wait()
			refused := 0
			for _, r := range s.Requests() {
				if r.Status == http.StatusUnauthorized {
					refused++
				}
			}
			if refused == 0 || refused > 2*4 {
				t.Errorf("%d requests were answered 401; want 2 for each of at most 4 connections", refused)
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	s := startService(t, simulator.Options{})
	s.mailbox("anna", 3)
	src := s.onPremises(t, "svc@example.test", "falsch")
	for range 5 {
		_, err := readAll(t, src, "anna@example.test")
		if fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "ews_password") {
			t.Errorf("%v (%s)", err, fault.HintOf(err))
		}
		if text := fmt.Sprintf("%v %#v", err, err); strings.Contains(text, "falsch") || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("falsch"))) {
			t.Errorf("the password shows: %s", text)
		}
	}
	if n := s.Count("asmx"); n != 3 {
		t.Errorf("%d requests; want one handshake, so that the account is not locked", n)
	}
}

// Workers that start at the same time must not each try a wrong password.
func TestWrongPasswordSideBySide(t *testing.T) {
	s := startService(t, simulator.Options{})
	src := s.onPremises(t, "svc@example.test", "falsch")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := src.Probe(t.Context(), member("anna@example.test")); fault.ClassOf(err) != fault.Config {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.Count("asmx"); n > 4+2 {
		t.Errorf("%d requests; want at most one from each worker and one handshake", n)
	}
}

func TestImpersonationOnPremises(t *testing.T) {
	s := startService(t, simulator.Options{})
	s.mailbox("anna", 3)
	s.Tenant().Change(func() { s.account.MayImpersonate = false })
	src := s.onPremises(t, "svc@example.test", "geheim & lang")
	for _, mail := range []string{"anna@example.test", "svc@example.test"} {
		_, err := readAll(t, src, mail)
		if fault.ClassOf(err) != fault.Refused || !strings.Contains(fault.HintOf(err), "ApplicationImpersonation") {
			t.Errorf("%s: %v (%s)", mail, err, fault.HintOf(err))
		}
	}
}
