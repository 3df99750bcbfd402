package ews

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

const fixtures = "../../../shared/fixtures/ews"

// recording returns the bytes of a recorded answer or request, unpacked.
func recording(t testing.TB, name string) []byte {
	t.Helper()
	if _, err := os.Stat(fixtures); err != nil {
		t.Skip("the recorded answers are not here: ", err)
	}
	path := filepath.Join(fixtures, name)
	if b, err := os.ReadFile(path); err == nil {
		return b
	}
	f, err := os.Open(path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gromox(t testing.TB, name string) []byte {
	t.Helper()
	return recording(t, "gromox/"+name)
}

func decoded(t testing.TB, name string) answer {
	t.Helper()
	a, err := decode(bytes.NewReader(recording(t, name)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return a
}

// itemElement matches an item of a recorded page.
var itemElement = regexp.MustCompile(`<t:(Contact|Item)>.*?</t:(Contact|Item)>`)

// asSync returns a recorded page of FindItem as an answer of SyncFolderItems
// that creates the same items and is the last.
func asSync(page []byte, syncState string) []byte {
	items := bytes.Join(itemElement.FindAll(page, -1), []byte("</t:Create><t:Create>"))
	return []byte(syncAnswer(syncState, true, "<t:Create>"+string(items)+"</t:Create>"))
}

// expected is a mailbox of expected.json: its contacts as they were made.
type expected struct {
	Contacts  []expectedContact
	Subfolder struct {
		FolderID string `json:"folder_id"`
		Contacts []expectedContact
	}
}

type expectedContact struct {
	ItemID      string `json:"item_id"`
	DisplayName string `json:"display_name"`
	GivenName   string `json:"given_name"`
	Surname     string
	CompanyName string `json:"company_name"`
	Department  string
	JobTitle    string      `json:"job_title"`
	Emails      [][2]string `json:"email_addresses"`
	Phones      [][2]string `json:"phone_numbers"`
	Addresses   []struct{ Label, Street, City, State, Zipcode, Country string }
	Physical    []struct{ Label, Street, City, State, Zipcode, Country string } `json:"physical_addresses"`
	Birthday    string
	Body        string
	Categories  []string
}

func expectation(t testing.TB, mailbox string) expected {
	t.Helper()
	var all map[string]expected
	if err := json.Unmarshal(gromox(t, "expected.json"), &all); err != nil {
		t.Fatal(err)
	}
	return all[mailbox]
}

// contact returns what a source is to hand over of an expected contact.
func (e expectedContact) contact() phonebook.Contact {
	c := phonebook.Contact{
		ID: e.ItemID, DisplayName: e.DisplayName, GivenName: e.GivenName, Surname: e.Surname,
		Company: e.CompanyName, Department: e.Department, JobTitle: e.JobTitle,
		Birthday: e.Birthday, Notes: e.Body, Categories: e.Categories,
	}
	for _, m := range e.Emails {
		c.Emails = append(c.Emails, m[1])
	}
	for _, slot := range phoneSlots {
		for _, p := range e.Phones {
			if p[0] == slot.key && p[1] != "" {
				c.Phones = append(c.Phones, phonebook.Phone{Kind: slot.kind, Number: p[1]})
			}
		}
	}
	for _, a := range e.Physical {
		c.Addresses = append(c.Addresses, phonebook.Address{
			Kind: phonebook.AddressKind(strings.ToLower(a.Label)), Street: a.Street, PostalCode: a.Zipcode,
			City: a.City, State: a.State, Country: a.Country,
		})
	}
	return c
}

// parts says which fields an answer carries.
type parts struct{ names, numbers, addresses, birthday, notes, categories bool }

var everything = parts{true, true, true, true, true, true}

// only empties the fields that an answer does not carry.
func (p parts) only(c phonebook.Contact) phonebook.Contact {
	out := phonebook.Contact{ID: c.ID}
	if p.names {
		out.DisplayName, out.GivenName, out.Surname = c.DisplayName, c.GivenName, c.Surname
		out.Company, out.Department, out.JobTitle = c.Company, c.Department, c.JobTitle
	}
	if p.numbers {
		out.Emails, out.Phones = c.Emails, c.Phones
	}
	if p.addresses {
		out.Addresses = c.Addresses
	}
	if p.birthday {
		out.Birthday = c.Birthday
	}
	if p.notes {
		out.Notes = c.Notes
	}
	if p.categories {
		out.Categories = c.Categories
	}
	return out
}

// compare checks contacts, in any order, field by field.
func compare(t *testing.T, got []phonebook.Contact, want []expectedContact, p parts) {
	t.Helper()
	byID := make(map[string]phonebook.Contact)
	for _, c := range got {
		if _, twice := byID[c.ID]; twice {
			t.Errorf("%s came twice", c.ID)
		}
		byID[c.ID] = c
	}
	if len(got) != len(want) {
		t.Errorf("%d contacts, want %d", len(got), len(want))
	}
	for _, e := range want {
		w := p.only(e.contact())
		g, ok := byID[w.ID]
		if !ok {
			t.Errorf("%s is missing", w.DisplayName)
			continue
		}
		g = p.only(g)
		if len(g.Birthday) > 10 {
			g.Birthday = g.Birthday[:10] // the time behind it means nothing
		}
		g.Notes = strings.ReplaceAll(g.Notes, "\r\n", "\n")
		w.Notes = strings.ReplaceAll(w.Notes, "\r\n", "\n")
		slices.Sort(g.Categories)
		slices.Sort(w.Categories)
		gotJSON, _ := json.Marshal(g)
		wantJSON, _ := json.Marshal(w)
		if !bytes.Equal(gotJSON, wantJSON) {
			t.Errorf("contact differs\n got %s\nwant %s", gotJSON, wantJSON)
		}
	}
}

func contactsOf(a answer) (out []phonebook.Contact) {
	for _, m := range a.messages {
		for _, it := range m.items {
			if it.isContact {
				out = append(out, it.Contact)
			}
		}
	}
	return out
}

func TestDecodeRecordings(t *testing.T) {
	named := parts{names: true, numbers: true}
	tests := []struct {
		name, mailbox string
		subfolder     bool
		parts         parts
		from, to      int // which of the expected contacts, as a slice
	}{
		{name: "small-finditem-phones-emails", mailbox: "small", parts: named},
		{name: "small-finditem-idonly", mailbox: "small"},
		{name: "small-finditem-allproperties", mailbox: "small", parts: parts{names: true, numbers: true, birthday: true}},
		{name: "small-finditem-subfolder-allproperties", mailbox: "small", subfolder: true, parts: named},
		{name: "small-getitem-60-text", mailbox: "small", parts: parts{names: true, numbers: true, birthday: true, notes: true}},
		{name: "small-getitem-60-text-plus-named-fields", mailbox: "small", parts: everything},
		{name: "large-finditem-phones-emails", mailbox: "large", parts: named},
		{name: "large-finditem-idonly", mailbox: "large"},
		{name: "large-finditem-allproperties", mailbox: "large", parts: parts{names: true, numbers: true, birthday: true}},
		{name: "large-finditem-subfolder-allproperties", mailbox: "large", subfolder: true, parts: named},
		{name: "large-getitem-60-text-plus-named-fields", mailbox: "large", parts: everything, to: 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := expectation(t, tt.mailbox+"@example.test")
			contacts := want.Contacts
			if tt.subfolder {
				contacts = want.Subfolder.Contacts
			}
			if tt.to > 0 {
				contacts = contacts[tt.from:tt.to]
			}
			page := gromox(t, tt.name+".response.xml")
			if strings.Contains(tt.name, "finditem") {
				page = asSync(page, "1")
			}
			a, err := decode(bytes.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, contactsOf(a), contacts, tt.parts)
		})
	}
}

// Every recorded answer has to be readable, whatever it is an answer to.
func TestDecodeEveryRecording(t *testing.T) {
	recording(t, "recorded/find_folder_response.xml") // skips where there are none
	paths, err := filepath.Glob(fixtures + "/*/*response.xml*")
	if err != nil || len(paths) < 80 {
		t.Fatalf("%d recordings, %v", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(strings.TrimPrefix(path, fixtures+"/"), ".gz")
		a := decoded(t, name)
		if a.fault == nil && len(a.messages) == 0 {
			t.Errorf("%s: neither a fault nor a message", name)
		}
	}
}

func TestDecodePaging(t *testing.T) {
	tests := map[string]root{
		"small-finditem-page-max25-offset0":      {true, false, 61},
		"small-finditem-page-max25-offset25":     {true, false, 61},
		"small-finditem-page-max25-offset50":     {true, true, 61},
		"small-finditem-page-max25-offset100":    {true, true, 61},
		"small-finditem-idonly":                  {true, true, 61},
		"large-finditem-page-max1000-offset0":    {true, false, 1301},
		"large-finditem-page-max1000-offset1000": {true, true, 1301},
		"empty-finditem":                         {true, true, 0},
	}
	for name, want := range tests {
		a := decoded(t, "gromox/"+name+".response.xml")
		if got := a.messages[0].root; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestDecodeForbiddenCharacters(t *testing.T) {
	raw := recording(t, "recorded/dodgy_ews_response.xml")
	x := newXMLReader(bytes.NewReader(raw))
	for x.next() != atEnd {
		if string(x.name()) == "Body" && x.attr("BodyType") == "Text" {
			if got, want := x.text(), "Invalid characters: "+strings.Repeat(" ", 29); got != want {
				t.Errorf("body %q, want %q", got, want)
			}
			if x.dropped != 29 {
				t.Errorf("%d characters dropped, want 29", x.dropped)
			}
			return
		}
	}
	t.Error("no body found: ", x.err)
}
