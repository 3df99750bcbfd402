package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// atOnce is how many mailboxes are looked at together: as many as a batch of
// Microsoft Graph takes.
const atOnce = 20

// crew is what the workers of a run share.
type crew struct {
	*Syncer
	name   string // of the source
	source Source
	stop   context.CancelCauseFunc // ends the run early
	queue  chan task
	binder binder
	mu     sync.Mutex
	streak int // failures in a row that are no single member's
}

// task is a mailbox to read, and where its result goes.
type task struct {
	box    phonebook.Mailbox
	result *Result
}

// members synchronises the members, Workers at a time, and adds their results
// to the report in the order of the members. It stops early, with an error,
// where going on would fail for everybody.
func (s *Syncer) members(ctx context.Context, choice Choice, members []phonebook.Member, r *Report) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := &crew{Syncer: s, name: choice.Name, source: choice.Source, stop: stop, queue: make(chan task),
		binder: binder{waiting: &batch{}, full: make(chan *batch)}}
	results := make([]Result, len(members))
	var readers, writer sync.WaitGroup
	for range max(s.Workers, 1) {
		readers.Go(func() {
			var read spool
			for t := range c.queue {
				c.mailbox(ctx, t, &read)
			}
		})
	}
	writer.Go(func() { c.bind(ctx) })
	for i := 0; i < len(members) && ctx.Err() == nil; i += atOnce {
		end := min(i+atOnce, len(members))
		if err := c.some(ctx, members[i:end], results[i:end]); err != nil {
			stop(err)
		}
	}
	close(c.queue)
	readers.Wait()
	close(c.binder.full)
	writer.Wait()
	r.Members = slices.DeleteFunc(results, func(res Result) bool { return res.Result == "" }) // not done
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// some does what can be done for several members together, and queues the
// mailboxes that have to be read one by one. The error is one of the store.
func (c *crew) some(ctx context.Context, members []phonebook.Member, results []Result) error {
	var owners []string
	for _, m := range members {
		owners = append(owners, m.User)
	}
	known, err := c.Store.Known(ctx, owners)
	if err != nil {
		return err
	}
	var tasks []task
	for i, m := range members {
		if m.Problem != "" {
			c.done(ctx, Result{User: m.User, Mail: m.Mail}.skipped(m.Problem), &results[i])
			continue
		}
		state, why := c.opened(known[m.User])
		if why != "" {
			c.anew(m.User, why)
		}
		tasks = append(tasks, task{phonebook.Mailbox{Member: m, State: state}, &results[i]})
	}
	if tasks, err = c.scout(ctx, tasks); err != nil {
		return err
	}
	for _, t := range tasks {
		select {
		case c.queue <- t:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// scout looks at the mailboxes, where the source can look at several at once,
// and returns those that have to be read.
func (c *crew) scout(ctx context.Context, tasks []task) (rest []task, err error) {
	scout, ok := c.source.(Scout)
	if !ok || len(tasks) == 0 {
		return tasks, nil
	}
	boxes := make([]phonebook.Mailbox, len(tasks))
	for i, t := range tasks {
		boxes[i] = t.box
	}
	var calm []task
	var confirm []phonebook.Replacement
	for i, look := range scout.Look(ctx, boxes) {
		switch t := tasks[i]; {
		case look.Err != nil && !errors.Is(look.Err, phonebook.ErrStale):
			c.done(ctx, Result{User: t.box.User, Mail: t.box.Mail}.failed(fmt.Errorf("read mailbox %s: %w", t.box.Mail, look.Err)), t.result)
		case look.Unchanged && t.box.State != "":
			calm = append(calm, t)
			confirm = append(confirm, c.replacement(t.box, look.State))
		default:
			rest = append(rest, t)
		}
	}
	if len(calm) == 0 {
		return rest, nil
	}
	confirmed, err := c.Store.Confirm(ctx, confirm)
	if err != nil {
		return nil, err
	}
	for i, t := range calm {
		if confirmed[i].Err != nil {
			rest = append(rest, t) // Replace says why
			continue
		}
		c.done(ctx, Result{User: t.box.User, Mail: t.box.Mail, Result: Unchanged, Entries: confirmed[i].Entries}, t.result)
	}
	return rest, nil
}

// done takes a member's result, one at a time, and stops the run where the
// store cannot be written, or where one mailbox after the other fails because
// nothing can be reached: each takes its tries and waits, and thousands of
// them would take days.
func (c *crew) done(ctx context.Context, res Result, to *Result) {
	if res.Err != nil && ctx.Err() != nil {
		return // broken off from outside: not the member's failure
	}
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
	res.Details = nil // they may be many, and have been shown
	*to = res
}

// ofTheStore tells whether an error is about the phonebooks' file itself.
func ofTheStore(err error) bool {
	class := fault.ClassOf(err)
	return class == fault.Damage || class == fault.Permission
}
