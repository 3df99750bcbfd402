package ews

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

var (
	seed  = flag.Uint64("seed", 0, "what the random test does; 0: by the clock")
	steps = flag.Int("steps", 40, "steps of each round of the random test")
)

// restless is a mailbox in which everything that can happen happens.
type restless struct {
	*rand.Rand
	*simulator.Mailbox
	tenant *simulator.Tenant
	names  int
	moved  map[string]bool
}

// something happens.
func (m *restless) something() {
	folders := m.Folders() // of the mailbox, hidden ones too
	f := folders[m.IntN(len(folders))]
	other := folders[m.IntN(len(folders))]
	item := func() string {
		if items := m.Items(f); len(items) > 0 {
			return items[m.IntN(len(items))].ID
		}
		return ""
	}
	switch m.IntN(24) {
	case 0, 1, 2, 3, 4, 5, 6:
		m.add(f)
	case 7:
		m.AddList(f, "Liste")
	case 8, 9, 10:
		m.UpdateContact(item(), func(c *simulator.Contact) { *c = m.contact() })
	case 11, 12:
		m.DeleteContact(item())
	case 13:
		m.TrashContact(item())
	case 14, 15:
		m.MoveContact(item(), other)
	case 16:
		if items := m.Items(m.Deleted); len(items) > 0 {
			m.MoveContact(items[0].ID, f)
		}
	case 17, 18:
		m.addFolder(f)
	case 19:
		m.RenameFolder(f, fmt.Sprint("Ordner ", m.IntN(1000)))
	case 20:
		if f != m.Contacts && !below(other, f) {
			m.MoveFolder(f, other)
		}
	case 21:
		if f != m.Contacts {
			m.MoveFolder(f, []*simulator.Folder{m.Deleted, m.Contacts.Parent}[m.IntN(2)])
		}
	case 22:
		if f != m.Contacts && m.IntN(2) == 0 {
			m.DeleteFolder(f)
		}
	case 23:
		if f != m.Contacts {
			m.tenant.Change(func() { f.Hidden = !f.Hidden })
		}
	}
}

func below(f, above *simulator.Folder) bool {
	return f != nil && (f == above || below(f.Parent, above))
}

func (m *restless) add(f *simulator.Folder) { m.AddContact(f, m.contact()) }

func (m *restless) addFolder(f *simulator.Folder) {
	class := []string{"", "", "", "IPF.Note", "IPF.Contact.Company"}[m.IntN(5)]
	f = m.AddFolder(f, "Ordner", class, m.IntN(8) == 0)
	for range m.IntN(5) {
		m.add(f)
	}
}

// contact returns one whose name no other has.
func (m *restless) contact() simulator.Contact {
	m.names++
	c := simulator.Contact{DisplayName: fmt.Sprintf("%05d", m.names), Company: []string{"", "A & B", "\x1a", strings.Repeat("ü", 250+m.IntN(10))}[m.IntN(4)]}
	if m.IntN(2) == 0 {
		c.Phones = map[string]string{"MobilePhone": fmt.Sprint("+49 171 ", m.IntN(1e6))}
	}
	if m.IntN(3) == 0 {
		c.Notes = strings.Repeat("Notiz\n", m.IntN(100))
	}
	return c
}

// move moves a contact that was not moved before between two folders that are
// read.
func (m *restless) move() {
	var shown []*simulator.Folder
	for _, f := range m.Folders() {
		if m.shows(f) {
			shown = append(shown, f)
		}
	}
	from, to := shown[m.IntN(len(shown))], shown[m.IntN(len(shown))]
	items := slices.DeleteFunc(m.Items(from), func(it *simulator.Item) bool { return m.moved[it.ID] })
	if len(items) > 0 {
		id := items[m.IntN(len(items))].ID
		m.moved[id] = true
		m.MoveContact(id, to)
	}
}

// shows tells whether a folder belongs to what is read.
func (m *restless) shows(f *simulator.Folder) bool {
	if f == m.Contacts {
		return true
	}
	own := false
	for above := f; above != nil && above != m.Contacts; above = above.Parent {
		own = own || phonebook.FolderOfOutlook(above.Class, above.Hidden)
	}
	return below(f, m.Contacts) && !own && phonebook.FolderForPeople(f.Class, f.Hidden)
}

// TestRandomChanges follows a mailbox in which thousands of things happen,
// between the readings and while they are under way, with faults, and compares
// after each step with a reading from nothing.
func TestRandomChanges(t *testing.T) {
	seed := *seed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) // another one each time with -count
	}
	t.Logf("-seed %d -steps %d", seed, *steps)
	for round := range 8 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, uint64(round)))
			s := startService(t, simulator.Options{MaxPage: []int{0, 1, 2, 3, 5, 20}[r.IntN(6)], NoLog: true})
			m := &restless{Rand: r, Mailbox: s.mailbox("anna", r.IntN(30)), tenant: s.Tenant()}
			src := s.signedIn(t, func(c *Config, _ *transport.Options) { c.Folders, c.Notes = round%2 == 0, round%4 < 2 })
			w := &watch{t: t, s: s, m: m, src: src}
			for step := range *steps {
				for range r.IntN(6) {
					m.something()
				}
				w.step(step)
			}
			t.Logf("%d folders, %d contacts; %d full readings of %d", len(m.Folders()), len(w.contacts), w.full, *steps)
			if w.full > *steps*3/4 {
				t.Error("hardly anything was read by its changes")
			}
		})
	}
}

// watch follows a restless mailbox.
type watch struct {
	box
	t    *testing.T
	s    *service
	m    *restless
	src  *Source
	full int // readings from nothing
}

// step reads what happened, in one of several ways, and compares.
func (w *watch) step(n int) {
	w.t.Helper()
	switch w.m.IntN(10) {
	case 0:
		w.m.Forget()
	case 1, 2: // things happen meanwhile
		w.during(func() { w.m.something() })
	case 3, 4: // contacts move meanwhile, once each; each must be there once
		if w.follow(); w.m.IntN(3) == 0 {
			w.box = box{}
		}
		w.m.moved = map[string]bool{}
		w.during(func() { w.m.move() })
		if w.compare(n, true); w.t.Failed() {
			return
		}
	case 5: // broken off
		stop := errors.New("stop")
		left := w.m.IntN(4)
		copied := box{contacts: maps.Clone(w.contacts), state: w.state}
		if _, err := w.src.Read(w.t.Context(), member(w.m.Mail), copied.state, func(phonebook.Page) error {
			if left--; left < 0 {
				return stop
			}
			return nil
		}); err != nil && !errors.Is(err, stop) && !errors.Is(err, phonebook.ErrStale) {
			w.t.Fatal(err)
		}
	case 6: // faults that pass
		w.s.SetFault(simulator.EWSTimes(1+w.m.IntN(2), []string{"SyncFolderItems", "GetItem", "FindFolder"}[w.m.IntN(3)],
			[]simulator.Fault{simulator.EWSBusy(1), simulator.EWSBusyMessage(1), simulator.CutAfter(700), simulator.Broken(503, "1")}[w.m.IntN(4)]))
	}
	w.follow()
	w.s.SetFault(nil)
	w.compare(n, false)
}

// during reads while something happens before some of the calls.
func (w *watch) during(what func()) {
	left := 1 + w.m.IntN(3)
	w.s.SetFault(func(r *http.Request) simulator.Fault {
		if left > 0 && w.m.IntN(3) == 0 {
			left--
			what()
		}
		return nil
	})
	w.follow()
	w.s.SetFault(nil)
}

// follow brings the box up to date, from nothing where the state is stale.
func (w *watch) follow() {
	w.t.Helper()
	next := box{contacts: maps.Clone(w.contacts), state: w.state}
	err := next.read(w.t.Context(), w.src, w.m.Mail)
	if errors.Is(err, phonebook.ErrStale) && w.state != "" {
		w.full++
		next = box{}
		err = next.read(w.t.Context(), w.src, w.m.Mail)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.box = next
}

// compare compares with a reading from nothing, or with the mailbox itself:
// the names in it.
func (w *watch) compare(step int, byName bool) {
	w.t.Helper()
	got := w.sorted()
	if byName {
		var want []string
		for _, f := range w.m.Folders() {
			if w.src.deep && w.m.shows(f) || f == w.m.Contacts {
				for _, it := range w.m.Items(f) {
					if !it.List {
						want = append(want, it.DisplayName)
					}
				}
			}
		}
		slices.Sort(want)
		if names(got) != strings.Join(want, ", ") && w.src.deep {
			w.t.Errorf("step %d: after moves there are\n%s\nnot\n%s", step, names(got), strings.Join(want, ", "))
		}
		return
	}
	if want := mustRead(w.t, w.src, w.m.Mail); !reflect.DeepEqual(got, want) {
		w.t.Fatalf("step %d: the changes lead to\n%s\nand the mailbox holds\n%s", step, names(got), names(want))
	}
}
