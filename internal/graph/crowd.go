package graph

import (
	"context"
	"slices"
	"sync"
)

// crowd is an asker for several readers of mailboxes that run side by side: it
// waits until each of them has asked for something, and sends all of that in
// batches. A reader whose request is throttled waits alone, and the others go
// on.
type crowd struct {
	source *Source

	mu    sync.Mutex
	busy  int // readers that are not waiting for an answer
	queue []*request
	waits map[*request]*wait
}

// wait is a reader that waits.
type wait struct {
	left int           // requests without an answer
	over chan struct{} // closed when there are none
}

// newCrowd returns a crowd of so many readers, each of which has to leave.
func newCrowd(s *Source, readers int) *crowd {
	return &crowd{source: s, busy: readers, waits: map[*request]*wait{}}
}

// ask implements asker.
func (c *crowd) ask(ctx context.Context, requests ...*request) {
	if len(requests) == 0 {
		return
	}
	w := &wait{left: len(requests), over: make(chan struct{})}
	c.mu.Lock()
	for _, q := range requests {
		c.waits[q] = w
	}
	c.queue = append(c.queue, requests...)
	c.rest(ctx)
	c.mu.Unlock()
	<-w.over
}

// leave says that a reader has nothing more to ask.
func (c *crowd) leave(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest(ctx)
}

// rest takes note of a reader that asks for nothing more now, and sends what
// is there once that is true of all.
func (c *crowd) rest(ctx context.Context) {
	if c.busy--; c.busy > 0 {
		return
	}
	for batch := range slices.Chunk(c.queue, batchMax) {
		go c.source.send(ctx, batch, c.answered)
	}
	c.queue = nil
}

// answered wakes the readers whose last requests these were. None of them gets
// to ask before all are awake, so that they meet again in the next batch.
func (c *crowd) answered(requests ...*request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range requests {
		w := c.waits[q]
		delete(c.waits, q)
		if w.left--; w.left == 0 {
			c.busy++
			close(w.over)
		}
	}
}
