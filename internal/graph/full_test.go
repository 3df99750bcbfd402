package graph

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// between runs change once, before the second page of a list of contacts is
// served.
func between(n *tenant, change func()) {
	var once sync.Once
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if strings.Contains(r.URL.RawQuery, "skip=") && strings.Contains(r.URL.RawQuery, "expand") {
			once.Do(change)
		}
		return nil
	})
}

// What is deleted while pages are read must not hide another contact, and what
// was named before the pages must not come back from the trash.
func TestChangeBetweenPages(t *testing.T) {
	for name, change := range map[string]func(*simulator.Mailbox, string){
		"deleted": func(b *simulator.Mailbox, id string) { b.DeleteContact(id) },
		"trashed": func(b *simulator.Mailbox, id string) { b.TrashContact(id) },
		"to and fro": func(b *simulator.Mailbox, id string) {
			b.TrashContact(id)
			b.MoveContact(id, b.Contacts)
		},
		"changed": func(b *simulator.Mailbox, id string) {
			b.UpdateContact(id, func(c *simulator.Contact) { c.DisplayName = "changed" })
		},
	} {
		for _, at := range []int{3, 24} {
			for _, noDelta := range []bool{false, true} {
				t.Run(fmt.Sprint(name, at, noDelta), func(t *testing.T) {
					n := newTenant(t, simulator.Options{MaxPage: 10})
					box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 25)...)
					items := box.Items(box.Contacts)
					src, b := n.source(nil), newBook("a@example.com")
					src.noDelta = noDelta
					between(n, func() { change(box, items[at].ID) })
					must(t, src, b)
					for _, it := range items {
						if _, ok := b.entries[it.ID]; !ok && it != items[at] {
							t.Errorf("%s is missing", it.DisplayName)
						}
					}
					_, shown := b.entries[items[at].ID]
					gone := name == "deleted" || name == "trashed"
					if shown && gone && at == 24 && (!noDelta || name == "deleted") {
						t.Errorf("%s has gone before it was shown", items[at].DisplayName)
					}
					n.server.SetFault(nil)
					must(t, src, b)
					b.compare(t, src)
				})
			}
		}
	}
}

// A contact that moves out of a folder to be listed into one that has been is
// on no page at all; so is all that is in a folder that goes.
func TestMoveBetweenLists(t *testing.T) {
	for name, c := range map[string]struct {
		want   string // that night
		change func(box *simulator.Mailbox, sub *simulator.Folder, x string)
	}{
		"moved":   {"a x y", func(b *simulator.Mailbox, _ *simulator.Folder, x string) { b.MoveContact(x, b.Contacts) }},
		"trashed": {"a y", func(b *simulator.Mailbox, _ *simulator.Folder, x string) { b.MoveContact(x, b.Deleted) }},
		"to and fro": {"a x y", func(b *simulator.Mailbox, sub *simulator.Folder, x string) {
			b.MoveContact(x, b.Contacts)
			b.MoveContact(x, sub)
		}},
		"moved, and its folder deleted": {"a x", func(b *simulator.Mailbox, sub *simulator.Folder, x string) {
			b.MoveContact(x, b.Contacts)
			b.DeleteFolder(sub)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, simulator.Options{})
			box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
			sub := box.AddFolder(box.Contacts, "Sub", "", false)
			x := box.AddContact(sub, simulator.Contact{DisplayName: "x"})
			box.AddContact(sub, simulator.Contact{DisplayName: "y"})
			src, b := n.source(withFolders), newBook("a@example.com")
			var once sync.Once
			n.server.SetFault(func(r *http.Request) simulator.Fault {
				if strings.HasSuffix(r.URL.Path, sub.ID+"/contacts") {
					once.Do(func() { c.change(box, sub, x) })
				}
				return nil
			})
			if must(t, src, b); b.names() != c.want {
				t.Errorf("%s, want %s", b.names(), c.want)
			}
			n.server.SetFault(nil)
			must(t, src, b)
			b.compare(t, src)
		})
	}
}

// A contact that comes after a reading began and is shown by it is one of whom
// the deltas never told; when it goes, it must be gone by the next night.
func TestComesAndGoes(t *testing.T) {
	for name, c := range map[string]struct {
		want string // that night
		page func(box *simulator.Mailbox, x string)
	}{
		"goes later":           {"a b c x", func(*simulator.Mailbox, string) {}},
		"goes the same night":  {"a b c x", func(b *simulator.Mailbox, x string) { b.DeleteContact(x) }},
		"is moved out of here": {"a b c x", func(b *simulator.Mailbox, x string) { b.TrashContact(x) }},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, simulator.Options{MaxPage: 2})
			box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
			sub := box.AddFolder(box.Contacts, "Sub", "", false)
			box.AddContact(sub, simulator.Contact{DisplayName: "b"})
			box.AddContact(sub, simulator.Contact{DisplayName: "c"})
			src, b := n.source(withFolders), newBook("a@example.com")
			var come, leave sync.Once
			var x string
			n.server.SetFault(func(r *http.Request) simulator.Fault {
				switch {
				case strings.HasSuffix(r.URL.Path, "/contacts") && !strings.Contains(r.URL.Path, "contactFolders"):
					come.Do(func() { x = box.AddContact(box.Contacts, simulator.Contact{DisplayName: "x"}) })
				case strings.HasSuffix(r.URL.Path, sub.ID+"/contacts"):
					leave.Do(func() { c.page(box, x) })
				}
				return nil
			})
			if must(t, src, b); b.names() != c.want {
				t.Errorf("%s, want %s", b.names(), c.want)
			}
			n.server.SetFault(nil)
			box.DeleteContact(x)
			must(t, src, b)
			b.compare(t, src)
		})
	}
}

// A folder that goes away between two of its pages has shown contacts of which
// no delta will ever say that they have gone; they are taken back.
func TestFolderGoesBetweenPages(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 2})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	sub := box.AddFolder(box.Contacts, "Sub", "", false)
	for _, name := range numbered("b", 5) {
		box.AddContact(sub, simulator.Contact{DisplayName: name})
	}
	src, b := n.source(withFolders), newBook("a@example.com")
	between(n, func() { box.DeleteFolder(sub) })
	for range 2 {
		must(t, src, b)
		if b.names() != "a" {
			t.Errorf("%s is left", b.names())
		}
	}
}

// TestRequestsOfAFullReading: the pages of delta, those of the list, no more.
func TestRequestsOfAFullReading(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 1010)...)
	src, b := n.source(nil), newBook("a@example.com")
	before, _ := n.transport.Count()
	must(t, src, b)
	// Sign-in, look-up, three pages of ids, two of contacts.
	if after, _ := n.transport.Count(); after-before != 7 || len(b.entries) != 1010 {
		t.Errorf("%d requests for %d contacts", after-before, len(b.entries))
	}
}

// TestExpiresWhileBegun has the service forget the round of delta between its
// pages: a full reading begins anew.
func TestExpiresWhileBegun(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 3})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 10)...)
	src, b := n.source(nil), newBook("a@example.com")
	left := 2
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if strings.Contains(r.URL.RawQuery, "skiptoken") && left > 0 {
			left--
			box.Forget()
		}
		return nil
	})
	must(t, src, b)
	b.compare(t, src)
	left = 100
	if _, err := night(src, newBook("a@example.com")); err == nil || fault.ClassOf(err) != fault.Member || errors.Is(err, phonebook.ErrStale) && fault.HintOf(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.HintOf(err))
	}
}

// TestNoDelta has clouds without delta for contacts.
func TestNoDelta(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"400": refuse(400, "BadRequest", "Resource not found for the segment 'delta'."),
		"405": refuse(405, "BadRequest", "The method is not supported."),
		"501": refuse(501, "NotImplemented", "not in this cloud"),
	} {
		s := newService(t)
		s.answer("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta", answer)
		s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[{"id":"A"},{"id":"B"}]}`), body(`{"value":[{"id":"A"}]}`),
			body(`{"value":[{"id":"A"},{"id":"B"}]}`))
		s.answer("/v1.0/users/0a1b/contacts/B", body(`{"id":"B"}`))
		b := newBook("")
		b.member = anna
		if err := b.read(s.source(t, nil)); err != nil || b.state != "" || len(b.entries) != 2 {
			t.Errorf("%s: %d contacts, state %q, error %v", name, len(b.entries), b.state, err)
		}
	}
	if s := New(Config{BaseURL: "https://MicrosoftGraph.chinacloudapi.cn"}); !s.noDelta {
		t.Error("China is asked for delta")
	}
	if s := New(Config{}); s.noDelta {
		t.Error("the public cloud is not asked for delta")
	}
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta", refuse(403, "ErrorAccessDenied", ""))
	b := newBook("")
	b.member = anna
	if err := b.read(s.source(t, nil)); fault.ClassOf(err) != fault.Refused || len(s.asked) > 0 {
		t.Errorf("a refusal was taken for a missing delta: %v, %q", err, s.asked)
	}
}
