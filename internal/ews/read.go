package ews

import (
	"context"
	"errors"
	"slices"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// rereads is how often a folder is read again because it changed meanwhile.
const rereads = 3

// reading is the state of reading one mailbox.
type reading struct {
	*Source
	mail  string
	seen  map[string]struct{} // ids that were handed over
	yield func([]phonebook.Contact) error
}

// folder reads a folder and hands over what has not been handed over yet.
func (r *reading) folder(ctx context.Context, folder string) error {
	return r.settled(func() error {
		return walk(
			func(offset int) (message, error) { return r.page(ctx, folder, offset) },
			func(m message) error { return r.handOver(ctx, m.items) })
	})
}

// unsettled is why a folder has to be read again.
type unsettled struct {
	what, hint string
	bearable   bool // a folder that stays so counts as read
}

// Error says why.
func (u *unsettled) Error() string { return u.what }

var (
	// errChanged is of a folder that somebody works in: the rest of it changes
	// its place then, and something could slip through between two pages.
	errChanged = &unsettled{what: "a folder changed while it was read", hint: "somebody is changing the mailbox's contacts; the next run tries again"}
	// errShort is of a folder of which the service calls a page the last that
	// is not, by its own total.
	errShort = &unsettled{what: "a folder ended before all the entries had come that the service counts in it",
		hint: "the answers contradict each other; the next run tries again, and if it stays so, tell the maintainers"}
	// errAlmost is errShort where hardly anything is missing, such as a damaged
	// item that the service counts and cannot give.
	errAlmost = &unsettled{what: errShort.what, hint: errShort.hint, bearable: true}
)

// short returns errShort, or errAlmost where at most one entry in twenty is
// missing, and no more than five.
func short(missing, total int) error {
	if missing < total && missing <= min(max(1, total/20), 5) {
		return errAlmost
	}
	return errShort
}

// settled runs pass, again where that could not see everything.
func (r *reading) settled(pass func() error) error {
	var again *unsettled
	for range 1 + rereads {
		err := pass()
		if !errors.As(err, &again) {
			return err
		}
		r.log.Debug("reading a folder again", "why", again, "mailbox", r.mail)
	}
	if again.bearable {
		r.log.Warn("the service counts more entries in a folder than it gives; a damaged item, perhaps", "mailbox", r.mail)
		return nil
	}
	return fault.New(fault.Member, again.hint, "read %d times: %w", 1+rereads, again)
}

// walk asks for page after page and has take work on each, until the last. The
// error is errChanged where the number of entries in view changes or one that
// two pages share does, and errShort or errAlmost where the pages end too early.
func walk(ask func(offset int) (message, error), take func(message) error) error {
	passed := make(map[string]struct{}) // ids
	at, total := place{}, -1
	for first := true; ; first = false {
		m, err := ask(at.offset)
		if err != nil {
			return err
		}
		if !m.root.present {
			return errShape("an answer without a RootFolder")
		}
		ids := m.ids()
		switch {
		case slices.Contains(ids, ""):
			return errShape("an entry without an id")
		case !first && m.root.total != total, !at.fits(ids):
			return errChanged
		}
		total = m.root.total
		fresh := pass(passed, ids)
		if err := take(m); err != nil {
			return err
		}
		switch {
		case m.root.last && at.offset+len(ids) < total:
			return short(total-at.offset-len(ids), total)
		case m.root.last:
			return nil
		}
		next := at.next(m.root, ids)
		stuck := !fresh && (len(ids) > at.overlap() || at.shared == "" && at.offset >= max(total, pageSize))
		if stuck || next.offset <= at.offset {
			return errShape("the pages do not go on after entry %d", at.offset)
		}
		at = next
	}
}

// place is where a page starts. A page starts with the last entry of the page
// before where that has another: so a deletion shows even where an addition
// keeps the total.
type place struct {
	offset int
	shared string // the id of the page's first entry, "" where it is to be a new one
}

// overlap returns how many entries the page shares with the one before.
func (p place) overlap() int {
	if p.shared == "" {
		return 0
	}
	return 1
}

// fits tells whether a page with these ids continues the one before. One
// without any says nothing.
func (p place) fits(ids []string) bool {
	return p.shared == "" || len(ids) == 0 || ids[0] == p.shared
}

// next returns the place after a page with these ids, p itself where there is
// none. The service's word counts only where it does not leave out items:
// reading one twice does no harm.
func (p place) next(root root, ids []string) place {
	if p.shared != "" && len(ids) < 2 {
		return place{offset: p.offset + 1} // no room for sharing on such a page
	}
	next := p.offset + len(ids)
	if root.next > p.offset+p.overlap() && (root.next < next || len(ids) == 0) {
		next = root.next
	}
	if i := next - 1 - p.offset; 0 < i && i < len(ids) {
		return place{next - 1, ids[i]}
	}
	return place{offset: next}
}

// ids returns the ids of a page's entries.
func (m message) ids() []string {
	ids := make([]string, 0, len(m.items)+len(m.folders))
	for i := range m.items {
		ids = append(ids, m.items[i].ID)
	}
	for i := range m.folders {
		ids = append(ids, m.folders[i].id)
	}
	return ids
}

// pass notes ids and tells whether one of them has not been passed before.
func pass(passed map[string]struct{}, ids []string) (fresh bool) {
	before := len(passed)
	for _, id := range ids {
		passed[id] = struct{}{}
	}
	return len(passed) > before
}

// page reads one page of a folder. Where notes are wanted, all the rest comes
// with them, and the ids do here.
func (r *reading) page(ctx context.Context, folder string, offset int) (message, error) {
	properties := contactFields
	if r.notes {
		properties = ""
	}
	a, err := r.call(ctx, r.mail, findItem(folder, properties, offset, pageSize))
	if err != nil {
		return message{}, err
	}
	return r.one(a)
}

// handOver completes a page's contacts and hands over those that are new.
func (r *reading) handOver(ctx context.Context, items []item) error {
	items = slices.DeleteFunc(items, func(it item) bool {
		if _, known := r.seen[it.ID]; known || !it.isContact {
			return true
		}
		r.seen[it.ID] = struct{}{}
		return false
	})
	size := max(len(items), 1)
	if r.notes {
		size = batchSize // notes can be long
	}
	for part := range slices.Chunk(items, size) {
		contacts, err := r.complete(ctx, part)
		if err != nil {
			return err
		}
		if len(contacts) == 0 {
			continue
		}
		if err := r.yield(contacts); err != nil {
			return err
		}
	}
	return nil
}

// complete returns the items' contacts, those read once more of which the page
// does not hold everything.
func (r *reading) complete(ctx context.Context, items []item) ([]phonebook.Contact, error) {
	var again []*item
	for i := range items {
		if r.notes || items[i].cut {
			again = append(again, &items[i])
		}
	}
	for batch := range slices.Chunk(again, batchSize) {
		if err := r.reread(ctx, batch); err != nil {
			return nil, err
		}
	}
	contacts := make([]phonebook.Contact, 0, len(items))
	for _, it := range items {
		if it.isContact {
			contacts = append(contacts, it.Contact)
		}
	}
	return contacts, nil
}

// reread replaces items by what GetItem says of them. Those that are gone in
// the meantime are no contacts any more.
func (r *reading) reread(ctx context.Context, items []*item) error {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	properties := contactFields
	if r.notes {
		properties += bodyField
	}
	a, err := r.call(ctx, r.mail, getItem(ids, properties))
	if err != nil {
		return err
	}
	if len(a.messages) != len(items) {
		return errShape("%d messages for %d items", len(a.messages), len(items))
	}
	for i, m := range a.messages {
		switch {
		case m.err != nil && m.err.code == "ErrorItemNotFound":
			items[i].isContact = false
		case m.err != nil:
			return r.explain(m.err)
		case len(m.items) != 1:
			return errShape("%d items for one id", len(m.items))
		default:
			*items[i] = m.items[0]
			items[i].ID = ids[i]
		}
	}
	return nil
}
