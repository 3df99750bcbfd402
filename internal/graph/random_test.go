package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// walker makes random changes in a mailbox.
type walker struct {
	*rand.Rand
	tenant  *tenant
	box     *simulator.Mailbox
	folders []*simulator.Folder // that may be moved, hidden and deleted
	n       int
	deep    bool // the folders below Contacts are read too

	// Since a night began, contacts where they are read.
	always, ever map[string]bool
}

// moment takes note of who is there now.
func (w *walker) moment() {
	now := map[string]bool{}
	for _, f := range w.box.Folders() {
		for _, it := range w.box.Items(f) {
			if !it.List && w.reads(f) {
				now[it.ID] = true
			}
		}
	}
	if w.always == nil {
		w.always, w.ever = maps.Clone(now), map[string]bool{}
	}
	maps.Copy(w.ever, now)
	maps.DeleteFunc(w.always, func(id string, _ bool) bool { return !now[id] })
}

// reads tells whether a folder is one that is read.
func (w *walker) reads(f *simulator.Folder) bool {
	for ; w.deep && f != w.box.Contacts; f = f.Parent {
		if f == nil || phonebook.FolderOfOutlook(f.Class, f.Hidden) {
			return false
		}
	}
	return f == w.box.Contacts
}

// tonight holds the phonebook that a full reading has left against the mailbox
// as it was meanwhile: who was there all the time is in it, and who was not
// there at any time is not.
func (w *walker) tonight(t *testing.T, b *book) {
	t.Helper()
	for id := range w.always {
		if _, ok := b.entries[id]; !ok {
			t.Errorf("%s is missing tonight", id)
		}
	}
	for id, c := range b.entries {
		if !w.ever[id] {
			t.Errorf("%s is too much tonight", c.DisplayName)
		}
	}
}

// places are the folders that a contact can be put into; some are not
// synchronised.
func (w *walker) place() *simulator.Folder {
	all := append(slices.Clone(w.folders), w.box.Contacts, w.box.Contacts, w.box.Deleted)
	return all[w.IntN(len(all))]
}

func (w *walker) contact() (id string, ok bool) {
	items := w.box.Items(w.place())
	if len(items) == 0 {
		return "", false
	}
	return items[w.IntN(len(items))].ID, true
}

// change makes one change.
func (w *walker) change() {
	w.n++
	id, ok := w.contact()
	switch k := w.IntN(100); {
	case k < 30 || !ok && k < 90:
		c := simulator.RandomContact(w.Rand)
		c.DisplayName = fmt.Sprintf("%d %s", w.n, c.DisplayName)
		w.box.AddContact(w.place(), c)
	case k < 45:
		w.box.UpdateContact(id, func(c *simulator.Contact) { c.DisplayName = fmt.Sprintf("%d changed", w.n) })
	case k < 70:
		w.box.MoveContact(id, w.place())
	case k < 80:
		w.box.DeleteContact(id)
	case k < 84:
		w.box.TrashContact(id)
	case k < 86:
		w.box.AddList(w.place(), "list")
	case k < 99:
		w.folder()
	default:
		w.box.Forget()
	}
}

// folder changes something about the folders.
func (w *walker) folder() {
	if len(w.folders) < 2 || w.IntN(6) == 0 {
		class := []string{"", "", "", "IPF.Contact.RecipientCache"}[w.IntN(4)]
		parent := w.box.Contacts
		if len(w.folders) > 0 && w.IntN(2) == 0 {
			parent = w.folders[w.IntN(len(w.folders))]
		}
		w.folders = append(w.folders, w.box.AddFolder(parent, fmt.Sprint("folder ", w.n), class, false))
		return
	}
	i := w.IntN(len(w.folders))
	f := w.folders[i]
	switch w.IntN(8) {
	case 0:
		w.box.DeleteFolder(f)
		w.folders = slices.DeleteFunc(w.folders, func(o *simulator.Folder) bool { return o == f || within(o, f) })
	case 1:
		w.tenant.Change(func() { f.Hidden = !f.Hidden })
	case 2:
		w.box.RenameFolder(f, fmt.Sprint("renamed ", w.n))
	case 3:
		if to := w.place(); to != f && !within(to, f) {
			w.box.MoveFolder(f, to)
		}
	}
}

func within(f, other *simulator.Folder) bool {
	for ; f != nil; f = f.Parent {
		if f == other {
			return true
		}
	}
	return false
}

// TestAnyChanges makes random changes, between runs and in the middle of them,
// with faults on top, and holds what incremental readings have left against a
// full one.
func TestAnyChanges(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for _, seed := range []uint64{1, seed} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Logf("seed %d", seed)
			walkMailbox(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func walkMailbox(t *testing.T, r *rand.Rand) {
	n := newTenant(t, simulator.Options{MaxPage: []int{0, 1, 2, 5}[r.IntN(4)], Limit: r.IntN(2) == 0})
	w := &walker{Rand: r, tenant: n, box: n.person(simulator.Mailbox{Mail: "a@example.com"})}
	folders := r.IntN(3) > 0
	src := n.source(func(c *Config) { c.Folders = folders })
	w.deep = folders
	b := newBook("a@example.com")
	var old []book
	inFull, quiet := 0, 0
	for range 100 {
		for range r.IntN(6) {
			w.change()
		}
		faulty := r.IntN(5) == 0
		stop := w.meddle(r.IntN(12), 1+r.IntN(5), faulty)
		if len(old) > 0 && r.IntN(8) == 0 {
			last := old[r.IntN(len(old))]
			b.state, b.entries = last.state, maps.Clone(last.entries)
		}
		if r.IntN(3) == 0 {
			b.state = ""
		}
		first := b.state == ""
		_, err := night(src, b)
		stop()
		if err != nil && !faulty && !strings.Contains(err.Error(), "there are always more") && !strings.Contains(err.Error(), "begun 3 times") {
			t.Fatal(err)
		}
		if err == nil && (first || len(b.why) > 0) {
			if w.tonight(t, b); t.Failed() {
				t.Fatalf("after %d changes", w.n)
			}
		}
		old = append(old, book{state: b.state, entries: maps.Clone(b.entries)})
		inFull += len(b.why)
		b.why = nil
		quiet += must(t, src, b) // what happened meanwhile is told the night after
		inFull += len(b.why)
		if b.compare(t, src); t.Failed() {
			t.Fatalf("after %d changes", w.n)
		}
	}
	t.Logf("%d changes, %d contacts in the end; %d readings in full, %d nights without changes; folders %v", w.n, len(b.entries), inFull, quiet, folders)
}

// meddle changes the mailbox while requests are answered, at most so many
// times, before one request in a few, and where faulty has some of them fail.
// The returned function ends it.
func (w *walker) meddle(times, few int, faulty bool) (stop func()) {
	var mu sync.Mutex
	w.always = nil
	w.moment()
	w.tenant.server.SetFault(func(r *http.Request) simulator.Fault {
		if !strings.Contains(r.URL.Path, "/users/") {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if times > 0 && w.IntN(few) == 0 {
			times--
			w.change()
			w.moment()
		}
		if !faulty || w.IntN(5) > 0 {
			return nil
		}
		return []simulator.Fault{
			simulator.Throttled("1"), simulator.Broken(503, ""), simulator.Broken(500, ""), answerWith(401, "InvalidAuthenticationToken"),
		}[w.IntN(4)]
	})
	return func() { w.tenant.server.SetFault(nil) }
}
