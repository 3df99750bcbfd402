package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

func withFolders(c *Config) { c.Folders = true }

// TestChanges has every kind of change in one mailbox, with pages of all sizes.
func TestChanges(t *testing.T) {
	for _, size := range []int{0, 1, 2, 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			n := newTenant(t, simulator.Options{MaxPage: size})
			box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 30)...)
			items := box.Items(box.Contacts)
			src, b := n.source(nil), newBook("a@example.com")
			must(t, src, b)
			if b.compare(t, src); len(b.entries) != 30 || b.state == "" || strings.Contains(b.state, "\n") {
				t.Fatalf("%d contacts, state %q", len(b.entries), b.state)
			}
			if must(t, src, b) != 1 {
				t.Error("nothing happened, and the mailbox was read")
			}
			box.UpdateContact(items[3].ID, func(c *simulator.Contact) { c.DisplayName = "renamed" })
			box.UpdateContact(items[4].ID, func(c *simulator.Contact) { c.Phones = map[string]string{"BusinessFax": "030 1"} })
			box.DeleteContact(items[5].ID)
			box.TrashContact(items[6].ID)
			box.TrashContact(items[7].ID)
			box.MoveContact(items[7].ID, box.Contacts)
			box.AddContact(box.Contacts, simulator.Contact{DisplayName: "new"})
			box.AddList(box.Contacts, "a list")
			box.DeleteContact(box.AddContact(box.Contacts, simulator.Contact{DisplayName: "came and went"}))
			n.server.ResetLog()
			if must(t, src, b) != 0 || len(b.why) > 0 {
				t.Errorf("taken for unchanged, or read in full: %q", b.why)
			}
			if got := n.server.Count("$expand"); got > 6 {
				t.Errorf("%d contacts were read, 4 have changed", got)
			}
			b.compare(t, src)
			if phones := b.entries[items[4].ID].Phones; len(phones) != 1 {
				t.Errorf("phones %v", phones)
			}
			if must(t, src, b) != 1 {
				t.Error("told twice")
			}
			box.DeleteContact(items[0].ID)
			for _, it := range items {
				box.DeleteContact(it.ID)
			}
			must(t, src, b)
			if b.names() != "new" {
				t.Errorf("left: %s", b.names())
			}
		})
	}
}

// A state may be used again, as after a run that could not write.
func TestReplay(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 2})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 5)...)
	src, b := n.source(nil), newBook("a@example.com")
	must(t, src, b)
	old := b.state
	box.DeleteContact(box.Items(box.Contacts)[0].ID)
	box.AddContact(box.Contacts, simulator.Contact{DisplayName: "new"})
	for range 3 {
		must(t, src, b)
		b.compare(t, src)
		b.state = old
	}
	if len(b.why) > 0 {
		t.Errorf("read in full: %q", b.why)
	}
}

func TestStaleStates(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	n.person(simulator.Mailbox{Mail: "b@example.com"}, "b")
	src := n.source(nil)
	state := func(mail string) string {
		b := newBook(mail)
		must(t, src, b)
		return b.state
	}
	mine, others := state("a@example.com"), state("b@example.com")
	user, token, _ := strings.Cut(mine, "deltatoken=")
	_, othersToken, _ := strings.Cut(others, "deltatoken=")
	for name, c := range map[string]struct{ state, why string }{
		"text":                 {"rubbish", "damaged"},
		"cut":                  {mine[:len(mine)-4], "damaged"},
		"nothing":              {"{}", "damaged"},
		"no link":              {user[:strings.Index(user, "folders")] + `folders":{}}`, "damaged"},
		"another server":       {strings.Replace(mine, `"?`, `"https://evil.example/?`, 1), "damaged"},
		"another mailbox":      {others, "not the one of the last run"},
		"another's token":      {user + "deltatoken=" + othersToken, "cannot tell any more"},
		"garbage for a token":  {user + `deltatoken=x"}}`, "cannot tell any more"},
		"a folder of its own":  {strings.Replace(mine, `{"":`, `{"x":"?a","":`, 1), "folder"},
		"a token in bad order": {user + "deltatoken=" + token[5:], "cannot tell any more"},
	} {
		b := newBook("a@example.com")
		b.state = c.state
		err := b.read(src)
		if !errors.Is(err, phonebook.ErrStale) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want one that says %q", name, err, c.why)
		}
		if must(t, src, b); len(b.why) != 1 || b.names() != "a" {
			t.Errorf("%s: %q, then %s", name, b.why, b.names())
		}
	}
	box.Forget()
	b := newBook("a@example.com")
	b.state = mine
	if must(t, src, b); !hasPart(b.why, "410 SyncStateNotFound") || b.names() != "a" {
		t.Errorf("forgotten: %q, then %s", b.why, b.names())
	}
	if n.server.Count("evil") > 0 {
		t.Error("another server's path was asked for")
	}
}

// TestStaleAnswers has the service refuse a state in all the ways it can.
func TestStaleAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"410":                refuse(410, "UnknownError", ""),
		"SyncStateNotFound":  refuse(404, "SyncStateNotFound", ""),
		"resyncRequired":     refuse(409, "resyncRequired", ""),
		"SyncStateInvalid":   refuse(400, "SyncStateInvalid", ""),
		"400":                refuse(400, "ErrorInvalidUrlQuery", "Badly formed token."),
		"410 without a word": raw(410, "application/json", `{"error":{"code":"x"}}`),
	} {
		s := newService(t)
		s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[]}`))
		s.answer("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta",
			body(`{"value":[],"@odata.deltaLink":"$/users/0a1b/contactFolders/contacts/contacts/delta?token=1"}`), answer)
		src := s.source(t, nil)
		state, err := src.Read(context.Background(), anna, "", func(phonebook.Page) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err = src.Read(context.Background(), anna, state, nil); !errors.Is(err, phonebook.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
		looks := src.Look(context.Background(), []phonebook.Mailbox{{Member: anna, State: state}, {Member: anna, State: state}})
		if !errors.Is(looks[0].Err, phonebook.ErrStale) || !errors.Is(looks[1].Err, phonebook.ErrStale) {
			t.Errorf("%s in a batch: %v", name, looks)
		}
	}
}

// Other failures leave the state as good as it was.
func TestOtherFailuresAreNotStale(t *testing.T) {
	for code, status := range map[string]int{"ErrorAccessDenied": 403, "ResourceNotFound": 404, "InvalidAuthenticationToken": 401, "UnknownError": 500, "ErrorItemNotFound": 404} {
		s := newService(t)
		s.answer("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta", refuse(status, code, ""))
		src := s.source(t, nil)
		_, err := src.Read(context.Background(), anna, `{"mailbox":"0a1b","folders":{"":"?token=1"}}`, nil)
		if err == nil || errors.Is(err, phonebook.ErrStale) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestFolderChanges(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 3})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("top", 5)...)
	sub := box.AddFolder(box.Contacts, "Sub", "", false)
	deep := box.AddFolder(sub, "Deep", "", false)
	for _, f := range []*simulator.Folder{sub, deep} {
		for _, c := range numbered(f.Name, 4) {
			box.AddContact(f, simulator.Contact{DisplayName: c})
		}
	}
	src, b := n.source(withFolders), newBook("a@example.com")
	step := func(why string, change func()) {
		t.Helper()
		change()
		b.why = nil
		must(t, src, b)
		b.compare(t, src)
		if (why == "") != (len(b.why) == 0) || why != "" && !strings.Contains(b.why[0], why) {
			t.Errorf("read in full because %q, want %q", b.why, why)
		}
		if must(t, src, b) != 1 {
			t.Errorf("told twice")
		}
	}
	step("", func() {})
	ids := box.Items(box.Contacts)
	step("", func() { box.MoveContact(ids[0].ID, sub) })
	step("", func() { box.MoveContact(ids[0].ID, deep); box.MoveContact(ids[1].ID, deep) })
	step("", func() { box.MoveContact(ids[0].ID, box.Contacts) })
	step("", func() { box.MoveContact(ids[0].ID, sub); box.MoveContact(ids[0].ID, box.Contacts) })
	step("", func() { box.MoveContact(ids[0].ID, sub); box.DeleteContact(ids[0].ID) })
	step("", func() { box.RenameFolder(sub, "Other") })
	fresh := box.AddFolder(deep, "Fresh", "", false)
	step("", func() {
		box.AddContact(fresh, simulator.Contact{DisplayName: "fresh"})
		box.MoveContact(ids[2].ID, fresh)
	})
	step("", func() { box.MoveFolder(fresh, box.Contacts) })
	hidden := box.AddFolder(box.Contacts, "Cache", "IPF.Contact.RecipientCache", true)
	step("", func() { box.AddContact(hidden, simulator.Contact{DisplayName: "HIDDEN"}) })
	step("", func() { box.MoveContact(ids[3].ID, hidden) })
	step("folder was deleted", func() { n.Change(func() { fresh.Hidden = true }) })
	step("", func() { n.Change(func() { fresh.Hidden = false }) })
	step("folder was deleted", func() { box.MoveFolder(deep, box.Deleted) })
	step("", func() { box.MoveFolder(deep, sub) })
	step("folder was deleted", func() { box.DeleteFolder(sub) })
	step("cannot tell", box.Forget)
	if strings.Contains(b.names(), "HIDDEN") {
		t.Errorf("%s", b.names())
	}
}

// TestMoveWhileReading has a contact move between two folders in the middle of
// a reading, at every request, there and back, in both directions.
func TestMoveWhileReading(t *testing.T) {
	for _, first := range []bool{false, true} {
		for _, back := range []bool{false, true} {
			for at := 1; at < 12; at++ {
				n := newTenant(t, simulator.Options{MaxPage: 2})
				box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a", "b", "x")
				sub := box.AddFolder(box.Contacts, "Sub", "", false)
				box.AddContact(sub, simulator.Contact{DisplayName: "c"})
				x := box.Items(box.Contacts)[2].ID
				from, to := box.Contacts, sub
				if back {
					from, to = to, from
					box.MoveContact(x, from)
				}
				src, b := n.source(withFolders), newBook("a@example.com")
				if !first {
					must(t, src, b)
					box.UpdateContact(x, func(c *simulator.Contact) { c.DisplayName = "xx" })
				}
				var mu sync.Mutex
				requests := 0
				n.server.SetFault(func(r *http.Request) simulator.Fault {
					if !strings.Contains(r.URL.Path, "/users/") {
						return nil
					}
					mu.Lock()
					defer mu.Unlock()
					if requests++; requests == at {
						box.MoveContact(x, to)
					}
					if requests == at+2 {
						box.MoveContact(x, from)
					}
					return nil
				})
				where := fmt.Sprintf("first %v, back %v, request %d", first, back, at)
				must(t, src, b)
				if !strings.Contains(b.names(), "x") {
					t.Errorf("%s: %s", where, b.names())
				}
				n.server.SetFault(nil)
				must(t, src, b)
				if b.compare(t, src); len(b.entries) != 4 || len(b.why) > 0 {
					t.Errorf("%s, the night after: %s, %q", where, b.names(), b.why)
				}
			}
		}
	}
}

// A mailbox whose folders never stand still is left for the next night.
func TestRestlessFolders(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	sub := box.AddFolder(box.Contacts, "Sub", "", false)
	src, b := n.source(withFolders), newBook("a@example.com")
	must(t, src, b)
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if strings.Contains(r.URL.Path, "/delta") {
			box.AddContact(sub, simulator.Contact{DisplayName: "another"})
		}
		return nil
	})
	before := b.state
	if _, err := night(src, b); err == nil || fault.ClassOf(err) != fault.Member || fault.HintOf(err) == "" || b.state != before {
		t.Errorf("error %v, hint %q", err, fault.HintOf(err))
	}
	n.server.SetFault(nil)
	must(t, src, b)
	b.compare(t, src)
}

// A contact that changed, and is deleted before it can be read, is gone; any
// other failure to read one is a failure.
func TestDeletedBeforeItIsRead(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a", "b", "c")
	src, b := n.source(nil), newBook("a@example.com")
	must(t, src, b)
	items := box.Items(box.Contacts)
	for _, it := range items[:2] {
		box.UpdateContact(it.ID, func(c *simulator.Contact) { c.DisplayName += "2" })
	}
	state, refused := b.state, false
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/contacts/"+items[1].ID):
			return nil
		case !refused:
			refused = true
			return answerWith(403, "ErrorAccessDenied")
		}
		box.DeleteContact(items[1].ID)
		return nil
	})
	if _, err := night(src, b); fault.ClassOf(err) != fault.Refused || b.state != state || b.names() != "a b c" {
		t.Errorf("error %v, contacts %s", err, b.names())
	}
	must(t, src, b)
	if b.compare(t, src); b.names() != "a2 c" {
		t.Errorf("contacts %s", b.names())
	}
}

// A link that leads to another server is not even kept.
func TestRoundElsewhere(t *testing.T) {
	for _, link := range []string{`"@odata.deltaLink":"https://evil.example/v1.0/x?token"`, `"@odata.nextLink":"https://evil.example/v1.0/x?token"`} {
		s := newService(t)
		s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[]}`))
		s.answer("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta", body(`{"value":[],%s}`, link))
		state, err := s.source(t, nil).Read(context.Background(), anna, "", func(phonebook.Page) error { return nil })
		if fault.ClassOf(err) != fault.Config || err == nil || state != "" {
			t.Errorf("%s: state %q, error %v", link, state, err)
		}
	}
	// A round has to end with one link or the other.
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta", body(`{"value":[]}`))
	if _, err := s.source(t, nil).Read(context.Background(), anna, "", nil); fault.ClassOf(err) != fault.Unavailable {
		t.Errorf("no link: %v", err)
	}
}

// More changes than are worth reading one by one.
func TestSoMuchChanged(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	src, b := n.source(nil), newBook("a@example.com")
	must(t, src, b)
	for range maxChanges + 1 {
		box.AddContact(box.Contacts, simulator.Contact{DisplayName: "x"})
	}
	n.server.ResetLog()
	must(t, src, b)
	if !hasPart(b.why, "less work") || len(b.entries) != maxChanges+2 || n.server.Count("$batch") > 0 {
		t.Errorf("%q, %d contacts, %d parts", b.why, len(b.entries), n.server.Count("$batch"))
	}
}

// TestBySignInNameAgain reads changes where the app may not look users up, and
// notices that a sign-in name has passed to somebody else.
func TestBySignInNameAgain(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	n.roles("Contacts.Read")
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	other := n.person(simulator.Mailbox{Mail: "b@example.com"}, "b")
	src, b, c := n.source(nil), newBook("a@example.com"), newBook("b@example.com")
	must(t, src, b, c)
	if must(t, src, b, c) != 2 || b.state == "" {
		t.Error("nothing happened")
	}
	box.AddContact(box.Contacts, simulator.Contact{DisplayName: "new"})
	if must(t, src, b, c) != 1 || b.names() != "a new" {
		t.Errorf("contacts %s", b.names())
	}
	b.state = c.state // as if a@ had been other's sign-in name
	must(t, src, b)
	if !hasPart(b.why, "not the one of the last run") || b.names() != "a new" {
		t.Errorf("%q, contacts %s of %s", b.why, b.names(), other.Mail)
	}
}

func TestLinks(t *testing.T) {
	s := New(Config{BaseURL: "https://graph.example/v1.0"})
	box := byID("0A1b")
	for link, want := range map[string]string{
		"https://graph.example/v1.0/users/0A1b/contactFolders/contacts/contacts/delta?$deltatoken=x": "?$deltatoken=x",
		"https://graph.example/v1.0/users('0A1b')/contactFolders('c')/contacts/delta?a":              "/users('0A1b')/contactFolders('c')/contacts/delta?a",
		"https://GRAPH.example/v1.0/x?y":       "https://GRAPH.example/v1.0/x?y",
		"https://graph.example/v1.0beta/x?y":   "https://graph.example/v1.0beta/x?y",
		"https://graph.example:443/v1.0/x?y&z": "https://graph.example:443/v1.0/x?y&z",
	} {
		state, err := s.state(box, map[string]string{"": link})
		if err != nil || !strings.Contains(state, `"`+want+`"`) {
			t.Errorf("%s: %s, %v", link, state, err)
		}
		if next, err := s.parseState(box, state); err != nil || next[""] != link {
			t.Errorf("%s: %v, %v", link, next, err)
		}
	}
}

// FuzzState: whatever stands in a state, no link in it leads elsewhere.
func FuzzState(f *testing.F) {
	s := New(Config{BaseURL: "https://graph.example/v1.0"})
	box := byID("0a1b")
	f.Add(`{"mailbox":"0a1b","folders":{"":"?$deltatoken=x","AAMk=":"/users/0a1b/x?y"}}`)
	f.Add(`{"mailbox":"0a1b","folders":{"":"https://graph.example/x"}}`)
	f.Add(`{"mailbox":"0a1b","folders":{"":"//evil.example/x","x":"@evil.example"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		next, err := s.parseState(box, text)
		if err != nil {
			if !errors.Is(err, phonebook.ErrStale) {
				t.Errorf("error %v", err)
			}
			return
		}
		for id, link := range next {
			if u, err := url.Parse(link); err != nil || !strings.EqualFold(strings.TrimSuffix(u.Host, ":443"), "graph.example") || u.Scheme != "https" || u.User != nil {
				t.Errorf("%s leads to %s", id, link)
			}
		}
	})
}
