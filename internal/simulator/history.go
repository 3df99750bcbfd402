package simulator

import "slices"

// A mailbox remembers its history by sequence numbers: each item carries that
// of its last change, each deletion leaves a tombstone. A token or sync state
// is the number that a client has seen.

// tombstone is what is left of an item or folder.
type tombstone struct {
	seq        int64
	firstSeq   int64 // of an item: when it first came into the folder
	createdSeq int64 // when it came, or came back
	num        int64
	entry      int64 // of an item
}

// change is what happened to one item or folder since a client last looked.
type change struct {
	seq     int64
	item    *Item   // nil for a deletion and for a folder
	folder  *Folder // of a folder's change; nil for a deletion
	num     int64   // of the item or folder, also where it is gone
	entry   int64   // of an item
	created bool    // the client has not seen it
	deleted bool
}

// Forget drops the history up to now: tokens and sync states that are older
// than now have expired, for every folder and for the hierarchy. One that is
// up to date has too, as if it had been given long ago.
func (m *Mailbox) Forget() {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	m.seq++
	m.gone, m.floor = nil, m.seq
	for _, f := range m.folders {
		f.gone, f.floor, f.seq = nil, m.seq, m.seq
	}
}

// changes returns what happened to the items of f after since, oldest first,
// each id of EWS once. What came and went between is left out. It reports
// false where the history does not reach back so far; since 0 always works.
func (f *Folder) changes(since int64) ([]change, bool) {
	if !f.mailbox.reaches(f.floor, since) {
		return nil, false
	}
	return f.changesAfter(since, false), true
}

// reaches says whether a history with this floor shows everything after since.
func (m *Mailbox) reaches(floor, since int64) bool {
	return since == 0 || since >= floor && since <= m.seq
}

// changesAfter is changes without a look at what has been forgotten. By
// immutable ids, an item that went and came back has changed and is not gone.
func (f *Folder) changesAfter(since int64, immutable bool) []change {
	if f.seq <= since {
		return nil
	}
	var all []change
	told := map[int64]bool{}
	for _, it := range f.items {
		if it.seq > since {
			all = append(all, change{seq: it.seq, item: it, num: it.num, entry: it.entry, created: it.createdSeq > since})
			told[it.num] = immutable
		}
	}
	for _, g := range slices.Backward(f.gone) {
		came := g.createdSeq
		if immutable {
			came = g.firstSeq
		}
		if g.seq > since && came <= since && since != 0 && !told[g.num] {
			all = append(all, change{seq: g.seq, num: g.num, entry: g.entry, deleted: true})
			told[g.num] = immutable
		}
	}
	slices.SortFunc(all, bySeq)
	return all
}

// folderChanges returns what happened to the contact folders after since, in
// Deleted Items too, oldest first. It reports false where the history does not
// reach back so far.
func (m *Mailbox) folderChanges(since int64) ([]change, bool) {
	if !m.reaches(m.floor, since) {
		return nil, false
	}
	return m.folderChangesAfter(since, true), true
}

// folderChangesAfter is folderChanges without a look at what has been
// forgotten. Without trash, what lies in Deleted Items is gone.
func (m *Mailbox) folderChangesAfter(since int64, trash bool) []change {
	var all []change
	for _, c := range append(below(m.root), below(m.Deleted)...) {
		switch {
		case c.ownSeq <= since:
		case trash || !c.within(m.Deleted):
			all = append(all, change{seq: c.ownSeq, folder: c, num: c.num, created: c.createdSeq > since})
		case c.createdSeq <= since && since != 0:
			all = append(all, change{seq: c.ownSeq, num: c.num, deleted: true})
		}
	}
	for _, g := range m.gone {
		if g.seq > since && g.createdSeq <= since && since != 0 {
			all = append(all, change{seq: g.seq, num: g.num, deleted: true})
		}
	}
	slices.SortFunc(all, bySeq)
	return all
}

// within says whether f lies below another folder, at any depth.
func (f *Folder) within(other *Folder) bool {
	return f.Parent == other || f.Parent != nil && f.Parent.within(other)
}

func bySeq(a, b change) int { return int(a.seq - b.seq) }
