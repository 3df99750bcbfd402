package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// crew is what the workers of a run share.
type crew struct {
	*Syncer
	stop   context.CancelCauseFunc // ends the run early
	mu     sync.Mutex
	streak int // failures in a row that are no single member's
}

// members synchronises the members, Workers at a time, and adds their results
// to the report in the order of the members. It stops early, with an error,
// where going on would fail for everybody.
func (s *Syncer) members(ctx context.Context, src Source, members []phonebook.Member, r *Report) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := &crew{Syncer: s, stop: stop}
	results := make([]*Result, len(members))
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(s.Workers, 1) {
		wg.Go(func() {
			for i := range next {
				res := s.member(ctx, src, members[i])
				if res.Err != nil && ctx.Err() != nil {
					continue // broken off from outside: not the member's failure
				}
				results[i] = c.done(res)
			}
		})
	}
	for i := range members {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	for _, res := range results {
		if res != nil {
			r.Members = append(r.Members, *res)
		}
	}
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// done takes a member's result, one at a time, and stops the run where the
// store cannot be written, or where one mailbox after the other fails because
// nothing can be reached: each takes its tries and waits, and thousands of
// them would take days.
func (c *crew) done(res Result) *Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	class := fault.ClassOf(res.Err)
	switch {
	case ofTheStore(res.Err):
		c.stop(fmt.Errorf("write the phonebook of %s: %w", res.User, res.Err))
	case class == fault.Unavailable || class == fault.Config:
		c.streak++
		if c.streak >= max(2*c.Workers, 6) {
			c.stop(fault.New(class, fault.HintOf(res.Err), "given up after %d mailboxes in a row: %w", c.streak, res.Err))
		}
	case res.Result != Skipped:
		c.streak = 0
	}
	if c.Done != nil {
		c.Done(res)
	}
	res.Changes.Details = nil // they may be many, and have been shown
	return &res
}

// ofTheStore tells whether an error is about the phonebooks' file itself.
func ofTheStore(err error) bool {
	class := fault.ClassOf(err)
	return class == fault.Damage || class == fault.Permission
}

// member synchronises one member.
func (s *Syncer) member(ctx context.Context, src Source, m phonebook.Member) Result {
	res := Result{User: m.User, Mail: m.Mail}
	if m.Problem != "" {
		return res.skipped(m.Problem)
	}
	entries, contacts, err := s.read(ctx, src, m)
	if err != nil {
		return res.failed(err)
	}
	ch, err := s.Store.Replace(ctx, phonebook.Replacement{
		Owner:    m.User,
		Title:    s.Title,
		Entries:  entries,
		SyncedAt: s.now().Format(time.RFC3339),
		// A mailbox with contacts of which none belongs in a phonebook is not
		// a mailbox that suddenly answers with none.
		AllowEmpty: s.AllowEmpty || contacts > 0,
		Full:       s.Full,
		DryRun:     s.DryRun,
	})
	if err != nil {
		return res.failed(err)
	}
	return res.done(ch)
}

// read reads the mailbox whole and returns its entries and the number of
// contacts that it holds. A contact that a service lists twice, because the
// mailbox changed between two pages, counts once: the later one.
func (s *Syncer) read(ctx context.Context, src Source, m phonebook.Member) (entries []phonebook.Entry, contacts int, err error) {
	place := make(map[string]int)
	err = src.Read(ctx, m, func(page []phonebook.Contact) error {
		for _, c := range page {
			contacts++
			e, ok := s.Normaliser.Entry(c)
			i, twice := place[c.ID]
			switch {
			case twice:
				entries[i] = e
			case ok:
				place[c.ID] = len(entries)
				entries = append(entries, e)
			}
		}
		return ctx.Err()
	})
	// The later version of a contact may have no place in a phonebook.
	entries = slices.DeleteFunc(entries, func(e phonebook.Entry) bool { return e.ID == "" })
	if err != nil {
		return nil, 0, fmt.Errorf("read mailbox %s: %w", m.Mail, err)
	}
	return entries, contacts, nil
}

// done returns the result of a replacement.
func (r Result) done(ch phonebook.Changes) Result {
	r.Changes = ch
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
