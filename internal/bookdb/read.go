package bookdb

import (
	"context"
	"database/sql"

	"contactsync/internal/phonebook"
	"contactsync/kvstore/dbfile"
)

// view runs do in a read transaction: all that it reads is of one moment. It
// passes nil where there is no file yet.
func (d *DB) view(what string, do func(q querier) error) error {
	db, err := d.reader()
	if err != nil {
		return err
	}
	if db == nil {
		return do(nil)
	}
	tx, err := db.Begin()
	if err != nil {
		return d.explain(what, err)
	}
	defer tx.Rollback()
	if err = do(tx); err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.notice(err)
	}
	return d.explain(what, err)
}

// Phonebook returns the owner's managed phonebook with its entries in the
// order of phonebook.Compare; false where there is none.
func (d *DB) Phonebook(ctx context.Context, owner string) (p phonebook.Phonebook, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return p, false, err
	}
	err = d.view("read the phonebook of "+owner, func(q querier) error {
		if q == nil {
			return nil
		}
		b, err := findBook(q, owner)
		if err != nil || b.id == 0 {
			return err
		}
		found = true
		p.Owner, p.Title = owner, b.title
		if err := q.QueryRow("SELECT coalesce(synced_at, '') FROM phonebook WHERE id = ?", b.id).Scan(&p.SyncedAt); err != nil {
			return err
		}
		p.Entries, err = readEntries(q, b.id)
		return err
	})
	return p, found, err
}

// List returns all managed phonebooks, sorted by owner.
func (d *DB) List(ctx context.Context) ([]phonebook.Summary, error) {
	return d.summaries(ctx, "managed_by = 'contactsync'")
}

// ListOthers returns all phonebooks that are not ours, sorted by owner. Whoever
// asks may want to delete the file, so the whole of it is read before: in a
// damaged one a phonebook could hide.
func (d *DB) ListOthers(ctx context.Context) ([]phonebook.Summary, error) {
	if err := d.readWhole(); err != nil {
		return nil, err
	}
	return d.summaries(ctx, "managed_by IS NOT 'contactsync'")
}

// Intact looks for damage as Open does: it reads the whole file, but for one
// that the last run left whole and that nobody wrote to since; see seal. It
// changes nothing, not even the seal.
func (d *DB) Intact() error {
	if sealOf(d.path).holds(d.path) {
		return nil
	}
	return d.readWhole()
}

func (d *DB) readWhole() error {
	return d.view("check the phonebooks", func(q querier) error {
		if q == nil {
			return nil
		}
		return dbfile.Check(q)
	})
}

// summaries returns the phonebooks of which a condition in SQL is true.
func (d *DB) summaries(ctx context.Context, condition string) ([]phonebook.Summary, error) {
	return list(ctx, d, "list the phonebooks", summarising(condition), scanSummary)
}

// summarising returns a query for scanSummary.
func summarising(condition string) string {
	return `SELECT coalesce(owner, ''), coalesce(title, ''), coalesce(synced_at, ''),
		(SELECT count(*) FROM entry WHERE entry.phonebook = phonebook.id)
		FROM phonebook WHERE ` + condition + ` ORDER BY owner, id`
}

func scanSummary(rows *sql.Rows) (s phonebook.Summary, err error) {
	err = rows.Scan(&s.Owner, &s.Title, &s.SyncedAt, &s.Entries)
	return s, err
}

// list returns what scan makes of each row of a query; nothing where there is
// no file.
func list[T any](ctx context.Context, d *DB, what, query string, scan func(*sql.Rows) (T, error), args ...any) (all []T, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = d.view(what, func(q querier) error {
		if q == nil {
			return nil
		}
		all, err = collect(q, query, scan, args...)
		return err
	})
	return all, err
}

// collect is list within a transaction.
func collect[T any](q querier, query string, scan func(*sql.Rows) (T, error), args ...any) (all []T, err error) {
	rows, err := q.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, rows.Err()
}

// State returns a fact that a run left, or an empty string.
func (d *DB) State(ctx context.Context, key string) (string, error) {
	const query = "SELECT coalesce(value, '') FROM state WHERE key = ?"
	values, err := list(ctx, d, "read the state", query, func(rows *sql.Rows) (value string, err error) {
		err = rows.Scan(&value)
		return value, err
	}, key)
	if len(values) == 0 {
		return "", err
	}
	return values[0], err
}

// SetState leaves a fact to the next run; an empty value removes it.
func (d *DB) SetState(ctx context.Context, key, value string) error {
	return d.write(ctx, "write the state", func(tx *transaction) error {
		if value == "" {
			return tx.run("DELETE FROM state WHERE key = ?", key)
		}
		return tx.run("INSERT OR REPLACE INTO state(key, value) VALUES(?, ?)", key, value)
	})
}

// Delete removes the owner's managed phonebook with all that is in it, where
// there is one.
func (d *DB) Delete(ctx context.Context, owner string) error {
	return d.write(ctx, "delete the phonebook of "+owner, func(tx *transaction) error {
		if err := tx.sweep(); err != nil {
			return err
		}
		b, err := findBook(tx, owner)
		if err != nil || b.id == 0 {
			return err
		}
		return tx.deleteBook(b.id)
	})
}

// write runs do in a write transaction.
func (d *DB) write(ctx context.Context, what string, do func(tx *transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writer == nil {
		return errReadOnly
	}
	err := d.writer.transact(do)
	d.written = d.written || err == nil
	d.notice(err)
	return d.explain(what, err)
}
