package main

import (
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"

	"contactsync/internal/journal/journaltest"
)

// machineFault is something that goes wrong below the program.
type machineFault struct {
	name  string
	spoil func(m *machine) (mend func())

	args   []string // of the run
	status int      // 0: the phonebooks are the new ones, 1: some are the old ones, else all are
	words  []string // in the error and its hint
	same   []string // files that stay as they are, byte by byte

	wal     bool // the last run's changes still are in the WAL
	written bool // the phonebooks are the new ones whatever the status
}

var machineFaults = []machineFault{
	{name: "phonebooks.db without its header", spoil: damaging("phonebooks.db", garbageAt(0)), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks},
	{name: "phonebooks.db with garbage in the middle", spoil: damaging("phonebooks.db", garbageAt(0.5)), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks},
	{name: "phonebooks.db with garbage at its end", spoil: damaging("phonebooks.db", garbageAt(0.95)), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks},
	{name: "phonebooks.db cut to half", spoil: damaging("phonebooks.db", half), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks},
	{name: "phonebooks.db cut within a page", spoil: damaging("phonebooks.db", func(b []byte) []byte { return b[:len(b)-1000] }), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks},
	{name: "text in the place of phonebooks.db", spoil: damaging("phonebooks.db", text), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks},
	{name: "a folder in the place of phonebooks.db", spoil: folder("phonebooks.db"), status: 74, words: []string{"phonebooks.db"}},
	{name: "phonebooks.db of a newer version", spoil: pragma("phonebooks.db", "user_version = 99"), status: 74, words: []string{"version 99", "install the newer contactsync"}, same: phonebooks},
	{name: "phonebooks.db of another program", spoil: pragma("phonebooks.db", "user_version = 0"), status: 74, words: []string{"another program"}, same: phonebooks},
	{name: "nothing in phonebooks.db", spoil: damaging("phonebooks.db", nothing), status: 74, words: []string{"empty file", "restore the file from a backup"}, same: phonebooks},
	{name: "nothing in phonebooks.db with a WAL", spoil: damaging("phonebooks.db", nothing), status: 74, words: []string{"empty file", "restore the file from a backup"}, same: phonebooks, wal: true},
	{name: "phonebooks.db gone without its WAL", spoil: damaging("phonebooks.db", nil), status: 74, words: []string{"phonebooks.db-wal is left of a file that is gone", "remove"}, same: phonebooks, wal: true},
	{name: "a damaged file with a WAL", spoil: damaging("phonebooks.db", garbageAt(0.5)), status: 74, words: []string{"phonebooks.db", "restore the file from a backup"}, same: phonebooks, wal: true},
	{name: "text in the place of the WAL", spoil: damaging("phonebooks.db-wal", text)},
	{name: "garbage in the WAL", spoil: damaging("phonebooks.db-wal", garbageAt(0.5)), wal: true},
	{name: "the WAL cut to half", spoil: damaging("phonebooks.db-wal", half), wal: true},
	{name: "text in the place of the WAL's index", spoil: damaging("phonebooks.db-shm", text)},
	{name: "a journal that is not ours", spoil: damaging("phonebooks.db-journal", func([]byte) []byte { return []byte(hotJournal) }), status: 74, words: []string{"journal"}, same: append([]string{"phonebooks.db-journal"}, phonebooks...)},

	{name: "key-value store without its header", spoil: damaging(store, garbageAt(0)), status: 74, words: []string{"contactsync.db", "restore the file from a backup"}, same: stores},
	{name: "key-value store with garbage in the middle", spoil: damaging(store, garbageAt(0.5)), status: 74, words: []string{"contactsync.db", "restore the file from a backup"}, same: stores},
	{name: "key-value store cut to half", spoil: damaging(store, half), status: 74, words: []string{"contactsync.db", "restore the file from a backup"}, same: stores},
	{name: "nothing in the key-value store", spoil: damaging(store, nothing), status: 74, words: []string{"contactsync.db", "restore the file from a backup"}, same: stores},
	{name: "text in the place of the key-value store", spoil: damaging(store, text), status: 74, words: []string{"contactsync.db", "restore the file from a backup"}, same: stores},
	{name: "a folder in the place of the key-value store", spoil: folder(store), status: 74, words: []string{"contactsync.db"}},
	{name: "key-value store of a newer version", spoil: pragma(store, "user_version = 99"), status: 74, words: []string{"version 99", "install the newer kvstore"}, same: stores},
	{name: "key-value store of another program", spoil: pragma(store, "application_id = 1"), status: 74, words: []string{"not a key-value store"}, same: stores},
}

// store is the key-value store's file.
const store = "kvstore/contactsync.db"

var (
	phonebooks = []string{"phonebooks.db", "phonebooks.db-wal"}
	stores     = []string{store, store + "-journal"}
)

// Whatever goes wrong on the machine, each phonebook is the old one or the new
// one, the run says what happened and what to do, leaves alone what is damaged,
// and once it is mended the next run does all.
func TestMachineFaults(t *testing.T) {
	parallel(t)
	m := newMachine(t, "graph") // which it is does not matter to files
	m.sync()
	voices := []*journaltest.Journal{nil, newJournal(t)}
	for i, f := range machineFaults {
		m.voice = voices[i%2]
		t.Run(f.name, func(t *testing.T) { m.in(t).suffer(f) })
	}
}

// suffer changes the mailboxes, has a run suffer a fault, looks at what is
// left, and has the next run heal it.
func (m *machine) suffer(f machineFault) {
	m.t.Helper()
	if f.wal {
		m.keepWAL()
	}
	m.change()
	before := m.held(m.books)
	if info, err := os.Stat(m.books + "-wal"); err == nil && f.wal != (info.Size() > 0) {
		m.t.Fatalf("the WAL has %d bytes", info.Size())
	}
	mend := f.spoil(m)
	files := m.contents(f.same)
	out, r := m.start(f.args...)()
	m.explained(f, out, r)
	m.nothingSeen(out)
	for name, text := range m.contents(f.same) {
		if text != files[name] {
			m.t.Errorf("%s was touched", name)
		}
	}
	if f.status != 0 {
		mend()
	}
	m.same("after the fault", m.held(m.books), f.left(r, before, m.wanted()))
	m.change()
	m.sync()
	m.same("after the next run", m.held(m.books), m.wanted())
}

// left returns what the phonebooks should hold after a fault, of which the run
// says this.
func (f machineFault) left(r report, before, wanted map[string]string) map[string]string {
	if f.status > 1 && !f.written {
		return before
	}
	for _, one := range r.Members {
		if one.Result == "failed" {
			wanted[one.User] = before[one.User]
		}
	}
	return wanted
}

// explained checks what a run said of a fault.
func (m *machine) explained(f machineFault, out result, r report) {
	m.t.Helper()
	m.t.Logf("%d: %s%s", out.status, out.stdout, out.stderr)
	if out.status != f.status {
		m.t.Fatalf("exit status %d, want %d\n%s%s", out.status, f.status, out.stdout, out.stderr)
	}
	errs := [][2]string{{r.Error, r.Hint}}
	if f.status <= 1 {
		errs = nil
		for _, one := range r.Members {
			if one.Error != "" || one.Result == "failed" {
				errs = append(errs, [2]string{one.Error, one.Hint})
			}
		}
		check(m.t, "error of the run", r.Error, "")
		check(m.t, "some failed", len(errs) > 0, f.status == 1)
		check(m.t, "some did not", len(errs) < len(m.uids), true)
	}
	for _, e := range errs {
		m.says(out, e[0], e[1])
		contains(m.t, e[0]+" "+e[1], f.words...)
		if e[0] == "" || e[1] == "" {
			m.t.Errorf("error %q, hint %q", e[0], e[1])
		}
	}
	for _, text := range []string{"goroutine ", "panic"} {
		if strings.Contains(out.stderr, text) {
			m.t.Errorf("the run crashed: %s", out.stderr)
		}
	}
}

// same compares phonebooks.
func (m *machine) same(when string, got, want map[string]string) {
	m.t.Helper()
	for _, uid := range m.uids {
		if got[uid] != want[uid] {
			m.t.Errorf("%s %s's phonebook is\n%.1000s\nwant\n%.1000s", when, uid, got[uid], want[uid])
		}
	}
}

// contents returns what is in files.
func (m *machine) contents(names []string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		if text, err := os.ReadFile(m.path(name)); err == nil {
			all[name] = string(text)
		}
	}
	return all
}

// damaging changes a file's content, or removes the file where change is nil.
func damaging(name string, change func([]byte) []byte) func(*machine) func() {
	return func(m *machine) (mend func()) {
		mend = m.saved(name)
		good, err := os.ReadFile(m.path(name))
		if change == nil {
			err = os.Remove(m.path(name))
		} else if err == nil || os.IsNotExist(err) {
			err = os.WriteFile(m.path(name), change(good), 0o600)
		}
		if err != nil {
			m.t.Fatal(err)
		}
		return mend
	}
}

// saved saves a database, and returns what brings it back as an administrator
// does: without what lies beside the damaged one.
func (m *machine) saved(name string) (restore func()) {
	base, _, _ := strings.Cut(name, ".db")
	suffixes := []string{".db", ".db-wal", ".db-shm", ".db-journal"}
	good := map[string][]byte{}
	for _, suffix := range suffixes[:2] {
		if text, err := os.ReadFile(m.path(base + suffix)); err == nil {
			good[suffix] = text
		}
	}
	return func() {
		for _, suffix := range suffixes {
			os.RemoveAll(m.path(base + suffix))
			if text, ok := good[suffix]; ok {
				if err := os.WriteFile(m.path(base+suffix), text, 0o600); err != nil {
					m.t.Fatal(err)
				}
			}
		}
	}
}

// folder puts a folder in the place of a file.
func folder(name string) func(*machine) func() {
	return func(m *machine) func() {
		mend := m.saved(name)
		if err := errors.Join(os.Remove(m.path(name)), os.Mkdir(m.path(name), 0o700)); err != nil {
			m.t.Fatal(err)
		}
		return mend
	}
}

// pragma changes a number in a database's header.
func pragma(name, assignment string) func(*machine) func() {
	return func(m *machine) func() {
		mend := m.saved(name)
		db := m.open(m.path(name), "mode=rw")
		defer db.Close()
		if _, err := db.Exec("PRAGMA " + assignment); err != nil {
			m.t.Fatal(err)
		}
		return mend
	}
}

// open opens a database as any other program does.
func (m *machine) open(file, options string) *sql.DB {
	m.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=5000&"+options)
	if err != nil {
		m.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

// garbageAt overwrites a quarter of a file, from so far into it.
func garbageAt(part float64) func([]byte) []byte {
	return func(b []byte) []byte {
		copy(b[int(part*float64(len(b))):], strings.Repeat("garbage!", len(b)/32))
		return b
	}
}

func half(b []byte) []byte  { return b[:len(b)/2] }
func nothing([]byte) []byte { return nil }
func text([]byte) []byte    { return []byte(strings.Repeat("This is no database.\n", 100)) }

// hotJournal begins as one that SQLite wants to roll back ("Database File
// Format", "The Rollback Journal").
var hotJournal = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + strings.Repeat("\x00\x00\x00\x01", 130)

// reading keeps what is written to a file from now on in its WAL, until stop.
func (m *machine) reading(file string) (stop func()) {
	m.t.Helper()
	db := m.open(file, "mode=ro")
	tx, err := db.Begin()
	if err != nil {
		m.t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM entry").Scan(&n); err != nil {
		m.t.Fatal(err)
	}
	return func() {
		tx.Rollback()
		db.Close()
	}
}

// keepWAL makes a run whose changes stay in the WAL.
func (m *machine) keepWAL() {
	m.t.Helper()
	defer m.reading(m.books)()
	m.change()
	m.sync()
}
