package syncer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// mailbox reads a member's mailbox, and lets what the phonebook is to become
// wait for the store: what changed since the last run, where that can be told,
// else all there is.
func (c *crew) mailbox(ctx context.Context, t task, read *spool) {
	m, err := c.read(ctx, t, read)
	if errors.Is(err, phonebook.ErrStale) && t.box.State != "" {
		c.anew(t.box.User, err.Error())
		t.box.State = ""
		m, err = c.read(ctx, t, read)
	}
	var full *batch
	c.reached(ctx, err)
	if err == nil {
		full, err = c.binder.add(m, read)
	}
	read.reset()
	if err != nil {
		c.failed(ctx, t, err)
	}
	if full != nil {
		c.binder.full <- full
	}
}

// anew tells the log why a mailbox is read in full that was read before.
func (c *crew) anew(user, why string) {
	c.Logger.Info(words.Fill(words.ReadInFull), "member", user, "why", why)
}

// read makes one try. What it reads takes the place of what was read before.
func (c *crew) read(ctx context.Context, t task, read *spool) (readMailbox, error) {
	read.reset()
	m := readMailbox{task: t}
	state, err := c.source.Read(ctx, t.box.Member, t.box.State, func(p phonebook.Page) error {
		if c.Came != nil {
			c.Came(len(p.Contacts) + len(p.Gone))
		}
		for i := range p.Contacts {
			if e, ok := c.Normaliser.Entry(p.Contacts[i]); !ok {
				why := noPlace
				if e.DisplayName == "" {
					why = blank
				}
				read.drop(p.Contacts[i].ID, why)
			} else if err := read.put(e); err != nil {
				return err
			}
		}
		for _, id := range p.Gone {
			read.drop(id, gone)
		}
		return ctx.Err()
	})
	if err != nil {
		return m, fmt.Errorf("read mailbox %s: %w", t.box.Mail, err)
	}
	m.replacement = c.replacement(t.box, state)
	m.replacement.Len = read.live
	// A mailbox with contacts that are left out by the settings is not one that
	// suddenly answers with none. Those that were gone before the reading ended
	// say nothing, nor do those that came without any text.
	m.replacement.AllowEmpty = c.AllowEmpty || read.placeless > 0
	if t.box.State != "" {
		m.replacement.Gone = slices.Sorted(maps.Keys(read.dropped))
	}
	return m, nil
}

// replacement returns a replacement's head.
func (c *crew) replacement(box phonebook.Mailbox, state string) phonebook.Replacement {
	return phonebook.Replacement{
		Owner: box.User, Title: c.Title, SyncedAt: c.now().Format(time.RFC3339),
		Since: c.sealed(box.State), State: c.sealed(state),
		Full: c.Full, DryRun: c.DryRun, Details: c.Details,
	}
}

// done returns the result of a replacement.
func (s *Syncer) done(r Result, ch phonebook.Changes) Result {
	r.Renamed, r.Details = ch.Renamed, ch.Details
	r.Entries, r.Added, r.Updated, r.Removed = ch.Entries, ch.Added, ch.Updated, ch.Removed
	switch {
	case ch.Kept:
		r.Result = Kept
		r.Error = words.Say(words.MailboxEmpty, r.Mail, entries(ch.Entries))
		if s.DryRun {
			r.Error = words.Say(words.UnlessReported, r.Error)
		}
		r.Hint = words.Say(words.AllowEmpty, s.command("--user="+r.User, "--allow-empty"))
	case ch.Created, ch.Renamed != "", ch.Added+ch.Updated+ch.Removed > 0:
		r.Result = OK
	default:
		r.Result = Unchanged
	}
	return r
}

func (r Result) failed(err error) Result {
	r.Result, r.Err = Failed, err
	r.Error, r.Hint = err.Error(), fault.HintOf(err)
	return r
}

func (r Result) skipped(problem string) Result {
	r.Result, r.Error = Skipped, problem
	return r
}
