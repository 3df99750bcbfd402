package bookdb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/kvstore"
)

func TestSchemaOfSomebodyElse(t *testing.T) {
	scripts := map[string]string{
		"table dropped":       "DROP TABLE touched",
		"table replaced":      "DROP TABLE touched; CREATE TABLE touched(phonebook INTEGER)",
		"column renamed":      "ALTER TABLE number RENAME COLUMN as_typed TO typed",
		"column dropped":      "ALTER TABLE entry DROP COLUMN notes",
		"endless view":        "DROP TABLE state; CREATE VIEW state AS WITH RECURSIVE c(key, value) AS (SELECT 'source', '' UNION ALL SELECT 'source', '' FROM c) SELECT * FROM c",
		"table for a trigger": "DROP TRIGGER entry_deleted; CREATE TABLE entry_deleted(x)",
		"negative version":    "PRAGMA user_version = -1",
		"no version":          "PRAGMA user_version = 0",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			db, path := open(t)
			replace(t, db, replacement("anna", entries(1)))
			db.Close()
			shell(t, path, script)
			wantRefused(t, path)
		})
	}
	t.Run("key-value store", func(t *testing.T) {
		dir := t.TempDir()
		store, err := kvstore.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Set("phonebooks", "key", "value"); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, filepath.Join(dir, "phonebooks.db"))
	})
}

// wantRefused expects a file to be refused and left as it is.
func wantRefused(t *testing.T, path string) {
	t.Helper()
	before, _ := os.ReadFile(path)
	_, err := bookdb.Open(path)
	wantFault(t, err, fault.Damage)
	_, err = bookdb.OpenReader(path)
	wantFault(t, err, fault.Damage)
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}

// TestAdditionsOfSomebodyElse works on a file to which others added what they
// need.
func TestAdditionsOfSomebodyElse(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(3)))
	db.Close()
	shell(t, path, `CREATE TABLE theirs(x); CREATE INDEX theirs_too ON number(as_typed);
		CREATE VIEW view_of_theirs AS SELECT * FROM entry; ANALYZE;
		ALTER TABLE number ADD COLUMN dialled TEXT; ALTER TABLE entry ADD COLUMN colour TEXT DEFAULT 'red';
		ALTER TABLE phonebook ADD COLUMN a; ALTER TABLE phonebook ADD COLUMN b; ALTER TABLE state ADD COLUMN a; ALTER TABLE touched ADD COLUMN a`)
	db = reopen(t, path)
	wantBook(t, db, "anna", entries(3))
	replace(t, db, replacement("anna", entries(50)))
	wantBook(t, db, "anna", entries(50))
	if err := db.SetState(ctx, "source", "ews"); err != nil {
		t.Error(err)
	}
}

// TestIndexesTakenAway expects a missing or another index to be made anew:
// nothing is lost without it. Readers do not mind.
func TestIndexesTakenAway(t *testing.T) {
	for name, script := range map[string]string{
		"dropped":         "DROP INDEX number_entry; DROP INDEX phonebook_owner",
		"on another":      "DROP INDEX number_entry; CREATE INDEX number_entry ON number(kind)",
		"no longer alone": "DROP INDEX phonebook_managed; CREATE INDEX phonebook_managed ON phonebook(owner) WHERE managed_by = 'contactsync'",
	} {
		t.Run(name, func(t *testing.T) {
			db, path := open(t)
			replace(t, db, replacement("anna", entries(3)))
			indexes := func() string {
				return shell(t, path, "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema WHERE type = 'index' ORDER BY name)")
			}
			before := indexes()
			db.Close()
			shell(t, path, script)
			reader, err := bookdb.OpenReader(path)
			if err != nil {
				t.Fatal(err)
			}
			reader.Close()
			db = reopen(t, path)
			if after := indexes(); after != before {
				t.Errorf("the indexes are\n%s\nwere\n%s", after, before)
			}
			wantBook(t, db, "anna", entries(3))
		})
	}
	db, path := open(t)
	replace(t, db, replacement("anna", entries(1)))
	db.Close()
	shell(t, path, "DROP INDEX phonebook_managed; INSERT INTO phonebook(owner, managed_by) VALUES ('anna', 'contactsync')")
	_, err := bookdb.Open(path)
	wantFault(t, err, fault.Damage)
}

// TestTriggersTakenAway edits a phonebook unnoticed, and expects the next run
// to put it right and to notice the next time.
func TestTriggersTakenAway(t *testing.T) {
	for name, trigger := range map[string]string{
		"missing": "",
		"changed": "CREATE TRIGGER entry_updated AFTER UPDATE ON entry BEGIN SELECT 1; END;",
	} {
		t.Run(name, func(t *testing.T) {
			db, path := open(t)
			replace(t, db, replacement("anna", entries(3)))
			replace(t, db, replacement("ben", entries(2)))
			before := shell(t, path, ".schema")
			db.Close()
			shell(t, path, "DROP TRIGGER entry_updated;"+trigger+"UPDATE entry SET surname = 'Hand'")
			reader, err := bookdb.OpenReader(path) // readers need no triggers
			if err != nil {
				t.Fatal(err)
			}
			reader.Close()

			db = reopen(t, path)
			triggers := func(s string) int { return strings.Count(s, "CREATE TRIGGER") }
			if after := shell(t, path, ".schema"); triggers(after) != triggers(before) || strings.Contains(after, "SELECT 1; END") {
				t.Errorf("the schema is\n%s\nwas\n%s", after, before)
			}
			wantChanges(t, replace(t, db, replacement("anna", entries(3))), phonebook.Changes{Updated: 3, Entries: 3})
			wantBook(t, db, "anna", entries(3))
			replace(t, db, replacement("ben", entries(2)))
			wantBook(t, db, "ben", entries(2))
			shell(t, path, "UPDATE entry SET surname = 'Foot'")
			wantChanges(t, replace(t, db, replacement("anna", entries(3))), phonebook.Changes{Updated: 3, Entries: 3})
		})
	}
}
