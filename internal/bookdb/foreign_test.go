package bookdb_test

import (
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// TestChangedByHand changes what stands in managed phonebooks with a client of
// its own and expects the next run to put it right, although all hashes of the
// last run still stand there.
func TestChangedByHand(t *testing.T) {
	const (
		anna = "(SELECT id FROM phonebook WHERE owner = 'anna' AND managed_by IS NOT NULL)"
		ben  = "(SELECT id FROM phonebook WHERE owner = 'ben' AND managed_by IS NOT NULL)"
		own  = "(SELECT id FROM phonebook WHERE managed_by IS NULL)"
		some = "(SELECT id FROM entry WHERE display_name = 'Name 000003' AND phonebook = " + anna + ")"
	)
	tests := map[string]string{
		"nothing":                      "SELECT 1",
		"entry edited":                 "UPDATE entry SET surname = 'Hand' WHERE id = " + some,
		"text made NULL":               "UPDATE entry SET notes = NULL WHERE id = " + some,
		"JSON broken":                  "UPDATE entry SET emails = 'no JSON' WHERE id = " + some,
		"JSON with blanks":             `UPDATE entry SET categories = '["red", "blue"]' WHERE id = ` + some,
		"all entries edited":           "UPDATE entry SET company = 'Hand'",
		"source id edited":             "UPDATE entry SET source_id = 'x' WHERE id = " + some,
		"source id removed":            "UPDATE entry SET source_id = NULL WHERE id = " + some,
		"hash edited":                  "UPDATE entry SET hash = 'x' WHERE id = " + some,
		"entry added":                  "INSERT INTO entry(phonebook, display_name) VALUES(" + anna + ", 'Hand')",
		"entry copied":                 "CREATE TEMP TABLE c AS SELECT * FROM entry WHERE id = " + some + "; UPDATE c SET id = 9999; INSERT INTO entry SELECT * FROM c",
		"entry deleted":                "DELETE FROM entry WHERE id = " + some,
		"all entries deleted":          "DELETE FROM entry",
		"all entries deleted slowly":   "DELETE FROM entry WHERE id > 0",
		"entry and numbers deleted":    "DELETE FROM number WHERE entry = " + some + "; DELETE FROM entry WHERE id = " + some,
		"entry replaced":               "INSERT OR REPLACE INTO entry(id, phonebook, display_name) VALUES(" + some + ", " + anna + ", 'Hand')",
		"entry replaced elsewhere":     "INSERT OR REPLACE INTO entry(id, phonebook, display_name) VALUES(" + some + ", " + own + ", 'my own too')",
		"entry replaced, recursive":    "PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO entry(id, phonebook, display_name) VALUES(" + some + ", " + own + ", 'my own too')",
		"entry replaced with its hash": "CREATE TEMP TABLE c AS SELECT * FROM entry WHERE id = " + some + "; UPDATE c SET surname = 'Hand'; INSERT OR REPLACE INTO entry SELECT * FROM c",
		"entry moved to another's":     "UPDATE entry SET phonebook = " + ben + " WHERE id = " + some,
		"entry moved to nowhere":       "UPDATE entry SET phonebook = 4711 WHERE id = " + some,
		"entry moved to a next":        "UPDATE entry SET phonebook = (SELECT max(seq) + 1 FROM sqlite_sequence WHERE name = 'phonebook') WHERE id = " + some,
		"id changed":                   "UPDATE entry SET id = 777 WHERE id = " + some,
		"id changed over another":      "UPDATE OR REPLACE entry SET id = (SELECT min(id) FROM entry WHERE phonebook = " + ben + ") WHERE id = " + some,
		"own entry over ours":          "UPDATE OR REPLACE entry SET id = " + some + " WHERE phonebook = " + own,
		"number edited":                "UPDATE number SET number = '+49123' WHERE entry = " + some + " AND position = 0",
		"number emptied":               "UPDATE number SET number = '' WHERE entry = " + some + " AND position = 2",
		"position no number":           "UPDATE number SET position = 'x' WHERE entry = " + some + " AND position = 1",
		"position no whole number":     "UPDATE number SET position = 1.5 WHERE entry = " + some + " AND position = 1",
		"positions as bytes":           "UPDATE number SET position = x'00ff'",
		"positions very large":         "UPDATE number SET position = 1e300",
		"numbers as bytes":             "UPDATE number SET number = CAST(number AS BLOB), kind = CAST(kind AS BLOB), as_typed = CAST(as_typed AS BLOB)",
		"number's entry no number":     "UPDATE number SET entry = 'x' WHERE entry = " + some + " AND position = 1",
		"entries as bytes":             "UPDATE entry SET surname = CAST(surname AS BLOB), emails = CAST(emails AS BLOB), source_id = CAST(source_id AS BLOB)",
		"numbers for texts":            "UPDATE entry SET surname = 1.5, notes = 2, categories = 3, hash = 4.5",
		"source id as bytes":           "UPDATE entry SET source_id = x'ff00' WHERE id = " + some,
		"entry's phonebook no number":  "UPDATE entry SET phonebook = 'x' WHERE id = " + some,
		"phonebook's texts as bytes":   "UPDATE phonebook SET title = x'ff', synced_at = x'ff' WHERE id = " + anna,
		"positions edited":             "UPDATE number SET position = position * 2 WHERE entry = " + some,
		"number added":                 "INSERT INTO number VALUES(" + some + ", 3, 'home', NULL, '1')",
		"number deleted":               "DELETE FROM number WHERE entry = " + some + " AND position = 1",
		"all numbers deleted":          "DELETE FROM number WHERE entry NOT IN (SELECT id FROM entry WHERE phonebook = " + own + ")",
		"number moved":                 "UPDATE number SET entry = (SELECT max(id) FROM entry WHERE phonebook = " + ben + ") WHERE entry = " + some + " AND position = 2",
		"number replaced by rowid":     "INSERT OR REPLACE INTO number(rowid, entry, position) SELECT min(rowid), 4711, 0 FROM number WHERE entry = " + some,
		"number rowid over another":    "UPDATE OR REPLACE number SET rowid = (SELECT min(rowid) FROM number WHERE entry = " + some + ") WHERE entry = (SELECT min(id) FROM entry WHERE phonebook = " + ben + ") AND position = 1",
		"number of a next entry":       "INSERT INTO number SELECT max(seq) + 1, 0, 'home', NULL, '1' FROM sqlite_sequence WHERE name = 'entry'; DELETE FROM entry WHERE id = " + some,
		"sequence removed":             "DELETE FROM sqlite_sequence WHERE name = 'entry'; DELETE FROM entry WHERE id = " + some,
		"sequence no number":           "UPDATE sqlite_sequence SET seq = 'x' WHERE name = 'entry'; DELETE FROM entry WHERE id = " + some,
		"sequence too small":           "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'entry'; DELETE FROM entry WHERE id = " + some,
		"title edited":                 "UPDATE phonebook SET title = 'Hand' WHERE id = " + anna,
		"synced_at edited":             "UPDATE phonebook SET synced_at = NULL WHERE id = " + anna,
		"phonebook deleted":            "DELETE FROM phonebook WHERE id = " + anna,
		"all managed deleted":          "DELETE FROM phonebook WHERE managed_by = 'contactsync'",
		"phonebook's id edited":        "UPDATE phonebook SET id = 777 WHERE id = " + anna,
		"phonebook replaced":           "INSERT OR REPLACE INTO phonebook(owner, title, managed_by) VALUES('anna', 'Hand', 'contactsync')",
		"phonebook replaced by id":     "INSERT OR REPLACE INTO phonebook(id, owner, title, managed_by) SELECT id, owner, 'Hand', 'contactsync' FROM phonebook WHERE id = " + anna,
		"phonebooks swapped":           "UPDATE phonebook SET owner = 'x' WHERE id = " + anna + "; UPDATE phonebook SET owner = 'anna' WHERE id = " + ben + "; UPDATE phonebook SET owner = 'ben' WHERE owner = 'x'",
		"edited while not managed":     "UPDATE phonebook SET managed_by = NULL, title = 'anna''s' WHERE owner = 'anna' AND managed_by IS NOT NULL; UPDATE entry SET surname = 'Hand'; UPDATE phonebook SET managed_by = 'contactsync' WHERE title = 'anna''s'",
		"edited with OR FAIL":          "UPDATE OR FAIL entry SET surname = 'Hand'; INSERT OR FAIL INTO entry(phonebook) VALUES(" + anna + "); INSERT OR FAIL INTO entry(phonebook) VALUES(" + anna + ")",
		"edited twice":                 "UPDATE entry SET surname = 'Hand'; UPDATE entry SET surname = 'Foot'; DELETE FROM number WHERE position = 1",
	}
	for name, script := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, path := open(t)
			shell(t, path, `INSERT INTO phonebook(owner, title) VALUES('anna', 'Privat');
				INSERT INTO entry(phonebook, display_name) VALUES(1, 'my own')`)
			books := map[string][]phonebook.Entry{"anna": entries(6), "ben": entries(9)[4:]}
			for _, owner := range []string{"anna", "ben"} {
				replace(t, db, replacement(owner, books[owner]))
			}
			shell(t, path, script)
			for _, owner := range []string{"anna", "ben"} {
				dry := replacement(owner, books[owner])
				dry.DryRun = true
				announced := replace(t, db, dry)
				announced.Details = nil
				wantChanges(t, replace(t, db, replacement(owner, books[owner])), announced)
			}
			for owner, want := range books {
				wantBook(t, db, owner, want)
			}
			wantWhole(t, path)
			// And then there is nothing left to do.
			for _, owner := range []string{"anna", "ben"} {
				r := replacement(owner, books[owner])
				r.Full = true
				wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: r.Len})
			}
			if got := shell(t, path, "SELECT count(*) FROM touched"); got != "0" {
				t.Errorf("%s marks are left", got)
			}
		})
	}
}

// wantWhole checks that the file holds nothing that belongs to nothing, and
// nothing that is not as we would write it.
func wantWhole(t *testing.T, path string) {
	t.Helper()
	for query, want := range map[string]string{
		"PRAGMA integrity_check": "ok",
		"SELECT count(*) FROM number WHERE entry NOT IN (SELECT id FROM entry)":                                                                            "0",
		"SELECT count(*) FROM entry WHERE phonebook NOT IN (SELECT id FROM phonebook)":                                                                     "0",
		"SELECT DISTINCT typeof(position), typeof(kind), typeof(as_typed) FROM number":                                                                     "integer|text|text",
		"SELECT count(*) FROM number WHERE typeof(number) NOT IN ('text', 'null')":                                                                         "0",
		"SELECT DISTINCT typeof(surname), typeof(emails), typeof(source_id), typeof(hash) FROM entry WHERE phonebook <> 1":                                 "text|text|text|blob",
		"SELECT owner, title, synced_at FROM phonebook WHERE managed_by IS NOT NULL AND owner = 'anna'":                                                    "anna|Privat|" + syncedAt,
		"SELECT count(*) FROM entry e JOIN phonebook p ON p.id = phonebook WHERE managed_by IS NOT NULL AND (notes IS NULL OR emails NOT LIKE '[\"name%')": "0",
	} {
		if got := shell(t, path, query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

// TestNoIDsLeft adds entries where somebody used the largest id there is.
func TestNoIDsLeft(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(1)))
	shell(t, path, `INSERT INTO phonebook(owner) VALUES('ben');
		INSERT INTO entry(id, phonebook) SELECT 9223372036854775807, max(id) FROM phonebook`)
	_, err := db.Replace(ctx, replacement("anna", entries(2)))
	wantFault(t, err, fault.Damage)
	if !strings.Contains(fault.HintOf(err), "sqlite_sequence") {
		t.Errorf("hint %q", fault.HintOf(err))
	}
	wantBook(t, db, "anna", entries(1))
	shell(t, path, `UPDATE entry SET id = 100 WHERE id = 9223372036854775807; UPDATE sqlite_sequence SET seq = 100 WHERE name = 'entry'`)
	replace(t, db, replacement("anna", entries(2)))
	wantBook(t, db, "anna", entries(2))
}

// TestOwnEditsAreNotOurBusiness sees that a user's work in his own phonebook
// does not make us read managed ones back.
func TestOwnEditsAreNotOurBusiness(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(2)))
	shell(t, path, `INSERT INTO phonebook(owner, title) VALUES('anna', 'own');
		INSERT INTO entry(phonebook) VALUES(last_insert_rowid());
		INSERT INTO number(entry) VALUES(last_insert_rowid());
		UPDATE number SET kind = 'home' WHERE kind IS NULL; UPDATE entry SET surname = 'x' WHERE surname IS NULL;
		DELETE FROM number WHERE position IS NULL; DELETE FROM entry WHERE surname = 'x'; DELETE FROM phonebook WHERE title = 'own'`)
	if got := shell(t, path, "SELECT count(*) FROM touched WHERE phonebook <> 0"); got != "0" {
		t.Errorf("%s managed phonebooks are marked", got)
	}
}
