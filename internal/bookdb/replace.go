package bookdb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"contactsync/internal/phonebook"
)

// Replace makes the owner's managed phonebook hold exactly r.Entries, in one
// transaction, and creates or renames it where needed. Rows that are right
// already are not written.
//
// Without r.AllowEmpty, a phonebook that has entries is left wholly as it is
// where r.Entries is empty (Changes.Kept). A dry run changes nothing and works
// on a missing or a read-only file too; only it fills Changes.Details. A full
// replacement reads everything back, writes every row, and counts as updated
// what was not right.
//
// A context that is done stops Replace before it begins, but not in the middle.
func (d *DB) Replace(ctx context.Context, r phonebook.Replacement) (phonebook.Changes, error) {
	if r.DryRun {
		if err := ctx.Err(); err != nil {
			return phonebook.Changes{}, err
		}
		return d.rehearse(r)
	}
	var changes phonebook.Changes
	err := d.write(ctx, "replace the phonebook of "+r.Owner, func(tx *transaction) (err error) {
		changes, err = replace(tx, r)
		return err
	})
	if err != nil {
		return phonebook.Changes{}, err
	}
	return changes, nil
}

// errReadOnly is a mistake of the program, not of an administrator.
var errReadOnly = errors.New("the phonebooks were opened for reading only")

// book is a managed phonebook's row. An id of 0 means that there is none.
type book struct {
	id      int64
	title   string
	touched bool // somebody else wrote to it
}

func findBook(q querier, owner string) (b book, err error) {
	err = q.QueryRow(`SELECT id, coalesce(title, ''), id IN (SELECT phonebook FROM touched)
		FROM phonebook WHERE owner = ? AND managed_by = 'contactsync'`, owner).Scan(&b.id, &b.title, &b.touched)
	if errors.Is(err, sql.ErrNoRows) {
		return book{}, nil
	}
	return b, err
}

// replace does the work of Replace within its transaction.
func replace(tx *transaction, r phonebook.Replacement) (changes phonebook.Changes, err error) {
	if err := tx.sweep(); err != nil {
		return changes, err
	}
	b, err := findBook(tx, r.Owner)
	if err != nil {
		return changes, err
	}
	p, err := prepare(tx, b, r)
	if err != nil || p.changes.Kept {
		return p.changes, err
	}
	if b.id == 0 {
		b.id, err = tx.createBook(r)
	} else {
		err = tx.refreshBook(b.id, r)
	}
	if err != nil {
		return changes, err
	}
	if err := p.apply(r.Entries, &rowWriter{tx: tx, book: b.id}); err != nil {
		return changes, err
	}
	return p.changes, tx.settle(b.id)
}

// rehearse does the work of a dry run.
func (d *DB) rehearse(r phonebook.Replacement) (changes phonebook.Changes, err error) {
	err = d.view("read the phonebook of "+r.Owner, func(q querier) error {
		var b book
		if q != nil {
			if b, err = findBook(q, r.Owner); err != nil {
				return err
			}
		}
		p, err := prepare(q, b, r)
		if err == nil && !p.changes.Kept {
			err = p.apply(r.Entries, &notebook{q: q, changes: &p.changes})
		}
		changes = p.changes
		return err
	})
	slices.SortStableFunc(changes.Details, func(a, b phonebook.Detail) int { return strings.Compare(a.Name, b.Name) })
	return changes, err
}

// plan is what a replacement is compared with, and what came of it.
type plan struct {
	known   *known
	full    bool
	changes phonebook.Changes
}

// prepare finds out what stands in the phonebook b and whether it may be
// replaced. Where b has no id, q is not used.
func prepare(q querier, b book, r phonebook.Replacement) (p plan, err error) {
	p = plan{known: &known{}, full: r.Full, changes: phonebook.Changes{Created: b.id == 0}}
	if b.id == 0 {
		p.changes.Entries = len(r.Entries)
		return p, nil
	}
	if p.changes.Entries, err = countEntries(q, b.id); err != nil {
		return p, err
	}
	if len(r.Entries) == 0 && p.changes.Entries > 0 && !r.AllowEmpty {
		p.changes.Kept = true
		return p, nil
	}
	p.changes.Entries = len(r.Entries)
	if b.title != r.Title {
		p.changes.Renamed = b.title
	}
	read := remembered
	if b.touched || r.Full {
		read = readBack
	}
	p.known, err = read(q, b.id)
	return p, err
}

func countEntries(q querier, book int64) (n int, err error) {
	err = q.QueryRow("SELECT count(*) FROM entry WHERE phonebook = ?", book).Scan(&n)
	return n, err
}

// sink takes the differences between a phonebook and its replacement.
type sink interface {
	add(row *row, h hash) error
	update(rowid int64, row *row, h hash) error
	rewrite(rowid int64, row *row, h hash) error // of an entry that is right already
	remove(rowid int64) error
	flush() error // comes last
}

// apply compares each entry with what is known and hands the differences to s.
func (p *plan) apply(entries []phonebook.Entry, s sink) error {
	var buffer []byte
	for i := range entries {
		r, err := encode(&entries[i])
		if err != nil {
			return err
		}
		var h hash
		h, buffer = r.hash(buffer)
		if err := p.place(&r, h, s); err != nil {
			return err
		}
	}
	for _, rowid := range p.leftover() {
		p.changes.Removed++
		if err := s.remove(rowid); err != nil {
			return err
		}
	}
	return s.flush()
}

// place finds the entry's own row and writes what differs.
func (p *plan) place(r *row, h hash, s sink) error {
	old, ok := p.known.entries[r.id]
	delete(p.known.entries, r.id)
	switch {
	case !ok:
		p.changes.Added++
		return s.add(r, h)
	case old.hash != h:
		p.changes.Updated++
		return s.update(old.rowid, r, h)
	case p.full:
		return s.rewrite(old.rowid, r, h)
	}
	return nil
}

// leftover returns the rows that no entry claimed, in the order of their ids.
func (p *plan) leftover() []int64 {
	rest := p.known.foreign
	for _, e := range p.known.entries {
		rest = append(rest, e.rowid)
	}
	slices.Sort(rest)
	return rest
}

// notebook is the sink of a dry run.
type notebook struct {
	q       querier
	changes *phonebook.Changes
}

func (n *notebook) note(op phonebook.Op, name string) error {
	n.changes.Details = append(n.changes.Details, phonebook.Detail{Op: op, Name: name})
	return nil
}

func (n *notebook) add(r *row, _ hash) error             { return n.note(phonebook.Added, r.text[0]) }
func (n *notebook) update(_ int64, r *row, _ hash) error { return n.note(phonebook.Updated, r.text[0]) }
func (n *notebook) rewrite(int64, *row, hash) error      { return nil }
func (n *notebook) flush() error                         { return nil }

func (n *notebook) remove(rowid int64) error {
	var name sql.NullString
	if err := n.q.QueryRow("SELECT display_name FROM entry WHERE id = ?", rowid).Scan(&name); err != nil {
		return err
	}
	return n.note(phonebook.Removed, name.String)
}
