package bookdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// Replace makes the owner's managed phonebook hold exactly r.Entries, in one
// transaction, and creates or renames it where needed. Rows that are right
// already are not written. With r.Since it makes the changes that r names, and
// looks at no other row; where the phonebook is not just as that state left it,
// nothing is changed and the error is phonebook.ErrStale. Changes that stand
// there already do no harm and do not count.
//
// Without r.AllowEmpty and r.Since, a phonebook that has entries is left wholly
// as it is where r.Entries is empty (Changes.Kept), its state too. A dry run
// changes nothing and works on a missing or a read-only file too; only it fills
// Changes.Details. A full replacement reads everything back, writes every row,
// and counts as updated what was not right.
//
// An error of r.Entries comes back as it is. A context that is done stops
// Replace before it begins, but not in the middle.
func (d *DB) Replace(ctx context.Context, r phonebook.Replacement) (phonebook.Changes, error) {
	if r.DryRun {
		if err := ctx.Err(); err != nil {
			return phonebook.Changes{}, err
		}
		return d.rehearse(r)
	}
	answers, err := d.replace(ctx, "replace the phonebook of "+r.Owner, r)
	return answers[0].Changes, err
}

// ReplaceAll is Replace for the phonebooks of several owners, none of them
// twice, in one transaction: the index on numbers has those of all phonebooks
// in an order of its own, and a page of it that ten of them change is written
// once and not ten times. It answers for each in their order. Where it fails for
// a reason that one of them alone may have, each has a transaction to itself,
// until one fails for a reason that all have: the others then share its answer.
func (d *DB) ReplaceAll(ctx context.Context, rs []phonebook.Replacement) []phonebook.Replaced {
	if len(rs) > 1 && !rs[0].DryRun {
		answers, err := d.replace(ctx, fmt.Sprintf("replace %d phonebooks", len(rs)), rs...)
		if err == nil || fault.ClassOf(err) != fault.Member {
			for i := range answers {
				answers[i].Err = err
			}
			return answers
		}
	}
	answers := make([]phonebook.Replaced, len(rs))
	var err error
	for i, r := range rs {
		if err == nil || fault.ClassOf(err) == fault.Member {
			answers[i].Changes, err = d.Replace(ctx, r)
		}
		answers[i].Err = err
	}
	return answers
}

// replace makes all replacements in one transaction, or none.
func (d *DB) replace(ctx context.Context, what string, rs ...phonebook.Replacement) (answers []phonebook.Replaced, err error) {
	answers = make([]phonebook.Replaced, len(rs))
	err = d.write(ctx, what, func(tx *transaction) error { return replaceAll(tx, rs, answers) })
	if err != nil {
		clear(answers)
	}
	return answers, err
}

// replaceAll does the work of replace within its transaction.
func replaceAll(tx *transaction, rs []phonebook.Replacement, answers []phonebook.Replaced) (err error) {
	if err := tx.sweep(); err != nil {
		return err
	}
	numbers := &numberSorter{tx: tx}
	books := make([]int64, len(rs))
	for i, r := range rs {
		if books[i], answers[i].Changes, err = replace(tx, r, numbers); err != nil {
			return err
		}
	}
	if err := numbers.flush(); err != nil {
		return err
	}
	for i, r := range rs {
		if answers[i].Kept {
			continue
		}
		if err := tx.settle(books[i], r.State, answers[i].Entries); err != nil {
			return err
		}
	}
	return nil
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

// replace makes one replacement, but for numbers that are still to be flushed
// and what settle does then. It returns the phonebook's id.
func replace(tx *transaction, r phonebook.Replacement, numbers *numberSorter) (book int64, changes phonebook.Changes, err error) {
	b, err := findBook(tx, r.Owner)
	if err != nil {
		return 0, changes, err
	}
	p, err := prepare(tx, b, r)
	if err != nil || p.changes.Kept {
		return b.id, p.changes, err
	}
	if b.id == 0 {
		b.id, err = tx.createBook(r)
	} else {
		err = tx.refreshBook(b.id, r)
	}
	if err == nil {
		err = p.apply(r, &rowWriter{tx: tx, book: b.id, numbers: numbers, doubt: b.touched || r.Full})
	}
	return b.id, p.changes, err
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
			err = p.apply(r, &notebook{q: q, changes: &p.changes, most: r.Details})
		}
		changes = p.changes
		return err
	})
	return changes, err
}

// plan is what a replacement is compared with, and what came of it.
type plan struct {
	find    func(fingerprint) (*knownEntry, error) // an entry of the phonebook; nil: there is none
	known   *known                                 // all of them; nil: only changes are named
	changes phonebook.Changes
}

// prepare finds out what stands in the phonebook b and whether it may be
// replaced. Where b has no id, q is not used.
func prepare(q querier, b book, r phonebook.Replacement) (p plan, err error) {
	p.changes.Created = b.id == 0
	if b.id != 0 && b.title != r.Title {
		p.changes.Renamed = b.title
	}
	if r.Since != "" {
		p.find = lookUp(q, b.id)
		p.changes.Entries, err = b.current(q, r.Since)
		return p, err
	}
	if b.id == 0 {
		p.compareWith(&known{})
		return p, nil
	}
	if p.changes.Entries, err = countEntries(q, b.id); err != nil {
		return p, err
	}
	if r.Len == 0 && p.changes.Entries > 0 && !r.AllowEmpty {
		p.changes.Kept, p.changes.Renamed = true, ""
		return p, nil
	}
	read := remembered
	if b.touched || r.Full {
		read = readBack
	}
	k, err := read(q, b.id, p.changes.Entries)
	p.compareWith(k)
	return p, err
}

// compareWith makes p a plan of all entries.
func (p *plan) compareWith(k *known) {
	p.known = k
	p.find = func(f fingerprint) (*knownEntry, error) { return k.find(f), nil }
}

func countEntries(q querier, book int64) (n int, err error) {
	err = q.QueryRow("SELECT count(*) FROM entry WHERE phonebook = ?", book).Scan(&n)
	return n, err
}

// sink takes the differences between a phonebook and its replacement.
type sink interface {
	add(row *row, note []byte) error
	update(rowid int64, row *row, note []byte) error
	rewrite(rowid int64, row *row, note []byte) error // of an entry that is right already
	remove(rowid int64) error
	flush() error // comes last
}

// apply compares each entry with what is known and hands the differences to s.
func (p *plan) apply(r phonebook.Replacement, s sink) error {
	if err := p.removeAll(r.Gone, s); err != nil {
		return err
	}
	n, err := p.placeAll(r, s)
	if err != nil {
		return err
	}
	if n != r.Len {
		return fmt.Errorf("%d entries came, not %d", n, r.Len)
	}
	if p.known == nil {
		p.changes.Entries += p.changes.Added - p.changes.Removed
		return s.flush()
	}
	p.changes.Entries = n
	for _, rowid := range p.known.leftover() {
		p.changes.Removed++
		if err := s.remove(rowid); err != nil {
			return err
		}
	}
	return s.flush()
}

// removeAll removes the entries of contacts that are gone.
func (p *plan) removeAll(ids []string, s sink) error {
	for _, id := range ids {
		old, err := p.find(fingerprintOf(id))
		if err != nil {
			return err
		}
		if old == nil {
			continue
		}
		p.changes.Removed++
		if err := s.remove(old.rowid); err != nil {
			return err
		}
	}
	return nil
}

// placeAll places each entry of r, and returns how many there were.
func (p *plan) placeAll(r phonebook.Replacement, s sink) (n int, err error) {
	if r.Entries == nil {
		return 0, nil
	}
	var buffer []byte
	for e, err := range r.Entries {
		if err != nil {
			return n, outside{err}
		}
		row := encode(&e)
		var h hash
		h, buffer = row.hash(buffer)
		if err := p.place(&row, h, r.Full, s); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// place finds the entry's own row and writes what differs.
func (p *plan) place(r *row, h hash, full bool, s sink) error {
	f := fingerprintOf(r.id)
	old, err := p.find(f)
	if err != nil {
		return err
	}
	if old == nil {
		p.changes.Added++
		return s.add(r, note(f, h))
	}
	old.claimed = true
	switch {
	case old.hash != h:
		p.changes.Updated++
		return s.update(old.rowid, r, note(f, h))
	case full, old.outdated:
		return s.rewrite(old.rowid, r, note(f, h))
	}
	return nil
}

// leftover returns the rows that no entry claimed, in the order of their ids.
func (k *known) leftover() []int64 {
	rest := k.foreign
	for i := range k.entries {
		if e := &k.entries[i]; !e.claimed {
			rest = append(rest, e.rowid)
		}
	}
	slices.Sort(rest)
	return rest
}
