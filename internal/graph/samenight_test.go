package graph

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/simulator"
	"contactsync/internal/words"
)

// afterLists runs change once, before the first request for changes, with this
// in its query, that comes after a list of contacts has been asked for. During
// runs before that list.
func afterLists(n *tenant, query string, during, change func()) {
	var first, once sync.Once
	listed := false
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		switch {
		case strings.HasSuffix(r.URL.Path, "/contacts"):
			listed = true
			first.Do(during)
		case listed && strings.HasSuffix(r.URL.Path, "/delta") && strings.Contains(r.URL.RawQuery, query):
			once.Do(change)
		}
		return nil
	})
}

// holds compares with what is in folders.
func (b *book) holds(t *testing.T, box *simulator.Mailbox, folders ...*simulator.Folder) {
	t.Helper()
	var want []string
	for _, f := range folders {
		for _, it := range box.Items(f) {
			want = append(want, it.DisplayName)
		}
	}
	slices.Sort(want)
	if want := strings.Join(want, " "); b.names() != want {
		t.Errorf("%.200s\nin the phonebook; in the mailbox\n%.200s", b.names(), want)
	}
}

// More contacts move while the mailbox is listed than an incremental reading
// would follow.
func TestManyMoveWhileListed(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	sub := box.AddFolder(box.Contacts, "Sub", "", false)
	for _, name := range numbered("c", maxChanges+1) {
		box.AddContact(sub, simulator.Contact{DisplayName: name})
	}
	src, b := n.source(withFolders), newBook("a@example.com")
	lists := 0
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if strings.HasSuffix(r.URL.Path, sub.ID+"/contacts") {
			lists++
			for _, it := range box.Items(sub) {
				box.MoveContact(it.ID, box.Contacts)
			}
		}
		return nil
	})
	must(t, src, b)
	if b.holds(t, box, box.Contacts); lists != 1 {
		t.Errorf("the reading began %d times", lists)
	}
	if must(t, src, b) != 1 {
		t.Error("told again")
	}
}

// A folder goes, or comes, after its contacts were shown, with them or
// without. What is left is right the same night.
func TestFolderGoesAfterItsList(t *testing.T) {
	for name, change := range map[string]func(n *tenant, box *simulator.Mailbox, sub *simulator.Folder){
		"deleted": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) { box.DeleteFolder(sub) },
		"emptied and deleted": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) {
			for _, it := range box.Items(sub)[1:] {
				box.MoveContact(it.ID, box.Contacts)
			}
			box.DeleteFolder(sub)
		},
		"merged into a new one": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) {
			fresh := box.AddFolder(box.Contacts, "fresh", "", false)
			for _, it := range box.Items(sub)[1:] {
				box.MoveContact(it.ID, fresh)
			}
			box.DeleteFolder(sub)
		},
		"filled and deleted": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) {
			box.MoveContact(box.Items(box.Contacts)[0].ID, sub)
			box.DeleteFolder(sub)
		},
		"moved away": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) { box.MoveFolder(sub, box.Deleted) },
		"filled and moved away": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) {
			box.MoveContact(box.Items(box.Contacts)[0].ID, sub)
			box.MoveFolder(sub, box.Deleted)
		},
		"hidden": func(n *tenant, _ *simulator.Mailbox, sub *simulator.Folder) { n.Change(func() { sub.Hidden = true }) },
		"a new one": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) {
			fresh := box.AddFolder(sub, "fresh", "", false)
			box.MoveContact(box.Items(sub)[0].ID, fresh)
			box.MoveContact(box.Items(box.Contacts)[0].ID, fresh)
		},
	} {
		for _, size := range []int{0, 1, 3} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				n := newTenant(t, simulator.Options{MaxPage: size})
				box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("a", 4)...)
				other := box.AddFolder(box.Contacts, "Other", "", false)
				sub := box.AddFolder(box.Contacts, "Sub", "", false)
				for _, name := range numbered("s", 5) {
					box.AddContact(sub, simulator.Contact{DisplayName: name})
				}
				src, b := n.source(withFolders), newBook("a@example.com")
				changed := false
				afterLists(n, "", func() { box.MoveContact(box.Items(box.Contacts)[0].ID, other) }, func() { change(n, box, sub); changed = true })
				must(t, src, b)
				n.server.SetFault(nil)
				if !changed {
					t.Fatal("nothing happened")
				}
				b.compare(t, src)
				var there []*simulator.Folder
				for _, f := range append(box.Folders(), box.Contacts) {
					if !f.Hidden && (f == box.Contacts || within(f, box.Contacts)) && !slices.Contains(there, f) {
						there = append(there, f)
					}
				}
				b.holds(t, box, there...)
				must(t, src, b)
				b.compare(t, src)
			})
		}
	}
}

// Folders change when they have been listed and nothing else has been asked for;
// nothing happens afterwards that a reading would notice.
func TestFoldersChangeBeforeNames(t *testing.T) {
	for name, change := range map[string]func(n *tenant, box *simulator.Mailbox, sub *simulator.Folder){
		"a new one": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) {
			box.MoveContact(box.Items(sub)[0].ID, box.AddFolder(box.Contacts, "fresh", "", false))
		},
		"hidden":     func(n *tenant, _ *simulator.Mailbox, sub *simulator.Folder) { n.Change(func() { sub.Hidden = true }) },
		"moved away": func(_ *tenant, box *simulator.Mailbox, sub *simulator.Folder) { box.MoveFolder(sub, box.Deleted) },
	} {
		for _, noDelta := range []bool{false, true} {
			n := newTenant(t, simulator.Options{})
			box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
			sub := box.AddFolder(box.Contacts, "Sub", "", false)
			box.AddContact(sub, simulator.Contact{DisplayName: "s"})
			src, b := n.source(withFolders), newBook("a@example.com")
			src.noDelta = noDelta
			var once sync.Once
			n.server.SetFault(func(r *http.Request) simulator.Fault {
				if strings.HasSuffix(r.URL.Path, "/delta") || strings.HasSuffix(r.URL.Path, "/contacts") {
					once.Do(func() { change(n, box, sub) })
				}
				return nil
			})
			must(t, src, b)
			if want := map[bool]string{true: "a s", false: "a"}[name == "a new one"]; b.names() != want {
				t.Errorf("%s, without delta %t: %s, want %s", name, noDelta, b.names(), want)
			}
			b.compare(t, src)
		}
	}
}

// A folder goes between two questions for changes while a contact leaves it,
// after another has come into it or not.
func TestFolderGoesWhileCaughtUp(t *testing.T) {
	for _, size := range []int{0, 1} {
		for at := range 8 {
			at, comes := 1+at/2, at%2 > 0
			n := newTenant(t, simulator.Options{MaxPage: size})
			box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("a", 4)...)
			sub := box.AddFolder(box.Contacts, "Sub", "", false)
			for _, name := range numbered("s", 3) {
				box.AddContact(sub, simulator.Contact{DisplayName: name})
			}
			src, b := n.source(withFolders), newBook("a@example.com")
			listed, asked := false, 0
			var once sync.Once
			into := func() { box.MoveContact(box.Items(box.Contacts)[0].ID, sub) }
			n.server.SetFault(func(r *http.Request) simulator.Fault {
				switch listed = listed || strings.HasSuffix(r.URL.Path, sub.ID+"/contacts"); {
				case strings.HasSuffix(r.URL.Path, sub.ID+"/contacts"):
					once.Do(into)
				case listed && strings.HasSuffix(r.URL.Path, sub.ID+"/contacts/delta"):
					if asked++; comes && asked == at-1 {
						into()
					} else if asked == at {
						box.MoveContact(box.Items(sub)[0].ID, box.Contacts)
						box.DeleteFolder(sub)
					}
				}
				return nil
			})
			must(t, src, b)
			n.server.SetFault(nil)
			b.compare(t, src)
			t.Logf("pages of %d: went at question %d of %d", size, at, asked)
		}
	}
}

// The service forgets what it told while the mailbox is listed, and somebody is
// deleted who has been shown: the reading begins anew, and he is gone.
func TestForgottenWhileListed(t *testing.T) {
	for _, query := range []string{"", "skiptoken", "deltatoken"} {
		for _, folders := range []bool{false, true} {
			n := newTenant(t, simulator.Options{MaxPage: 3})
			box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 10)...)
			sub := box.AddFolder(box.Contacts, "Sub", "", false)
			box.AddContact(sub, simulator.Contact{DisplayName: "s"})
			src, b := n.source(func(c *Config) { c.Folders = folders }), newBook("a@example.com")
			items := box.Items(box.Contacts)
			changed := false
			afterLists(n, query, func() { box.DeleteContact(items[8].ID) }, func() {
				box.DeleteContact(items[2].ID)
				box.Forget()
				changed = true
			})
			must(t, src, b)
			n.server.SetFault(nil)
			if !changed {
				t.Fatal("nothing happened")
			}
			b.compare(t, src)
			where := []*simulator.Folder{box.Contacts}
			if folders {
				where = append(where, sub)
			}
			b.holds(t, box, where...)
			if must(t, src, b) != 1 {
				t.Error("no state is left")
			}
		}
	}
}

// A service that forgets each time fails the reading, and what was there stays.
func TestAlwaysForgotten(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 3})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, numbered("c", 10)...)
	src, b := n.source(nil), newBook("a@example.com")
	must(t, src, b)
	before := b.names()
	lists := 0
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if strings.HasSuffix(r.URL.Path, "/contacts") && r.URL.Query().Get("$skip") == "" && !strings.Contains(r.URL.RawQuery, "skip") {
			lists++
			box.DeleteContact(box.Items(box.Contacts)[0].ID)
			box.Forget()
		}
		return nil
	})
	b.state = ""
	_, err := night(src, b)
	if err == nil || fault.ClassOf(err) != fault.Member || fault.HintOf(err) != words.MailboxRestless || lists != restarts {
		t.Errorf("error %v, hint %q, %d lists", err, fault.HintOf(err), lists)
	}
	if b.names() != before {
		t.Errorf("left: %s", b.names())
	}
}

// Where there is no delta, a folder that goes away has the reading begin anew.
func TestFolderGoesWithoutDelta(t *testing.T) {
	n := newTenant(t, simulator.Options{MaxPage: 2})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	sub := box.AddFolder(box.Contacts, "Sub", "", false)
	for _, name := range numbered("b", 5) {
		box.AddContact(sub, simulator.Contact{DisplayName: name})
	}
	src, b := n.source(withFolders), newBook("a@example.com")
	src.noDelta = true
	between(n, func() {
		box.MoveContact(box.Items(sub)[0].ID, box.Contacts)
		box.DeleteFolder(sub)
	})
	must(t, src, b)
	b.holds(t, box, box.Contacts)
}

func TestHanded(t *testing.T) {
	var h handed
	all := []string{"AAMkABC", "AAMkABD", "AAMkABD", "", "x", "AAMk", "AAMkABC", strings.Repeat("y", 300), strings.Repeat("y", 299) + "z"}
	for _, id := range all {
		h.add(id)
	}
	if got := slices.Collect(h.ids()); !slices.Equal(got, all) {
		t.Errorf("%q", got)
	}
	if len(h.text) > 370 {
		t.Errorf("%d bytes", len(h.text))
	}
}
