package graph

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// A full reading begins with a round of delta, which names every contact there
// is, and ends with a link for the next run: whatever happens from then on, the
// next run is told. Only then the contacts themselves are listed.
//
// The links between the pages of a list count entries. Where a contact goes
// away from a page that has been, the next page starts one too far, and a
// contact is never shown. So who was named and not shown is asked for by
// himself. In the meantime he may have been moved out of our sight, where he
// can still be asked for; so after that the deltas have the last word, however
// much they tell (see catchup.go). What is handed over is the mailbox as it is
// then, or the reading fails. The folders are listed once more for that. Whom
// none of them names in the end is taken back: he lay in a folder that went
// away, or was handed over before the reading began anew.
//
// The deltas have the last word too where a contact was shown who had not been
// named. One of whom they never tell may stay for this night, but they need not
// tell either when he goes: such a reading leaves no state, and the next is a
// full one.

// restarts is how often a full reading begins at most: folders come and go, or
// the service forgets what it told last.
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
	var all handed
	for range restarts {
		var r *reading
		if r, err = s.begin(ctx, box); err == nil {
			err = r.all(ctx, &all, yield)
		}
		if err == nil {
			return r.state()
		}
		if !errors.Is(err, phonebook.ErrStale) {
			return "", err
		}
		s.logger.Debug("a full reading cannot go on", "reason", err)
	}
	return "", fault.New(fault.Member, words.MailboxRestless, "begun %d times: %w", restarts, err)
}

// begin returns a reading that knows of every contact which folder names it.
func (s *Source) begin(ctx context.Context, box mailbox) (*reading, error) {
	folders, err := s.synchronised(ctx, s, box)
	if err != nil {
		return nil, err
	}
	r, err := s.names(ctx, box, folders, s.noDelta)
	if err != nil && unsupported(err) && !errors.Is(err, phonebook.ErrStale) {
		s.logger.Debug(words.Fill(words.FullEveryTime), "reason", err)
		r, err = s.names(ctx, box, folders, true)
	}
	return r, err
}

// all hands over the contacts, and takes back who is not there any more, of
// those who were handed over in earlier tries too.
func (r *reading) all(ctx context.Context, before *handed, yield func(phonebook.Page) error) error {
	again := len(before.text) > 0
	restless, err := r.contents(ctx, before.over(yield))
	if err != nil {
		return err
	}
	moved, err := r.relist(ctx)
	switch {
	case err != nil:
		return err
	case r.plain && (moved || r.torn):
		return &stale{why: words.Fill(words.FoldersCameOrWent)}
	case !restless && !moved && !again:
		return nil
	case !r.plain:
		if err := r.catchUp(ctx); err != nil {
			return err
		}
	}
	r.keepUnnamed()
	if lost := r.nowhere(before); len(lost) > 0 {
		if err := yield(phonebook.Page{Gone: lost}); err != nil {
			return err
		}
	}
	return r.deliver(ctx, r.source, yield)
}

// names makes one try at begin.
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
	for _, read := range []func(context.Context, *track, func(phonebook.Page) error) error{r.list, r.missing} {
		for _, t := range slices.Clone(r.tracks) {
			err := read(ctx, t, yield)
			if t.folder != "" && gone(err) {
				r.drop(t)
			} else if err != nil {
				return false, err
			}
			restless = restless || err != nil || len(t.unnamed) > 0 || t.shown < len(t.named)
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
				t.unnamed = append(t.unnamed, strings.Clone(id))
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
	if t.shown == len(t.named) {
		return nil
	}
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
	return t.explain(w.err)
}
