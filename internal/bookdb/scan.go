package bookdb

import (
	"database/sql"

	"contactsync/internal/phonebook"
)

// querier is what a connection and a transaction have in common.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// scanRows calls use for each entry of a phonebook in the order of their ids,
// with its numbers. It goes through entries and numbers side by side and holds
// one entry at a time.
func scanRows(q querier, book int64, use func(*scanned) error) error {
	numbers, err := newNumberCursor(q, book)
	if err != nil {
		return err
	}
	defer numbers.rows.Close()
	rows, err := q.Query("SELECT id, source_id, hash, "+columns+" FROM entry WHERE phonebook = ? ORDER BY id", book)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s scanned
		if err := rows.Scan(s.targets()...); err != nil {
			return err
		}
		if err := numbers.addTo(&s); err != nil {
			return err
		}
		if err := use(&s); err != nil {
			return err
		}
	}
	return rows.Err()
}

// numberCursor walks through the numbers of a phonebook, sorted by entry.
type numberCursor struct {
	rows     *sql.Rows
	more     bool // the fields below hold a number
	entry    int64
	position sql.NullInt64
	kind     text
	number   text
	asTyped  text
}

func newNumberCursor(q querier, book int64) (*numberCursor, error) {
	rows, err := q.Query(`SELECT e.id, iif(typeof(n.position) = 'integer', n.position, NULL), n.kind, n.number, n.as_typed
		FROM entry e JOIN number n ON n.entry = e.id
		WHERE e.phonebook = ? ORDER BY e.id, n.position, n.rowid`, book)
	if err != nil {
		return nil, err
	}
	c := &numberCursor{rows: rows}
	if err := c.next(); err != nil {
		rows.Close()
		return nil, err
	}
	return c, nil
}

func (c *numberCursor) next() error {
	if c.more = c.rows.Next(); !c.more {
		return c.rows.Err()
	}
	return c.rows.Scan(&c.entry, &c.position, &c.kind, &c.number, &c.asTyped)
}

// addTo gives s its numbers. It is called for each entry in the order of ids.
func (c *numberCursor) addTo(s *scanned) error {
	for c.more && c.entry == s.rowid {
		s.addNumber(c.position, c.kind, c.number, c.asTyped)
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// known is what the file holds of a phonebook before a replacement.
type known struct {
	entries map[string]knownEntry // by the source's id
	foreign []int64               // ids of entries that no source knows: made by hand, or copied
}

type knownEntry struct {
	rowid int64
	hash  hash
}

func (k *known) add(rowid int64, id text, h hash) {
	_, twice := k.entries[id.String]
	if twice || !id.Valid {
		k.foreign = append(k.foreign, rowid)
		return
	}
	k.entries[id.String] = knownEntry{rowid, h}
}

// remembered returns what the last run noted of a phonebook that nobody else
// wrote to.
func remembered(q querier, book int64) (*known, error) {
	rows, err := q.Query("SELECT id, source_id, hash FROM entry WHERE phonebook = ?", book)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	k := &known{entries: map[string]knownEntry{}}
	for rows.Next() {
		var rowid int64
		var id text
		var h sql.RawBytes
		if err := rows.Scan(&rowid, &id, &h); err != nil {
			return nil, err
		}
		k.add(rowid, id, hashOf(h))
	}
	return k, rows.Err()
}

// readBack returns what a phonebook really holds. An entry that is not as
// encode would have it, or not as its hash says, gets a hash that fits nothing.
func readBack(q querier, book int64) (*known, error) {
	k := &known{entries: map[string]knownEntry{}}
	var buffer []byte
	err := scanRows(q, book, func(s *scanned) error {
		r := s.row()
		var h hash
		if h, buffer = r.hash(buffer); s.foreign || h != hashOf(s.hash) {
			h = hash{}
		}
		k.add(s.rowid, s.id, h)
		return nil
	})
	return k, err
}

// hashOf returns a hash out of its column; a zero one, which fits nothing,
// where that holds something else.
func hashOf(b []byte) (h hash) {
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// readEntries returns a phonebook's entries in the order of readers.
func readEntries(q querier, book int64) ([]phonebook.Entry, error) {
	entries := []phonebook.Entry{}
	err := scanRows(q, book, func(s *scanned) error {
		r := s.row()
		e, err := decode(&r)
		entries = append(entries, e)
		return err
	})
	phonebook.Sort(entries)
	return entries, err
}
