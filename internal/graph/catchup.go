package graph

import (
	"context"
	"slices"
)

// catchUp takes note of what happened since the reading began: in the contacts,
// and in the folders, for a contact can move into one that is new.
func (r *reading) catchUp(ctx context.Context) error {
	r.note, r.late = r.remember, true
	for n, news := 0, true; news; n++ {
		if n == maxRounds {
			return errRestless(n)
		}
		r.rounds = 0
		if err := r.settle(ctx, r.source); err != nil {
			return err
		}
		var err error
		if news, err = r.relist(ctx); err != nil {
			return err
		}
	}
	return nil
}

// relist goes on with the folders that there are now; news says that they are
// not those of before.
func (r *reading) relist(ctx context.Context) (news bool, err error) {
	folders, err := r.source.synchronised(ctx, r.source, r.box)
	if err != nil {
		return false, err
	}
	for _, t := range slices.Clone(r.tracks) {
		if !slices.Contains(folders, t.folder) {
			r.drop(t)
			news = true
		}
	}
	for _, id := range folders {
		if !slices.ContainsFunc(r.tracks, func(t *track) bool { return t.folder == id }) {
			r.tracks = append(r.tracks, &track{folder: id, named: map[uint64]bool{}})
			news = true
		}
	}
	return news, nil
}

// keepUnnamed keeps who was shown and is never told of.
func (r *reading) keepUnnamed() {
	for _, t := range r.tracks {
		for _, id := range t.unnamed {
			if _, ok := r.told[id]; !ok && !r.named(id) {
				r.torn = true // it came after the reading began, and may have gone already
				t.named[fingerprint(id)] = true
			}
		}
	}
}

// drop leaves a folder out that has gone away.
func (r *reading) drop(gone *track) {
	r.tracks = slices.DeleteFunc(slices.Clone(r.tracks), func(t *track) bool { return t == gone })
	for id := range r.told {
		r.remember(gone, change{id: id, removed: true})
	}
	r.torn = true
	r.news++ // somebody may have moved to where has been asked already
}

// nowhere returns who was handed over and is in no folder: the deltas told
// nothing of him, and where he was named is not followed any more.
func (r *reading) nowhere(all *handed) (lost []string) {
	for id := range all.ids() {
		if _, ok := r.told[id]; !ok && !r.named(id) {
			lost = append(lost, id)
		}
	}
	return lost
}

// named tells whether a folder named a contact when the reading began.
func (r *reading) named(id string) bool {
	return slices.ContainsFunc(r.tracks, func(t *track) bool {
		_, ok := t.named[fingerprint(id)]
		return ok
	})
}
