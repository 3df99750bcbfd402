package graph

import (
	"context"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// walk is a listing, or a round of delta, on its way from page to page.
type walk struct {
	link string // of the page to come; empty at the end
	end  string // where the next round of delta begins, once this one has ended
	err  error  // that ended it

	page   int // entries of a page at most
	decode func(*reader) error
	use    func() (next, delta string, err error) // what decode has left
	seen   map[string]bool
}

// newWalk returns a walk that begins at link and hands each page over, once it
// is whole and where there is anything on it.
func newWalk[T any](link string, size int, decode func(*reader) (page[T], error), use func([]T) error) *walk {
	var p page[T]
	return &walk{
		link: link, page: size, seen: map[string]bool{},
		decode: func(r *reader) (err error) {
			p, err = decode(r)
			return err
		},
		use: func() (next, delta string, err error) {
			next, delta = p.next, p.delta
			if len(p.items) > 0 {
				err = use(p.items)
			}
			p = page[T]{} // a large page need not wait for the next
			return next, delta, err
		},
	}
}

// step asks for the next page of each walk that is not at its end.
func (s *Source) step(ctx context.Context, a asker, walks []*walk) {
	var going []*walk
	var requests []*request
	for _, w := range walks {
		if w.link != "" {
			going = append(going, w)
			requests = append(requests, &request{link: w.link, page: w.page, use: w.decode})
		}
	}
	a.ask(ctx, requests...)
	for i, w := range going {
		if w.err = requests[i].err; w.err == nil {
			w.err = w.turn(s)
		}
		if w.err != nil {
			w.link = ""
		}
	}
}

// turn hands the page over and goes on to the next.
func (w *walk) turn(s *Source) error {
	w.seen[w.link] = true
	next, delta, err := w.use()
	if err != nil {
		return err
	}
	w.link = ""
	if next == "" {
		if delta != "" {
			w.end, err = s.follow(delta)
		}
		return err
	}
	if w.link, err = s.follow(next); err != nil {
		return err
	}
	if w.seen[w.link] {
		return fault.New(fault.Unavailable, words.AnswerStrange, "read pages: Microsoft Graph leads in a circle")
	}
	return nil
}

// all goes on with walks to the ends of all.
func (s *Source) all(ctx context.Context, a asker, walks ...*walk) {
	for going(walks) {
		s.step(ctx, a, walks)
	}
}

// going tells whether one of the walks is not at its end.
func going(walks []*walk) bool {
	for _, w := range walks {
		if w.link != "" {
			return true
		}
	}
	return false
}

// list hands over the pages of one listing.
func list[T any](ctx context.Context, s *Source, a asker, link string, decode func(*reader) (page[T], error), use func([]T) error) error {
	w := newWalk(link, listPage, decode, use)
	s.all(ctx, a, w)
	return w.err
}
