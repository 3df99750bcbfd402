package ews

import (
	"context"
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
	return r.settled(func() (changed bool, err error) {
		return walk(
			func(offset int) (message, error) { return r.page(ctx, folder, offset) },
			func(m message) error { return r.handOver(ctx, m.items) })
	})
}

// settled runs pass, again where what it read changed meanwhile: the rest then
// changes its place, and something could slip through between two pages.
func (r *reading) settled(pass func() (changed bool, err error)) error {
	for range 1 + rereads {
		changed, err := pass()
		if err != nil || !changed {
			return err
		}
		r.log.Debug("a folder changed while it was read; reading it again", "mailbox", r.mail)
	}
	return fault.New(fault.Member, "somebody is changing the mailbox's contacts; the next run tries again",
		"a folder changed %d times while it was read", 1+rereads)
}

// walk asks for page after page and has take work on each, until the last one
// or until the number of entries in view changes.
func walk(ask func(offset int) (message, error), take func(message) error) (changed bool, err error) {
	passed := make(map[string]struct{}) // ids
	for offset, total := 0, -1; ; {
		m, err := ask(offset)
		if err != nil {
			return false, err
		}
		if !m.root.present {
			return false, errShape("an answer without a RootFolder")
		}
		if offset > 0 && m.root.total != total {
			return true, nil
		}
		total = m.root.total
		received, fresh := m.count(passed)
		if err := take(m); err != nil || m.root.last {
			return false, err
		}
		next := following(m.root, offset, received)
		if next <= offset || !fresh && (received > 0 || offset >= max(total, pageSize)) {
			return false, errShape("the pages do not go on after entry %d", offset)
		}
		offset = next
	}
}

// count returns the number of entries on a page and whether one of them has
// not been passed before.
func (m message) count(passed map[string]struct{}) (received int, fresh bool) {
	before := len(passed)
	for i := range m.items {
		passed[m.items[i].ID] = struct{}{}
	}
	for i := range m.folders {
		passed[m.folders[i].id] = struct{}{}
	}
	return len(m.items) + len(m.folders), len(passed) > before
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

// following returns where the next page starts. The service's word counts only
// where it does not leave out items: reading one twice does no harm.
func following(root root, offset, received int) int {
	if root.next > offset && (root.next < offset+received || received == 0) {
		return root.next
	}
	return offset + received
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
