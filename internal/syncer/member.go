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
)

// mailbox reads a member's mailbox and replaces the phonebook: by what
// changed since the last run, where that can be told, else by all there is.
func (c *crew) mailbox(ctx context.Context, box phonebook.Mailbox) Result {
	res := Result{User: box.User, Mail: box.Mail}
	ch, err := c.replace(ctx, box)
	if errors.Is(err, phonebook.ErrStale) && box.State != "" {
		c.anew(box.User, err.Error())
		box.State = ""
		ch, err = c.replace(ctx, box)
	}
	if err != nil {
		return res.failed(err)
	}
	return res.done(ch)
}

// anew tells the log why a mailbox is read in full that was read before.
func (c *crew) anew(user, why string) {
	c.Logger.Info("reading the mailbox in full", "member", user, "why", why)
}

// replace makes one try.
func (c *crew) replace(ctx context.Context, box phonebook.Mailbox) (phonebook.Changes, error) {
	var read spool
	defer read.close()
	contacts := 0
	state, err := c.source.Read(ctx, box.Member, box.State, func(p phonebook.Page) error {
		contacts += len(p.Contacts)
		for i := range p.Contacts {
			if e, ok := c.Normaliser.Entry(p.Contacts[i]); !ok {
				read.drop(p.Contacts[i].ID)
			} else if err := read.put(e); err != nil {
				return err
			}
		}
		for _, id := range p.Gone {
			read.drop(id)
		}
		return ctx.Err()
	})
	if err != nil {
		return phonebook.Changes{}, fmt.Errorf("read mailbox %s: %w", box.Mail, err)
	}
	r := c.replacement(box, state)
	r.Entries, r.Len = read.entries(), read.live
	// A mailbox with contacts of which none belongs in a phonebook is not one
	// that suddenly answers with none.
	r.AllowEmpty = c.AllowEmpty || contacts > 0
	if box.State != "" {
		r.Gone = slices.Sorted(maps.Keys(read.gone))
	}
	return c.Store.Replace(ctx, r)
}

// replacement returns a replacement's head.
func (c *crew) replacement(box phonebook.Mailbox, state string) phonebook.Replacement {
	return phonebook.Replacement{
		Owner: box.User, Title: c.Title, SyncedAt: c.now().Format(time.RFC3339),
		Since: c.sealed(box.State), State: c.sealed(state),
		Full: c.Full, DryRun: c.DryRun,
	}
}

// done returns the result of a replacement.
func (r Result) done(ch phonebook.Changes) Result {
	r.Renamed, r.Details = ch.Renamed, ch.Details
	r.Entries, r.Added, r.Updated, r.Removed = ch.Entries, ch.Added, ch.Updated, ch.Removed
	switch {
	case ch.Kept:
		r.Result = Kept
		r.Error = fmt.Sprintf("mailbox %s answers with no contacts at all; the phonebook keeps its %s", r.Mail, entries(ch.Entries))
		r.Hint = "if the mailbox is really empty: contactsync --user " + r.User + " --allow-empty"
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
