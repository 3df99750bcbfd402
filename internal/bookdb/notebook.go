package bookdb

import (
	"slices"
	"strings"

	"contactsync/internal/phonebook"
)

// notebook is the sink of a dry run: it notes what would change, and where not
// everything is asked for, no more than twice as much at a time.
type notebook struct {
	q       querier
	changes *phonebook.Changes
	most    int // details; 0: all
}

func (n *notebook) note(before, after *phonebook.Entry) error {
	d := phonebook.Difference(before, after)
	// They are parts of larger texts, which need not stay for them.
	d.Name, d.What = strings.Clone(d.Name), strings.Clone(d.What)
	n.changes.Details = append(n.changes.Details, d)
	if n.most > 0 && len(n.changes.Details) >= 2*n.most {
		n.tidy()
	}
	return nil
}

// tidy sorts what is noted, and keeps what is asked for.
func (n *notebook) tidy() {
	all := n.changes.Details
	slices.SortStableFunc(all, func(a, b phonebook.Detail) int { return strings.Compare(a.Name, b.Name) })
	if n.most > 0 && len(all) > n.most {
		clear(all[n.most:])
		n.changes.Details = all[:n.most]
	}
}

func (n *notebook) add(r *row, _ []byte) error {
	after, _ := decode(r)
	return n.note(nil, &after)
}

func (n *notebook) update(rowid int64, r *row, _ []byte) error {
	before, err := readEntry(n.q, rowid)
	if err != nil {
		return err
	}
	after, _ := decode(r)
	return n.note(&before, &after)
}

func (n *notebook) remove(rowid int64) error {
	before, err := readEntry(n.q, rowid)
	if err != nil {
		return err
	}
	return n.note(&before, nil)
}

func (n *notebook) rewrite(int64, *row, []byte) error { return nil }

func (n *notebook) flush() error {
	n.tidy()
	return nil
}

// readEntry returns an entry for people to look at. Of what somebody else wrote
// there, that which cannot be read is left out.
func readEntry(q querier, rowid int64) (phonebook.Entry, error) {
	var s scanned
	if err := q.QueryRow("SELECT id, source_id, hash, "+columns+" FROM entry WHERE id = ?", rowid).Scan(s.targets()...); err != nil {
		return phonebook.Entry{}, err
	}
	rows, err := q.Query("SELECT iif(typeof(position) = 'integer', position, NULL), kind, number, as_typed FROM number WHERE entry = ? ORDER BY position, rowid", rowid)
	if err != nil {
		return phonebook.Entry{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var c numberCursor
		if err := rows.Scan(&c.position, &c.kind, &c.number, &c.asTyped); err != nil {
			return phonebook.Entry{}, err
		}
		s.addNumber(c.position, c.kind, c.number, c.asTyped)
	}
	r := s.row()
	e, _ := decode(&r)
	return e, rows.Err()
}
