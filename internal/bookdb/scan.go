package bookdb

import (
	"bytes"
	"cmp"
	"database/sql"
	"slices"

	"contactsync/internal/phonebook"
)

// querier is what a connection and a transaction have in common.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// scanRows calls use for each entry of a phonebook, with its numbers, in the
// order of the index entry_known. It goes through entries and numbers side by
// side and holds one entry at a time.
func scanRows(q querier, book int64, use func(*scanned) error) error {
	numbers, err := newNumberCursor(q, book)
	if err != nil {
		return err
	}
	defer numbers.rows.Close()
	rows, err := q.Query("SELECT id, source_id, hash, "+columns+" FROM entry WHERE phonebook = ? ORDER BY hash, id", book)
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

// numberCursor walks through the numbers of a phonebook, in the order of
// their entries.
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
		WHERE e.phonebook = ? ORDER BY e.hash, e.id, n.position, n.rowid`, book)
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

// addTo gives s its numbers. It is called for each entry in the order of the
// cursor.
func (c *numberCursor) addTo(s *scanned) error {
	for c.more && c.entry == s.rowid {
		s.addNumber(c.position, c.kind, c.number, c.asTyped)
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// known is what the file holds of a phonebook before a replacement. Of each
// entry it takes 48 bytes.
type known struct {
	entries []knownEntry // sorted by fingerprint
	foreign []int64      // ids of entries that no source knows: made by hand, or copied
}

type knownEntry struct {
	fingerprint fingerprint
	hash        hash
	rowid       int64
	outdated    bool // the content is right, but not how its hash is noted
	claimed     bool // it stands in the replacement too
}

// find returns the entry of a contact, or nil.
func (k *known) find(f fingerprint) *knownEntry {
	i, found := slices.BinarySearchFunc(k.entries, f, func(e knownEntry, f fingerprint) int {
		return bytes.Compare(e.fingerprint[:], f[:])
	})
	if !found {
		return nil
	}
	return &k.entries[i]
}

// sort makes find work. Of entries with the same source_id the oldest stays.
func (k *known) sort() {
	slices.SortFunc(k.entries, func(a, b knownEntry) int {
		return cmp.Or(bytes.Compare(a.fingerprint[:], b.fingerprint[:]), cmp.Compare(a.rowid, b.rowid))
	})
	kept := k.entries[:0]
	for _, e := range k.entries {
		if n := len(kept); n > 0 && kept[n-1].fingerprint == e.fingerprint {
			k.foreign = append(k.foreign, e.rowid)
			continue
		}
		kept = append(kept, e)
	}
	k.entries = kept
}

// remembered returns what the last run noted of a phonebook with size entries
// that nobody else wrote to. Version 1 noted no fingerprints: then it is read
// back.
func remembered(q querier, book int64, size int) (*known, error) {
	rows, err := q.Query("SELECT id, hash FROM entry WHERE phonebook = ? ORDER BY hash", book)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	k := &known{entries: make([]knownEntry, 0, size)}
	for rows.Next() {
		var e knownEntry
		var note sql.RawBytes
		if err := rows.Scan(&e.rowid, &note); err != nil {
			return nil, err
		}
		if len(note) != len(e.fingerprint)+len(e.hash) {
			return readBack(q, book, size)
		}
		copy(e.hash[:], note[copy(e.fingerprint[:], note):])
		k.entries = append(k.entries, e)
	}
	k.sort()
	return k, rows.Err()
}

// readBack returns what a phonebook with size entries really holds. An entry
// that is not as encode would have it, or not as its hash says, gets a hash
// that fits nothing.
func readBack(q querier, book int64, size int) (*known, error) {
	k := &known{entries: make([]knownEntry, 0, size)}
	var buffer []byte
	err := scanRows(q, book, func(s *scanned) error {
		r := s.row()
		if !s.id.Valid {
			k.foreign = append(k.foreign, s.rowid)
			return nil
		}
		e := knownEntry{rowid: s.rowid, fingerprint: fingerprintOf(r.id)}
		e.hash, buffer = r.hash(buffer)
		e.outdated = bytes.Equal(s.hash, e.hash[:])
		if s.foreign || !e.outdated && !bytes.Equal(s.hash, append(e.fingerprint[:], e.hash[:]...)) {
			e.hash = hash{}
		}
		k.entries = append(k.entries, e)
		return nil
	})
	k.sort()
	return k, err
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
