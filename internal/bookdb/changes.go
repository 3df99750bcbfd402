package bookdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// outside is an error that is not about the file, and comes back as it is.
type outside struct{ error }

func (o outside) Unwrap() error { return o.error }

// stale says why changes cannot be made to a phonebook.
type stale string

func (s stale) Error() string { return string(s) }
func (s stale) Unwrap() error { return phonebook.ErrStale }

// current returns how many entries the phonebook has, or an error unless it is
// as the state left it.
func (b book) current(q querier, state string) (entries int, err error) {
	if b.id == 0 {
		return 0, outside{stale(words.Fill(words.NoPhonebookYet))}
	}
	if b.touched {
		return 0, outside{stale(words.Fill(words.SomebodyWrote))}
	}
	var have string
	err = q.QueryRow("SELECT coalesce(state, ''), coalesce(entries, 0) FROM mailbox_state WHERE phonebook = ?", b.id).Scan(&have, &entries)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return 0, err
	case state == "" || have != state:
		return 0, outside{stale(words.Fill(words.PhonebookDiffers))}
	}
	return entries, nil
}

// lookUp returns a plan's find that asks the file. It trusts what the last run
// noted.
func lookUp(q querier, book int64) func(fingerprint) (*knownEntry, error) {
	const query = "SELECT id, hash FROM entry WHERE phonebook = ? AND hash BETWEEN ? AND ?"
	first, last := hash{}, hash{}
	for i := range last {
		last[i] = 0xff
	}
	return func(f fingerprint) (*knownEntry, error) {
		rows, err := q.Query(query, book, note(f, first), note(f, last))
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		if !rows.Next() {
			return nil, rows.Err()
		}
		e := knownEntry{fingerprint: f}
		var noted sql.RawBytes
		if err := rows.Scan(&e.rowid, &noted); err != nil {
			return nil, err
		}
		copy(e.hash[:], noted[min(len(f), len(noted)):])
		if rows.Next() {
			return nil, outside{stale(words.Fill(words.EntryTwice))}
		}
		return &e, rows.Err()
	}
}

// Known returns what is remembered of the managed phonebooks of some owners.
// Who has none is not in the answer.
func (d *DB) Known(ctx context.Context, owners []string) (map[string]phonebook.Known, error) {
	all := make(map[string]phonebook.Known, len(owners))
	if err := ctx.Err(); err != nil || len(owners) == 0 {
		return all, err
	}
	err := d.view("read the states of the mailboxes", func(q querier) error {
		if q == nil {
			return nil
		}
		var version int
		if err := q.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version < 2 {
			return nil // a dry run on a file of before there were states
		}
		return readKnown(q, owners, all)
	})
	return all, err
}

func readKnown(q querier, owners []string, all map[string]phonebook.Known) error {
	args := make([]any, len(owners))
	for i, owner := range owners {
		args[i] = owner
	}
	rows, err := q.Query(`SELECT owner, coalesce(state, ''), id IN (SELECT phonebook FROM touched)
		FROM phonebook LEFT JOIN mailbox_state ON mailbox_state.phonebook = phonebook.id
		WHERE managed_by = 'contactsync' AND owner IN (?`+strings.Repeat(",?", len(owners)-1)+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		var k phonebook.Known
		if err := rows.Scan(&owner, &k.State, &k.Touched); err != nil {
			return err
		}
		all[owner] = k
	}
	return rows.Err()
}

// Confirm notes, in one transaction, that nothing changed in the mailboxes of
// some phonebooks since r.Since, with their new states, and answers for each
// in their order. A phonebook that is not just as r.Since left it stays as it
// is, with phonebook.ErrStale in its answer.
func (d *DB) Confirm(ctx context.Context, rs []phonebook.Replacement) ([]phonebook.Confirmed, error) {
	answers := make([]phonebook.Confirmed, len(rs))
	err := d.write(ctx, fmt.Sprintf("confirm %d phonebooks", len(rs)), func(tx *transaction) error {
		if err := tx.sweep(); err != nil {
			return err
		}
		for i, r := range rs {
			n, err := confirm(tx, r)
			var told outside
			if err != nil && !errors.As(err, &told) {
				return err
			}
			answers[i] = phonebook.Confirmed{Entries: n, Err: told.error}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func confirm(tx *transaction, r phonebook.Replacement) (entries int, err error) {
	b, err := findBook(tx, r.Owner)
	if err != nil {
		return 0, err
	}
	if entries, err = b.current(tx, r.Since); err != nil {
		return 0, err
	}
	return entries, errors.Join(tx.refreshBook(b.id, r), tx.settle(b.id, r.State, entries))
}
