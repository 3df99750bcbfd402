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
	again  []task // to be read in full once the others are done

	mu      sync.Mutex
	streak  int   // mailboxes in a row that could not be read for a reason that is no single member's
	refused int   // transactions in a row
	refusal error // of the last one
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
	c := &crew{Syncer: s, name: choice.Name, source: choice.Source, stop: stop}
	results := make([]Result, len(members))
	c.work(ctx, func() {
		for i := 0; i < len(members) && ctx.Err() == nil; i += atOnce {
			end := min(i+atOnce, len(members))
			if err := c.some(ctx, members[i:end], results[i:end]); err != nil {
				stop(err)
			}
		}
	})
	if again := c.again; len(again) > 0 {
		c.work(ctx, func() { c.enqueue(ctx, again) })
	}
	r.Members = slices.DeleteFunc(results, func(res Result) bool { return res.Result == "" }) // not done
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// work reads the mailboxes that feed queues, and has them written.
func (c *crew) work(ctx context.Context, feed func()) {
	c.queue = make(chan task)
	c.binder = binder{waiting: &batch{}, full: make(chan *batch)}
	var readers, writer sync.WaitGroup
	for range max(c.Workers, 1) {
		readers.Go(func() {
			var read spool
			for t := range c.queue {
				c.mailbox(ctx, t, &read)
			}
		})
	}
	writer.Go(func() { c.bind(ctx) })
	feed()
	close(c.queue)
	readers.Wait()
	close(c.binder.full)
	writer.Wait()
}

// enqueue queues mailboxes, until the run is stopped.
func (c *crew) enqueue(ctx context.Context, tasks []task) {
	for _, t := range tasks {
		select {
		case c.queue <- t:
		case <-ctx.Done():
			return
		}
	}
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
			c.done(Result{User: m.User, Mail: m.Mail}.skipped(m.Problem), &results[i])
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
	c.enqueue(ctx, tasks)
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
			c.missed(ctx, t, fmt.Errorf("read mailbox %s: %w", t.box.Mail, look.Err))
		case look.Unchanged && t.box.State != "":
			c.reached()
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
		c.done(Result{User: t.box.User, Mail: t.box.Mail, Result: Unchanged, Entries: confirmed[i].Entries}, t.result)
	}
	return rest, nil
}

// reached takes note of a mailbox that could be read.
func (c *crew) reached() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streak = 0
}

// missed takes note of a mailbox that could not be read. The run ends where one
// after the other fails because nothing can be reached: each takes its tries
// and waits, and thousands of them would take days.
func (c *crew) missed(ctx context.Context, t task, err error) {
	if ctx.Err() != nil {
		return // broken off from outside: not the member's failure
	}
	c.mu.Lock()
	class := fault.ClassOf(err)
	switch {
	case class == fault.Unavailable || class == fault.Config:
		c.streak++
	default:
		c.streak = 0
	}
	if c.streak >= max(2*c.Workers, 6) {
		c.stop(fault.New(class, fault.HintOf(err), "given up after %d mailboxes in a row: %w", c.streak, err))
	}
	c.mu.Unlock()
	c.done(Result{User: t.box.User, Mail: t.box.Mail}.failed(err), t.result)
}

// patient is how many transactions in a row may find the file in use before
// the run ends: the first has waited for half a minute.
const patient = 6

// heed takes note of what the store answered, and ends the run where it cannot
// be written.
func (c *crew) heed(answers []phonebook.Replaced) {
	c.refusal = nil
	c.refusal = nil
	for _, answer := range answers {
		if class := fault.ClassOf(answer.Err); answer.Err != nil && (class == fault.Unavailable || ofTheStore(answer.Err)) {
			c.refusal = answer.Err // that of one transaction is the same for all
		}
	}
	switch {
	case c.refusal == nil:
		c.refused = 0
	case ofTheStore(c.refusal):
		c.stop(c.refusal)
	default:
		if c.refused++; c.refused == patient {
			c.stop(fault.New(fault.ClassOf(c.refusal), fault.HintOf(c.refusal), "given up after %d tries: %w", c.refused, c.refusal))
		}
	}
}

// done takes a member's result, one at a time.
func (c *crew) done(res Result, to *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Done != nil {
		c.Done(res)
	}
	res.Details = nil // they may be many, and have been shown
	*to = res
}

// ofTheStore tells whether an error is about the phonebooks' file itself.
func ofTheStore(err error) bool {
	class := fault.ClassOf(err)
	return err != nil && (class == fault.Damage || class == fault.Permission)
}
