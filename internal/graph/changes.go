package graph

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// change is a line of delta: a contact is in the folder, new, changed or as it
// was, or it is there no more.
type change struct {
	id      string
	removed bool
}

// decodeChanges is decodeItems for a round of delta.
func decodeChanges(r *reader) (page[change], error) {
	p, err := decodeIDs(r)
	if err == nil && p.next == "" && p.delta == "" {
		return page[change]{}, errNoLink
	}
	return p, err
}

// decodeIDs is decodeItems for a list of ids.
func decodeIDs(r *reader) (page[change], error) { return readPage(r, 0, r.change) }

// change reads one line of delta.
func (r *reader) change() (c change) {
	for name := range r.object() {
		switch string(name) {
		case "id":
			c.id = r.string()
		case "@removed":
			if c.removed = !r.null(); c.removed {
				r.skip(3)
			}
		default:
			r.skip(3)
		}
	}
	if c.id == "" && r.err == nil {
		r.err = errNoID
	}
	return c
}

// reading follows the changes in the folders of a mailbox.
//
// Each folder has a delta of its own, and a contact can move from one to the
// other while they are asked in turn. So where there are several folders, they
// are asked again until none of them has any news: the links that a reading
// leaves are then all of one moment. What a delta says of a contact holds for
// its own folder, and a contact is gone when no folder has it any more.
type reading struct {
	source *Source
	box    mailbox
	tracks []*track
	note   func(*track, change) // takes the news
	plain  bool                 // there is no delta: the ids in the folders are listed
	news   int                  // of the round under way, or the last one
	rounds int                  // that have ended

	alone bool // one folder is asked in the round under way, or was in the last one
	late  bool // a full reading catches up: what has been handed over must be put right
	torn  bool // contacts were shown of whom no delta will tell that they have gone

	told map[string][]*track // what the deltas said: the folders that have a contact, by its id
}

// track is the delta of one folder.
type track struct {
	folder string          // its id; empty: the default one
	next   string          // where the next round begins; empty: with everything
	walk   *walk           // the round under way; nil: none
	named  map[uint64]bool // by fingerprint, who was named when a full reading began, and whether he was shown since
	shown  int             // how many of them were

	unnamed []string // ids of those who were shown then and had not been named
}

// How often the folders are asked for news before it is too much, and how much
// news since the last run is rather read in full.
const (
	maxRounds  = 8
	maxChanges = 5000
)

// newReading returns a reading of folders from where next says; of those that
// are not in it, from their beginnings.
func (s *Source) newReading(box mailbox, folders []string, next map[string]string) *reading {
	r := &reading{source: s, box: box, told: map[string][]*track{}}
	for _, id := range folders {
		r.tracks = append(r.tracks, &track{folder: id, next: next[id]})
	}
	r.note = r.remember
	return r
}

// resume returns a reading that goes on where the state was left. The error is
// a *stale where that cannot be.
func (s *Source) resume(ctx context.Context, a asker, box mailbox, since string) (*reading, error) {
	next, err := s.parseState(box, since)
	if err != nil {
		return nil, err
	}
	folders, err := s.synchronised(ctx, a, box)
	if err != nil {
		return nil, err
	}
	for id := range next {
		if !slices.Contains(folders, id) {
			return nil, &stale{why: words.Fill(words.FolderGone)}
		}
	}
	return s.newReading(box, folders, next), nil
}

// remember is the note of a reading of changes.
func (r *reading) remember(t *track, c change) {
	in := r.told[c.id]
	in = slices.DeleteFunc(in, func(other *track) bool { return other == t })
	if !c.removed {
		in = append(in, t)
	}
	r.told[c.id] = in
}

// settled tells whether there is no more to ask.
func (r *reading) settled() bool {
	return r.rounds > 0 && !r.under() && (r.plain || r.alone || r.news == 0)
}

// under tells whether a round is under way.
func (r *reading) under() bool { return r.tracks[0].walk != nil }

// settle asks for news until there is no more. The error is a *stale where the
// service cannot tell.
func (r *reading) settle(ctx context.Context, a asker) error {
	for n := 0; !r.settled(); n++ {
		if n == maxRounds {
			return errRestless(n)
		}
		for again := true; again; again = r.under() {
			if err := r.step(ctx, a); err != nil {
				return err
			}
			if len(r.told) > maxChanges && !r.late {
				return &stale{why: words.Fill(words.SoMuchChanged)}
			}
		}
	}
	return nil
}

// errRestless is the error of a mailbox that never stands still.
func errRestless(times int) error {
	return fault.New(fault.Member, words.MailboxRestless, "asked for changes %d times, and there are always more", times)
}

// step asks for one page of each folder in the round under way, or begins one.
func (r *reading) step(ctx context.Context, a asker) error {
	if !r.under() {
		r.news, r.alone = 0, len(r.tracks) == 1
		for _, t := range r.tracks {
			t.walk = r.walk(t)
		}
	}
	walks := make([]*walk, len(r.tracks))
	for i, t := range r.tracks {
		walks[i] = t.walk
	}
	r.source.step(ctx, a, walks)
	for _, t := range slices.Clone(r.tracks) {
		err := t.walk.err
		if r.late && t.folder != "" && gone(err) {
			r.drop(t)
		} else if err != nil {
			return t.explain(err)
		}
	}
	if going(walks) {
		return nil
	}
	for _, t := range r.tracks {
		t.next, t.walk = t.walk.end, nil
	}
	r.rounds++
	return nil
}

// walk returns the walk of a track's next round.
func (r *reading) walk(t *track) *walk {
	use := func(changes []change) error {
		r.news += len(changes)
		for _, c := range changes {
			r.note(t, c)
		}
		return nil
	}
	switch {
	case r.plain:
		return newWalk(r.source.link(contactsPath(r.box, t.folder), "$select=id"), listPage, decodeIDs, use)
	case t.next == "":
		return newWalk(r.source.link(deltaPath(r.box, t.folder), "$select=id"), deltaPage, decodeChanges, use)
	}
	return newWalk(t.next, deltaPage, decodeChanges, use)
}

// explain returns the error of a track. The error is a *stale where the folder
// went away, or the service has forgotten what it told last.
func (t *track) explain(err error) error {
	switch {
	case t.folder != "" && gone(err):
		return &stale{words.Fill(words.FolderGone), err}
	case forgotten(err), t.next != "" && refused(err):
		return &stale{words.Fill(words.ChangesForgotten), err}
	}
	return err
}

// state returns the state of what has been read; empty where there is none, and
// where no delta would tell that what was shown has gone.
func (r *reading) state() (string, error) {
	if r.plain || r.torn {
		return "", nil
	}
	next := make(map[string]string, len(r.tracks))
	for _, t := range r.tracks {
		next[t.folder] = t.next
	}
	return r.source.state(r.box, next)
}

// deliver reads the contacts that the deltas told of, and hands them over,
// then the ids of those that are gone.
func (r *reading) deliver(ctx context.Context, a asker, yield func(phonebook.Page) error) error {
	var there, lost []string
	for _, id := range slices.Sorted(maps.Keys(r.told)) {
		if len(r.told[id]) > 0 {
			there = append(there, id)
		} else {
			lost = append(lost, id)
		}
	}
	clear(r.told)
	if err := r.source.fetch(ctx, a, r.box, there, yield); err != nil || len(lost) == 0 {
		return err
	}
	return yield(phonebook.Page{Gone: lost})
}

// fetch reads contacts one by one, in batches, and hands them over. One that
// is not there any more is gone.
func (s *Source) fetch(ctx context.Context, a asker, box mailbox, ids []string, yield func(phonebook.Page) error) error {
	for some := range slices.Chunk(ids, batchMax) {
		var p phonebook.Page
		requests := make([]*request, len(some))
		contacts := make([]phonebook.Contact, len(some))
		for i, id := range some {
			requests[i] = &request{link: s.link(box.path+"/contacts/"+url.PathEscape(id), s.query), use: func(r *reader) (err error) {
				contacts[i], err = decodeContact(r)
				return err
			}}
		}
		a.ask(ctx, requests...)
		for i, q := range requests {
			switch {
			case q.err == nil:
				p.Contacts = append(p.Contacts, contacts[i])
			case gone(q.err):
				p.Gone = append(p.Gone, some[i])
			default:
				return q.err
			}
		}
		if err := yield(p); err != nil {
			return err
		}
	}
	return nil
}
