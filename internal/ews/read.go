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

// folder reads a folder, again where it changes between two pages: items then
// change their places, and one could slip through.
func (r *reading) folder(ctx context.Context, folder string) error {
	for range 1 + rereads {
		changed, err := r.pages(ctx, folder)
		if err != nil || !changed {
			return err
		}
		r.log.Debug("the folder changed while it was read; reading it again", "mailbox", r.mail)
	}
	return fault.New(fault.Member, "somebody is changing the mailbox's contacts; the next run tries again",
		"the folder changed %d times while it was read", 1+rereads)
}

// pages reads a folder page by page and hands over what has not been handed
// over yet. It stops where the folder's size changes.
func (r *reading) pages(ctx context.Context, folder string) (changed bool, err error) {
	passed := make(map[string]struct{}) // ids of this pass, lists included
	for offset, total := 0, -1; ; {
		page, err := r.page(ctx, folder, offset)
		if err != nil {
			return false, err
		}
		if offset > 0 && page.root.total != total {
			return true, nil
		}
		total = page.root.total
		if !page.root.last && len(page.items) > 0 && !anyNew(passed, page.items) {
			return false, errShape("the pages repeat themselves at item %d", offset)
		}
		if err := r.handOver(ctx, page.items); err != nil {
			return false, err
		}
		if page.root.last {
			return false, nil
		}
		next := following(page.root, offset, len(page.items))
		if next <= offset || len(page.items) == 0 && offset >= max(total, pageSize) {
			return false, errShape("the pages do not go on after item %d", offset)
		}
		offset = next
	}
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
	m, err := r.one(a)
	if err == nil && !m.root.present {
		err = errShape("a FindItem without a RootFolder")
	}
	return m, err
}

// following returns where the next page starts. The service's word counts only
// where it does not leave out items: reading one twice does no harm.
func following(root root, offset, received int) int {
	if root.next > offset && (root.next < offset+received || received == 0) {
		return root.next
	}
	return offset + received
}

// anyNew adds the items' ids to passed and tells whether one was not there.
func anyNew(passed map[string]struct{}, items []item) bool {
	before := len(passed)
	for i := range items {
		passed[items[i].ID] = struct{}{}
	}
	return len(passed) > before
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
