package bookdb

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"contactsync/internal/phonebook"
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

// statement is one of those that run for each row, and so are prepared once.
type statement int

const (
	insertEntry statement = iota
	updateEntry
	deleteEntry
	insertNumber
	insertNumbers
	deleteNumbers
	statements // their number
)

const numberColumns = "entry, position, kind, number, as_typed"

// numbersAtOnce is how many numbers the statement insertNumbers inserts.
const numbersAtOnce = 32

var queries = [statements]string{
	insertEntry: "INSERT INTO entry(id, phonebook, source_id, hash, " + columns + ") VALUES(?,?,?,?, ?,?,?,?,?,?,?,?,?,?,?)",
	updateEntry: `UPDATE entry SET hash=?, display_name=?, given_name=?, surname=?, company=?, department=?,
		job_title=?, birthday=?, notes=?, emails=?, addresses=?, categories=? WHERE id=?`,
	deleteEntry:   "DELETE FROM entry WHERE id = ?",
	insertNumber:  "INSERT INTO number(" + numberColumns + ") VALUES(?,?,?,?,?)",
	insertNumbers: "INSERT INTO number(" + numberColumns + ") VALUES(?,?,?,?,?)" + strings.Repeat(",(?,?,?,?,?)", numbersAtOnce-1),
	deleteNumbers: "DELETE FROM number WHERE entry = ?",
}

// writer is the one connection that writes.
type writer struct {
	db    *sql.DB
	stmts [statements]*sql.Stmt
}

func newWriter(path string) (*writer, error) {
	db, err := dbfile.Open(path, dbfile.Options{
		"_txlock": "immediate", "_busy_timeout": busyTimeout,
		// A power cut can cost the last transactions, never the file; the next
		// run makes them anew.
		"_synchronous": "NORMAL",
		"_mutex":       "no", // database/sql lets one goroutine at a time use a connection
	})
	if err != nil {
		return nil, err
	}
	w := &writer{db: db}
	err = withoutTriggers(db.Ping)
	if err == nil {
		// A reader that never goes keeps the WAL from being deleted; at least
		// it does not stay as large as the largest run made it.
		_, err = db.Exec("PRAGMA journal_size_limit = 16777216")
	}
	if err == nil {
		err = migrate(db)
	}
	if err == nil {
		err = w.prepare()
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return w, nil
}

func (w *writer) prepare() (err error) {
	for i, query := range queries {
		if w.stmts[i], err = w.db.Prepare(query); err != nil {
			return err
		}
	}
	return nil
}

// close moves the WAL into the file while readers can still go on reading.
// Where they keep it from doing so for a second, the WAL stays, as it does
// where SQLite can be told to leave it alone when it closes the file (see
// withoutTriggers): that would lock readers out for a moment.
func (w *writer) close() error {
	_, err := w.db.Exec("PRAGMA busy_timeout = " + impatient + "; PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, w.db.Close())
}

// transaction is a write transaction.
type transaction struct {
	*sql.Tx
	stmts [statements]*sql.Stmt
}

// transact runs do in a write transaction and commits where it succeeds. It
// waits long for another program's, but only once.
func (w *writer) transact(do func(*transaction) error) error {
	sqlTx, err := w.db.Begin()
	if errors.Is(dbfile.Classify(err), dbfile.ErrBusy) {
		_, failed := w.db.Exec("PRAGMA busy_timeout = " + impatient)
		return errors.Join(err, failed)
	}
	if err != nil {
		return err
	}
	defer sqlTx.Rollback()
	tx := &transaction{Tx: sqlTx}
	for i, stmt := range w.stmts {
		tx.stmts[i] = tx.Stmt(stmt)
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (tx *transaction) run(query string, args ...any) error {
	_, err := tx.Exec(query, args...)
	return err
}

// do runs a prepared statement.
func (tx *transaction) do(s statement, args ...any) error {
	_, err := tx.stmts[s].Exec(args...)
	return err
}

// sweep removes rows that belong to nothing any more, where somebody else's
// writing may have left such: numbers without an entry, and entries of ours
// without a phonebook.
func (tx *transaction) sweep() error {
	var due bool
	if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM touched WHERE phonebook = 0)").Scan(&due); err != nil || !due {
		return err
	}
	return errors.Join(
		tx.run("DELETE FROM entry WHERE source_id IS NOT NULL AND phonebook NOT IN (SELECT id FROM phonebook)"),
		tx.run("DELETE FROM number WHERE entry NOT IN (SELECT id FROM entry)"),
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
// it. Whoever left rows that belong to nothing has been swept away before.
func (tx *transaction) settle(id int64) error {
	return tx.run("DELETE FROM touched WHERE phonebook IN (0, ?)", id)
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
		tx.settle(id),
	)
}

// rowWriter is the sink that writes.
type rowWriter struct {
	tx     *transaction
	book   int64
	nextID int64 // of the next entry; 0: not asked yet
	batch  []any // arguments of numbers that wait for insertNumbers
}

func (w *rowWriter) add(r *row, h hash) error {
	if w.nextID == 0 {
		if err := w.start(); err != nil {
			return err
		}
	}
	id := w.nextID
	w.nextID++
	args := append(make([]any, 0, 4+fields), id, w.book, r.id, h[:])
	for i := range r.text {
		args = append(args, r.text[i])
	}
	if err := w.tx.do(insertEntry, args...); err != nil {
		return err
	}
	return w.addNumbers(id, r)
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
		return dbfile.DamagedWithHint("give the entry with the largest id a small one, and set seq of 'entry' in the table sqlite_sequence "+
			"to the largest id that is left then, with: sudo -u ucservices sqlite3 FILE",
			fmt.Errorf("the id %d is in use in the table entry, so there is no room for more", last))
	}
	w.nextID = last + 1
	return w.tx.run("DELETE FROM number WHERE entry >= ?", w.nextID)
}

func (w *rowWriter) update(rowid int64, r *row, h hash) error {
	args := append(make([]any, 0, 2+fields), h[:])
	for i := range r.text {
		args = append(args, r.text[i])
	}
	if err := w.tx.do(updateEntry, append(args, rowid)...); err != nil {
		return err
	}
	if err := w.tx.do(deleteNumbers, rowid); err != nil {
		return err
	}
	return w.addNumbers(rowid, r)
}

func (w *rowWriter) rewrite(rowid int64, r *row, h hash) error { return w.update(rowid, r, h) }

func (w *rowWriter) remove(rowid int64) error {
	if err := w.tx.do(deleteNumbers, rowid); err != nil {
		return err
	}
	return w.tx.do(deleteEntry, rowid)
}

func (w *rowWriter) addNumbers(entry int64, r *row) error {
	for i, n := range r.numbers {
		var number any
		if n.Number != "" {
			number = n.Number
		}
		w.batch = append(w.batch, entry, i, string(n.Kind), number, n.AsTyped)
		if len(w.batch) == 5*numbersAtOnce {
			if err := w.tx.do(insertNumbers, w.batch...); err != nil {
				return err
			}
			w.batch = w.batch[:0]
		}
	}
	return nil
}

func (w *rowWriter) flush() error {
	for ; len(w.batch) > 0; w.batch = w.batch[5:] {
		if err := w.tx.do(insertNumber, w.batch[:5]...); err != nil {
			return err
		}
	}
	return nil
}
