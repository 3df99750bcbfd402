package bookdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"

	"contactsync/internal/phonebook"
)

// Run is what is kept of a run. Who may read phonebooks may read it, too.
type Run struct {
	Started, Finished string // RFC 3339 in UTC; empty: there was no such run
	Source            string // "graph" or "ews"; empty: it did not get so far
	Status            int    // its exit status
	Error, Hint       string // why the run as a whole failed
}

// Outcome is what a run did for a member.
type Outcome struct {
	User, Mail, Result               string
	Entries, Added, Updated, Removed int
	Error, Hint                      string
}

// outcomeColumns are those of an Outcome.
const outcomeColumns = 9

// Record keeps what a run did, in one transaction: as the last one of all
// members or, where it was to do only some, as the last of some. Where it was
// to do all and did not fail as a whole, they are all members there are. It
// writes no row that is right already, and changes nothing in a damaged file.
func (d *DB) Record(ctx context.Context, r Run, some bool, members iter.Seq[Outcome]) error {
	d.mu.Lock()
	damaged := d.damaged
	d.mu.Unlock()
	if damaged {
		return nil
	}
	return d.write(ctx, "record the run", func(tx *transaction) error {
		kinds := []string{"all"}
		if some {
			kinds = []string{"some"}
		} else if r.Error == "" {
			kinds = append(kinds, "whole")
		}
		for _, kind := range kinds {
			if err := tx.run("INSERT OR REPLACE INTO sync_run(kind, started, finished, source, status, error, hint) VALUES(?,?,?,?,?,?,?)",
				kind, r.Started, r.Finished, r.Source, r.Status, r.Error, r.Hint); err != nil {
				return err
			}
		}
		n, err := tx.recordAll(members)
		if err != nil || len(kinds) < 2 {
			return err
		}
		return tx.recordNoOthers(members, n)
	})
}

// recordAll takes down what was done for some members, and returns how many
// they are.
func (tx *transaction) recordAll(members iter.Seq[Outcome]) (n int, err error) {
	args := make(arguments, 0, outcomeColumns)
	for m := range members {
		n++
		args = args[:0]
		for _, value := range [outcomeColumns]any{
			m.User, m.Mail, m.Result, int64(m.Entries), int64(m.Added), int64(m.Updated), int64(m.Removed), m.Error, m.Hint,
		} {
			args.add(value)
		}
		if err := tx.do(recordOutcome, args); err != nil {
			return n, err
		}
	}
	return n, nil
}

// recordNoOthers forgets everybody but n members that have been taken down.
// Mostly nobody has left, and then their number says so.
func (tx *transaction) recordNoOthers(members iter.Seq[Outcome], n int) error {
	var known int
	if err := tx.QueryRow("SELECT count(*) FROM sync_member").Scan(&known); err != nil || known == n {
		return err
	}
	users := make([]string, 0, n)
	for m := range members {
		users = append(users, m.User)
	}
	list, err := json.Marshal(users)
	if err != nil {
		return err
	}
	return tx.run("DELETE FROM sync_member WHERE user NOT IN (SELECT value FROM json_each(?))", string(list))
}

// Record is what is known of the runs. Members and Leavers are sorted by user.
type Record struct {
	All   Run // the last of all members
	Some  Run // the last of some
	Whole Run // the last of all members that did not fail as a whole

	Members []Member
	Leavers []phonebook.Summary // managed phonebooks of people who were no members in that run
}

// Member is a member with what the last run that came to them did, and what
// the phonebook is like now.
type Member struct {
	Outcome         // Entries are those of the phonebook
	SyncedAt string // of the phonebook; empty: there is none
}

// Recorded returns what is known of the runs, all of one moment.
func (d *DB) Recorded(ctx context.Context) (r Record, err error) {
	if err := ctx.Err(); err != nil {
		return r, err
	}
	err = d.view("read what the last runs did", func(q querier) error {
		if q == nil {
			return nil
		}
		var version int
		if err := q.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version < recordedSince {
			return err
		}
		return r.read(q)
	})
	return r, err
}

func (r *Record) read(q querier) error {
	if err := r.readRuns(q); err != nil {
		return err
	}
	const members = `SELECT user, coalesce(mail, ''), coalesce(result, ''),
		(SELECT count(*) FROM entry WHERE entry.phonebook = phonebook.id),
		coalesce(added, 0), coalesce(updated, 0), coalesce(removed, 0), coalesce(error, ''), coalesce(hint, ''), coalesce(synced_at, '')
		FROM sync_member LEFT JOIN phonebook ON owner = user AND managed_by = 'contactsync' ORDER BY user`
	var err error
	r.Members, err = collect(q, members, func(rows *sql.Rows) (m Member, err error) {
		err = rows.Scan(&m.User, &m.Mail, &m.Result, &m.Entries, &m.Added, &m.Updated, &m.Removed, &m.Error, &m.Hint, &m.SyncedAt)
		return m, err
	})
	if err != nil || r.Whole.Finished == "" {
		return err
	}
	const leavers = "managed_by = 'contactsync' AND lower(owner) NOT IN (SELECT lower(user) FROM sync_member)"
	r.Leavers, err = collect(q, summarising(leavers), scanSummary)
	return err
}

func (r *Record) readRuns(q querier) error {
	const runs = `SELECT kind, coalesce(started, ''), coalesce(finished, ''), coalesce(source, ''), coalesce(status, 0),
		coalesce(error, ''), coalesce(hint, '') FROM sync_run`
	_, err := collect(q, runs, func(rows *sql.Rows) (one Run, err error) {
		var kind string
		err = rows.Scan(&kind, &one.Started, &one.Finished, &one.Source, &one.Status, &one.Error, &one.Hint)
		switch kind {
		case "all":
			r.All = one
		case "some":
			r.Some = one
		case "whole":
			r.Whole = one
		}
		return one, err
	})
	return err
}
