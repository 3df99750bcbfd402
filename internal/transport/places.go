package transport

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"contactsync/internal/words"
)

// enough is how many good answers in a row it takes until one more request may
// be in flight again.
const enough = 8

// places bounds the requests in flight. There are fewer of them while the
// service asks for patience: each time by half, and one more with every few
// good answers. Requests that are already in flight when the service complains
// say nothing about the smaller number, so that four refusals at the same
// moment halve it once.
//
// Who waits is served in turn, because a batch, which takes all places, would
// never see them free at the same time otherwise. Where there are fewer places
// than a request weighs, it goes alone.
type places struct {
	most   int64 // at full speed
	logger *slog.Logger
	told   func(now, most int64) // the observer

	mu    sync.Mutex
	now   int64 // as many as there are now; 1 to most
	taken int64
	turn  int // goes up whenever there are fewer
	good  int // answers in this turn, since there were more or fewer
	queue []*place
}

// place is what a request in flight holds.
type place struct {
	weight int64
	turn   int           // of places when it was given
	given  chan struct{} // closed by then
}

func newPlaces(most int64, logger *slog.Logger) *places {
	return &places{most: most, now: most, logger: logger, told: nobody{}.Places}
}

// take waits for a place.
func (p *places) take(ctx context.Context, weight int64) (*place, error) {
	w := &place{weight: min(weight, p.most), given: make(chan struct{})}
	p.mu.Lock()
	p.queue = append(p.queue, w)
	p.give()
	p.mu.Unlock()
	select {
	case <-w.given:
		return w, nil
	case <-ctx.Done():
		p.leave(w)
		return nil, ctx.Err()
	}
}

// leave takes back a wish, or the place where it has just been given.
func (p *places) leave(w *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, w); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	} else {
		p.taken -= w.weight
	}
	p.give()
}

// free gives a place back and learns from the answer: busy where the service
// wants fewer requests, well where it answered as it should.
func (p *places) free(w *place, busy, well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken -= w.weight
	switch {
	case w.turn != p.turn: // sent before there were fewer
	case busy:
		p.fewer()
	case well:
		p.more()
	}
	p.give()
}

// give hands out what is free to those who wait, in their order.
func (p *places) give() {
	for len(p.queue) > 0 {
		w := p.queue[0]
		if p.taken > 0 && p.taken+w.weight > p.now {
			return
		}
		p.queue = p.queue[1:]
		p.taken += w.weight
		w.turn = p.turn
		close(w.given)
	}
}

func (p *places) fewer() {
	p.turn++
	p.good = 0
	if p.now == 1 {
		return
	}
	p.now /= 2
	p.logger.Debug(words.Say(words.ServiceSlowed, p.now, p.most))
	p.told(p.now, p.most)
}

func (p *places) more() {
	if p.now == p.most {
		return
	}
	if p.good++; p.good < enough {
		return
	}
	p.good = 0
	if p.now++; p.now == p.most {
		p.told(p.now, p.most)
		p.logger.Debug(words.Say(words.ServiceAtSpeed, p.most))
	}
}
