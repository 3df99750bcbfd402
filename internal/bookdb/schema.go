package bookdb

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// migrations lead from each version of the schema, PRAGMA user_version, to the
// next; the first from an empty file.
var migrations = []string{tables + triggers, incremental, squeezedTyped, recorded, typed}

// tables is the schema that readers rely on, and ours. Nothing is NOT NULL or
// unique that the interface does not promise to be: other programs write their
// own phonebooks here.
//
// AUTOINCREMENT gives no id twice. Without it a number that somebody forgot to
// delete with its entry would turn up under the next entry that is made.
const tables = `
CREATE TABLE phonebook(
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	owner      TEXT,
	title      TEXT,
	managed_by TEXT, -- 'contactsync', or NULL: the user's own
	synced_at  TEXT  -- RFC 3339 in UTC
);
CREATE INDEX phonebook_owner ON phonebook(owner);
CREATE UNIQUE INDEX phonebook_managed ON phonebook(owner) WHERE managed_by = 'contactsync';

CREATE TABLE entry(
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	phonebook    INTEGER,
	display_name TEXT,
	given_name   TEXT,
	surname      TEXT,
	company      TEXT,
	department   TEXT,
	job_title    TEXT,
	birthday     TEXT, -- YYYY-MM-DD or --MM-DD
	notes        TEXT,
	emails       TEXT, -- JSON: ["..."]
	addresses    TEXT, -- JSON: [{"kind", "street", "postal_code", "city", "state", "country"}]
	categories   TEXT, -- JSON: ["..."]
	source_id    TEXT, -- ours: the id that Graph or EWS gave the contact
	hash         BLOB  -- ours: of what readers see
);
CREATE INDEX entry_phonebook ON entry(phonebook);

CREATE TABLE number(
	entry    INTEGER,
	position INTEGER, -- 0, 1, ...
	kind     TEXT,
	number   TEXT,    -- E.164, or NULL
	as_typed TEXT
);
CREATE INDEX number_entry ON number(entry);
CREATE INDEX number_number ON number(number);

-- Facts that a run leaves to the next.
CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

-- Managed phonebooks that somebody else wrote to since they were last replaced;
-- 0: there may be rows that belong to nothing any more.
CREATE TABLE touched(phonebook INTEGER PRIMARY KEY);
`

// triggers keep the table touched, for every client of SQLite but our own
// writer. Three things make them longer than one would think: an INSERT OR
// REPLACE fires no DELETE trigger for the row that it replaces (hence BEFORE
// INSERT and a look at the row of that id), an ON CONFLICT of the statement
// overrides that of the trigger (hence NOT IN instead of OR IGNORE), and an id
// can be updated too.
const triggers = `
CREATE TRIGGER entry_inserted BEFORE INSERT ON entry BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE (id = new.phonebook OR id IN (SELECT phonebook FROM entry WHERE id = new.id))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER entry_updated BEFORE UPDATE ON entry BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE (id IN (old.phonebook, new.phonebook) OR id IN (SELECT phonebook FROM entry WHERE id = new.id))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER entry_deleted AFTER DELETE ON entry BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id = old.phonebook
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;

CREATE TRIGGER number_inserted BEFORE INSERT ON number BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (SELECT phonebook FROM entry WHERE id = new.entry
			OR id IN (SELECT entry FROM number WHERE rowid = new.rowid))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER number_updated BEFORE UPDATE ON number BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (SELECT phonebook FROM entry WHERE id IN (old.entry, new.entry)
			OR id IN (SELECT entry FROM number WHERE rowid = new.rowid))
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER number_deleted AFTER DELETE ON number BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (SELECT phonebook FROM entry WHERE id = old.entry)
		AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
END;

CREATE TRIGGER phonebook_inserted AFTER INSERT ON phonebook BEGIN
	INSERT INTO touched SELECT new.id
		WHERE new.managed_by = 'contactsync' AND new.id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER phonebook_updated AFTER UPDATE OF id, owner, managed_by ON phonebook BEGIN
	INSERT INTO touched SELECT new.id
		WHERE new.managed_by = 'contactsync' AND new.id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER phonebook_deleted AFTER DELETE ON phonebook BEGIN
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
`

// incremental is what a run needs that reads only what changed.
//
// entry_known finds an entry by what the column hash begins with, the
// fingerprint of its source_id, and holds all that a replacement compares, so
// that the rows themselves need not be read. It takes the place of an index on
// phonebook alone: filling it costs a first sync 2 µs an entry more than that
// one (of 22), an index on the source_id itself, of some 150 bytes, 9.
//
// The state has a table of its own, since SQLite adds a column behind those
// that somebody else may have added. Its triggers see to it that a state which
// somebody copied, edited or took out of a backup is never used.
const incremental = `
DROP INDEX entry_phonebook;
CREATE INDEX entry_known ON entry(phonebook, hash);

-- How far the mailbox of a managed phonebook has been read, and how many
-- entries the phonebook has since.
CREATE TABLE mailbox_state(phonebook INTEGER PRIMARY KEY, state TEXT, entries INTEGER);

CREATE TRIGGER mailbox_state_inserted AFTER INSERT ON mailbox_state BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id = new.phonebook AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER mailbox_state_updated AFTER UPDATE ON mailbox_state BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id IN (old.phonebook, new.phonebook) AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
	INSERT INTO touched SELECT 0 WHERE 0 NOT IN (SELECT phonebook FROM touched);
END;
CREATE TRIGGER mailbox_state_deleted AFTER DELETE ON mailbox_state BEGIN
	INSERT INTO touched SELECT id FROM phonebook
		WHERE id = old.phonebook AND managed_by = 'contactsync' AND id NOT IN (SELECT phonebook FROM touched);
END;
`

// squeezedTyped is what typed was at first. It brought a function into each
// statement that inserts numbers. A function may fail, and so SQLite kept what
// each page was before (see inserting): a quarter of the CPU time of a first sync.
const squeezedTyped = `CREATE INDEX number_typed ON number(number, ` + squeezed + `) WHERE number IS NULL`

// recorded is what the runs did, for status. It is ours alone, and wrong in it
// what somebody wrote there: no phonebook depends on it, so it has no triggers.
const recorded = `
CREATE TABLE sync_run(
	kind     TEXT PRIMARY KEY, -- 'all': the last of all members, 'some': the last of some, 'whole': the last of all that reached its end
	started  TEXT,             -- RFC 3339 in UTC
	finished TEXT,
	source   TEXT,             -- 'graph' or 'ews', or empty
	status   INTEGER,          -- exit status
	error    TEXT,             -- why the run as a whole failed, or empty
	hint     TEXT
) WITHOUT ROWID;

-- What the last run that came to them did for the members of the last whole run
-- and those who joined since.
CREATE TABLE sync_member(
	user    TEXT PRIMARY KEY,
	mail    TEXT,
	result  TEXT,
	entries INTEGER,
	added   INTEGER,
	updated INTEGER,
	removed INTEGER,
	error   TEXT,
	hint    TEXT
) WITHOUT ROWID;
`

// recordedSince is the version of the schema that has them.
const recordedSince = 4

// script makes an empty phonebooks' file.
func script() []string {
	return append(append([]string{}, migrations...),
		fmt.Sprintf("PRAGMA user_version = %d", len(migrations)),
		"PRAGMA journal_mode = WAL")
}

// migrate brings the schema up to date, in one transaction, and makes triggers
// and indexes anew that somebody took away.
func migrate(db *sql.DB) error {
	if s, err := schemaOf(db); err != nil || s.upToDate() {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	s, err := schemaOf(tx) // again, within the transaction
	if err != nil {
		return err
	}
	for _, step := range append(s.repair(), migrations[s.version:]...) {
		if _, err := tx.Exec(step); err != nil {
			return repairFailed(err)
		}
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(migrations))); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return tx.Commit()
}

// repairFailed explains why the schema cannot be brought up to date: mostly
// because of what somebody wrote while an index was missing.
func repairFailed(err error) error {
	var e sqlite3.Error
	if errors.As(err, &e) && e.Code == sqlite3.ErrConstraint {
		return dbfile.Damaged(words.Errorf(words.HoldsForbidden, err))
	}
	return fmt.Errorf("migrate: %w", err)
}

// typed is what finds a number in its owner's spelling: an internal one, and
// what else is no number in E.164. The index holds no other. Its first column,
// which is always NULL, has SQLite prefer it to number_number.
const typed = `
DROP INDEX number_typed;
CREATE INDEX number_typed ON number(number, as_typed) WHERE number IS NULL;
`
