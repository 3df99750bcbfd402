package bookdb_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
)

var ctx = context.Background()

// open opens a new file in a folder of its own.
func open(t testing.TB) (*bookdb.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "phone books", "phonebooks.db")
	return reopen(t, path), path
}

func reopen(t testing.TB, path string) *bookdb.DB {
	t.Helper()
	db, err := bookdb.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// shell runs SQL in the sqlite3 shell, a client that knows nothing of us.
func shell(t testing.TB, path string, script ...string) string {
	t.Helper()
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the sqlite3 shell is not installed")
		}
		t.Skip("the sqlite3 shell is not installed")
	}
	out, err := exec.Command(tool, append([]string{"-bail", "-cmd", ".timeout 10000", path}, script...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3 %s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// entry makes an entry in which every field is set.
func entry(n int) phonebook.Entry {
	return phonebook.Entry{
		ID:          fmt.Sprintf("AAMkAGI2-%06d", n),
		DisplayName: fmt.Sprintf("Name %06d", n),
		GivenName:   "Näme", Surname: "O'Hara", Company: "Müller & Söhne <GmbH>", Department: "A\tB", JobTitle: "\"Chief\"",
		Emails: []string{fmt.Sprintf("name%d@example.com", n), "second@example.org"},
		Numbers: []phonebook.Number{
			{Kind: phonebook.Business, Number: fmt.Sprintf("+4930%07d", n), AsTyped: fmt.Sprintf("030 / %07d", n)},
			{Kind: phonebook.Mobile, Number: fmt.Sprintf("+49170%07d", n), AsTyped: fmt.Sprintf("0170-%07d", n)},
			{Kind: phonebook.FaxOther, AsTyped: "ask me"},
		},
		Addresses:  []phonebook.Address{{Kind: phonebook.HomeAddress, Street: "Main & Co\n1", PostalCode: "10115", City: "Berlin", State: "BE", Country: "DE"}},
		Birthday:   "--02-29",
		Notes:      "line\nline",
		Categories: []string{"red", "blue"},
	}
}

func entries(n int) []phonebook.Entry { return entriesFrom(0, n) }

func entriesFrom(first, n int) []phonebook.Entry {
	all := make([]phonebook.Entry, n)
	for i := range all {
		all[i] = entry(first + i)
	}
	return all
}

const syncedAt = "2026-01-02T03:04:05Z"

func replacement(owner string, entries []phonebook.Entry) phonebook.Replacement {
	return phonebook.Replacement{Owner: owner, Title: "Privat", SyncedAt: syncedAt,
		Entries: phonebook.All(entries), Len: len(entries)}
}

func replace(t testing.TB, db *bookdb.DB, r phonebook.Replacement) phonebook.Changes {
	t.Helper()
	changes, err := db.Replace(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func wantChanges(t testing.TB, got, want phonebook.Changes) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("changes %+v\nwant    %+v", got, want)
	}
}

// wantBook checks what a reader sees.
func wantBook(t testing.TB, db *bookdb.DB, owner string, want []phonebook.Entry) {
	t.Helper()
	p, ok, err := db.Phonebook(ctx, owner)
	if err != nil || !ok {
		t.Fatalf("Phonebook(%s): %v, %v", owner, ok, err)
	}
	if len(p.Entries) != len(want) {
		t.Fatalf("%s has %d entries, want %d", owner, len(p.Entries), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(p.Entries[i], want[i]) {
			t.Errorf("entry %d of %s:\n got %+v\nwant %+v", i, owner, p.Entries[i], want[i])
		}
	}
}

func TestReplace(t *testing.T) {
	db, _ := open(t)
	all := entries(70)
	wantChanges(t, replace(t, db, replacement("anna", all[:50])), phonebook.Changes{Added: 50, Entries: 50, Created: true})
	wantBook(t, db, "anna", all[:50])
	wantChanges(t, replace(t, db, replacement("anna", all[:50])), phonebook.Changes{Entries: 50})

	next := append([]phonebook.Entry{}, all[10:70]...)
	next[0].Notes = ""
	next[1].Numbers = next[1].Numbers[1:]
	next[2].Addresses = nil
	wantChanges(t, replace(t, db, replacement("anna", next)), phonebook.Changes{Added: 20, Updated: 3, Removed: 10, Entries: 60})
	wantBook(t, db, "anna", next)
}

func TestEntryWithoutAnything(t *testing.T) {
	db, path := open(t)
	bare := []phonebook.Entry{{ID: "x", DisplayName: "Bare"}}
	replace(t, db, replacement("anna", bare))
	wantBook(t, db, "anna", bare)
	got := shell(t, path, "SELECT quote(given_name), quote(notes), quote(emails), quote(addresses), quote(categories) FROM entry")
	if got != "''|''|'[]'|'[]'|'[]'" {
		t.Errorf("empty columns hold %s", got)
	}
}

// TestColumns reads as the interface says, with a client of its own.
func TestColumns(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(1)))
	for query, want := range map[string]string{
		"SELECT owner, title, managed_by, synced_at FROM phonebook":                                  "anna|Privat|contactsync|" + syncedAt,
		"SELECT display_name, company, birthday FROM entry e JOIN phonebook p ON e.phonebook = p.id": "Name 000000|Müller & Söhne <GmbH>|--02-29",
		"SELECT emails FROM entry":     `["name0@example.com","second@example.org"]`,
		"SELECT categories FROM entry": `["red","blue"]`,
		"SELECT addresses FROM entry":  `[{"kind":"home","street":"Main & Co\n1","postal_code":"10115","city":"Berlin","state":"BE","country":"DE"}]`,
		"SELECT position, kind, quote(number), as_typed FROM number n JOIN entry e ON n.entry = e.id ORDER BY position": "0|business|'+49300000000'|030 / 0000000\n1|mobile|'+491700000000'|0170-0000000\n2|fax_other|NULL|ask me",
		"PRAGMA journal_mode": "wal",
	} {
		if got := shell(t, path, query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
	if plan := shell(t, path, "EXPLAIN QUERY PLAN SELECT * FROM number WHERE number = '+49300000000'"); !strings.Contains(plan, "number_number") {
		t.Errorf("a look-up of a number uses no index: %s", plan)
	}
}

func TestUnchangedRowsAreNotWritten(t *testing.T) {
	db, path := open(t)
	all := entries(20)
	replace(t, db, replacement("anna", all))
	// With the triggers off a change goes unnoticed: a row that still has it
	// afterwards has not been written.
	shell(t, path, ".dbconfig enable_trigger off", "UPDATE entry SET job_title = 'as it was'; UPDATE number SET kind = 'as it was'")
	written := func() string {
		return shell(t, path, `SELECT group_concat(display_name) FROM entry WHERE job_title <> 'as it was';
			SELECT count(*) FROM number WHERE kind <> 'as it was'`)
	}
	all[7].Surname = "New"
	r := replacement("anna", all)
	r.SyncedAt = "2026-02-02T00:00:00Z"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Updated: 1, Entries: 20})
	if got := written(); got != "Name 000007\n3" {
		t.Errorf("written: %s", got)
	}
	p, _, _ := db.Phonebook(ctx, "anna")
	if p.SyncedAt != r.SyncedAt {
		t.Errorf("synced_at %s, want %s", p.SyncedAt, r.SyncedAt)
	}
	r.Full = true
	wantChanges(t, replace(t, db, r), phonebook.Changes{Updated: 19, Entries: 20})
	wantBook(t, db, "anna", all)
	shell(t, path, ".dbconfig enable_trigger off", "UPDATE entry SET hash = hash || ''") // the same bytes, as text
	wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: 20})
	if got := shell(t, path, "SELECT DISTINCT typeof(hash) FROM entry"); got != "blob" {
		t.Errorf("a full replacement did not write every row: hashes are %s", got)
	}
}

func TestRename(t *testing.T) {
	db, _ := open(t)
	replace(t, db, replacement("anna", entries(2)))
	r := replacement("anna", entries(2))
	r.Title = "Outlook"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: 2, Renamed: "Privat"})
	list, err := db.List(ctx)
	want := []phonebook.Summary{{Owner: "anna", Title: "Outlook", Entries: 2, SyncedAt: syncedAt}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("List = %+v, %v", list, err)
	}
}

func TestListWithoutAnOwner(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(2)))
	shell(t, path, "INSERT INTO phonebook(managed_by) VALUES('contactsync')")
	list, err := db.List(ctx)
	if err != nil || len(list) != 2 || list[0].Owner != "" || list[1].Owner != "anna" {
		t.Errorf("List = %+v, %v", list, err)
	}
}

func TestSuddenlyEmpty(t *testing.T) {
	db, path := open(t)
	wantChanges(t, replace(t, db, replacement("anna", nil)), phonebook.Changes{Created: true})
	wantChanges(t, replace(t, db, replacement("anna", nil)), phonebook.Changes{})
	replace(t, db, replacement("anna", entries(3)))

	before := shell(t, path, ".dump")
	r := replacement("anna", nil)
	r.Title, r.SyncedAt = "Other", "2027-01-01T00:00:00Z"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Kept: true, Entries: 3})
	if shell(t, path, ".dump") != before {
		t.Error("a phonebook that was kept has changed")
	}
	r.AllowEmpty = true
	wantChanges(t, replace(t, db, r), phonebook.Changes{Removed: 3, Renamed: "Privat"})
	wantBook(t, db, "anna", nil)
}

func TestOwnPhonebooksAreNeverTouched(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(3)))
	shell(t, path, `INSERT INTO phonebook(owner, title) VALUES('anna', 'Privat');
		INSERT INTO entry(phonebook, display_name) SELECT max(id), 'my own' FROM phonebook;
		INSERT INTO number(entry, kind, as_typed) SELECT max(id), 'home', '123' FROM entry;`)
	own := func() string {
		return shell(t, path, `SELECT * FROM phonebook p JOIN entry e ON e.phonebook = p.id JOIN number n ON n.entry = e.id WHERE managed_by IS NULL`)
	}
	before := own()
	if !strings.Contains(before, "my own") {
		t.Fatalf("the own phonebook is not there: %s", before)
	}
	r := replacement("anna", entries(2))
	for _, r.Full = range []bool{false, true} {
		replace(t, db, r)
	}
	r.Entries, r.Len, r.AllowEmpty, r.Title = nil, 0, true, "Other"
	replace(t, db, r)
	if err := db.Delete(ctx, "anna"); err != nil {
		t.Fatal(err)
	}
	if after := own(); after != before {
		t.Errorf("the own phonebook\nwas %s\nis  %s", before, after)
	}
}

func TestDelete(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(3)))
	replace(t, db, replacement("ben", entries(2)))
	for range 2 { // the second time there is nothing to do
		if err := db.Delete(ctx, "anna"); err != nil {
			t.Fatal(err)
		}
	}
	if books, err := db.List(ctx); len(books) != 1 || books[0].Owner != "ben" || err != nil {
		t.Errorf("List = %v, %v", books, err)
	}
	if got := shell(t, path, "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM number)"); got != "2|6" {
		t.Errorf("entries and numbers left: %s", got)
	}
	if _, ok, err := db.Phonebook(ctx, "anna"); ok || err != nil {
		t.Errorf("Phonebook after Delete: %v, %v", ok, err)
	}
	wantBook(t, db, "ben", entries(2))
}

func TestState(t *testing.T) {
	db, path := open(t)
	for _, value := range []string{"", "graph", "ews", ""} {
		if err := db.SetState(ctx, "source", value); err != nil {
			t.Fatal(err)
		}
		if got, err := db.State(ctx, "source"); got != value || err != nil {
			t.Errorf("State = %q, %v; want %q", got, err, value)
		}
	}
	if got := shell(t, path, "SELECT count(*) FROM state"); got != "0" {
		t.Errorf("an emptied state leaves %s rows", got)
	}
}
