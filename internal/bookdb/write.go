package bookdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"contactsync/internal/phonebook"
	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// busyTimeout is how long to wait for another program's write, in milliseconds.
// Readers need it only for the moment in which somebody opens the file as the
// first, or a reader closes it as the last: programs that read phonebooks
// should set one, too (of those that did not, one in two hundred was refused
// while runs began and ended without a pause).
const busyTimeout = "30000"

// impatient is how long to wait after somebody has kept us waiting in vain: he
// may do so for long, and each member's phonebook would wait for him anew.
const impatient = "1000"

// walPages is how many pages the WAL may have before they are moved into the
// file. With SQLite's 1,000 each page of the index on numbers, where those of
// one phonebook stand all over, was moved several times over.
const walPages = 8192

// statement is one of those that run for each row, and so are prepared once.
type statement int

const (
	insertEntry statement = iota
	insertEntries
	updateEntry
	deleteEntry
	insertNumber
	insertNumbers
	deleteNumbers
	selectNumbers
	recordOutcome
	statements // their number
)

// Rows that the statements insertEntries and insertNumbers insert.
const (
	entriesAtOnce = 16
	numbersAtOnce = 32
)

const (
	entryColumns  = 4 + fields
	numberColumns = 5
)

var queries = [statements]string{
	insertEntry:   inserting("entry(id, phonebook, source_id, hash, "+columns+")", entryColumns, 1),
	insertEntries: inserting("entry(id, phonebook, source_id, hash, "+columns+")", entryColumns, entriesAtOnce),
	updateEntry: `UPDATE entry SET hash=?, display_name=?, given_name=?, surname=?, company=?, department=?,
		job_title=?, birthday=?, notes=?, emails=?, addresses=?, categories=? WHERE id=?`,
	deleteEntry:   "DELETE FROM entry WHERE id = ?",
	insertNumber:  inserting("number(entry, position, kind, number, as_typed)", numberColumns, 1),
	insertNumbers: inserting("number(entry, position, kind, number, as_typed)", numberColumns, numbersAtOnce),
	deleteNumbers: "DELETE FROM number WHERE entry = ?",
	selectNumbers: "SELECT kind, coalesce(number, ''), as_typed FROM number WHERE entry = ? ORDER BY position",
	recordOutcome: inserting("sync_member", outcomeColumns, 1) + ` ON CONFLICT(user) DO UPDATE SET
		(mail, result, entries, added, updated, removed, error, hint) =
		(excluded.mail, excluded.result, excluded.entries, excluded.added, excluded.updated, excluded.removed, excluded.error, excluded.hint)
		WHERE (mail, result, entries, added, updated, removed, error, hint) IS NOT
		(excluded.mail, excluded.result, excluded.entries, excluded.added, excluded.updated, excluded.removed, excluded.error, excluded.hint)`,
}

// inserting returns a statement that inserts some rows into a table. SQLite
// would write each page that the statement changes to a temporary file first, to
// undo it alone where a row cannot be inserted. OR FAIL has it not do so: a
// transaction of which anything fails is rolled back as a whole.
func inserting(table string, columns, rows int) string {
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	return "INSERT OR FAIL INTO " + table + " VALUES" + row + strings.Repeat(","+row, rows-1)
}

// writer is the one connection that writes. The prepared statements are the
// driver's own: database/sql needs as long for a row as SQLite itself.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn // the only one of db
	stmts [statements]driver.Stmt
}

func newWriter(path string) (*writer, error) {
	db, err := dbfile.Open(path, dbfile.Options{
		"_txlock": "immediate", "_busy_timeout": busyTimeout,
		// A power cut can cost the last transactions, never the file; the next
		// run makes them anew.
		"_synchronous":     "NORMAL",
		"_stmt_cache_size": "32",
		"_mutex":           "no", // database/sql lets one goroutine at a time use a connection
	})
	if err != nil {
		return nil, err
	}
	w := &writer{db: db}
	err = withoutTriggers(db.Ping)
	if err == nil {
		// A reader that never goes keeps the WAL from being deleted; at least
		// it does not stay as large as the largest run made it.
		_, err = db.Exec(fmt.Sprintf("PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = %d", walPages))
	}
	if err == nil {
		err = migrate(db)
	}
	if err == nil {
		w.conn, err = db.Conn(context.Background())
	}
	if err == nil {
		err = w.conn.Raw(w.prepare)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return w, nil
}

func (w *writer) prepare(conn any) (err error) {
	for i, query := range queries {
		if w.stmts[i], err = conn.(driver.Conn).Prepare(query); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) exec(query string) error {
	_, err := w.conn.ExecContext(context.Background(), query)
	return err
}

// checkpoint moves the WAL into the file while readers can still go on
// reading. Where they keep it from doing so for a second, the WAL stays.
func (w *writer) checkpoint() error {
	return w.exec("PRAGMA busy_timeout = " + impatient + "; PRAGMA wal_checkpoint(TRUNCATE)")
}

// close leaves the WAL alone where SQLite can be told to do so (see
// withoutTriggers): removing it would lock readers out for a moment.
func (w *writer) close() (err error) {
	for _, stmt := range w.stmts {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, w.conn.Close(), w.db.Close())
}

// transaction is a write transaction.
type transaction struct {
	*sql.Tx
	w *writer
}

// transact runs do in a write transaction and commits where it succeeds. It
// waits long for another program's, but only once.
func (w *writer) transact(do func(*transaction) error) error {
	tx, err := w.conn.BeginTx(context.Background(), nil)
	if errors.Is(dbfile.Classify(err), dbfile.ErrBusy) {
		return errors.Join(err, w.exec("PRAGMA busy_timeout = "+impatient))
	}
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(&transaction{tx, w}); err != nil {
		return err
	}
	return tx.Commit()
}

func (tx *transaction) run(query string, args ...any) error {
	_, err := tx.Exec(query, args...)
	return err
}

// arguments are those of a prepared statement, or of several of its kind.
type arguments []driver.NamedValue

func (a *arguments) add(value driver.Value) {
	*a = append(*a, driver.NamedValue{Ordinal: len(*a) + 1, Value: value})
}

// do runs a prepared statement. It does so as if that were a query, since the
// driver then hands all arguments over at once: a call into C for each of them
// took a third of the time of a first sync.
func (tx *transaction) do(s statement, args arguments) error { return tx.each(s, args, nil) }

// each runs a prepared statement and calls use for each row, with values that
// hold until the next.
func (tx *transaction) each(s statement, args arguments, use func([]driver.Value)) error {
	return tx.w.conn.Raw(func(any) error {
		rows, err := tx.w.stmts[s].(driver.StmtQueryContext).QueryContext(context.Background(), args)
		if err != nil {
			return err
		}
		values := make([]driver.Value, len(rows.Columns()))
		for err = rows.Next(values); err == nil; err = rows.Next(values) {
			use(values)
		}
		if err == io.EOF {
			err = nil
		}
		return errors.Join(err, rows.Close())
	})
}

// doWith runs a prepared statement with the id of a row.
func (tx *transaction) doWith(s statement, rowid int64) error {
	return tx.do(s, arguments{{Ordinal: 1, Value: rowid}})
}

// doEach runs a prepared statement with each so many of the arguments.
func (tx *transaction) doEach(s statement, columns int, args arguments) error {
	for ; len(args) > 0; args = args[columns:] {
		for i := range columns {
			args[i].Ordinal = i + 1
		}
		if err := tx.do(s, args[:columns]); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes rows that belong to nothing any more, where somebody else's
// writing may have left such: numbers without an entry, and entries of ours
// without a phonebook. The latter it finds by a walk along the index from one
// phonebook to the next, in no time; looking at each entry takes half a second
// for a million. The numbers take as long, but there are no fewer of them in an
// index.
func (tx *transaction) sweep() error {
	var due bool
	if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM touched WHERE phonebook = 0)").Scan(&due); err != nil || !due {
		return err
	}
	return errors.Join(
		tx.run(`WITH RECURSIVE named(book) AS (
				SELECT min(phonebook) FROM entry
				UNION ALL
				SELECT (SELECT min(phonebook) FROM entry WHERE phonebook > book) FROM named WHERE book IS NOT NULL
			)
			DELETE FROM entry WHERE source_id IS NOT NULL
			AND phonebook IN (SELECT book FROM named WHERE book NOT IN (SELECT id FROM phonebook))`),
		tx.run("DELETE FROM number WHERE entry NOT IN (SELECT id FROM entry)"),
		tx.run("DELETE FROM mailbox_state WHERE phonebook NOT IN (SELECT id FROM phonebook)"),
		tx.run("DELETE FROM touched WHERE phonebook = 0 OR phonebook NOT IN (SELECT id FROM phonebook WHERE managed_by = ?)", managedBy),
	)
}

func (tx *transaction) createBook(r phonebook.Replacement) (int64, error) {
	result, err := tx.Exec("INSERT INTO phonebook(owner, title, managed_by, synced_at) VALUES(?,?,?,?)",
		r.Owner, r.Title, managedBy, r.SyncedAt)
	if err != nil {
		return 0, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	return id, tx.empty(id) // of what somebody gave to a phonebook before it was
}

func (tx *transaction) refreshBook(id int64, r phonebook.Replacement) error {
	return tx.run("UPDATE phonebook SET title = ?, synced_at = ? WHERE id = ?", r.Title, r.SyncedAt, id)
}

// settle notes, at the end of a transaction, that a phonebook is as we made
// it, with the state of its mailbox. Whoever left rows that belong to nothing
// has been swept away before.
func (tx *transaction) settle(id int64, state string, entries int) error {
	remember := `INSERT INTO mailbox_state(phonebook, state, entries) VALUES(?1, ?2, ?3)
		ON CONFLICT(phonebook) DO UPDATE SET state = excluded.state, entries = excluded.entries
		WHERE (state, entries) IS NOT (excluded.state, excluded.entries)`
	if state == "" {
		remember = "DELETE FROM mailbox_state WHERE phonebook = ?1"
	}
	return errors.Join(
		tx.run(remember, id, state, entries),
		tx.run("DELETE FROM touched WHERE phonebook IN (0, ?)", id),
	)
}

// empty removes all entries of a phonebook.
func (tx *transaction) empty(id int64) error {
	return errors.Join(
		tx.run("DELETE FROM number WHERE entry IN (SELECT id FROM entry WHERE phonebook = ?)", id),
		tx.run("DELETE FROM entry WHERE phonebook = ?", id),
	)
}

// deleteBook removes a phonebook with all that is in it.
func (tx *transaction) deleteBook(id int64) error {
	return errors.Join(
		tx.empty(id),
		tx.run("DELETE FROM phonebook WHERE id = ?", id),
		tx.settle(id, "", 0),
	)
}

// rowWriter is the sink that writes.
type rowWriter struct {
	tx      *transaction
	book    int64
	nextID  int64     // of the next entry; 0: not asked yet
	entries arguments // of entries that wait for insertEntries
	numbers *numberSorter
	doubt   bool // what stands in the phonebook need not be what a run wrote
}

func (w *rowWriter) add(r *row, note []byte) error {
	if w.nextID == 0 {
		if err := w.start(); err != nil {
			return err
		}
	}
	id := w.nextID
	w.nextID++
	w.entries.add(id)
	w.entries.add(w.book)
	w.entries.add(r.id)
	w.entries.add(note)
	for _, text := range r.text {
		w.entries.add(text)
	}
	if len(w.entries) == entriesAtOnce*entryColumns {
		if err := w.tx.do(insertEntries, w.entries); err != nil {
			return err
		}
		w.entries = w.entries[:0]
	}
	return w.numbers.add(id, r.numbers)
}

// maxID is the largest id that may be in use when entries are added, so that
// ids do not run out. Only somebody else can have given an entry such a one.
const maxID = 1 << 62

// start finds the first id that no entry ever had; SQLite's note of it can have
// been edited, or be missing. Numbers that somebody gave to an entry that does
// not exist yet must not become those of a new one.
func (w *rowWriter) start() error {
	var last int64
	err := w.tx.QueryRow(`SELECT max(
		coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'entry' AND typeof(seq) = 'integer'), 0),
		coalesce((SELECT max(id) FROM entry), 0))`).Scan(&last)
	if err != nil {
		return err
	}
	if last > maxID {
		return dbfile.DamagedWithHint(words.LargestID,
			words.Errorf(words.NoRoomForIDs, last))
	}
	w.nextID = last + 1
	return w.tx.run("DELETE FROM number WHERE entry >= ?", w.nextID)
}

func (w *rowWriter) update(rowid int64, r *row, note []byte) error {
	args := make(arguments, 0, 2+fields)
	args.add(note)
	for _, text := range r.text {
		args.add(text)
	}
	args.add(rowid)
	if err := w.tx.do(updateEntry, args); err != nil {
		return err
	}
	if !w.doubt {
		same, err := w.hasNumbers(rowid, r.numbers)
		if same || err != nil {
			return err
		}
	}
	if err := w.tx.doWith(deleteNumbers, rowid); err != nil {
		return err
	}
	return w.numbers.add(rowid, r.numbers)
}

// hasNumbers reports whether the entry has these numbers. Mostly something
// else in it changed, and then the numbers' two indexes, in which each stands
// in another place, are left alone.
func (w *rowWriter) hasNumbers(entry int64, want []phonebook.Number) (same bool, err error) {
	found := 0
	same = true
	err = w.tx.each(selectNumbers, arguments{{Ordinal: 1, Value: entry}}, func(values []driver.Value) {
		same = same && found < len(want) &&
			values[0] == string(want[found].Kind) && values[1] == want[found].Number && values[2] == want[found].AsTyped
		found++
	})
	return same && found == len(want), err
}

func (w *rowWriter) rewrite(rowid int64, r *row, note []byte) error { return w.update(rowid, r, note) }

func (w *rowWriter) remove(rowid int64) error {
	if err := w.tx.doWith(deleteNumbers, rowid); err != nil {
		return err
	}
	return w.tx.doWith(deleteEntry, rowid)
}

func (w *rowWriter) flush() error { return w.tx.doEach(insertEntry, entryColumns, w.entries) }
