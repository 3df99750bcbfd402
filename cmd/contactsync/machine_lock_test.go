package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"contactsync/internal/bookdb"
)

// Who keeps a file for longer than a run has patience finds each phonebook as
// it was; the run says so, and the next one heals it. All of them wait at the
// same time.
func TestFilesThatAreLocked(t *testing.T) {
	parallel(t)
	locks := []struct {
		name, file, how string
		words           []string
	}{
		{"phonebooks for writing", "phonebooks.db", "BEGIN IMMEDIATE", []string{"phonebooks.db", "locked", "another program keeps a write transaction open"}},
		{"key-value store", store, "BEGIN EXCLUSIVE", []string{"contactsync.db", "locked", "another program keeps a write transaction open"}},
	}
	var ends []func()
	for _, lock := range locks {
		m := newMachine(t, "graph")
		m.sync()
		m.change()
		before := m.held(m.books)
		db := m.open(m.path(lock.file), "mode=rw")
		defer db.Close()
		if _, err := db.Exec(lock.how); err != nil {
			t.Fatal(err)
		}
		wait := m.start()
		ends = append(ends, func() {
			out, r := wait()
			m.explained(machineFault{status: 75, words: lock.words}, out, r)
			m.same("locked: "+lock.name+":", m.held(m.books), before)
			if _, err := db.Exec("ROLLBACK"); err != nil {
				t.Fatal(err)
			}
			m.nothingSeen(out)
			m.sync()
			m.same("after the next run", m.held(m.books), m.wanted())
		})
	}
	for _, end := range ends {
		end()
	}
}

// Where the clock was set back, the last run is one of the future: by its
// times in the phonebooks, of the file and in its seal, and by those that the
// service gave to tokens, to the state of the mailboxes and to contacts.
// The next run reads what changed and notes the time that it is now.
func TestClockSetBack(t *testing.T) {
	parallel(t)
	const year = 365 * 24 * time.Hour
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			m := newMachine(t, source)
			m.clock(year)
			m.sync()
			m.change()
			m.sync()
			m.clock(0)
			future := time.Now().Add(year)
			db := m.open(m.books, "mode=rw")
			if _, err := db.Exec("UPDATE phonebook SET synced_at = ?", future.UTC().Format(time.RFC3339)); err != nil {
				t.Fatal(err)
			}
			db.Close()
			if err := os.Chtimes(m.books, future, future); err != nil {
				t.Fatal(err)
			}
			began := time.Now().Truncate(time.Second)
			// A seal whose date is a good one spares a run reading all of the
			// file, so that the date stays. One of the future must not do so.
			hourAgo := began.Add(-time.Hour)
			m.seal(hourAgo)
			m.change()
			m.sync()
			check(t, "the file was last read", m.sealedAt(), hourAgo)
			m.seal(future)
			for range 2 {
				m.change()
				r := m.sync()
				for _, uid := range m.uids {
					contains(t, r.of(uid), "ok ")
				}
				m.same("after the clock was set back", m.held(m.books), m.wanted())
				if at := m.syncedAt("anna"); at.Before(began) || at.After(time.Now()) {
					t.Errorf("synchronised at %v", at)
				}
				if at := m.sealedAt(); at.Before(began) || at.After(time.Now()) {
					t.Errorf("the file was last read at %v", at)
				}
			}
		})
	}
}

// seal has the seal of the phonebooks' file, as it is now, say when all of it
// was last read.
func (m *machine) seal(read time.Time) {
	m.t.Helper()
	var is syscall.Stat_t
	if err := syscall.Stat(m.books, &is); err != nil {
		m.t.Fatal(err)
	}
	text := fmt.Sprintf("1 %d %d %d %d %d\n", is.Ino, is.Size, is.Mtim.Nano(), is.Ctim.Nano(), read.Unix())
	if err := os.WriteFile(m.path("contactsync.seal"), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// sealedAt returns when all of the file was last read, as the seal says.
func (m *machine) sealedAt() time.Time {
	m.t.Helper()
	text, err := os.ReadFile(m.path("contactsync.seal"))
	if err != nil {
		m.t.Fatal(err)
	}
	numbers := strings.Fields(string(text))
	at, err := strconv.ParseInt(numbers[len(numbers)-1], 10, 64)
	if err != nil {
		m.t.Fatal(err)
	}
	return time.Unix(at, 0)
}

// syncedAt returns when a member's phonebook was last synchronised.
func (m *machine) syncedAt(uid string) time.Time {
	m.t.Helper()
	db, err := bookdb.OpenReader(m.books)
	if err != nil {
		m.t.Fatal(err)
	}
	defer db.Close()
	book, _, err := db.Phonebook(m.t.Context(), uid)
	if err != nil {
		m.t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, book.SyncedAt)
	if err != nil {
		m.t.Fatal(err)
	}
	return at
}
