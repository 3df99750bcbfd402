package conformance

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	_ "github.com/mattn/go-sqlite3"

	"contactsync/internal/simulator"
)

// python is Debian's interpreter, for which exchangelib is packaged.
const python = "/usr/bin/python3"

func needExchangelib(t *testing.T) {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import exchangelib, phonenumbers").CombinedOutput(); err != nil {
		Missing(t, fmt.Sprintf("%s cannot import exchangelib and phonenumbers (Debian: python3-exchangelib python3-phonenumbers): %v: %.300s", python, err, out))
	}
}

// oauth returns the flags that sign a script in as the app.
func (s *site) oauth() []string {
	return []string{"--ews", s.EWSURL(), "--authority", s.Authority(), "--tenant", s.Tenant().ID,
		"--client", s.app.ClientID, "--secret", s.app.Secret, "--ca", s.ca}
}

// clean returns a text as libxml2 reads it: without the characters that XML
// forbids.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if forbidden(r) {
			return -1
		}
		return r
	}, s)
}

func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// withoutForbidden replaces the contacts of a tenant that hold characters that
// XML forbids. libxml2, on which exchangelib stands, recovers from the first
// of them by dropping every &amp; and &lt; after it.
func withoutForbidden(tenant *simulator.Tenant) {
	for _, m := range tenant.Mailboxes() {
		for _, it := range contacts(m) {
			m.UpdateContact(it.ID, func(c *simulator.Contact) {
				c.DisplayName, c.Company, c.Notes = clean(c.DisplayName), clean(c.Company), clean(c.Notes)
			})
		}
	}
}

// cut returns what FindItem leaves of a text: 255 units of UTF-16.
func cut(s string) string {
	u := utf16.Encode([]rune(s))
	if len(u) > 255 {
		u = u[:255]
	}
	return clean(string(utf16.Decode(u)))
}

func birthday(c simulator.Contact) string {
	if c.Birthday.IsZero() {
		return ""
	}
	return c.Birthday.Format("2006-01-02")
}

// exchangelib_sync.py, the peer of the benchmark, reads a simulated tenant
// without a change, and what lands in its database is what the tenant holds.
func TestPeerReadsTheTenant(t *testing.T) {
	needExchangelib(t)
	script := beside(t, "shared/peer/exchangelib_sync.py")
	tenant := simulator.Generate(11, 3, 130)
	withoutForbidden(tenant)
	svc := tenant.AddMailbox(simulator.Mailbox{Mail: "svc@example.org", Password: "s3cret & more", MayImpersonate: true, NoMailbox: true})
	s := serve(t, tenant, simulator.Options{MaxPage: 50})
	var mails []string
	for _, m := range tenant.Mailboxes() {
		if m != svc {
			mails = append(mails, m.Mail)
		}
	}
	for name, flags := range map[string][]string{
		"OAuth": s.oauth(),
		"Basic": {"--ews", s.EWSURL(), "--user", svc.UPN, "--password", svc.Password, "--ca", s.ca},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "peer.db")
			args := append(append([]string{script}, flags...), "--db", file)
			if out, err := exec.Command(python, append(args, mails...)...).CombinedOutput(); err != nil {
				t.Fatalf("run the peer: %v: %s", err, out)
			}
			db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, m := range tenant.Mailboxes() {
				if m != svc {
					comparePeer(t, db, m)
				}
			}
		})
	}
}

// peerRow is a row of the peer's table entry; absent and empty are one.
type peerRow struct {
	Display, Given, Surname, Company, Department, Job, Birthday string
	Emails, Addresses, Categories                               string
	Numbers                                                     string
}

func comparePeer(t *testing.T, db *sql.DB, m *simulator.Mailbox) {
	t.Helper()
	got := map[string]peerRow{}
	rows, err := db.Query(`SELECT id, ifnull(display_name, ''), ifnull(given_name, ''), ifnull(surname, ''), ifnull(company, ''),
		ifnull(department, ''), ifnull(job_title, ''), birthday, emails, addresses, categories,
		(SELECT ifnull(json_group_array(json_array(kind, as_typed)), '') FROM number n WHERE n.owner = e.owner AND n.id = e.id)
		FROM entry e WHERE owner = ?`, m.Mail)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var r peerRow
		if err := rows.Scan(&id, &r.Display, &r.Given, &r.Surname, &r.Company, &r.Department, &r.Job, &r.Birthday,
			&r.Emails, &r.Addresses, &r.Categories, &r.Numbers); err != nil {
			t.Fatal(err)
		}
		r.Numbers, r.Emails, r.Addresses, r.Categories = sorted(t, r.Numbers), sorted(t, r.Emails), sorted(t, r.Addresses), sorted(t, r.Categories)
		got[id] = r
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	items := contacts(m)
	if len(got) != len(items) {
		t.Errorf("%s: the peer read %d contacts of %d", m.Mail, len(got), len(items))
	}
	for _, it := range items {
		want := peerRow{Display: clean(it.DisplayName), Given: clean(it.GivenName), Surname: clean(it.Surname), Company: clean(it.Company),
			Department: clean(it.Department), Job: clean(it.JobTitle), Birthday: birthday(it.Contact),
			Emails: sortedOf(t, slices.DeleteFunc(it.Emails[:], func(s string) bool { return s == "" })), Addresses: sortedOf(t, peerAddresses(it)),
			Categories: sortedOf(t, it.Categories), Numbers: sortedOf(t, peerNumbers(it))}
		if g, ok := got[it.EWSID()]; !ok || g != want {
			t.Errorf("%s, %q: the peer has %t\n%+v, want\n%+v", m.Mail, it.DisplayName, ok, g, want)
		}
	}
}

func peerAddresses(it *simulator.Item) [][]any {
	var all [][]any
	orNull := func(s string) any {
		if s = clean(s); s == "" {
			return nil
		}
		return s
	}
	for kind, a := range it.Addresses {
		all = append(all, []any{kind, orNull(a.Street), orNull(a.PostalCode), orNull(a.City), orNull(a.State), orNull(a.Country)})
	}
	return all
}

func peerNumbers(it *simulator.Item) [][]string {
	var all [][]string
	for kind, number := range it.Phones {
		if number != "" {
			all = append(all, []string{kind, clean(number)})
		}
	}
	return all
}

// sorted returns a JSON array with its elements in order.
func sorted(t *testing.T, list string) string {
	t.Helper()
	var all []json.RawMessage
	if list == "" {
		list = "[]"
	}
	if err := json.Unmarshal([]byte(list), &all); err != nil {
		t.Fatalf("parse %q: %v", list, err)
	}
	texts := []string{}
	for _, e := range all {
		var v any
		if err := json.Unmarshal(e, &v); err != nil {
			t.Fatal(err)
		}
		same, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(same))
	}
	slices.Sort(texts)
	return "[" + strings.Join(texts, ",") + "]"
}

func sortedOf[T any](t *testing.T, list []T) string {
	t.Helper()
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if list == nil {
		b = []byte("[]")
	}
	return sorted(t, string(b))
}

// walked is what walk.py prints first.
type walked struct {
	Folders map[string]struct {
		Class string
		Count int
		ID    string
		Kind  string
	}
	Contacts []walkedContact
	Lists    []struct {
		ID          string
		DisplayName string `json:"display_name"`
	}
	Others   []string
	Synced   map[string]string
	Names    map[string]string
	WithName []string `json:"with_name"`
	One      *walkedContact
	Changes  [][]string
}

type walkedContact struct {
	ID, Key                      string
	DisplayName                  string `json:"display_name"`
	GivenName                    string `json:"given_name"`
	MiddleName                   string `json:"middle_name"`
	Surname, Company, Department string
	JobTitle                     string `json:"job_title"`
	Birthday, Notes, Body        string
	Categories                   []string
	Emails, Phones               map[string]string
	Addresses                    map[string][]string
}

// walk.py takes the other ways that exchangelib has: the walk through all
// folders, whole items with notes, distribution lists, and sync_items.
func TestExchangelibWalks(t *testing.T) {
	needExchangelib(t)
	tenant := simulator.Generate(12, 3, 130)
	m := tenant.Mailboxes()[1]
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		m.AddContact(m.Contacts, simulator.RandomContact(r))
	}
	withoutForbidden(tenant)
	m.AddContact(m.Contacts, simulator.Contact{GivenName: strings.Repeat("ä", 260)})
	m.AddContact(m.Contacts, simulator.Contact{DisplayName: "the\x1a \x00last", Notes: "not\x0bice"})
	s := serve(t, tenant, simulator.Options{MaxPage: 60})
	cmd := exec.Command(python, append(append([]string{"testdata/walk.py"}, s.oauth()...), m.Mail)...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	lines := bufio.NewReader(out)
	read := func() (w walked) {
		t.Helper()
		line, err := lines.ReadBytes('\n')
		if err != nil {
			_ = cmd.Wait()
			t.Fatalf("read the script's output: %v: %s", err, complaints.String())
		}
		if err := json.Unmarshal(line, &w); err != nil {
			t.Fatalf("parse the script's output: %v", err)
		}
		return w
	}
	compareWalk(t, m, read())

	items := contacts(m)
	m.DeleteContact(items[3].ID)
	m.UpdateContact(items[5].ID, func(c *simulator.Contact) { c.DisplayName = "changed" })
	fresh := m.Item(m.AddContact(m.Contacts, simulator.Contact{DisplayName: "fresh"})).EWSID()
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"delete", items[3].EWSID(), ""}, {"update", items[5].EWSID(), "changed"}, {"create", fresh, "fresh"}}
	if got := read().Changes; !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the script ends: %v: %s", err, complaints.String())
	}
}

func compareWalk(t *testing.T, m *simulator.Mailbox, w walked) {
	t.Helper()
	byID := map[string]walkedContact{}
	for _, c := range w.Contacts {
		byID[c.ID] = c
	}
	var lists []string
	named := 0
	for _, it := range m.Items(m.Contacts) {
		if w.Synced[it.EWSID()] != it.ChangeKey() {
			t.Errorf("sync_items has %q of %q", w.Synced[it.EWSID()], it.DisplayName)
		}
		if got := w.Names[it.EWSID()]; got != cut(it.GivenName) {
			t.Errorf("FindItem alone gives the name %q, want %q", got, cut(it.GivenName))
		}
		if it.List {
			lists = append(lists, it.EWSID()+it.DisplayName)
			continue
		}
		if it.GivenName != "" {
			named++
		}
		compareContact(t, it, byID[it.EWSID()])
	}
	if n := len(m.Items(m.Contacts)); len(w.Synced) != n || len(w.Contacts)+len(w.Lists) != n || len(w.Others) > 0 {
		t.Errorf("%d items: synced %d, contacts %d, lists %d, others %v", n, len(w.Synced), len(w.Contacts), len(w.Lists), w.Others)
	}
	for i, l := range w.Lists {
		if l.ID+l.DisplayName != lists[i] {
			t.Errorf("list %+v, want %s", l, lists[i])
		}
	}
	if len(w.WithName) != named {
		t.Errorf("a search finds %d contacts with a given name, want %d", len(w.WithName), named)
	}
	if w.One == nil || w.One.ID != w.Contacts[0].ID {
		t.Errorf("one item by its id: %+v", w.One)
	}
	for _, f := range m.Folders() {
		path := f.Name
		for p := f.Parent; p != nil; p = p.Parent {
			path = p.Name + "/" + path
		}
		got, ok := w.Folders["/Root/"+path]
		if !ok || got.Class != f.Class || got.Count != len(m.Items(f)) || got.ID != f.EWSID() {
			t.Errorf("folder %s: %t %+v", path, ok, got)
		}
	}
	if got := w.Folders["/Root/Top of Information Store/Contacts"]; got.Kind != "Contacts" {
		t.Errorf("the contacts folder is taken for %s", got.Kind)
	}
}

func compareContact(t *testing.T, it *simulator.Item, got walkedContact) {
	t.Helper()
	for what, pair := range map[string][2]string{
		"display name": {got.DisplayName, it.DisplayName}, "given name": {got.GivenName, it.GivenName}, "middle name": {got.MiddleName, it.MiddleName},
		"surname": {got.Surname, it.Surname}, "company": {got.Company, it.Company}, "department": {got.Department, it.Department},
		"job title": {got.JobTitle, it.JobTitle}, "birthday": {got.Birthday, birthday(it.Contact)}, "notes": {got.Notes, it.Notes},
		"body": {got.Body, it.Notes}, "key": {got.Key, it.ChangeKey()},
	} {
		if pair[0] != clean(pair[1]) {
			t.Errorf("%q: %s is %q, want %q", it.DisplayName, what, pair[0], pair[1])
		}
	}
	for i, e := range it.Emails {
		if got.Emails[fmt.Sprint("EmailAddress", i+1)] != e {
			t.Errorf("%q: address %d is %q, want %q", it.DisplayName, i+1, got.Emails[fmt.Sprint("EmailAddress", i+1)], e)
		}
	}
	for k, n := range it.Phones {
		if got.Phones[k] != clean(n) {
			t.Errorf("%q: %s is %q, want %q", it.DisplayName, k, got.Phones[k], n)
		}
	}
	for k, a := range it.Addresses {
		if want := []string{a.Street, a.PostalCode, a.City, a.State, a.Country}; !slices.Equal(got.Addresses[k], want) {
			t.Errorf("%q: %s is %q, want %q", it.DisplayName, k, got.Addresses[k], want)
		}
	}
	if len(got.Addresses) != len(it.Addresses) || !slices.Equal(got.Categories, it.Categories) && len(it.Categories)+len(got.Categories) > 0 {
		t.Errorf("%q: addresses %v, categories %v", it.DisplayName, got.Addresses, got.Categories)
	}
}
