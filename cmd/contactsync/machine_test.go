package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// machine is a world in which something goes wrong below the program, which
// therefore runs as a process of its own. All that it leaves behind lies in the
// world's folder.
type machine struct {
	*world
	uids  []string
	books string                               // path of phonebooks.db
	temp  string                               // folder of temporary files
	runs  func(args ...string) (cmd *exec.Cmd) // makes each process; nil: as this user
	turn  int                                  // how often the mailboxes were changed
}

// newMachine returns a machine on which nothing was synchronised yet. Each
// member's mailbox is of another size: Anna's has many pages, Bram's is empty
// every other time.
func newMachine(t *testing.T, source string) *machine {
	t.Helper()
	m := &machine{uids: []string{"anna", "bram", "chris", "dora"}}
	m.world = newWorldWith(t, simulator.Options{MaxPage: 10}, m.uids...)
	m.books, m.temp = m.path("phonebooks.db"), m.path("tmp")
	if err := os.Mkdir(m.temp, 0o777); err != nil {
		t.Fatal(err)
	}
	m.set("source", source)
	for uid, n := range map[string]int{"anna": 200, "chris": 60, "dora": 1} {
		for i := range n {
			m.put(uid, fmt.Sprintf("%s %d", uid, i), i)
		}
	}
	return m
}

// in returns the machine for a subtest.
func (m *machine) in(t *testing.T) *machine {
	w, sub := *m.world, *m
	w.t, sub.world = t, &w
	return &sub
}

// change gives every member's phonebook something to do.
func (m *machine) change() {
	m.turn++
	for _, uid := range m.uids {
		box := m.mailbox(uid)
		items := box.Items(box.Contacts)
		if uid == "bram" && len(items) > 0 {
			for _, it := range items {
				box.DeleteContact(it.ID)
			}
			continue
		}
		if len(items) > 0 {
			box.DeleteContact(items[0].ID)
			items = items[1:min(len(items), 40)]
		}
		for i, it := range items {
			box.UpdateContact(it.ID, func(c *simulator.Contact) { c.DisplayName = fmt.Sprintf("%s %d, %d", uid, i, m.turn) })
		}
		m.put(uid, fmt.Sprint("new ", m.turn), m.turn)
	}
}

// put puts a contact with a long note into a mailbox; include_notes is false
// unless a test sets it.
func (m *machine) put(uid, name string, n int) {
	box := m.mailbox(uid)
	box.AddContact(box.Contacts, simulator.Contact{
		DisplayName: name, Notes: strings.Repeat("note ", 800), Phones: map[string]string{"BusinessPhone": fmt.Sprint("030 9018", 100+n)},
	})
}

// forget has the next run be the first one.
func (m *machine) forget() {
	for _, name := range []string{"phonebooks.db", "phonebooks.db-wal", "phonebooks.db-shm", "contactsync.lock", "contactsync.seal"} {
		os.Remove(filepath.Join(filepath.Dir(m.books), name))
	}
}

// process returns the command as a process.
func (m *machine) process(args ...string) *exec.Cmd {
	if m.runs != nil {
		return m.runs(args...)
	}
	cmd := m.world.process(args...)
	cmd.Env = append(cmd.Env, "UCWARE_PHONEBOOKS="+m.books, "TMPDIR="+m.temp)
	return cmd
}

// start starts the command; wait returns what it said, with the report where
// there is one.
func (m *machine) start(args ...string) (wait func() (result, report)) {
	m.t.Helper()
	return m.startProcess(m.process(append([]string{"--json"}, args...)...))
}

func (m *machine) startProcess(cmd *exec.Cmd) (wait func() (result, report)) {
	m.t.Helper()
	end := m.spoken(cmd)
	return func() (out result, r report) {
		out = end()
		json.Unmarshal([]byte(out.stdout), &r)
		return out, r
	}
}

// sync synchronises well.
func (m *machine) sync(args ...string) report {
	m.t.Helper()
	out, r := m.start(args...)()
	if out.status != 0 {
		m.t.Fatalf("exit status %d: %s%s", out.status, out.stdout, out.stderr)
	}
	return r
}

// none stands for a phonebook that is not there.
const none = "none"

// held returns what each member's phonebook in a file holds, as lines.
func (m *machine) held(file string) map[string]string {
	m.t.Helper()
	db, err := bookdb.OpenReader(file)
	if err != nil {
		m.t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	for _, uid := range m.uids {
		book, found, err := db.Phonebook(m.t.Context(), uid)
		if err != nil {
			m.t.Fatal(err)
		}
		all[uid] = none
		if found {
			all[uid] = linesOf(book.Entries, func(e phonebook.Entry) string {
				text := e.DisplayName
				for _, n := range e.Numbers {
					text += " " + n.AsTyped
				}
				return text
			})
		}
	}
	return all
}

// wanted returns what each member's phonebook is to hold, as his mailbox is.
func (m *machine) wanted() map[string]string {
	all := map[string]string{}
	for _, uid := range m.uids {
		box := m.mailbox(uid)
		all[uid] = linesOf(box.Items(box.Contacts), func(it *simulator.Item) string {
			return fmt.Sprintf("%s %v", it.DisplayName, it.Phones["BusinessPhone"])
		})
	}
	return all
}

func linesOf[T any](all []T, line func(T) string) string {
	var lines []string
	for _, one := range all {
		lines = append(lines, line(one))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// filler is a test's own file that fills a file system.
const filler = "filler"

// jwt is how the parts of a token begin (RFC 7519): an object whose first field
// is typ, alg or aud. The states of mailboxes, which files hold, are objects in
// base64 too.
var jwt = regexp.MustCompile(`eyJ(0eXAi|hbGci|hdWQi)`)

// nothingSeen looks for the secret and for tokens in what a run said, and in
// every file but the key-value store.
func (m *machine) nothingSeen(out result) {
	m.t.Helper()
	look := func(where string, text []byte) {
		if bytes.Contains(text, []byte(secret)) || jwt.Match(text) {
			m.t.Errorf("a secret or a token is seen in %s", where)
		}
	}
	look("the output", []byte(out.stdout+out.stderr))
	if strings.Contains(out.stdout+out.stderr, "eyJ") {
		m.t.Error("a piece of a token is seen in the output")
	}
	for _, dir := range []string{m.dir, filepath.Dir(m.books), m.temp} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Name() == "kvstore" {
				return fs.SkipDir
			}
			if text, err := os.ReadFile(path); err == nil && d.Type().IsRegular() {
				look(path, text)
			}
			return nil
		})
		if err != nil {
			m.t.Fatal(err)
		}
	}
	files, err := os.ReadDir(m.temp)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, file := range files {
		if out.status >= 0 && file.Name() != filler {
			m.t.Errorf("left among the temporary files: %v", file)
		}
	}
}
