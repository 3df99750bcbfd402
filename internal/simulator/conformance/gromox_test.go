package conformance

import (
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"contactsync/internal/simulator"
)

// recording replays what was recorded from gromox, a server that speaks EWS
// and that nobody here wrote, against a tenant with the same contacts.
type recording struct {
	t      *testing.T
	dir    string
	site   *site
	client *http.Client
	boxes  map[string]*simulator.Mailbox
	ids    map[string]string // recorded id or sync state to ours
	theirs map[string]string // our item id to the recorded one
	docs   [][]byte          // what we answered
}

// recorded is an entry of index.json.
type recorded struct {
	Name, Login  string
	Impersonated string
	Codes        []string `json:"response_codes"`
}

// recordedContact is a contact of expected.json.
type recordedContact struct {
	ItemID                     string `json:"item_id"`
	Surname                    string
	GivenName                  string     `json:"given_name"`
	MiddleName                 string     `json:"middle_name"`
	DisplayName                string     `json:"display_name"`
	Company                    string     `json:"company_name"`
	JobTitle                   string     `json:"job_title"`
	Emails                     [][]string `json:"email_addresses"`
	Phones                     [][]string `json:"phone_numbers"`
	Department, Birthday, Body string
	Addresses                  []struct{ Label, Street, City, Zipcode, Country, State string } `json:"physical_addresses"`
	Categories                 []string
}

type recordedMailbox struct {
	Contacts  []recordedContact
	Subfolder struct {
		Name     string
		FolderID string `json:"folder_id"`
		Contacts []recordedContact
	}
	Created recordedContact `json:"sync_contact_created"`
	Updated struct {
		ItemID string `json:"item_id"`
		Value  string `json:"value_during_sync_4"`
	} `json:"sync_contact_updated"`
	Deleted []recordedContact `json:"sync_contacts_deleted"`
}

func (c recordedContact) contact(t *testing.T) simulator.Contact {
	t.Helper()
	out := simulator.Contact{
		DisplayName: c.DisplayName, GivenName: c.GivenName, MiddleName: c.MiddleName, Surname: c.Surname, Company: c.Company,
		Department: c.Department, JobTitle: c.JobTitle, Notes: c.Body, Categories: c.Categories,
		Phones: map[string]string{}, Addresses: map[string]simulator.Address{},
	}
	for _, p := range c.Phones {
		out.Phones[p[0]] = p[1]
	}
	for _, e := range c.Emails {
		out.Emails[slices.Index([]string{"EmailAddress1", "EmailAddress2", "EmailAddress3"}, e[0])] = e[1]
	}
	for _, a := range c.Addresses {
		out.Addresses[a.Label] = simulator.Address{Street: a.Street, PostalCode: a.Zipcode, City: a.City, State: a.State, Country: a.Country}
	}
	if c.Birthday != "" {
		day, err := time.Parse("2006-01-02", c.Birthday)
		if err != nil {
			t.Fatal(err)
		}
		out.Birthday = day
	}
	return out
}

func (r *recording) add(m *simulator.Mailbox, f *simulator.Folder, c recordedContact) {
	ours := m.Item(m.AddContact(f, c.contact(r.t))).EWSID()
	r.ids[c.ItemID], r.theirs[ours] = ours, c.ItemID
}

// read decodes a file of the recording into v.
func (r *recording) read(name string, v any) {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		r.t.Fatalf("parse %s: %v", name, err)
	}
}

// answer returns what gromox answered.
func (r *recording) answer(name string) []byte {
	r.t.Helper()
	file := filepath.Join(r.dir, name+".response.xml")
	if b, err := os.ReadFile(file); err == nil {
		return b
	}
	f, err := os.Open(file + ".gz")
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		r.t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// ask sends the recorded request, its ids replaced by ours.
func (r *recording) ask(e recorded) []byte {
	r.t.Helper()
	doc, err := os.ReadFile(filepath.Join(r.dir, e.Name+".request.xml"))
	if err != nil {
		r.t.Fatal(err)
	}
	text := string(doc)
	for theirs, ours := range r.ids {
		text = strings.ReplaceAll(text, `"`+theirs+`"`, `"`+ours+`"`)
		text = strings.ReplaceAll(text, ">"+theirs+"<", ">"+ours+"<")
	}
	req, err := http.NewRequest(http.MethodPost, r.site.EWSURL(), strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.SetBasicAuth(e.Login, "secret")
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.docs = append(r.docs, body)
	return body
}

// node is an element of an answer.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Nodes   []node     `xml:",any"`
	Text    string     `xml:",chardata"`
}

func parse(t *testing.T, doc []byte) node {
	t.Helper()
	var n node
	if err := xml.Unmarshal(Sanitise(doc), &n); err != nil {
		t.Fatalf("parse: %v: %.300s", err, doc)
	}
	return n
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all returns the elements with one of the names, at any depth.
func (n node) all(names ...string) []node {
	var found []node
	if slices.Contains(names, n.XMLName.Local) {
		found = append(found, n)
	}
	for _, k := range n.Nodes {
		found = append(found, k.all(names...)...)
	}
	return found
}

// count returns how many elements have a name, or lie right below another
// ("Changes/Create", "Changes/*").
func (n node) count(path string) int {
	above, name, ok := strings.Cut(path, "/")
	if !ok {
		return len(n.all(path))
	}
	found := 0
	for _, p := range n.all(above) {
		for _, k := range p.Nodes {
			if name == "*" || k.XMLName.Local == name {
				found++
			}
		}
	}
	return found
}

func (n node) codes() []string {
	var codes []string
	for _, c := range n.all("ResponseCode") {
		codes = append(codes, c.Text)
	}
	return codes
}

// fields flattens a contact: everything that a phonebook can use.
func (n node) fields() map[string]string {
	f := map[string]string{}
	put := func(key, value string) {
		if value = strings.ReplaceAll(value, "\r\n", "\n"); value != "" {
			f[key] = clean(value)
		}
	}
	for _, k := range n.Nodes {
		switch name := k.XMLName.Local; name {
		case "DisplayName", "GivenName", "MiddleName", "Surname", "CompanyName", "Department", "JobTitle", "Body":
			put(name, k.Text)
		case "Birthday":
			put(name, k.Text[:len("2006-01-02T15:04:05")]) // gromox garbles what comes after
		case "PhoneNumbers", "EmailAddresses":
			for _, e := range k.Nodes {
				put(e.attr("Key"), e.Text)
			}
		case "PhysicalAddresses":
			for _, e := range k.Nodes {
				for _, part := range e.Nodes {
					put(e.attr("Key")+" "+part.XMLName.Local, part.Text)
				}
			}
		case "Categories":
			for _, c := range k.Nodes {
				f["Category "+c.Text] = "yes"
			}
		}
	}
	return f
}

// contacts returns the contacts of an answer by their recorded ids. Theirs
// translates our ids; nil where the answer is recorded.
func contactsOf(n node, theirs map[string]string) map[string]map[string]string {
	found := map[string]map[string]string{}
	for _, c := range n.all("Contact") {
		ids := c.all("ItemId")
		if len(ids) == 0 {
			continue // of ResolveNames
		}
		id := ids[0].attr("Id")
		if theirs != nil {
			id = theirs[id]
		}
		found[id] = c.fields()
	}
	return found
}

// where Exchange, and so the simulator, answers otherwise than gromox did.
var otherwise = map[string]string{
	"error-impersonate-nonexisting-mailbox":       "ErrorNonExistentMailbox",
	"error-impersonate-foreign-domain":            "ErrorNonExistentMailbox",
	"error-impersonate-denied":                    "NoError", // a right over all mailboxes here
	"error-delegate-nonexisting-mailbox":          "ErrorNonExistentMailbox",
	"delegate-finditem-small-as-admin":            "ErrorAccessDenied", // nobody has delegate access here
	"error-malformed-xml":                         "ErrorSchemaValidation",
	"error-empty-body":                            "ErrorSchemaValidation",
	"error-no-soap-body":                          "ErrorSchemaValidation",
	"error-unknown-operation":                     "ErrorInvalidRequest",
	"error-unsupported-getservertimezones":        "ErrorInvalidRequest",
	"error-distributionlist-unsupported":          "ErrorInvalidRequest",
	"error-syncstate-garbage":                     "ErrorInvalidSyncStateData",
	"error-syncstate-valid-base64-garbage":        "ErrorInvalidSyncStateData",
	"error-syncstate-truncated":                   "ErrorInvalidSyncStateData",
	"error-syncstate-of-other-folder":             "ErrorInvalidSyncStateData",
	"error-syncstate-of-other-mailbox":            "ErrorInvalidSyncStateData",
	"error-sync-max-0":                            "ErrorSchemaValidation",
	"error-sync-max-100000":                       "ErrorSchemaValidation",
	"error-getitem-garbage-id":                    "ErrorInvalidIdMalformed",
	"error-getitem-nonbase64-id":                  "ErrorInvalidIdMalformed",
	"error-getitem-id-of-other-mailbox":           "ErrorItemNotFound",
	"error-finditem-unknown-distinguished-folder": "ErrorSchemaValidation",
	"error-finditem-deleted-or-garbage-folderid":  "ErrorInvalidIdMalformed",
	"error-finditem-unknown-fielduri":             "ErrorSchemaValidation",
}

// The simulator answers the requests that gromox was asked, and says of the
// same contacts what gromox says.
func TestAnswersAsGromoxDoes(t *testing.T) {
	r := newRecording(t)
	var expected map[string]recordedMailbox
	r.read("expected.json", &expected)
	for mail, box := range expected {
		m := r.boxes[mail]
		for _, c := range box.Contacts {
			r.add(m, m.Contacts, c)
		}
		m.AddList(m.Contacts, "Verteiler & Freunde")
		sub := m.AddFolder(m.Contacts, box.Subfolder.Name, "", false)
		r.ids[box.Subfolder.FolderID] = sub.EWSID()
		for _, c := range box.Subfolder.Contacts {
			r.add(m, sub, c)
		}
	}
	var index []recorded
	r.read("index.json", &index)
	compared := 0
	for _, e := range index {
		mail := e.Login
		if e.Impersonated != "" {
			mail = e.Impersonated
		}
		m, box := r.boxes[mail], expected[mail]
		if _, step, ok := strings.Cut(e.Name, "-sync-"); ok {
			r.change(m, box, step)
		}
		if strings.Contains(e.Name, "createitem") || strings.Contains(e.Name, "updateitem") || strings.Contains(e.Name, "deleteitem") || strings.Contains(e.Name, "setup-create") {
			continue // the simulator is changed from within
		}
		ours := parse(t, r.ask(e))
		want := slices.Compact(slices.Sorted(slices.Values(e.Codes)))
		if code := otherwise[e.Name]; code != "" {
			want = []string{code}
		}
		if got := slices.Compact(slices.Sorted(slices.Values(ours.codes()))); !slices.Equal(got, want) {
			t.Errorf("%s answers %v, want %v", e.Name, got, want)
		} else if otherwise[e.Name] == "" {
			compared += r.compare(e.Name, parse(t, r.answer(e.Name)), ours)
		}
	}
	if compared < 5000 {
		t.Errorf("only %d contacts were compared", compared)
	}
	ValidateEWS(t, r.docs...)
}

func newRecording(t *testing.T) *recording {
	r := &recording{t: t, dir: Fixture(t, "ews/gromox"), boxes: map[string]*simulator.Mailbox{}, ids: map[string]string{}, theirs: map[string]string{}}
	tenant := simulator.NewTenant("gromox")
	tenant.AddApp(simulator.App{})
	for _, name := range []string{"small", "large", "empty", "admin"} {
		mail := name + "@example.test"
		r.boxes[mail] = tenant.AddMailbox(simulator.Mailbox{Mail: mail, Password: "secret", MayImpersonate: name == "admin"})
	}
	r.site = serve(t, tenant, simulator.Options{})
	r.client = trusting(r.site.CAPEM)
	return r
}

// change does to a mailbox what was done to gromox's before a step of its sync
// recordings.
func (r *recording) change(m *simulator.Mailbox, box recordedMailbox, step string) {
	setCar := func(number string) {
		m.UpdateContact(r.ids[box.Updated.ItemID], func(c *simulator.Contact) {
			delete(c.Phones, "CarPhone")
			if number != "" {
				c.Phones["CarPhone"] = number
			}
		})
	}
	switch {
	case strings.HasPrefix(step, "1-initial-page1"):
		for _, c := range box.Deleted {
			r.add(m, m.Contacts, c)
		}
	case step == "3-createitem":
		r.add(m, m.Contacts, box.Created)
	case step == "3-updateitem":
		setCar(box.Updated.Value)
	case step == "3-deleteitem-hard":
		m.DeleteContact(r.ids[box.Deleted[0].ItemID])
	case step == "3-deleteitem-movetodeleted":
		m.DeleteContact(r.ids[box.Deleted[1].ItemID])
	case step == "7-deleteitem-created":
		m.DeleteContact(r.ids[box.Created.ItemID])
	case step == "7-updateitem-removephone":
		setCar("")
	}
}

// compare holds an answer of ours against gromox's and returns how many
// contacts both have. It keeps the sync state for the next step.
func (r *recording) compare(name string, theirs, ours node) int {
	r.t.Helper()
	if s := theirs.all("SyncState"); len(s) > 0 {
		r.ids[s[0].Text] = ours.all("SyncState")[0].Text
	}
	shape := strings.Contains(name, "default") // what the base shape Default holds differs
	kinds := []string{"Changes/Create", "Changes/Update", "Changes/Delete", "Contact"}
	if strings.Contains(name, "-sync-1-") || strings.Contains(name, "-sync-6-") { // part of a list, whose order differs
		kinds = []string{"Changes/*"}
	}
	for _, kind := range kinds {
		// What a table without a view holds is all of it there, and 1,000 here.
		if want, got := theirs.count(kind), ours.count(kind); got != want && got != 1000-len(ours.all("DistributionList")) {
			r.t.Errorf("%s has %d of %s, gromox %d", name, got, kind, want)
		}
	}
	they, we := contactsOf(theirs, nil), contactsOf(ours, r.theirs)
	exact := strings.Contains(name, "phones-emails") // the same properties, asked for one by one
	both := 0
	for id, want := range they {
		got, ok := we[id]
		if !ok {
			continue
		}
		both++
		for field, value := range want {
			if got[field] != value && !(shape && got[field] == "") {
				r.t.Errorf("%s: %s of %q is %q, gromox says %q", name, field, want["DisplayName"], got[field], value)
			}
		}
		if exact && len(got) != len(want) {
			r.t.Errorf("%s: %v, gromox says %v", name, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
	if kinds[0] == "Changes/*" {
		return both
	}
	if both != len(they) && len(we) < 990 {
		r.t.Errorf("%s: %d of gromox's %d contacts", name, both, len(they))
	}
	return both
}
