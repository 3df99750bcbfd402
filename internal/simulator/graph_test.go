package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const immutable = `IdType="ImmutableId"`

func esc(s string) string { return url.QueryEscape(s) }

// alice adds a mailbox with n contacts, of which every tenth is a
// distribution list.
func alice(t *Tenant, n int) *Mailbox {
	m := t.AddMailbox(Mailbox{Mail: "alice@example.org", UPN: "a.liddell@example.org", Aliases: []string{"al@example.org"}, DisplayName: "Alice Liddell"})
	for i := range n {
		if i%10 == 9 {
			m.AddList(m.Contacts, fmt.Sprintf("List %d", i))
			continue
		}
		m.AddContact(m.Contacts, Contact{DisplayName: fmt.Sprintf("Contact %03d", i), Phones: map[string]string{"MobilePhone": fmt.Sprint(i)}})
	}
	return m
}

func TestContactsArePaged(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 25)
	values, pages, _ := c.all("/users/" + m.ObjectID + "/contacts")
	if len(values) != 23 || pages != 3 {
		t.Errorf("got %d contacts on %d pages, want 23 on 3: ten places a page, lists take some", len(values), pages)
	}
	values, pages, _ = c.all("/users/"+m.UPN+"/contactFolders/contacts/contacts?$select=displayName", "Prefer", "odata.maxpagesize=24")
	if len(values) != 23 || pages != 2 {
		t.Errorf("got %d contacts on %d pages, want 23 on 2", len(values), pages)
	}
	if got := values[0]; got["displayName"] != "Contact 000" || got["mobilePhone"] != nil || got["id"] == nil || got["@odata.etag"] == nil {
		t.Errorf("$select=displayName answers %v", got)
	}
	if values, _, _ = c.all("/users/" + m.ObjectID + "/contacts?$top=1000&$skip=20"); len(values) != 5 {
		t.Errorf("$skip=20 leaves %d, want 5", len(values))
	}
	doc := c.must("/users/" + m.ObjectID + "/contacts?$count=true")
	if doc["@odata.count"] != 25.0 {
		t.Errorf("@odata.count is %v, want 25: lists are counted", doc["@odata.count"])
	}
}

func TestMaxPageShortensPages(t *testing.T) {
	tenant, c := start(t, Options{MaxPage: 7})
	m := alice(tenant, 25)
	if values, pages, _ := c.all("/users/" + m.ObjectID + "/contacts?$top=1000"); len(values) != 23 || pages != 4 {
		t.Errorf("got %d contacts on %d pages, want 23 on 4", len(values), pages)
	}
}

func TestContactFields(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 0)
	id := m.AddContact(m.Contacts, Contact{
		DisplayName: "Jürgen \"J\" \x1a Müller 🎺", GivenName: "Jürgen", Surname: "Müller", Company: "Müller\r\n& Söhne",
		Phones: map[string]string{"BusinessPhone": "1", "BusinessPhone2": "2", "HomePhone2": "3", "MobilePhone": "4", "Pager": "5", "BusinessFax": "6"},
		Emails: [3]string{"", "j@example.org", "/o=Org/cn=j"}, Addresses: map[string]Address{"Home": {City: "Köln"}},
		Birthday: time.Date(1604, 2, 29, 11, 59, 0, 0, time.UTC), Notes: "Zeile\n", Categories: []string{"Freunde"},
	})
	expand := "&$expand=singleValueExtendedProperties($filter=id eq 'String 0x3A24' or id eq 'String 0x3A21' or id eq 'String 0x3A1D')"
	doc := c.must("/users/"+m.ObjectID+"/contacts/"+id+"?$select=*"+expand, "Prefer", immutable)
	want := map[string]string{
		"id": id, "displayName": "Jürgen \"J\" \x1a Müller 🎺", "companyName": "Müller\r\n& Söhne", "birthday": "1604-02-29T11:59:00Z",
		"businessPhones": "[1 2]", "homePhones": "[3]", "mobilePhone": "4", "homeAddress": "map[city:Köln]", "otherAddress": "map[]",
		"emailAddresses": "[map[address:j@example.org name:j@example.org] map[address:/o=Org/cn=j name:/o=Org/cn=j]]",
		"categories":     "[Freunde]", "personalNotes": "Zeile\n", "middleName": "<nil>", "fileAs": "Müller, Jürgen",
		"singleValueExtendedProperties": "[map[id:String 0x3a24 value:6] map[id:String 0x3a21 value:5]]",
	}
	for name, value := range want {
		if got := fmt.Sprint(doc[name]); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if doc := c.must("/users/" + m.ObjectID + "/contacts/" + id); doc["id"] == id {
		t.Error("without ImmutableId the id is the same")
	}
}

func TestRefusals(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 3)
	tenant.AddMailbox(Mailbox{Mail: "kiosk@example.org", NoMailbox: true})
	other := tenant.AddMailbox(Mailbox{Mail: "other@example.org"})
	otherID := other.AddContact(other.Contacts, Contact{DisplayName: "x"})
	box := "/users/" + m.ObjectID
	for _, tt := range []struct {
		path   string
		status int
		code   string
	}{
		{"/users/nobody@example.org", 404, "Request_ResourceNotFound"},
		{"/users/alice@example.org", 404, "Request_ResourceNotFound"},
		{"/users/alice@example.org/contacts", 404, "ErrorInvalidUser"},
		{"/users/kiosk@example.org/contacts", 404, "MailboxNotEnabledForRESTAPI"},
		{box + "/contacts/" + otherID, 404, "ErrorItemNotFound"},
		{box + "/contacts/nonsense", 404, "ErrorItemNotFound"},
		{box + "/contactFolders/nonsense/contacts", 404, "ErrorItemNotFound"},
		{box + "/contacts?$select=shoeSize", 400, "BadRequest"},
		{box + "/contacts?$top=1001", 400, "BadRequest"},
		{box + "/contacts?$top=ten", 400, "BadRequest"},
		{box + "/contacts?$expand=singleValueExtendedProperties($filter=id eq 'Strong 0x3A24')", 400, "ErrorInvalidProperty"},
		{box + "/contacts?$expand=photo", 400, "BadRequest"},
		{box + "/contacts/delta?$expand=singleValueExtendedProperties($filter=id eq 'String 0x3A24')", 400, "ErrorInvalidUrlQuery"},
		{box + "/contacts/delta?$deltatoken=nonsense", 400, "ErrorInvalidUrlQuery"},
		{box + "/nonsense", 400, "BadRequest"},
		{"/me/contacts", 400, "BadRequest"},
		{"/users?$filter=mail ne 'x'", 400, "Request_UnsupportedQuery"},
		{"/users?$filter=proxyAddresses/any(p:p eq 'smtp:al@example.org')", 403, "Authorization_RequestDenied"},
		{"/users?$select=id,proxyAddresses", 403, "Authorization_RequestDenied"},
	} {
		status, doc, h := c.get(tt.path)
		if status != tt.status || code(doc) != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.path, status, code(doc), tt.status, tt.code)
		}
		inner, _ := doc["error"].(map[string]any)["innerError"].(map[string]any)
		if h.Get("request-id") == "" || inner["request-id"] != h.Get("request-id") || inner["date"] == nil {
			t.Errorf("%s: request-id %q, innerError %v", tt.path, h.Get("request-id"), inner)
		}
	}
}

func TestRights(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 1)
	contacts := "/users/" + m.ObjectID + "/contacts"
	for _, tt := range []struct {
		name     string
		change   func(*App)
		contacts string // code, "" for 200
		users    string
	}{
		{"all", func(*App) {}, "", ""},
		{"no contacts", func(a *App) { a.Roles = map[string][]string{GraphResource: {"User.Read.All"}} }, "ErrorAccessDenied", ""},
		{"no users", func(a *App) { a.Roles = map[string][]string{GraphResource: {"Contacts.Read"}} }, "", "Authorization_RequestDenied"},
		{"no consent", func(a *App) { a.Roles = nil }, "ErrorAccessDenied", "Authorization_RequestDenied"},
		{"RBAC", func(a *App) { a.Roles, a.RBAC = nil, true }, "", "Authorization_RequestDenied"},
		{"policy", func(a *App) { a.Scope = func(*Mailbox) bool { return false } }, "ErrorAccessDenied", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := App{Roles: allRoles}
			tt.change(&app)
			c := &client{Client: c.Client, t: t, s: c.s, app: tenant.AddApp(app)}
			if _, doc, _ := c.get(contacts); code(doc) != tt.contacts {
				t.Errorf("contacts: %q, want %q", code(doc), tt.contacts)
			}
			if _, doc, _ := c.get("/users?$filter=" + esc("mail eq 'alice@example.org'")); code(doc) != tt.users {
				t.Errorf("users: %q, want %q", code(doc), tt.users)
			}
		})
	}
}

func TestUsersByAddress(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 0)
	b := tenant.AddMailbox(Mailbox{Mail: "bob@example.org", UPN: "al@example.org", DisplayName: "Bob"})
	two := tenant.AddMailbox(Mailbox{Mail: "two@example.org"})
	twin := tenant.AddMailbox(Mailbox{Mail: "Two@example.org", UPN: "twin@example.org", ObjectID: "5cdb0c2e-0000-4000-8000-7d6b3d2b9a51"})
	c.app = tenant.AddApp(App{Roles: map[string][]string{GraphResource: {"User.Read.All"}}})
	for filter, want := range map[string][]*Mailbox{
		"mail eq 'ALICE@example.org'":                                    {m},
		"mail eq 'two@example.org'":                                      {two, twin},
		"mail eq 'al@example.org'":                                       nil,
		"userPrincipalName eq 'al@example.org'":                          {b},
		"proxyAddresses/any(x:x eq 'smtp:al@example.org')":               {m},
		"mail eq 'alice@example.org' or mail eq 'bob@example.org'":       {m, b},
		"mail in ('bob@example.org', 'alice@example.org', 'no@where.x')": {b, m},
		"mail eq 'o''neill@example.org'":                                 nil,
	} {
		values, _, _ := c.all("/users?$select=id,mail,userPrincipalName,proxyAddresses&$filter=" + esc(filter))
		var ids, wantIDs []string
		for _, v := range values {
			ids = append(ids, v["id"].(string))
		}
		for _, m := range want {
			wantIDs = append(wantIDs, m.ObjectID)
		}
		if !slices.Equal(ids, wantIDs) {
			t.Errorf("%s: %v, want %v", filter, ids, wantIDs)
		}
	}
	if doc := c.must("/users/al@example.org"); doc["mail"] != "bob@example.org" {
		t.Errorf("a sign-in name finds %v", doc["mail"])
	}
	for i := range 110 {
		tenant.AddMailbox(Mailbox{Mail: fmt.Sprintf("u%d@example.org", i)})
	}
	if values, pages, _ := c.all("/users"); len(values) != 114 || pages != 2 {
		t.Errorf("got %d users on %d pages, want 114 on 2", len(values), pages)
	}
}

func TestDelta(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 25)
	items := m.Items(m.Contacts)
	m.DeleteContact(items[24].ID)
	path := "/users/" + m.ObjectID + "/contactFolders/contacts/contacts/delta?$select=id"
	values, pages, link := c.all(path, "Prefer", immutable+", odata.maxpagesize=5")
	if len(values) != 22 || pages != 5 || link == "" || len(values[0]) != 3 {
		t.Fatalf("first round: %d contacts on %d pages, %v", len(values), pages, values[0])
	}
	if values, _, _ := c.all(link, "Prefer", immutable); len(values) != 0 {
		t.Errorf("nothing changed, and the round shows %v", values)
	}

	sub := m.AddFolder(m.Contacts, "Kunden", "", false)
	m.UpdateContact(items[0].ID, func(c *Contact) { c.DisplayName = "changed" })
	m.DeleteContact(items[1].EWSID())
	m.MoveContact(items[2].ID, sub)
	added := m.AddContact(m.Contacts, Contact{DisplayName: "new"})
	brief := m.AddContact(m.Contacts, Contact{DisplayName: "soon gone"})
	m.DeleteContact(brief)
	for range 2 { // a token can be used again
		values, _, next := c.all(link, "Prefer", immutable+", odata.maxpagesize=2")
		got := map[string]bool{}
		for _, v := range values {
			got[v["id"].(string)] = v["@removed"] != nil
		}
		want := map[string]bool{items[0].ID: false, items[1].ID: true, items[2].ID: true, added: false}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(values) != 4 || next == link {
			t.Errorf("second round: %v, want %v", got, want)
		}
	}
	moved, _, _ := c.all("/users/"+m.ObjectID+"/contactFolders/"+sub.ID+"/contacts/delta", "Prefer", immutable)
	if len(moved) != 1 || moved[0]["id"] != items[2].ID || moved[0]["parentFolderId"] != sub.ID {
		t.Errorf("the folder that it moved to shows %v", moved)
	}

	m.Forget()
	if status, doc, _ := c.get(link); status != http.StatusGone || code(doc) != "SyncStateNotFound" {
		t.Errorf("a token of before: %d %v", status, doc)
	}
	if values, _, _ := c.all(path); len(values) != 21 {
		t.Errorf("a new round shows %d contacts, want 21", len(values))
	}
}

func TestDeltaWhileSomebodyWrites(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 0)
	var ids []string
	for i := range 20 {
		ids = append(ids, m.AddContact(m.Contacts, Contact{DisplayName: fmt.Sprint(i)}))
	}
	first := c.must("/users/"+m.ObjectID+"/contacts/delta?$select=displayName", "Prefer", immutable)
	m.DeleteContact(ids[0])  // seen already
	m.DeleteContact(ids[15]) // not seen
	m.UpdateContact(ids[1], func(c *Contact) { c.DisplayName = "anew" })
	rest, _, _ := c.all(first["@odata.nextLink"].(string), "Prefer", immutable)
	book := map[string]any{}
	for _, v := range append(first["value"].([]any), toAny(rest)...) {
		v := v.(map[string]any)
		if book[v["id"].(string)] = v["displayName"]; v["@removed"] != nil {
			delete(book, v["id"].(string))
		}
	}
	if len(book) != 18 || book[ids[1]] != "anew" {
		t.Errorf("the client ends with %d contacts, %q", len(book), book[ids[1]])
	}
}

func toAny(in []map[string]any) (out []any) {
	for _, v := range in {
		out = append(out, v)
	}
	return out
}

func TestFolders(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 1)
	a := m.AddFolder(m.Contacts, "Kunden", "", false)
	b := m.AddFolder(a, "Berlin", "", false)
	m.AddFolder(m.Contacts, "Recipient Cache", "IPF.Contact.RecipientCache", true)
	id := m.AddContact(b, Contact{DisplayName: "deep"})
	expand := "?$expand=singleValueExtendedProperties($filter=id eq 'String 0x3613' or id eq 'Boolean 0x10F4')"
	base := "/users/" + m.ObjectID + "/contactFolders"
	values, _, _ := c.all(base + expand)
	if len(values) != 2 || values[0]["displayName"] != "Kunden" || values[0]["parentFolderId"] != m.Contacts.ID {
		t.Errorf("contactFolders: %v", values)
	}
	want := "[map[id:String 0x3613 value:IPF.Contact.RecipientCache] map[id:Boolean 0x10f4 value:true]]"
	if got := fmt.Sprint(values[1]["singleValueExtendedProperties"]); got != want {
		t.Errorf("hidden folder: %s, want %s", got, want)
	}
	if values, _, _ := c.all(base + "/" + a.ID + "/childFolders"); len(values) != 1 || values[0]["id"] != b.ID {
		t.Errorf("childFolders: %v", values)
	}
	if values, _, _ := c.all(base+"/"+b.ID+"/contacts", "Prefer", immutable); len(values) != 1 || values[0]["id"] != id {
		t.Errorf("contacts of a folder: %v", values)
	}
	if doc := c.must(base + "/contacts"); doc["id"] != m.Contacts.ID {
		t.Errorf("the well-known name finds %v", doc["id"])
	}
	values, _, link := c.all(base + "/delta")
	if len(values) != 4 {
		t.Errorf("contactFolders/delta shows %d folders, want 4", len(values))
	}
	m.RenameFolder(b, "Hamburg")
	m.DeleteFolder(a)
	values, _, _ = c.all(link)
	if len(values) != 2 || values[0]["@removed"] == nil || values[1]["@removed"] == nil {
		t.Errorf("after a folder and its child were deleted: %v", values)
	}
	if status, _, _ := c.get(base + "/" + b.ID + "/contacts"); status != 404 {
		t.Errorf("a deleted folder answers %d", status)
	}
}

func TestBatch(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 3)
	batch := func(requests ...map[string]any) (int, map[string]map[string]any) {
		body, _ := json.Marshal(map[string]any{"requests": requests})
		status, doc, _ := c.send("POST", c.s.GraphURL()+"/$batch", string(body))
		byID := map[string]map[string]any{}
		for _, r := range asList(doc["responses"]) {
			byID[r["id"].(string)] = r
		}
		return status, byID
	}
	get := func(id, url string, more ...string) map[string]any {
		r := map[string]any{"id": id, "method": "GET", "url": url}
		if more != nil {
			r["dependsOn"] = more
		}
		return r
	}
	status, got := batch(get("1", "/users/"+m.ObjectID+"/contacts"), get("2", "/users/nobody/contacts"), get("3", "users/"+m.UPN, "1"), get("4", "/users", "2"))
	if status != 200 || len(got) != 4 {
		t.Fatalf("%d with %d answers", status, len(got))
	}
	for id, want := range map[string]float64{"1": 200, "2": 404, "3": 200, "4": 424} {
		if got[id]["status"] != want {
			t.Errorf("request %s: %v, want %v", id, got[id]["status"], want)
		}
	}
	if n := len(asList(got["1"]["body"].(map[string]any)["value"])); n != 3 {
		t.Errorf("request 1 shows %d contacts", n)
	}
	if n := c.s.Count("$batch"); n != 4 {
		t.Errorf("the log counts %d, want the batch and the 3 that were run", n)
	}
	many := slices.Repeat([]map[string]any{get("1", "/users")}, 21)
	for i := range many {
		many[i] = get(fmt.Sprint(i), "/users")
	}
	if status, _ := batch(many...); status != 400 {
		t.Errorf("21 requests: %d", status)
	}
	if status, _ := batch(many[:20]...); status != 200 {
		t.Errorf("20 requests: %d", status)
	}
	if status, _ := batch(many[0], many[0]); status != 400 {
		t.Errorf("an id twice: %d", status)
	}
	c.s.SetFault(Times(1, "/users", Throttled("7")))
	_, got = batch(many[:2]...)
	if h := got["0"]["headers"].(map[string]any); got["0"]["status"] != 429.0 || h["Retry-After"] != "7" || got["1"]["status"] != 200.0 {
		t.Errorf("a throttled part: %v", got)
	}
}

func asList(v any) (out []map[string]any) {
	list, _ := v.([]any)
	for _, e := range list {
		out = append(out, e.(map[string]any))
	}
	return out
}

// A change must be seen by the next request, however many ask at once.
func TestConcurrentReadersSeeChanges(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 50)
	c.auth()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 20 {
				name := fmt.Sprintf("worker %d, %d", w, i)
				id := m.AddContact(m.Contacts, Contact{DisplayName: "x"})
				m.UpdateContact(id, func(c *Contact) { c.DisplayName = name })
				values, _, _ := c.all("/users/"+m.ObjectID+"/contacts?$top=1000", "Prefer", immutable)
				if !slices.ContainsFunc(values, func(v map[string]any) bool { return v["id"] == id && v["displayName"] == name }) {
					t.Errorf("%s is not there", name)
				}
				m.DeleteContact(id)
			}
		})
	}
	wg.Wait()
}

func TestFaults(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 200)
	path := c.s.GraphURL() + "/users/" + m.ObjectID + "/contacts?$top=500"
	c.auth()
	ask := func(f Fault) (*http.Response, []byte, error) {
		c.s.SetFault(Times(1, "/contacts", f))
		req, _ := http.NewRequest("GET", path, nil)
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := c.Do(req)
		if err != nil {
			return nil, nil, err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp, b, err
	}
	if resp, _, err := ask(Throttled("3")); err != nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "3" {
		t.Errorf("throttled: %v %v", resp, err)
	}
	if resp, b, err := ask(Broken(503, "2")); err != nil || resp.StatusCode != 503 || json.Valid(b) {
		t.Errorf("broken: %v %v", resp, err)
	}
	if resp, b, err := ask(LoginPage); err != nil || resp.StatusCode != 200 || !strings.Contains(string(b), "<html>") {
		t.Errorf("login page: %v %v", resp, err)
	}
	if _, _, err := ask(CutAfter(100)); err == nil {
		t.Error("a cut connection reads to the end")
	}
	if _, b, err := ask(Drip(1000, 0)); err != nil || !json.Valid(b) {
		t.Errorf("drip: %v", err)
	}
	if _, b, err := ask(nil); err != nil || !json.Valid(b) {
		t.Errorf("afterwards: %v", err)
	}
	if log := c.s.Requests(); log[len(log)-1].Mailbox != m.Mail || log[len(log)-1].Status != 200 {
		t.Errorf("log: %+v", log[len(log)-1])
	}
}
