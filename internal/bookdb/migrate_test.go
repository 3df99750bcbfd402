package bookdb_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
)

// version1 makes a file that version 1 wrote: eight entries of anna's, the last
// of them without lists and numbers, three of ben's, and anna's own phonebook.
// The script is what SQLite's shell made of such a file (".dump").
func version1(t *testing.T) (path string, anna []phonebook.Entry) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "phonebooks.db")
	script, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(string(script)); err != nil {
		t.Fatal(err)
	}
	anna = entries(8)
	anna[7].Emails, anna[7].Addresses, anna[7].Categories, anna[7].Numbers = nil, nil, nil, nil
	return path, anna
}

func TestMigration(t *testing.T) {
	path, anna := version1(t)
	before := shell(t, path, "SELECT * FROM phonebook; SELECT id, "+allColumns+" FROM entry; SELECT rowid, * FROM number; SELECT * FROM state")
	db := reopen(t, path)
	after := shell(t, path, "SELECT * FROM phonebook; SELECT id, "+allColumns+" FROM entry; SELECT rowid, * FROM number; SELECT * FROM state")
	if after != before {
		t.Errorf("what readers see has changed:\n%s\nwas\n%s", after, before)
	}
	if got := shell(t, path, "PRAGMA user_version; PRAGMA integrity_check"); got != "4\nok" {
		t.Errorf("version and integrity: %s", got)
	}
	// Nothing is known, so that all is read, but nothing is found to be another.
	known, err := db.Known(ctx, []string{"anna", "ben"})
	if err != nil || known["anna"].State != "" || known["ben"].State != "" || len(known) != 2 {
		t.Errorf("Known: %v, %v", known, err)
	}
	numbers := "SELECT group_concat(id) FROM (SELECT id FROM entry ORDER BY id); SELECT count(*) FROM number"
	ids := shell(t, path, numbers)
	r := replacement("anna", anna)
	r.State = "1"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: 8})
	wantChanges(t, replace(t, db, replacement("ben", entries(4))), phonebook.Changes{Added: 1, Entries: 4})
	wantBook(t, db, "anna", anna)
	wantBook(t, db, "ben", entries(4))
	if got := shell(t, path, numbers); got != "1,2,3,4,5,6,7,8,9,10,11,12,13\n34" || ids != "1,2,3,4,5,6,7,8,9,10,11,12\n31" {
		t.Errorf("ids and numbers: %s, were %s", got, ids)
	}
	if got := shell(t, path, "SELECT DISTINCT length(hash) FROM entry WHERE source_id IS NOT NULL; SELECT count(*) FROM touched"); got != "32\n0" {
		t.Errorf("hashes and marks: %s", got)
	}
	// And from then on what changed is enough.
	anna[3].Surname = "New"
	d := replacement("anna", anna[3:4])
	d.Since, d.State, d.Gone = "1", "2", []string{anna[0].ID}
	wantChanges(t, replace(t, db, d), phonebook.Changes{Updated: 1, Removed: 1, Entries: 7})
	wantBook(t, db, "anna", anna[1:])
}

const allColumns = "phonebook, display_name, given_name, surname, company, department, job_title, birthday, notes, emails, addresses, categories, source_id"

// TestMigrationOfAnEditedFile edits a file of version 1, with its triggers and
// without, and adds to its tables. The first run puts everything right.
func TestMigrationOfAnEditedFile(t *testing.T) {
	for name, script := range map[string]string{
		"edited":           "UPDATE entry SET surname = 'Hand' WHERE id IN (2, 9)",
		"without triggers": "DROP TRIGGER entry_updated; UPDATE entry SET surname = 'Hand' WHERE id IN (2, 9)",
		"with columns":     "ALTER TABLE entry ADD COLUMN colour; ALTER TABLE phonebook ADD COLUMN colour DEFAULT 'red'; UPDATE entry SET surname = 'Hand' WHERE id IN (2, 9)",
		"without an index": "DROP INDEX entry_phonebook; UPDATE entry SET surname = 'Hand' WHERE id IN (2, 9)",
	} {
		t.Run(name, func(t *testing.T) {
			path, anna := version1(t)
			shell(t, path, script)
			db := reopen(t, path)
			wantChanges(t, replace(t, db, replacement("anna", anna)), phonebook.Changes{Updated: 1, Entries: 8})
			wantChanges(t, replace(t, db, replacement("ben", entries(3))), phonebook.Changes{Updated: 1, Entries: 3})
			wantBook(t, db, "anna", anna)
			wantBook(t, db, "ben", entries(3))
		})
	}
}

// TestReadingVersion1 reads a file that no run of this version has met yet.
func TestReadingVersion1(t *testing.T) {
	path, anna := version1(t)
	db, err := bookdb.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	wantBook(t, db, "anna", anna)
	if known, err := db.Known(ctx, []string{"anna"}); len(known) != 0 || err != nil {
		t.Errorf("Known: %v, %v", known, err)
	}
	r := replacement("anna", anna[:7])
	r.DryRun = true
	wantChanges(t, replace(t, db, r), phonebook.Changes{Removed: 1, Entries: 7, Details: []phonebook.Detail{{Op: phonebook.Removed, Name: "Name 000007"}}})
	if got := shell(t, path, "PRAGMA user_version"); got != "1" {
		t.Errorf("reading made it a file of version %s", got)
	}
}
