package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/simulator"
)

// graphContact is a contact as Graph answers it.
type graphContact struct {
	ID             string
	DisplayName    string
	GivenName      string
	MiddleName     string
	Surname        string
	CompanyName    string
	Department     string
	JobTitle       string
	MobilePhone    string
	BusinessPhones []string
	HomePhones     []string
	PersonalNotes  string
	Birthday       string
	Categories     []string
	EmailAddresses []struct{ Address string }

	BusinessAddress, HomeAddress, OtherAddress graphAddress

	Extended []struct{ ID, Value string } `json:"singleValueExtendedProperties"`
}

type graphAddress struct{ Street, PostalCode, City, State, CountryOrRegion string }

// graphRead is what read.js prints, first and second line.
type graphRead struct {
	Contacts []graphContact
	Folders  []string
	Batched  map[string]struct {
		Status int
		Body   json.RawMessage
	}
	Delta []string
	Error *struct {
		Status int
		Code   string
	}
	Changes []struct {
		ID      string
		Removed *struct{ Reason string } `json:"@removed"`
	}
	Link bool
}

// installGraphClient installs Microsoft's client into a folder of its own and
// returns that.
func installGraphClient(t *testing.T) string {
	t.Helper()
	Need(t, "node", "nodejs")
	Need(t, "npm", "npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "read.js"} {
		b, err := os.ReadFile(filepath.Join("graphclient", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		Missing(t, fmt.Sprintf("npm cannot install Microsoft's Graph client: %v: %.500s", err, out))
	}
	return dir
}

// Microsoft's own client for Graph reads a tenant by pages, by batches and by
// delta, waits where it is told to, and finds what the tenant holds.
func TestMicrosoftsGraphClientReadsTheTenant(t *testing.T) {
	dir := installGraphClient(t)
	tenant := simulator.Generate(21, 3, 110)
	m := tenant.Mailboxes()[1]
	s := serve(t, tenant, simulator.Options{})
	s.SetFault(simulator.Times(1, "/contacts", simulator.Throttled("0")))
	node := exec.Command("node", "read.js", s.Authority(), tenant.ID, s.app.ClientID, s.app.Secret,
		strings.TrimSuffix(strings.TrimPrefix(s.GraphURL(), "https://"), "/v1.0"), m.Mail)
	node.Dir = dir
	node.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+s.ca)
	var complaints strings.Builder
	node.Stderr = &complaints
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Process.Kill() }()
	lines := bufio.NewReader(out)
	read := func() (g graphRead) {
		t.Helper()
		line, err := lines.ReadBytes('\n')
		if err != nil {
			_ = node.Wait()
			t.Fatalf("read the script's output: %v: %s", err, complaints.String())
		}
		if err := json.Unmarshal(line, &g); err != nil {
			t.Fatalf("parse the script's output: %v", err)
		}
		return g
	}
	compareGraph(t, m, read())

	items := contacts(m)
	m.DeleteContact(items[3].ID)
	m.UpdateContact(items[5].ID, func(c *simulator.Contact) { c.DisplayName = "changed" })
	fresh := m.AddContact(m.Contacts, simulator.Contact{DisplayName: "fresh"})
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	g := read()
	var got []string
	for _, c := range g.Changes {
		got = append(got, fmt.Sprint(c.ID, " ", c.Removed != nil))
	}
	want := []string{items[3].ID + " true", items[5].ID + " false", fresh + " false"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || !g.Link {
		t.Errorf("changes %v (delta link: %t), want %v", got, g.Link, want)
	}
	if err := node.Wait(); err != nil {
		t.Errorf("the script ends: %v: %s", err, complaints.String())
	}
	if n := s.Count("$batch"); n < 3 {
		t.Errorf("%d batches", n)
	}
	if !slices.ContainsFunc(s.Requests(), func(r simulator.Request) bool { return r.Status == 429 }) {
		t.Error("the client was never told to wait")
	}
}

func compareGraph(t *testing.T, m *simulator.Mailbox, g graphRead) {
	t.Helper()
	byID := map[string]graphContact{}
	for _, c := range g.Contacts {
		byID[c.ID] = c
	}
	items := contacts(m)
	if len(g.Contacts) != len(items) || len(byID) != len(items) {
		t.Errorf("%d contacts, %d ids, of %d", len(g.Contacts), len(byID), len(items))
	}
	seen := slices.Compact(slices.Sorted(slices.Values(g.Delta)))
	for _, it := range items {
		got, ok := byID[it.ID]
		if !ok {
			t.Errorf("%q was not read", it.DisplayName)
			continue
		}
		if text := fmt.Sprintf("%+v", got); text != fmt.Sprintf("%+v", asGraph(it)) {
			t.Errorf("read\n%s, want\n%+v", text, asGraph(it))
		}
		if _, ok := slices.BinarySearch(seen, it.ID); !ok {
			t.Errorf("the delta misses %q", it.DisplayName)
		}
	}
	compareBatch(t, byID, g)
	var folders []string
	for _, f := range m.Contacts.Children {
		if !f.Hidden {
			folders = append(folders, f.Name)
		}
	}
	for _, f := range folders {
		if !slices.Contains(g.Folders, f) {
			t.Errorf("folders %v, want %v", g.Folders, folders)
		}
	}
	if g.Error == nil || g.Error.Status != 404 {
		t.Errorf("a user who is not there: %+v", g.Error)
	}
}

func compareBatch(t *testing.T, byID map[string]graphContact, g graphRead) {
	t.Helper()
	if len(g.Batched) != 46 {
		t.Errorf("%d answers of batches", len(g.Batched))
	}
	for id, answer := range g.Batched {
		if id == "no-such-id" {
			if answer.Status < 400 {
				t.Errorf("an id that is none: %d", answer.Status)
			}
			continue
		}
		var c graphContact
		if err := json.Unmarshal(answer.Body, &c); err != nil {
			t.Fatal(err)
		}
		if answer.Status != 200 || fmt.Sprintf("%+v", c) != fmt.Sprintf("%+v", byID[id]) {
			t.Errorf("batch: %d %+v, list: %+v", answer.Status, c, byID[id])
		}
	}
}

// asGraph returns a contact of the tenant as read.js has to find it.
func asGraph(it *simulator.Item) graphContact {
	c := graphContact{
		ID: it.ID, DisplayName: it.DisplayName, GivenName: it.GivenName, MiddleName: it.MiddleName, Surname: it.Surname,
		CompanyName: it.Company, Department: it.Department, JobTitle: it.JobTitle, MobilePhone: it.Phones["MobilePhone"],
		PersonalNotes: it.Notes, Categories: append([]string{}, it.Categories...),
		BusinessAddress: address(it.Addresses["Business"]), HomeAddress: address(it.Addresses["Home"]), OtherAddress: address(it.Addresses["Other"]),
	}
	if !it.Birthday.IsZero() {
		c.Birthday = it.Birthday.UTC().Format("2006-01-02T15:04:05Z")
	}
	c.BusinessPhones = notEmpty(it.Phones["BusinessPhone"], it.Phones["BusinessPhone2"])
	c.HomePhones = notEmpty(it.Phones["HomePhone"], it.Phones["HomePhone2"])
	for _, e := range it.Emails {
		if e != "" {
			c.EmailAddresses = append(c.EmailAddresses, struct{ Address string }{e})
		}
	}
	for _, x := range [][2]string{{"String 0x3a24", "BusinessFax"}, {"String 0x3a21", "Pager"}, {"String 0x3a57", "CompanyMainPhone"}, {"String 0x3a1b", "BusinessPhone2"}} {
		if n := it.Phones[x[1]]; n != "" {
			c.Extended = append(c.Extended, struct{ ID, Value string }{x[0], n})
		}
	}
	return c
}

func notEmpty(values ...string) []string {
	return slices.DeleteFunc(values, func(s string) bool { return s == "" })
}

func address(a simulator.Address) graphAddress {
	return graphAddress{a.Street, a.PostalCode, a.City, a.State, a.Country}
}
