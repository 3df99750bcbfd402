package bookdb

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"contactsync/internal/phonebook"
)

// fields is the number of an entry's columns that readers see, and columns
// their names.
const (
	fields  = 11
	columns = "display_name, given_name, surname, company, department, job_title, birthday, notes, emails, addresses, categories"
)

// row is an entry as it stands in the file: the text of each column, and the
// rows of number by position.
type row struct {
	id      string // the source's
	text    [fields]string
	numbers []phonebook.Number
}

// hash tells two rows apart that differ in anything that readers see.
type hash [16]byte

// fingerprint stands for a source's id, which can be long.
type fingerprint [16]byte

func fingerprintOf(id string) fingerprint {
	sum := sha256.Sum256([]byte(id))
	return fingerprint(sum[:16])
}

// note returns what the column hash holds: the fingerprint, by which the index
// entry_known finds the entry, and the hash.
func note(f fingerprint, h hash) []byte { return append(f[:], h[:]...) }

func encode(e *phonebook.Entry) row {
	return row{e.ID, [fields]string{
		e.DisplayName, e.GivenName, e.Surname, e.Company, e.Department, e.JobTitle, e.Birthday, e.Notes,
		encodeList(e.Emails, appendJSON), encodeList(e.Addresses, appendAddress), encodeList(e.Categories, appendJSON),
	}, e.Numbers}
}

// decode is the reverse of encode.
func decode(r *row) (e phonebook.Entry, err error) {
	t := &r.text
	e = phonebook.Entry{
		ID: r.id, DisplayName: t[0], GivenName: t[1], Surname: t[2], Company: t[3],
		Department: t[4], JobTitle: t[5], Birthday: t[6], Notes: t[7], Numbers: r.numbers,
	}
	for i, list := range []any{&e.Emails, &e.Addresses, &e.Categories} {
		if text := t[8+i]; text != "[]" && text != "" {
			if err := json.Unmarshal([]byte(text), list); err != nil {
				return e, fmt.Errorf("decode entry %q: %w", r.id, err)
			}
		}
	}
	return e, nil
}

// hash returns a part of the SHA-256 of all texts, each with its length before
// it, so that no text can pass for the end of one and the start of the next.
// The buffer is scratch space, which is returned for the next row.
func (r *row) hash(buffer []byte) (hash, []byte) {
	b := buffer[:0]
	for _, text := range r.text {
		b = appendText(b, text)
	}
	for _, n := range r.numbers {
		b = appendText(b, string(n.Kind))
		b = appendText(b, n.Number)
		b = appendText(b, n.AsTyped)
	}
	sum := sha256.Sum256(b)
	return hash(sum[:16]), b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// scanned is a row on its way out of the file. What somebody else wrote can
// hold NULL or be out of order; then it is not as encode would have it.
type scanned struct {
	rowid   int64
	id      text
	text    [fields]text
	hash    []byte
	foreign bool // holds what encode never writes
	numbers []phonebook.Number
}

// text is a column that encode writes as text. Somebody else can have written
// anything there: a column's type binds nobody in SQLite.
type text struct {
	String string // NULL reads as empty, and bytes as the text that they are
	Valid  bool   // the column holds text
	Null   bool
}

// Scan takes what the driver found in the column.
func (t *text) Scan(value any) error {
	var s sql.NullString
	err := s.Scan(value)
	_, isText := value.(string)
	*t = text{String: s.String, Valid: isText, Null: value == nil}
	return err
}

// targets returns where to scan the columns id, source_id, hash and the others.
func (s *scanned) targets() []any {
	targets := []any{&s.rowid, &s.id, &s.hash}
	for i := range s.text {
		targets = append(targets, &s.text[i])
	}
	return targets
}

// row returns what was scanned; NULL reads as empty.
func (s *scanned) row() row {
	r := row{id: s.id.String, numbers: s.numbers}
	for i, text := range s.text {
		r.text[i] = text.String
		s.foreign = s.foreign || !text.Valid
	}
	return r
}

// addNumber adds a number; NULL reads as empty.
func (s *scanned) addNumber(position sql.NullInt64, kind, number, asTyped text) {
	if position.Int64 != int64(len(s.numbers)) || !position.Valid || !kind.Valid || !asTyped.Valid ||
		!number.Null && (!number.Valid || number.String == "") {
		s.foreign = true
	}
	s.numbers = append(s.numbers, phonebook.Number{
		Kind: phonebook.Kind(kind.String), Number: number.String, AsTyped: asTyped.String,
	})
}
