package graph

import (
	"context"
	"sync"

	"contactsync/internal/phonebook"
)

// What a look finds has to be kept until the mailbox is read, so it goes no
// further than this.
const (
	maxSeen  = 500      // changes
	maxSteps = 4        // pages, of which Exchange likes to send empty ones
	maxRead  = batchMax // contacts, which then share their batches with other mailboxes'
)

// finding is what a look found, for the reading that follows.
type finding struct {
	box     mailbox
	since   string
	reading *reading         // that can go on; nil: there is none
	read    bool             // it has ended already
	pages   []phonebook.Page // that it has handed over
	err     error            // that it would end with
}

// findings holds what was found of the last mailboxes that were looked at. Two
// looks' worth are enough, since each is followed by the readings that it led
// to, and memory does not grow with the number of members.
type findings struct {
	mu           sync.Mutex
	last, before map[string]*finding
}

// next forgets the look before the last.
func (f *findings) next() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last, f.before = map[string]*finding{}, f.last
}

func (f *findings) put(m phonebook.Member, found *finding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[key(m)] = found
}

// take returns what was found of a member's mailbox. What it holds beside the
// mailbox itself is good for once.
func (f *findings) take(m phonebook.Member) (finding, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, all := range []map[string]*finding{f.last, f.before} {
		if found := all[key(m)]; found != nil {
			once := *found
			*found = finding{box: once.box}
			return once, true
		}
	}
	return finding{}, false
}

func key(m phonebook.Member) string { return m.User + "\x00" + m.Mail + "\x00" + m.ObjectID }

// Look implements syncer.Scout: it finds the mailboxes of up to twenty members
// in one batch, and asks those with a state for what happened since in another.
// Where something did, Read goes on with what came.
func (s *Source) Look(ctx context.Context, boxes []phonebook.Mailbox) []phonebook.Look {
	s.found.next()
	looks := make([]phonebook.Look, len(boxes))
	c := newCrowd(s, len(boxes))
	var wg sync.WaitGroup
	for i := range boxes {
		wg.Go(func() {
			defer c.leave(ctx)
			looks[i] = s.look(ctx, c, boxes[i])
		})
	}
	wg.Wait()
	return looks
}

// look looks at one mailbox.
func (s *Source) look(ctx context.Context, c *crowd, m phonebook.Mailbox) phonebook.Look {
	box, err := s.find(ctx, c, m.Member)
	if err != nil {
		return phonebook.Look{Err: err}
	}
	found := &finding{box: box, since: m.State}
	defer s.found.put(m.Member, found)
	if m.State == "" {
		return phonebook.Look{}
	}
	r, err := s.resume(ctx, c, box, m.State)
	for n := 0; err == nil && n < maxSteps && !r.settled() && len(r.told) <= maxSeen; n++ {
		err = r.step(ctx, c)
	}
	if err == nil && r.settled() && len(r.told) == 0 {
		state, err := r.state()
		return phonebook.Look{Unchanged: true, State: state, Err: err}
	}
	if err == nil && len(r.told) <= maxSeen+deltaPage {
		found.reading = r
	}
	if err == nil && r.settled() && len(r.told) <= maxRead {
		found.read = true
		err = r.deliver(ctx, c, func(p phonebook.Page) error {
			found.pages = append(found.pages, p)
			return nil
		})
	}
	found.err = box.explain(err)
	return phonebook.Look{Err: found.err}
}

// known returns what a look found of a mailbox, or looks for the mailbox alone.
func (s *Source) known(ctx context.Context, m phonebook.Member, since string) (finding, error) {
	found, ok := s.found.take(m)
	if !ok {
		box, err := s.find(ctx, s, m)
		return finding{box: box}, err
	}
	if found.since != since || since == "" {
		return finding{box: found.box}, nil
	}
	return found, found.err
}
