package simulator

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"testing"
)

// Whatever stands in a query, the answer is a document of JSON with a status
// that Graph uses.
func FuzzGraphQuery(f *testing.F) {
	tenant := NewTenant("fuzz")
	app := tenant.AddApp(App{Roles: allRoles})
	m := alice(tenant, 12)
	m.AddContact(m.Contacts, Contact{DisplayName: "\x00\x1a\xff\"\\ü"})
	s := &Server{tenant: tenant, tokens: newTokens(), cache: newCache(), limit: newLimiter(Options{}), base: "https://127.0.0.1"}
	f.Add("contacts", "$select=displayName&$top=3&$skip=2", "odata.maxpagesize=2")
	f.Add("contacts", "$expand=singleValueExtendedProperties($filter=id eq 'String 0x3A24' or id eq 'x')", `IdType="ImmutableId"`)
	f.Add("contacts/delta", "$deltatoken=eyJtIjoiIn0", "")
	f.Add("contactFolders/delta", "$skiptoken=e30", "")
	f.Add("contactFolders/contacts/childFolders", "$count=true", "")
	f.Fuzz(func(t *testing.T, path, query, prefer string) {
		u := url.URL{Path: "/v1.0/users/" + m.ObjectID + "/" + path, RawQuery: query}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &u
		r.Header.Set("Prefer", prefer)
		a := s.graph(r, app, &claims{Roles: allRoles[GraphResource]})
		if a.status < 200 || a.status > 499 {
			t.Errorf("status %d", a.status)
		}
		if !json.Valid(a.plain()) {
			t.Errorf("not JSON: %.300q", a.plain())
		}
	})
}

// No text is taken for an assertion of ours, and none breaks the reader.
func FuzzAssertion(f *testing.F) {
	f.Add("eyJhbGciOiJQUzI1NiJ9.e30.AAAA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		tenant := NewTenant("fuzz")
		app := tenant.AddApp(App{})
		s := &Server{tenant: tenant}
		if s.checkAssertion(app, text, tenant.ID) == nil {
			t.Errorf("%q signs in", text)
		}
	})
}
