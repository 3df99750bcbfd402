package main

import (
	"context"
	"iter"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// record keeps what the run did for status. Where that fails the run is as
// good or as bad as it was: what counts are the phonebooks.
func (p *program) record(c *cli.Context, db *bookdb.DB, r *syncer.Report) {
	if c.Bool("dry-run") || fault.ClassOf(r.Err) == fault.Usage {
		return
	}
	err := db.Record(context.WithoutCancel(c.Context), runOf(r), len(c.StringSlice("user")) > 0, outcomesOf(r))
	if err != nil && r.Err == nil {
		p.logger(c).Warn(words.Say(words.NotRecorded, err), journal.Hint, fault.HintOf(err))
	}
}

// recordFailure records a run that failed before it opened the phonebooks,
// where there are any that it could have opened. The failure says enough.
func (p *program) recordFailure(c *cli.Context, r *syncer.Report) {
	there, err := dbfile.Exists(p.phonebooks)
	if !there || err != nil || c.Bool("dry-run") || p.rightUser() != nil {
		return
	}
	release, db, err := p.open(false)
	if err != nil {
		return
	}
	p.record(c, db, r)
	_ = release()
}

func runOf(r *syncer.Report) bookdb.Run {
	run := bookdb.Run{
		Started: r.Started.UTC().Format(time.RFC3339), Finished: r.Finished.UTC().Format(time.RFC3339),
		Source: r.Source, Status: r.ExitStatus(),
	}
	if r.Err != nil {
		run.Error, run.Hint = r.Err.Error(), fault.HintOf(r.Err)
	}
	return run
}

// outcomesOf returns the results of the members, without those of people who
// are members no more.
func outcomesOf(r *syncer.Report) iter.Seq[bookdb.Outcome] {
	return func(yield func(bookdb.Outcome) bool) {
		for i := range r.Members {
			m := &r.Members[i]
			if !m.Left && !yield(bookdb.Outcome{
				User: m.User, Mail: m.Mail, Result: m.Result, Entries: m.Entries,
				Added: m.Added, Updated: m.Updated, Removed: m.Removed, Error: m.Error, Hint: m.Hint,
			}) {
				return
			}
		}
	}
}
