package simulator

import (
	"slices"
	"strings"
	"testing"
)

// What Outlook deletes lies in Deleted Items: its immutable id still finds it,
// and a delta says that it is gone.
func TestTrashedContact(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 3)
	it := m.Items(m.Contacts)[1]
	old := it.RESTID()
	_, _, link := c.all("/users/"+m.ObjectID+"/contacts/delta", "Prefer", immutable)
	if !m.TrashContact(it.ID) || m.TrashContact("nonsense") {
		t.Fatal("TrashContact finds the wrong contacts")
	}
	if values, _, _ := c.all(link, "Prefer", immutable); len(values) != 1 || values[0]["@removed"] == nil || values[0]["id"] != it.ID {
		t.Errorf("the delta says %v", values)
	}
	if values, _, _ := c.all("/users/" + m.ObjectID + "/contacts"); len(values) != 2 {
		t.Errorf("%d contacts are left", len(values))
	}
	doc := c.must("/users/"+m.ObjectID+"/contacts/"+it.ID, "Prefer", immutable)
	if doc["parentFolderId"] != m.Deleted.ID || doc["parentFolderId"] == m.Contacts.ID {
		t.Errorf("it lies in %v", doc["parentFolderId"])
	}
	if status, _, _ := c.get("/users/" + m.ObjectID + "/contacts/" + old); status != 404 {
		t.Errorf("the id that it had answers %d", status)
	}
}

func TestEWSTrashedContact(t *testing.T) {
	s := newEWSSite(t, Options{})
	id := s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a"})
	old := s.box.Item(id).EWSID()
	state := s.ask(syncOp("", 10)).all("m:SyncState")[0].text
	s.box.TrashContact(id)
	if changes := s.ask(syncOp(state, 10)).all("m:Changes")[0].kids; len(changes) != 1 || changes[0].name != "t:Delete" ||
		changes[0].all("t:ItemId")[0].attr("Id") != old {
		t.Errorf("%d changes", len(changes))
	}
	e := s.ask(strings.ReplaceAll(findItems(idOnly, ""), `"contacts"`, `"deleteditems"`))
	if ids := e.all("t:ItemId"); len(ids) != 1 || ids[0].attr("Id") != s.box.Item(id).EWSID() {
		t.Errorf("Deleted Items holds %d", len(ids))
	}
}

// A folder moves with all that is in it and keeps its id; out of Contacts,
// Graph's list has it no longer.
func TestMoveFolder(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 1)
	a := m.AddFolder(m.Contacts, "Kunden", "", false)
	b := m.AddFolder(a, "Berlin", "", false)
	id := m.AddContact(b, Contact{DisplayName: "deep"})
	base := "/users/" + m.ObjectID + "/contactFolders"
	_, _, link := c.all(base + "/delta")
	delta := func() (ids, gone []string) {
		t.Helper()
		var values []map[string]any
		values, _, link = c.all(link)
		for _, v := range values {
			if v["@removed"] != nil {
				gone = append(gone, v["id"].(string))
			} else {
				ids = append(ids, v["id"].(string))
			}
		}
		return ids, gone
	}
	names := func(path string) (names []string) {
		values, _, _ := c.all(path)
		for _, v := range values {
			names = append(names, v["displayName"].(string))
		}
		return names
	}

	m.MoveFolder(b, m.Contacts)
	if got := names(base); !slices.Equal(got, []string{"Kunden", "Berlin"}) {
		t.Errorf("up: %q", got)
	}
	if ids, gone := delta(); !slices.Equal(ids, []string{b.ID}) || gone != nil {
		t.Errorf("up: %q and %q gone", ids, gone)
	}
	m.MoveFolder(a, b)
	m.MoveFolder(b, m.Contacts.Parent)
	if got := names(base); len(got) != 0 {
		t.Errorf("out of Contacts: %q", got)
	}
	if got := names(base + "/" + b.ID + "/contacts"); !slices.Equal(got, []string{"deep"}) {
		t.Errorf("contacts: %q", got)
	}
	if ids, gone := delta(); !slices.Equal(ids, []string{b.ID, a.ID}) || gone != nil {
		t.Errorf("out of Contacts: %q and %q gone", ids, gone)
	}
	m.MoveFolder(b, m.Deleted)
	if ids, gone := delta(); ids != nil || !slices.Equal(gone, []string{b.ID, a.ID}) {
		t.Errorf("deleted: %q and %q gone", ids, gone)
	}
	if doc := c.must(base + "/" + b.ID); doc["parentFolderId"] != m.Deleted.ID {
		t.Errorf("deleted, it lies in %v", doc["parentFolderId"])
	}
	if values, _, _ := c.all(base + "/delta"); len(values) != 1 {
		t.Errorf("a new round shows %d folders, want Contacts alone", len(values))
	}
	if len(m.Folders()) != 1 || m.Item(id) == nil {
		t.Errorf("%d folders are left", len(m.Folders()))
	}
	m.MoveFolder(b, m.Contacts)
	if ids, gone := delta(); !slices.Equal(ids, []string{b.ID, a.ID}) || gone != nil {
		t.Errorf("back: %q and %q gone", ids, gone)
	}
}

// EWS shows Deleted Items with what lies in it.
func TestEWSTrashedFolder(t *testing.T) {
	s := newEWSSite(t, Options{})
	f := s.box.AddFolder(s.box.Contacts, "Kunden", "", false)
	op := func(state string) string {
		return `<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape>` + state + `</m:SyncFolderHierarchy>`
	}
	first := s.ask(op(""))
	if n := len(first.all("t:Create")); n != len(standardFolders)+2 {
		t.Errorf("%d folders at first", n)
	}
	s.box.MoveFolder(f, s.box.Deleted)
	changes := s.ask(op("<m:SyncState>" + first.all("m:SyncState")[0].text + "</m:SyncState>")).all("m:Changes")[0].kids
	if len(changes) != 1 || changes[0].name != "t:Update" || changes[0].all("t:FolderId")[0].attr("Id") != f.EWSID() ||
		changes[0].all("t:ParentFolderId")[0].attr("Id") != s.box.Deleted.EWSID() {
		t.Errorf("%d changes", len(changes))
	}
}

// The size of a page is asked for once.
func TestDeltaKeepsTop(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 0)
	for range 42 {
		m.AddContact(m.Contacts, Contact{DisplayName: "x"})
	}
	if values, pages, _ := c.all("/users/" + m.ObjectID + "/contacts/delta?$top=16"); len(values) != 42 || pages != 3 {
		t.Errorf("%d contacts on %d pages, want 42 on 3", len(values), pages)
	}
}
