package syncer

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"contactsync/internal/phonebook"
)

// Mailboxes that have been read wait for others, and the store takes all of
// them in one transaction, which for many small phonebooks costs a fraction of
// one for each. They wait no longer than patience, so that who watches sees
// them come; if the run is killed meanwhile, they are read again.
const (
	enough   = 30_000 // entries
	patience = 3 * time.Second
)

// batch is the mailboxes that wait.
type batch struct {
	records records // the entries of one after the other
	read    []readMailbox
	entries int
}

// readMailbox is a mailbox that has been read whole.
type readMailbox struct {
	task
	replacement phonebook.Replacement // Entries are not set
	start       int64                 // of its entries among the batch's
}

// binder gathers batches, which one goroutine writes.
type binder struct {
	mu      sync.Mutex
	waiting *batch
	full    chan *batch
}

// add lets a mailbox wait, with the entries of what was read. Where enough
// wait, it returns them.
func (b *binder) add(m readMailbox, read *spool) (full *batch, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.waiting
	if err := w.add(m, read); err != nil || w.entries < enough {
		return nil, err
	}
	b.waiting = &batch{}
	return w, nil
}

func (b *batch) add(m readMailbox, read *spool) error {
	m.start = b.records.end()
	if err := read.moveTo(&b.records); err != nil {
		return err
	}
	b.read = append(b.read, m)
	b.entries += read.live + len(m.replacement.Gone)
	return nil
}

// take returns those that wait.
func (b *binder) take() *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.waiting
	b.waiting = &batch{}
	return w
}

// bind writes batches until there are no more, then those that wait.
func (c *crew) bind(ctx context.Context) {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		select {
		case full, ok := <-c.binder.full:
			if !ok {
				c.write(ctx, c.binder.take())
				return
			}
			c.write(ctx, full)
		case <-tick.C:
			c.write(ctx, c.binder.take())
		}
	}
}

// write hands the mailboxes of a batch to the store.
func (c *crew) write(ctx context.Context, b *batch) {
	defer b.records.reset()
	if len(b.read) == 0 {
		return
	}
	all := make([]phonebook.Replacement, len(b.read))
	for i, m := range b.read {
		all[i] = m.replacement
		all[i].Entries = b.entriesFrom(m.start, m.replacement.Len)
	}
	for i, answer := range c.Store.ReplaceAll(ctx, all) {
		m := b.read[i]
		res := Result{User: m.box.User, Mail: m.box.Mail}
		switch {
		case errors.Is(answer.Err, phonebook.ErrStale) && m.box.State != "":
			c.again(ctx, m.task, answer.Err)
		case answer.Err != nil:
			c.done(ctx, res.failed(answer.Err), m.result)
		default:
			c.done(ctx, res.done(answer.Changes), m.result)
		}
	}
}

// again reads a mailbox in full where the store had no use for what changed.
func (c *crew) again(ctx context.Context, t task, why error) {
	var read spool
	defer read.reset()
	var alone batch
	c.anew(t.box.User, why.Error())
	t.box.State = ""
	m, err := c.read(ctx, t, &read)
	if err == nil {
		err = alone.add(m, &read)
	}
	if err != nil {
		c.done(ctx, Result{User: t.box.User, Mail: t.box.Mail}.failed(err), t.result)
		return
	}
	c.write(ctx, &alone)
}

// entriesFrom returns so many entries from where the first begins.
func (b *batch) entriesFrom(start int64, n int) iter.Seq2[phonebook.Entry, error] {
	return func(yield func(phonebook.Entry, error) bool) {
		from, err := b.records.from(start)
		var record []byte
		for i := 0; i < n && err == nil; i++ {
			if record, err = next(from, record); err == nil && !yield(entryOf(string(record)), nil) {
				return
			}
		}
		if err != nil {
			yield(phonebook.Entry{}, err)
		}
	}
}
