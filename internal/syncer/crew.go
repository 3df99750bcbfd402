package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
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
	streak  int   // tries in a row that reached no mailbox, for a reason that is no single member's
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
	if ofTheStore(c.refusal) {
		return c.refusal // also where somebody had stopped the run before
	}
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
	var missed error // the first of its kind; all of a batch can fail for one reason
	for i, look := range scout.Look(ctx, boxes) {
		switch t := tasks[i]; {
		case look.Err != nil && !errors.Is(look.Err, phonebook.ErrStale):
			err := fmt.Errorf("read mailbox %s: %w", t.box.Mail, look.Err)
			if c.failed(ctx, t, err); missed == nil {
				missed = err
			}
		case look.Unchanged && t.box.State != "":
			calm = append(calm, t)
			confirm = append(confirm, c.replacement(t.box, look.State))
		default:
			rest = append(rest, t)
		}
	}
	if len(calm) > 0 {
		missed = nil
	}
	if missed != nil || len(calm) > 0 {
		c.reached(ctx, missed)
	}
	return c.confirm(ctx, calm, confirm, rest)
}

// confirm has the store take down that nothing changed in calm mailboxes, and
// returns the others with those that have to be read all the same.
func (c *crew) confirm(ctx context.Context, calm []task, rs []phonebook.Replacement, rest []task) ([]task, error) {
	if len(calm) == 0 {
		return rest, nil
	}
	confirmed, err := c.Store.Confirm(ctx, rs)
	if c.heed(err); err != nil {
		if ofTheStore(err) || ctx.Err() != nil {
			return nil, err
		}
		return append(rest, calm...), nil // the store may take them later
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

// reached takes note of whether a mailbox could be read, or one of several that
// were looked at together. The run ends where one try after the other fails
// because nothing can be reached: each waits, and thousands of them would take
// days.
func (c *crew) reached(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	class := fault.ClassOf(err)
	if err == nil || class != fault.Unavailable && class != fault.Config {
		c.streak = 0
		return
	}
	if c.streak++; c.streak >= max(2*c.Workers, 6) {
		c.stop(fault.New(class, fault.HintOf(err), words.GivenUpAfter, c.streak, err))
	}
}

// failed takes note of a member's failure, unless that is the end of the run.
func (c *crew) failed(ctx context.Context, t task, err error) {
	if ctx.Err() == nil {
		c.done(Result{User: t.box.User, Mail: t.box.Mail}.failed(err), t.result)
	}
}

// patient is how many transactions in a row may find the file in use before
// the run ends: the first has waited for half a minute.
const patient = 6

// heed takes note of how a transaction ended, and ends the run where the file
// cannot be written.
func (c *crew) heed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	class := fault.ClassOf(err)
	switch {
	case err == nil || class == fault.Member:
		c.refused = 0
	case ofTheStore(err):
		c.refusal = err
		c.stop(err)
	case !ofTheStore(c.refusal):
		c.refusal = err
		if c.refused++; c.refused == patient {
			c.stop(fault.New(class, fault.HintOf(err), words.GivenUpAfter, c.refused, err))
		}
	}
}

// broken tells whether the file cannot be written.
func (c *crew) broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ofTheStore(c.refusal)
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
