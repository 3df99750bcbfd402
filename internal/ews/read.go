package ews

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// reading is what happens to one mailbox in one Read.
type reading struct {
	*Source
	mail    string
	yield   func(phonebook.Page) error
	folders []*following // Contacts first
	waiting []string     // ids of contacts that GetItem has to complete

	contacts []phonebook.Contact // room for those of a page

	// Folders are asked one after the other. A contact that moves meanwhile
	// could be missed in the one and be gone from the other, or be in both; so
	// what was asked before a contact came or went somewhere is asked once more.
	// Only one that goes and comes back between two answers can escape that,
	// until the next run.
	clock  int // counts what is asked
	moved  int // the last time that a folder told of contacts that came or went
	listed int // the last time that the folders were listed
}

// following is how a folder is followed.
type following struct {
	id        string // empty: Contacts
	syncState string // empty: nothing of it has been read
	known     bool   // the last run has read it
	missing   bool   // it vanished after some of it was handed over
	asked     int    // when it was asked last
}

// rounds is how often folders are asked until no contact moves between them. A
// mailbox that is more restless than that gives the rest in the next run: each
// folder's sync state is of what it has told, so a contact that has left one
// folder and was not asked for in the other is missing until then, no longer.
const rounds = 10

// newReading returns a reading that goes on from the state since.
func (s *Source) newReading(mail, since string, yield func(phonebook.Page) error) (*reading, error) {
	r := &reading{Source: s, mail: mail, yield: yield}
	known, err := parseState(since, mail)
	if err != nil {
		return nil, err
	}
	if len(known) > 1 && !s.deep {
		return nil, stale(errors.New("it is one of several folders"))
	}
	for _, f := range known {
		r.folders = append(r.folders, &following{id: f.ID, syncState: f.SyncState, known: true})
	}
	if known == nil {
		r.folders = append(r.folders, &following{})
	}
	return r, nil
}

// run reads the mailbox and returns the state for the next reading.
func (r *reading) run(ctx context.Context) (string, error) {
	for n := 0; n < rounds && r.unsettled(); n++ {
		if err := r.round(ctx); err != nil {
			return "", err
		}
	}
	if r.unsettled() {
		r.log.Warn(words.Fill(words.NoEndOfMoves), "mailbox", r.mail)
	}
	s := state{Mail: r.mail}
	for _, f := range r.folders {
		s.Folders = append(s.Folders, followed{f.id, f.syncState})
	}
	return s.text()
}

// unsettled tells whether there is something to ask.
func (r *reading) unsettled() bool {
	return r.deep && r.due(r.listed) || slices.ContainsFunc(r.folders, r.open)
}

// open tells whether a folder is to be asked.
func (r *reading) open(f *following) bool { return !f.missing && r.due(f.asked) }

// round asks once whatever is to be asked.
func (r *reading) round(ctx context.Context) error {
	for i := 0; i < len(r.folders); i++ { // the list can grow
		if f := r.folders[i]; r.open(f) {
			if err := r.read(ctx, f); err != nil {
				return err
			}
		}
		if i == 0 && r.deep && r.due(r.listed) {
			if err := r.list(ctx); err != nil {
				return err
			}
		}
	}
	r.forgetUnread()
	return nil
}

// due tells whether what was asked at that time, 0 for never, is to be asked.
func (r *reading) due(asked int) bool { return asked == 0 || asked < r.moved }

// tick returns the time of what is asked now.
func (r *reading) tick() int {
	r.clock++
	return r.clock
}

// list brings the folders up to date with the mailbox's.
func (r *reading) list(ctx context.Context) error {
	r.listed = r.tick()
	found, err := r.subfolders(ctx)
	if err != nil {
		return fmt.Errorf("list folders: %w", err)
	}
	for _, f := range r.folders[1:] {
		if f.missing = !found[f.id]; f.missing && f.known {
			return errFolderGone
		}
		delete(found, f.id)
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		r.folders = append(r.folders, &following{id: id})
	}
	return nil
}

// errFolderGone is of a folder that the last run has read: which contacts went
// with it cannot be told.
var errFolderGone = stale(words.Errorf(words.FolderGone))

// read follows a folder. One that vanishes while it is read for the first time
// stays in the state, where the next run finds out that it is gone.
func (r *reading) read(ctx context.Context, f *following) error {
	f.asked = r.tick()
	err := r.follow(ctx, f)
	switch {
	case !hasCode(err, "ErrorSyncFolderNotFound", "ErrorFolderNotFound", "ErrorItemNotFound"):
	case f.known && f.id != "":
		return errFolderGone
	case f.id != "":
		f.missing = true
		return nil
	}
	if f.known && (staleState(err) || errors.Is(err, errEndless)) {
		return stale(err)
	}
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	return nil
}

// forgetUnread drops the folders that vanished before anything of them was
// handed over.
func (r *reading) forgetUnread() {
	kept := r.folders[:0]
	for _, f := range r.folders {
		if !f.missing || f.syncState != "" {
			kept = append(kept, f)
		}
	}
	r.folders = kept
}

// Bounds of following one folder. A folder can hold a million items.
const (
	maxAnswers = 5000 // in all; 2,500,000 items of 512 each
	maxEmpty   = 100  // without a change, one after the other
)

var errEndless = fault.New(fault.Member, words.AnswersDisagree,
	"the service says again and again that there is more, and gives no more")

// follow hands over what happened in a folder since its sync state, and brings
// that up to date.
func (r *reading) follow(ctx context.Context, f *following) error {
	if f.syncState == "" {
		r.moved = f.asked
	}
	states := map[uint64]bool{fingerprint(f.syncState): true}
	for n, empty := 0, 0; n < maxAnswers && empty < maxEmpty; n++ {
		m, err := r.changes(ctx, f)
		if err != nil {
			return err
		}
		some := len(m.items) > 0
		if err := r.take(ctx, f, m.items); err != nil {
			return err
		}
		m.free()
		f.syncState = m.syncState
		if m.last {
			return r.rest(ctx)
		}
		state := fingerprint(m.syncState)
		if states[state] {
			break
		}
		states[state] = true
		if empty++; some {
			empty = 0
		}
	}
	return errEndless
}

// stateSeed makes fingerprints.
var stateSeed = maphash.MakeSeed()

// fingerprint stands for a sync state, which can be kilobytes long.
func fingerprint(state string) uint64 { return maphash.String(stateSeed, state) }

// rest completes what still waits.
func (r *reading) rest(ctx context.Context) error {
	if len(r.waiting) == 0 {
		return nil
	}
	return r.complete(ctx, len(r.waiting))
}

// changes asks for the next changes in a folder. Where notes are wanted, all
// the rest comes with them, and the ids do here.
func (r *reading) changes(ctx context.Context, f *following) (message, error) {
	properties := contactFields
	if r.notes {
		properties = ""
	}
	folder := contactsFolder
	if f.id != "" {
		folder = folderID(f.id)
	}
	a, err := r.call(ctx, r.mail, syncFolderItems(folder, f.syncState, properties))
	if err != nil {
		return message{}, err
	}
	m, err := r.one(a)
	if err == nil && m.syncState == "" {
		err = errShape("an answer without a SyncState")
	}
	return m, err
}
