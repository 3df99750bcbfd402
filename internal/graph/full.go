package graph

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// A full reading begins with a round of delta, which names every contact there
// is, and ends with a link for the next run: whatever happens from then on, the
// next run is told. Only then the contacts themselves are listed.
//
// The links between the pages of a list count entries. Where a contact goes
// away from a page that has been, the next page starts one too far, and a
// contact is never shown. So who was named and not shown is asked for by
// himself. In the meantime he may have been moved out of our sight, where he
// can still be asked for; so after that the deltas have the last word. They
// have it too where a contact was shown who had not been named. One of whom
// they never tell may stay for this night, but they need not tell either when
// he goes: such a reading leaves no state, and the next is a full one.

// restarts is how often a full reading begins anew because folders come and go.
const restarts = 3

// seed makes fingerprints.
var seed = maphash.MakeSeed()

// fingerprint stands for an id: of 100,000 contacts the ids alone take more
// memory than all else. Two in a mailbox are the same once in thousands of
// millions of mailboxes, and then all it takes is the help above away from one
// of the two.
func fingerprint(id string) uint64 { return maphash.String(seed, id) }

// full reads all of a mailbox.
func (s *Source) full(ctx context.Context, box mailbox, yield func(phonebook.Page) error) (state string, err error) {
	r, err := s.enumerate(ctx, box)
	if err != nil {
		return "", err
	}
	restless, err := r.contents(ctx, yield)
	if err != nil {
		return "", err
	}
	if restless && !r.plain {
		err := r.catchUp(ctx, yield)
		if errors.Is(err, phonebook.ErrStale) {
			s.logger.Debug("a mailbox changed too much while it was read; the next run reads it in full again", "reason", err)
			return "", nil
		}
		if err != nil {
			return "", err
		}
	}
	return r.state()
}

// enumerate returns a reading that knows of every contact which folder names
// it.
func (s *Source) enumerate(ctx context.Context, box mailbox) (r *reading, err error) {
	for range restarts {
		var folders []string
		if folders, err = s.synchronised(ctx, s, box); err != nil {
			return nil, err
		}
		r, err = s.names(ctx, box, folders, s.noDelta)
		if err != nil && unsupported(err) && !errors.Is(err, phonebook.ErrStale) {
			s.logger.Debug("the service tells no changes of this mailbox's contacts; reading it in full every time", "reason", err)
			r, err = s.names(ctx, box, folders, true)
		}
		if !errors.Is(err, phonebook.ErrStale) {
			return r, err
		}
	}
	return nil, fault.New(fault.Member, hintRestless, "begun %d times: %w", restarts, err)
}

// names makes one try at enumerate.
func (s *Source) names(ctx context.Context, box mailbox, folders []string, plain bool) (*reading, error) {
	r := s.newReading(box, folders, nil)
	r.plain = plain
	for _, t := range r.tracks {
		t.named = map[uint64]bool{}
	}
	r.note = func(t *track, c change) {
		if c.removed {
			delete(t.named, fingerprint(c.id))
		} else {
			t.named[fingerprint(c.id)] = false
		}
	}
	return r, r.settle(ctx, s)
}

// contents hands over the contacts in all folders. Restless says that folders
// or contacts came or went away meanwhile.
func (r *reading) contents(ctx context.Context, yield func(phonebook.Page) error) (restless bool, err error) {
	var there []*track
	for _, t := range r.tracks {
		if err := r.list(ctx, t, yield); err == nil {
			there = append(there, t)
		} else if t.folder == "" || !gone(err) {
			return false, err
		}
	}
	r.torn = len(there) < len(r.tracks)
	restless = r.torn || len(r.unnamed) > 0
	r.tracks = there
	for _, t := range r.tracks {
		if t.shown == len(t.named) {
			continue
		}
		restless = true
		if err := r.missing(ctx, t, yield); err != nil && (t.folder == "" || !gone(err)) {
			return false, err
		}
	}
	return restless, nil
}

// list hands over the contacts of a folder.
func (r *reading) list(ctx context.Context, t *track, yield func(phonebook.Page) error) error {
	s := r.source
	decode := func(body *reader) (page[phonebook.Contact], error) {
		return decodeContacts(body, min(max(len(t.named)-t.shown, 0), listPage))
	}
	return list(ctx, s, s, s.link(contactsPath(r.box, t.folder), s.query), decode, func(contacts []phonebook.Contact) error {
		for i := range contacts {
			id := contacts[i].ID
			f := fingerprint(id)
			shown, named := t.named[f]
			switch {
			case !named:
				r.unnamed = append(r.unnamed, strings.Clone(id))
			case !shown:
				t.named[f] = true
				t.shown++
			}
		}
		return yield(phonebook.Page{Contacts: contacts})
	})
}

// missing hands over the contacts that a folder named and did not show. It
// asks for all names once more, which costs less than to remember them.
func (r *reading) missing(ctx context.Context, t *track, yield func(phonebook.Page) error) error {
	r.source.logger.Debug("a folder changed while it was read; asking for what was not on its pages", "contacts", len(t.named)-t.shown)
	again := &reading{source: r.source, box: r.box, plain: r.plain}
	w := again.walk(&track{folder: t.folder})
	var ids []string
	again.note = func(_ *track, c change) {
		if shown, named := t.named[fingerprint(c.id)]; named && !shown && !c.removed {
			ids = append(ids, c.id)
		}
	}
	for w.link != "" {
		r.source.step(ctx, r.source, []*walk{w})
		if err := r.source.fetch(ctx, r.source, r.box, ids, yield); err != nil {
			return err
		}
		ids = ids[:0]
	}
	return w.err
}

// catchUp hands over what happened since the reading began.
func (r *reading) catchUp(ctx context.Context, yield func(phonebook.Page) error) error {
	r.note, r.rounds = r.remember, 0
	if err := r.settle(ctx, r.source); err != nil {
		return err
	}
	for _, id := range r.unnamed {
		if _, ok := r.told[id]; !ok && !r.named(id) {
			r.torn = true // it came after the reading began, and may have gone already
		}
	}
	return r.deliver(ctx, r.source, yield)
}

// named tells whether a folder named a contact when the reading began.
func (r *reading) named(id string) bool {
	return slices.ContainsFunc(r.tracks, func(t *track) bool {
		_, ok := t.named[fingerprint(id)]
		return ok
	})
}
