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

// members synchronises the members, Workers at a time, and adds their results
// to the report in the order of the members. It stops early, with the error,
// where the store itself cannot be written: that would fail for everybody.
func (s *Syncer) members(ctx context.Context, src Source, members []phonebook.Member, r *Report) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make([]*Result, len(members))
	next := make(chan int)
	var (
		wg   sync.WaitGroup
		done sync.Mutex
	)
	for range max(s.Workers, 1) {
		wg.Go(func() {
			for i := range next {
				res := s.member(ctx, src, members[i])
				if res.Err != nil && ctx.Err() != nil {
					continue // broken off from outside: not the member's failure
				}
				if ofTheStore(res.Err) {
					stop(fmt.Errorf("write the phonebook of %s: %w", res.User, res.Err))
				}
				done.Lock()
				results[i] = &res
				if s.Done != nil {
					s.Done(res)
				}
				done.Unlock()
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
	ch, err := s.Store.Replace(context.WithoutCancel(ctx), phonebook.Replacement{
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
