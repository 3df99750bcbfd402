package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func syncOp(state string, limit int) string {
	if state != "" {
		state = "<m:SyncState>" + state + "</m:SyncState>"
	}
	return fmt.Sprintf(`<m:SyncFolderItems>%s<m:SyncFolderId><t:DistinguishedFolderId Id="contacts"/></m:SyncFolderId>%s`+
		`<m:MaxChangesReturned>%d</m:MaxChangesReturned></m:SyncFolderItems>`, idOnly, state, limit)
}

// A client that follows SyncFolderItems holds what the folder holds, however
// its calls and the changes are mixed, and is told of each item by the right
// kind of change.
func TestEWSSyncFollowsTheFolder(t *testing.T) {
	s := newEWSSite(t, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	elsewhere := s.box.AddFolder(s.box.Contacts, "elsewhere", "", false)
	held := map[string]string{} // id to change key
	var alive []string
	state, calls := "", 0
	change := func() {
		n := 0
		if len(alive) > 0 {
			n = r.IntN(len(alive))
		}
		switch k := r.IntN(10); {
		case k < 5 || len(alive) == 0:
			alive = append(alive, s.box.AddContact(s.box.Contacts, Contact{DisplayName: "new"}))
		case k < 7:
			s.box.UpdateContact(alive[n], func(c *Contact) { c.DisplayName += "x" })
		case k < 8:
			s.box.MoveContact(alive[n], elsewhere)
			s.box.MoveContact(alive[n], s.box.Contacts)
		default:
			s.box.DeleteContact(alive[n])
			alive = append(alive[:n], alive[n+1:]...)
		}
	}
	sync := func() (last bool) {
		calls++
		e := s.ask(syncOp(state, 1+r.IntN(6)))
		if got := e.codes(); got != "NoError" {
			t.Fatalf("sync answers %s", got)
		}
		for _, c := range e.all("m:Changes")[0].kids {
			id := c.all("t:ItemId")[0]
			_, known := held[id.attr("Id")]
			if c.name == "t:Create" && known {
				t.Errorf("call %d creates what the client has", calls)
			}
			if c.name == "t:Update" && !known {
				// Seen only where the item changed before its turn came.
				t.Errorf("call %d updates what the client has not", calls)
			}
			if c.name == "t:Delete" {
				delete(held, id.attr("Id"))
			} else {
				held[id.attr("Id")] = id.attr("ChangeKey")
			}
		}
		state = e.all("m:SyncState")[0].text
		return e.all("m:IncludesLastItemInRange")[0].text == "true"
	}
	compare := func() {
		t.Helper()
		items := s.box.Items(s.box.Contacts)
		for _, it := range items {
			if held[it.EWSID()] != it.ChangeKey() {
				t.Errorf("after %d calls the client has %q of an item that is %q", calls, held[it.EWSID()], it.ChangeKey())
			}
		}
		if len(items) != len(held) {
			t.Errorf("after %d calls the client has %d items, the folder %d", calls, len(held), len(items))
		}
	}
	for round := range 60 {
		for range r.IntN(12) {
			change()
		}
		for range r.IntN(3) {
			sync()
			for range r.IntN(2) {
				change()
			}
		}
		if round%7 == 0 {
			for !sync() {
			}
			compare()
		}
	}
	if calls < 60 {
		t.Errorf("only %d calls", calls)
	}
}

// An item that moves away and back has another id afterwards.
func TestEWSMovedBack(t *testing.T) {
	s := newEWSSite(t, Options{})
	elsewhere := s.box.AddFolder(s.box.Contacts, "elsewhere", "", false)
	id := s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a"})
	old := s.box.Item(id).EWSID()
	state := s.ask(syncOp("", 10)).all("m:SyncState")[0].text
	s.box.MoveContact(id, elsewhere)
	s.box.MoveContact(id, s.box.Contacts)
	anew := s.box.Item(id).EWSID()
	var got []string
	for _, c := range s.ask(syncOp(state, 10)).all("m:Changes")[0].kids {
		got = append(got, c.name, c.all("t:ItemId")[0].attr("Id"))
	}
	if want := []string{"t:Delete", old, "t:Create", anew}; !slices.Equal(got, want) || old == anew {
		t.Errorf("changes %q, want %q", got, want)
	}
	if s.box.Item(old) != nil || s.box.Item(anew) == nil || s.box.Item(id).ID != id {
		t.Error("the old id still names it, or the new one does not")
	}
}

// What a call's Ignore names is left out, on whatever page, and is not made up
// for later.
func TestEWSSyncIgnores(t *testing.T) {
	s := newEWSSite(t, Options{})
	var ids []string
	for range 5 {
		ids = append(ids, s.box.Item(s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a"})).EWSID())
	}
	ignore := `<m:Ignore><t:ItemId Id="` + ids[1] + `"/><t:ItemId Id="` + ids[4] + `" ChangeKey="x"/></m:Ignore>`
	var got []string
	state := ""
	for range 3 {
		e := s.ask(strings.Replace(syncOp(state, 2), "<m:MaxChangesReturned>", ignore+"<m:MaxChangesReturned>", 1))
		for _, id := range e.all("t:ItemId") {
			got = append(got, id.attr("Id"))
		}
		state = e.all("m:SyncState")[0].text
	}
	if want := []string{ids[0], ids[2], ids[3]}; !slices.Equal(got, want) {
		t.Errorf("%d items, want the three that are not ignored", len(got))
	}
	if n := len(s.ask(syncOp(state, 10)).all("t:ItemId")); n != 0 {
		t.Errorf("afterwards: %d items", n)
	}
}

// An answer that names other users follows them.
func TestEWSNamesFollowTheTenant(t *testing.T) {
	s := newEWSSite(t, Options{})
	bob := s.tenant.AddMailbox(Mailbox{Mail: "bob@example.test", DisplayName: "Bob"})
	names := func() string {
		e := s.ask(`<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>bob</m:UnresolvedEntry></m:ResolveNames>`)
		var names []string
		for _, n := range e.all("t:Name") {
			names = append(names, n.text)
		}
		return strings.Join(names, ",")
	}
	delegate := func() string {
		return s.ask(strings.Replace(findItems(idOnly, ""), `Id="contacts"/>`, `Id="contacts"><t:Mailbox><t:EmailAddress>bob@example.test</t:EmailAddress>`+
			`</t:Mailbox></t:DistinguishedFolderId>`, 1)).codes()
	}
	if got := names() + " " + delegate(); got != "Bob ErrorAccessDenied" {
		t.Fatal(got)
	}
	s.tenant.Change(func() { bob.DisplayName = "Robert" })
	if got := names(); got != "Robert" {
		t.Errorf("renamed: %s", got)
	}
	s.tenant.AddMailbox(Mailbox{Mail: "bobby@example.test", DisplayName: "Bobby"})
	if got := names(); got != "Robert,Bobby" {
		t.Errorf("with another: %s", got)
	}
	s.tenant.Change(func() { bob.NoMailbox = true })
	if got := names() + " " + delegate(); got != "Bobby ErrorNonExistentMailbox" {
		t.Errorf("gone: %s", got)
	}
}

func TestEWSSyncStateIsRefused(t *testing.T) {
	s := newEWSSite(t, Options{})
	other := s.tenant.AddMailbox(Mailbox{Mail: "bob@example.test"})
	s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a"})
	stateOf := func(mail string) string {
		_, body := s.post(s.token(s.app), envelope(smtp(mail), syncOp("", 10)))
		return tree(t, body).all("m:SyncState")[0].text
	}
	mine, theirs := stateOf(s.box.Mail), stateOf(other.Mail)
	folder := s.box.AddFolder(s.box.Contacts, "x", "", false).EWSID()
	for name, op := range map[string]string{
		"garbage":              syncOp("not base64 !!", 10),
		"base64 of nothing":    syncOp("AAAA", 10),
		"truncated":            syncOp(mine[:len(mine)-8], 10),
		"of another mailbox":   syncOp(theirs, 10),
		"of another folder":    strings.ReplaceAll(syncOp(mine, 10), `DistinguishedFolderId Id="contacts"`, `FolderId Id="`+folder+`"`),
		"of the wrong service": syncOp(folder, 10),
	} {
		if got := s.ask(op).codes(); got != "ErrorInvalidSyncStateData" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := s.ask(syncOp(mine, 10)).codes(); got != "NoError" {
		t.Errorf("its own state: %s", got)
	}
	s.box.Forget()
	if got := s.ask(syncOp(mine, 10)).codes(); got != "ErrorInvalidSyncStateData" {
		t.Errorf("expired: %s", got)
	}
	if got := s.ask(syncOp("", 10)).codes(); got != "NoError" {
		t.Errorf("anew: %s", got)
	}
	gone := strings.ReplaceAll(syncOp("", 10), `DistinguishedFolderId Id="contacts"`, `FolderId Id="`+folderID(s.box, 99)+`"`)
	if got := s.ask(gone).codes(); got != "ErrorSyncFolderNotFound" {
		t.Errorf("a folder that is gone: %s", got)
	}
}

func TestEWSHierarchySync(t *testing.T) {
	s := newEWSSite(t, Options{})
	op := func(state string) string {
		if state != "" {
			state = "<m:SyncState>" + state + "</m:SyncState>"
		}
		return `<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>` + state + `</m:SyncFolderHierarchy>`
	}
	old := s.box.AddFolder(s.box.Contacts, "old", "", false)
	e := s.ask(op(""))
	if n := len(e.all("t:Create")); n != len(standardFolders)+2 {
		t.Errorf("%d folders at first", n)
	}
	s.box.DeleteFolder(old)
	s.box.AddFolder(s.box.Contacts, "new", "", false)
	e = s.ask(op(e.all("m:SyncState")[0].text))
	var kinds []string
	for _, c := range e.all("m:Changes")[0].kids {
		kinds = append(kinds, c.name)
	}
	if got := strings.Join(kinds, " "); got != "t:Delete t:Create" {
		t.Errorf("changes: %s", got)
	}
}
