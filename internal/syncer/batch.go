package syncer

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// Mailboxes that have been read wait for others, and the store takes all of
// them in one transaction, which for many small phonebooks costs a fraction of
// one for each. They wait no longer than patience, so that who watches sees
// them come; if the run is killed meanwhile, they are read again.
const (
	enough   = 30_000  // entries
	heavy    = 1 << 20 // bytes in memory, beside the entries
	patience = 3 * time.Second
)

// batch is the mailboxes that wait.
type batch struct {
	records records // the entries of one after the other
	read    []readMailbox
	entries int
	bytes   int // that the rest takes in memory, about
}

// readMailbox is a mailbox that has been read whole.
type readMailbox struct {
	task
	replacement phonebook.Replacement // Entries are not set
	start       int64                 // of its entries among the batch's
}

// sizeOfMailbox is what a mailbox takes in memory beside its texts, in bytes.
const sizeOfMailbox = 512

// size returns how much memory the mailbox takes while it waits, in bytes. The
// state of a mailbox can be of several kilobytes.
func (m *readMailbox) size() int {
	n := sizeOfMailbox + len(m.replacement.Since) + len(m.replacement.State)
	for _, id := range m.replacement.Gone {
		n += len(id)
	}
	return n
}

// binder gathers batches, which one goroutine writes.
type binder struct {
	mu      sync.Mutex
	waiting *batch
	full    chan *batch
}

// add lets a mailbox wait, with the entries of what was read. Where enough
// wait, or there is no room for one more, it returns them.
func (b *binder) add(m readMailbox, read *spool) (full *batch, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.waiting
	err = w.add(m, read)
	if err == nil && w.entries < enough && w.bytes < heavy {
		return nil, nil
	}
	b.waiting = &batch{}
	if err != nil && len(w.read) > 0 {
		err = b.waiting.add(m, read)
	}
	return w, err
}

// add adds a mailbox, or after an error nothing of it.
func (b *batch) add(m readMailbox, read *spool) error {
	m.start = b.records.end()
	m.box.State = "" // the replacement has it
	if err := read.moveTo(&b.records); err != nil {
		b.records.cut(m.start)
		return err
	}
	b.read = append(b.read, m)
	b.entries += m.replacement.Len + len(m.replacement.Gone)
	b.bytes += m.size()
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

// write hands the mailboxes of a batch to the store, though the run be stopped
// by now: they have been read. Where the store fails, it is asked no more.
func (c *crew) write(ctx context.Context, b *batch) {
	defer b.records.reset()
	if len(b.read) == 0 || c.broken() {
		return
	}
	all := make([]phonebook.Replacement, len(b.read))
	for i, m := range b.read {
		all[i] = m.replacement
		all[i].Entries = b.entriesFrom(m.start, m.replacement.Len)
	}
	answers := c.Store.ReplaceAll(context.WithoutCancel(ctx), all)
	c.heed(refusal(answers))
	for i, answer := range answers {
		m := b.read[i]
		res := Result{User: m.box.User, Mail: m.box.Mail}
		switch {
		case errors.Is(answer.Err, phonebook.ErrStale) && m.replacement.Since != "":
			c.anew(m.box.User, answer.Err.Error())
			c.again = append(c.again, m.task)
		case answer.Err != nil:
			c.done(res.failed(answer.Err), m.result)
		default:
			c.done(c.Syncer.done(res, answer.Changes), m.result)
		}
	}
}

// refusal returns the answer that is not about one phonebook alone; nil where
// there is none.
func refusal(answers []phonebook.Replaced) error {
	for _, answer := range answers {
		if answer.Err != nil && fault.ClassOf(answer.Err) != fault.Member {
			return answer.Err
		}
	}
	return nil
}

// entriesFrom returns so many entries from where the first begins.
func (b *batch) entriesFrom(start int64, n int) iter.Seq2[phonebook.Entry, error] {
	return func(yield func(phonebook.Entry, error) bool) {
		from := b.records.from(start)
		var record []byte
		var err error
		for range n {
			if record, err = next(from, record); err != nil {
				yield(phonebook.Entry{}, err)
				return
			}
			if !yield(entryOf(string(record)), nil) {
				return
			}
		}
	}
}
