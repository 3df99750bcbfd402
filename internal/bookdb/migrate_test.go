package bookdb_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	if got := shell(t, path, "PRAGMA user_version; PRAGMA integrity_check"); got != "5\nok" {
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

// undo leads from the newest version of the schema back to an older one.
var undo = map[int]string{
	4: squeezed + "; PRAGMA user_version = 4",
	3: squeezed + "; DROP TABLE sync_run; DROP TABLE sync_member; PRAGMA user_version = 3",
	2: "DROP INDEX number_typed; DROP TABLE sync_run; DROP TABLE sync_member; PRAGMA user_version = 2",
}

const squeezed = "DROP INDEX number_typed; " + bookdb.SqueezedTyped

// TestMigrationKeepsWhatIsKnown opens files of the versions since the one that
// reads only what changed: how far each mailbox was read is still known, so
// that an upgrade does not have all of them read again.
func TestMigrationKeepsWhatIsKnown(t *testing.T) {
	const schema = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name; PRAGMA user_version"
	for version, script := range undo {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			db, path := open(t)
			fresh := shell(t, path, schema)
			anna := replacement("anna", entries(8))
			anna.State = "1"
			replace(t, db, anna)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			shell(t, path, script)
			old, err := bookdb.OpenReader(path)
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close()
			wantBook(t, old, "anna", entries(8))
			if r, err := old.Recorded(ctx); err != nil || r.All.Finished != "" {
				t.Errorf("the record of an older file: %+v, %v", r, err)
			}

			db = reopen(t, path)
			if got := shell(t, path, schema); got != fresh {
				t.Errorf("the schema is\n%s\na new file has\n%s", got, fresh)
			}
			known, err := db.Known(ctx, []string{"anna"})
			if err != nil || known["anna"].State != "1" {
				t.Errorf("Known: %v, %v", known, err)
			}
			changed := entries(8)
			changed[3].Surname = "New"
			d := replacement("anna", changed[3:4])
			d.Since, d.State = "1", "2"
			wantChanges(t, replace(t, db, d), phonebook.Changes{Updated: 1, Entries: 8})
			wantBook(t, db, "anna", changed)
		})
	}
}

// TestKilledDuringMigration kills a process while it brings an old file up to
// date: the file is of the old version or of the new one, and nothing is lost.
func TestKilledDuringMigration(t *testing.T) {
	const (
		read  = "SELECT * FROM phonebook; SELECT id, " + allColumns + " FROM entry; SELECT rowid, * FROM number; SELECT * FROM state"
		whole = "PRAGMA user_version; PRAGMA integrity_check"
	)
	original, _ := version1(t)
	shell(t, original, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
		INSERT INTO entry(`+allColumns+`) SELECT `+allColumns+` FROM n, entry WHERE entry.id = 1;
		INSERT INTO number SELECT entry.id, position, kind, number, as_typed FROM entry, number WHERE entry = 1 AND entry.id > 12`)
	before := shell(t, original, read)
	migrating := func() (path string, p *process) {
		path = filepath.Join(t.TempDir(), "phonebooks.db")
		content, err := os.ReadFile(original)
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		p = startRole(t, "migrate", path)
		p.line()
		return path, p
	}
	_, p := migrating()
	begun := time.Now()
	p.finish()
	took := time.Since(begun)
	seen := map[string]int{}
	for n := range 12 {
		path, p := migrating()
		if n > 0 { // one kill comes before the end, however fast the others are
			time.Sleep(rand.N(took))
		}
		p.cmd.Process.Kill()
		p.cmd.Wait()
		state := shell(t, path, whole)
		seen[state]++
		if state != "1\nok" && state != "5\nok" {
			t.Fatalf("after a kill: %s", state)
		}
		if got := shell(t, path, read); got != before {
			t.Fatal("after a kill readers see something else")
		}
		if err := reopen(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		if got := shell(t, path, read+"; "+whole); got != before+"\n5\nok" {
			t.Fatal("the next run does not bring the file up to date, or loses something")
		}
	}
	t.Logf("killed at 12 moments of %v; version and integrity after it: %v", took, seen)
	if seen["1\nok"] == 0 {
		t.Error("no kill came before the end")
	}
}
