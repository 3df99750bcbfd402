package bookdb_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

func TestModesWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		t.Run(fmt.Sprintf("%03o", umask), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ucware", "phonebooks", "phonebooks.db")
			old := syscall.Umask(umask)
			defer syscall.Umask(old)
			db := reopen(t, path)
			replace(t, db, replacement("anna", entries(2)))
			wantMode(t, filepath.Dir(filepath.Dir(path)), 0o755|fs.ModeDir)
			wantMode(t, filepath.Dir(path), 0o770|fs.ModeDir|fs.ModeSetgid)
			for _, suffix := range []string{"", "-wal", "-shm"} {
				wantMode(t, path+suffix, 0o660)
			}
		})
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", filepath.Base(path), info.Mode(), want)
	}
}

func TestReaderOfMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks", "phonebooks.db")
	db, err := bookdb.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, ok, err := db.Phonebook(ctx, "anna"); ok || err != nil {
		t.Errorf("Phonebook: %v, %v", ok, err)
	}
	if list, err := db.List(ctx); len(list) != 0 || err != nil {
		t.Errorf("List: %v, %v", list, err)
	}
	if value, err := db.State(ctx, "source"); value != "" || err != nil {
		t.Errorf("State: %q, %v", value, err)
	}
	r := replacement("anna", entries(2))
	if _, err := db.Replace(ctx, r); err == nil {
		t.Error("a reader replaced a phonebook")
	}
	r.DryRun = true
	wantChanges(t, replace(t, db, r), phonebook.Changes{Added: 2, Entries: 2, Created: true, Details: []phonebook.Detail{
		detail(phonebook.Added, 0), detail(phonebook.Added, 1),
	}})
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made something: %v", err)
	}
	// The same handle sees the file once somebody has made it.
	replace(t, reopen(t, path), replacement("anna", entries(2)))
	wantBook(t, db, "anna", entries(2))
}

func TestDryRun(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(5)))
	shell(t, path, "UPDATE entry SET surname = 'Hand' WHERE display_name = 'Name 000003'")
	next := append(entries(7)[2:], phonebook.Entry{ID: "new", DisplayName: "A new one"})
	r := replacement("anna", next)
	r.Title, r.DryRun = "Outlook", true
	want := phonebook.Changes{Added: 3, Updated: 1, Removed: 2, Entries: 6, Renamed: "Privat", Details: []phonebook.Detail{
		{Op: phonebook.Added, Name: "A new one"},
		detail(phonebook.Removed, 0),
		detail(phonebook.Removed, 1),
		{Op: phonebook.Updated, Name: "Name 000003", What: "surname Hand → O'Hara"},
		detail(phonebook.Added, 5),
		detail(phonebook.Added, 6),
	}}
	before := shell(t, path, ".dump")
	wantChanges(t, replace(t, db, r), want)
	if shell(t, path, ".dump") != before {
		t.Error("a dry run changed the file")
	}
	db.Close()
	os.Chmod(path, 0o440)
	reader, err := bookdb.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	wantChanges(t, replace(t, reader, r), want)
	for n := 1; n <= 6; n++ { // the first by their names
		some := want
		r.Details, some.Details = n, want.Details[:n]
		wantChanges(t, replace(t, reader, r), some)
	}
}

// detail is that of an entry that comes or goes.
func detail(op phonebook.Op, n int) phonebook.Detail {
	return phonebook.Detail{Op: op, Name: fmt.Sprintf("Name %06d", n),
		What: fmt.Sprintf("+4930%07d (business), +49170%07d (mobile), ask me (fax other)", n, n)}
}

// TestDryRunOfWhatSomebodyWrote: what cannot be read is no reason to stop.
func TestDryRunOfWhatSomebodyWrote(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(2)))
	shell(t, path, `UPDATE entry SET emails = '[broken', categories = x'ff00' WHERE display_name = 'Name 000000';
		UPDATE number SET position = 'x', kind = NULL, number = 7 WHERE entry = 2;
		INSERT INTO entry(phonebook, display_name, company) VALUES(1, NULL, 'Hand')`)
	r := replacement("anna", entries(2))
	r.DryRun = true
	changes := replace(t, db, r)
	if len(changes.Details) != 3 || changes.Updated != 2 || changes.Removed != 1 {
		t.Errorf("%+v", changes)
	}
}

func TestDamagedFileIsRefusedAndLeftAsItIs(t *testing.T) {
	garbage := bytes.Repeat([]byte("garbage!"), 512)
	damages := map[string]func([]byte) []byte{
		"empty":   func([]byte) []byte { return nil },
		"garbage": func([]byte) []byte { return garbage },
		"short":   func(b []byte) []byte { return b[:50] },
		"half":    func(b []byte) []byte { return b[:len(b)/2/4096*4096] },
		"header":  func(b []byte) []byte { return append([]byte("X"), b[1:]...) },
		"a page":  func(b []byte) []byte { copy(b[len(b)-3*4096:], garbage); return b },
		"schema":  func(b []byte) []byte { copy(b[100:], garbage[:16]); return b },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			db, path := open(t)
			replace(t, db, replacement("anna", entries(100)))
			db.Close()
			before, _ := os.ReadFile(path)
			before = damage(before)
			os.WriteFile(path, before, 0o660)

			_, err := bookdb.Open(path)
			wantFault(t, err, fault.Damage)
			readDamaged(t, path)
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

// readDamaged reads a damaged file. Where the damage is in a page that this
// reader does not need, it may get what it asked for.
func readDamaged(t *testing.T, path string) {
	t.Helper()
	reader, err := bookdb.OpenReader(path)
	if err != nil {
		wantFault(t, err, fault.Damage)
		return
	}
	defer reader.Close()
	p, _, err := reader.Phonebook(ctx, "anna")
	if err != nil {
		wantFault(t, err, fault.Damage)
	} else if !reflect.DeepEqual(p.Entries, entries(100)) {
		t.Error("a reader got something else than what was written")
	}
}

func wantFault(t *testing.T, err error, class fault.Class) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Class != class || f.Hint == "" {
		t.Errorf("error %v of class %v with hint %q, want class %v", err, fault.ClassOf(err), fault.HintOf(err), class)
	}
}

func TestVersions(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(1)))
	db.Close()
	shell(t, path, "PRAGMA user_version = 1000")
	_, err := bookdb.Open(path)
	wantFault(t, err, fault.Damage)
	if !strings.Contains(err.Error(), "newer") {
		t.Errorf("the error does not say that the file is newer: %v", err)
	}
	_, err = bookdb.OpenReader(path)
	wantFault(t, err, fault.Damage)

	other := filepath.Join(t.TempDir(), "other.db")
	shell(t, other, "CREATE TABLE phonebook(x)")
	_, err = bookdb.Open(other)
	wantFault(t, err, fault.Damage)

	blank := filepath.Join(t.TempDir(), "blank.db") // a database without any table
	shell(t, blank, "PRAGMA user_version = 1; PRAGMA user_version = 0")
	replace(t, reopen(t, blank), replacement("anna", entries(1)))
}

func TestAnotherWriterHoldsTheFile(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(1)))
	// Somebody whose transaction ends soon delays us; nothing is lost.
	done := make(chan string)
	go func() {
		done <- shell(t, path, "BEGIN IMMEDIATE; UPDATE entry SET surname = 'Hand'", ".shell sleep 0.3", "COMMIT")
	}()
	for range 50 {
		replace(t, db, replacement("anna", entries(1)))
	}
	<-done
	replace(t, db, replacement("anna", entries(1)))
	wantBook(t, db, "anna", entries(1))
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks", "phonebooks.db")
	release, err := bookdb.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = bookdb.Lock(path)
	wantFault(t, err, fault.Unavailable)
	if !strings.Contains(fmt.Sprint(err), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("the error does not name the process: %v", err)
	}
	db := reopen(t, path) // the lock keeps nobody from the file itself
	replace(t, db, replacement("anna", entries(1)))
	release()
	release, err = bookdb.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	release()
	wantMode(t, filepath.Join(filepath.Dir(path), "contactsync.lock"), 0o600)
}

func TestReopened(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(3)))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, path)
	wantBook(t, db, "anna", entries(3))
	wantChanges(t, replace(t, db, replacement("anna", entries(4))), phonebook.Changes{Added: 1, Entries: 4})
	if books, err := db.List(ctx); len(books) != 1 || books[0].Owner != "anna" || err != nil {
		t.Errorf("List = %v, %v", books, err)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(files) > 0 {
		t.Errorf("left in the folder: %v", files)
	}
}
