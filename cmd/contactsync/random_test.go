package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

var (
	steps = flag.Int("steps", 40, "runs of TestAsIfReadAnew over each source")
	seed  = flag.Uint64("seed", 0, "of TestAsIfReadAnew and TestKilled; 0: another each time")
)

// theSeed returns the seed of this run of the tests.
var theSeed = sync.OnceValue(func() uint64 {
	if *seed != 0 {
		return *seed
	}
	return rand.Uint64()
})

// However contacts, folders, phonebooks and keys change between two runs and
// during them, and whatever goes wrong: after a run that ends well each
// phonebook is as one that was read anew.
func TestAsIfReadAnew(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			parallel(t)
			t.Logf("go test -run TestAsIfReadAnew/%s -seed %d -steps %d", source, theSeed(), *steps)
			c := &chaos{
				world:  newWorldWith(t, simulator.Options{MaxPage: 7}, "anna", "ben", "chris"),
				random: rand.New(rand.NewPCG(theSeed(), uint64(len(source)))),
			}
			c.set("source", source)
			c.set("contact_folders", "all")
			for _, uid := range []string{"anna", "ben", "chris"} {
				c.add(uid, "the first", "030 901820")
			}
			for c.step = range *steps {
				c.once()
				if t.Failed() {
					t.Fatalf("in step %d, after:\n%s", c.step, strings.Join(c.log, "\n"))
				}
			}
			t.Logf("%d changes, %d runs disturbed, %d mailboxes read in full, %d by what changed", c.changes, c.disturbed, c.anew, c.followed)
			if c.followed == 0 || c.anew == 0 || c.disturbed == 0 {
				t.Error("not everything was tried")
			}
		})
	}
}

// chaos is a world in which everything changes.
type chaos struct {
	*world
	mu     sync.Mutex // held where a request under way changes something
	random *rand.Rand
	step   int
	log    []string // of the step
	names  int      // of contacts and folders

	changes, disturbed, anew, followed int
}

// once changes things, runs, and compares.
func (c *chaos) once() {
	c.log = c.log[:0]
	for range 1 + c.random.IntN(20) {
		c.change()
	}
	if c.random.IntN(3) == 0 {
		c.disturb()
	}
	out := c.run("-v")
	c.anew += strings.Count(out.stderr, "reading the mailbox in full")
	c.followed += 3 - strings.Count(out.stderr, "reading the mailbox in full")
	c.note("a run: status %d\n%s", out.status, out.stderr)
	check(c.t, "exit status", out.status, 0)
	c.compare()
}

func (c *chaos) note(format string, args ...any) { c.log = append(c.log, fmt.Sprintf(format, args...)) }

// compare compares each phonebook with one that a full run makes in another
// file.
func (c *chaos) compare() {
	full := c.path("full.db")
	if out := c.run("--phonebooks", full, "--full"); out.status != 0 {
		c.t.Fatalf("the full run: %s", out.stderr)
	}
	for _, uid := range []string{"anna", "ben", "chris"} {
		got, want := c.book(uid), c.bookIn(full, uid)
		if got.Title != want.Title || !reflect.DeepEqual(got.Entries, want.Entries) {
			c.t.Errorf("%s: %q %s\nread anew: %q %s", uid, got.Title, names(got), want.Title, names(want))
		}
	}
}

func names(b phonebook.Phonebook) string {
	var s []string
	for _, e := range b.Entries {
		s = append(s, fmt.Sprintf("%s%v", e.DisplayName, e.Numbers))
	}
	return strings.Join(s, ", ")
}

// disturb makes a run during which a fault happens or the mailboxes change,
// from the nth request on.
func (c *chaos) disturb() {
	c.disturbed++
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	var n atomic.Int64
	at := int64(c.random.IntN(30))
	kind := c.random.IntN(8)
	c.cloud.SetFault(func(r *http.Request) simulator.Fault {
		if i := n.Add(1); i < at || strings.Contains(r.URL.Path, "oauth2") {
			return nil
		} else if kind > 3 {
			if i < at+5 {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.mailboxes() // while they are read
			}
			return nil
		}
		switch kind {
		case 0:
			cancel()
			return nil
		case 1:
			return simulator.Broken(http.StatusForbidden, "")
		case 2:
			return simulator.Broken(http.StatusNotFound, "")
		}
		if n.Load() == at {
			return simulator.Throttled("1")
		}
		return nil
	})
	out := c.runContext(ctx)
	c.cloud.SetFault(nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note("a run disturbed by %d at request %d: status %d\n%s", kind, at, out.status, out.stderr)
}

// change changes something.
func (c *chaos) change() {
	c.changes++
	switch i := c.random.IntN(40); {
	case i < 3:
		c.scribble()
	case i < 5:
		c.setting()
	case i < 6:
		m := c.someMailbox()
		c.note("%s forgets", m.Mail)
		m.Forget()
	default:
		c.mailboxes()
	}
}

func (c *chaos) setting() {
	keys := map[string][]string{
		"contact_folders":     {"all", "all", "default"},
		"default_region":      {"DE", "NL"},
		"default_area_code":   {"40", "30"},
		"phonebookname":       {"Privat", "Outlook"},
		"skip_without_number": {"false", "true"},
		"include_notes":       {"false", "true"},
	}
	i := c.random.IntN(len(keys))
	for _, key := range []string{"contact_folders", "default_region", "default_area_code", "phonebookname", "skip_without_number", "include_notes"}[i : i+1] {
		value := keys[key][c.random.IntN(len(keys[key]))]
		c.note("%s = %q", key, value)
		c.set(key, value)
	}
}

func (c *chaos) someMailbox() *simulator.Mailbox {
	return c.mailbox([]string{"anna", "ben", "chris"}[c.random.IntN(3)])
}

// mailboxes changes a contact or a folder. The first contact of a mailbox stays,
// since one that suddenly answers with none would rightly be refused.
func (c *chaos) mailboxes() {
	m := c.someMailbox()
	folders := m.Folders()
	f := folders[c.random.IntN(len(folders))]
	c.names++
	items := m.Items(f)
	if f == m.Contacts {
		items = items[1:]
	}
	switch i := c.random.IntN(20); {
	case i < 7 || len(items) == 0:
		c.note("%s: add %d to %s", m.Mail, c.names, f.Name)
		m.AddContact(f, c.contact())
	case i < 11:
		c.note("%s: update %s in %s", m.Mail, items[0].DisplayName, f.Name)
		m.UpdateContact(items[c.random.IntN(len(items))].ID, func(old *simulator.Contact) { *old = c.contact() })
	case i < 13:
		c.note("%s: delete in %s", m.Mail, f.Name)
		m.DeleteContact(items[c.random.IntN(len(items))].ID)
	case i < 14:
		c.note("%s: trash in %s", m.Mail, f.Name)
		m.TrashContact(items[c.random.IntN(len(items))].ID)
	case i < 17:
		to := folders[c.random.IntN(len(folders))]
		c.note("%s: move from %s to %s", m.Mail, f.Name, to.Name)
		m.MoveContact(items[c.random.IntN(len(items))].ID, to)
	default:
		c.folder(m, f)
	}
}

// contact returns a contact that has or has no place in a phonebook.
func (c *chaos) contact() simulator.Contact {
	contact := simulator.Contact{Notes: fmt.Sprint("note ", c.names)}
	if c.random.IntN(8) > 0 {
		contact.DisplayName = fmt.Sprint("contact ", c.names)
	}
	if c.random.IntN(5) > 0 {
		contact.Phones = map[string]string{"BusinessPhone": fmt.Sprint("030 90182", c.names), "Pager": "017"}
	}
	if c.random.IntN(10) == 0 {
		contact.Company = strings.Repeat("long ", 60) // cut in a listing over EWS
	}
	return contact
}

// folder changes a folder other than Contacts, or makes one.
func (c *chaos) folder(m *simulator.Mailbox, f *simulator.Folder) {
	i := c.random.IntN(6)
	if f == m.Contacts {
		i = 0
	}
	c.note("%s: folder operation %d on %s", m.Mail, i, f.Name)
	switch i {
	case 0, 1:
		hidden := c.random.IntN(5) == 0
		sub := m.AddFolder(f, fmt.Sprint("folder ", c.names), "", hidden)
		for range c.random.IntN(10) {
			m.AddContact(sub, c.contact())
		}
	case 2:
		m.RenameFolder(f, fmt.Sprint("folder ", c.names))
	case 3:
		m.MoveFolder(f, m.Contacts)
	case 4:
		m.MoveFolder(f, m.Deleted)
	case 5:
		m.DeleteFolder(f)
	}
}

// scribble writes to the phonebooks by hand, as any SQLite client can.
func (c *chaos) scribble() {
	db, err := sql.Open("sqlite3", "file:"+c.path("phonebooks.db")+"?mode=rw&_busy_timeout=5000")
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	statements := []string{
		"UPDATE entry SET display_name = 'scribble' WHERE id % 5 = 0",
		"UPDATE number SET as_typed = '0' WHERE entry % 7 = 0",
		"DELETE FROM number WHERE entry % 3 = 0",
		"DELETE FROM entry WHERE id = (SELECT max(id) FROM entry)",
		"INSERT INTO entry(phonebook, display_name) SELECT id, 'by hand' FROM phonebook WHERE owner = 'anna'",
		"INSERT INTO entry(phonebook, display_name, source_id) SELECT phonebook, 'a copy', source_id FROM entry LIMIT 2",
		"DELETE FROM phonebook WHERE owner = 'ben'",
		"UPDATE phonebook SET title = 'mine' WHERE owner = 'chris'",
		"UPDATE phonebook SET managed_by = NULL WHERE owner = 'anna'",
		"UPDATE entry SET source_id = 'x', hash = NULL WHERE id % 4 = 0",
	}
	s := statements[c.random.IntN(len(statements))]
	c.note("by hand: %s", s)
	if _, err := db.Exec(s); err != nil && !strings.Contains(err.Error(), "no such table") && !strings.Contains(err.Error(), "unable to open") {
		c.t.Fatal(err)
	}
}
