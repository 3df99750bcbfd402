package ews

import (
	"context"
	"slices"

	"contactsync/internal/phonebook"
)

// take hands over the changes of one answer.
func (r *reading) take(ctx context.Context, f *following, items []item) error {
	items, gone, err := sorted(items)
	if err != nil {
		return err
	}
	if len(gone) > 0 || slices.ContainsFunc(items, func(it item) bool { return it.change == created }) {
		r.moved = f.asked
	}
	size := max(len(items), 1)
	if r.notes {
		size = batchSize // notes can be long
	}
	for part := range slices.Chunk(items, size) {
		page, err := r.complete(ctx, part)
		if err != nil {
			return err
		}
		if len(page.Gone) > 0 {
			r.moved = r.tick() // it may have moved, into this folder too
		}
		page.Gone = append(page.Gone, gone...)
		gone = nil
		if err := r.yield(page); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return r.yield(phonebook.Page{Gone: gone})
	}
	return nil
}

// sorted tells contacts from ids of what is gone, and leaves out what is no
// contact. Of two changes to one item the last one counts.
func sorted(items []item) (contacts []item, gone []string, err error) {
	if slices.ContainsFunc(items, func(it item) bool { return it.ID == "" }) {
		return nil, nil, errShape("an entry without an id")
	}
	if slices.ContainsFunc(items, func(it item) bool { return it.change == deleted }) {
		items = lastWords(items)
	}
	contacts = items[:0]
	for i := range items {
		switch {
		case items[i].change == deleted:
			gone = append(gone, items[i].ID)
		case items[i].isContact:
			contacts = append(contacts, items[i])
		}
	}
	return contacts, gone, nil
}

// lastWords leaves of several changes to one item the last.
func lastWords(items []item) []item {
	last := make(map[string]int, len(items))
	for i := range items {
		last[items[i].ID] = i
	}
	if len(last) == len(items) {
		return items
	}
	kept := items[:0]
	for i := range items {
		if last[items[i].ID] == i {
			kept = append(kept, items[i])
		}
	}
	return kept
}

// complete returns a page of the items' contacts, those read once more of
// which the answer does not hold everything. Those that are gone by then are
// among the page's Gone.
func (r *reading) complete(ctx context.Context, items []item) (page phonebook.Page, err error) {
	var again []*item
	for i := range items {
		if r.notes || items[i].cut {
			again = append(again, &items[i])
		}
	}
	for batch := range slices.Chunk(again, batchSize) {
		if err := r.reread(ctx, batch); err != nil {
			return page, err
		}
	}
	page.Contacts = make([]phonebook.Contact, 0, len(items))
	for i := range items {
		switch {
		case items[i].change == deleted:
			page.Gone = append(page.Gone, items[i].ID)
		case items[i].isContact:
			page.Contacts = append(page.Contacts, items[i].Contact)
		}
	}
	return page, nil
}

// reread replaces items by what GetItem says of them.
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
			items[i].change = deleted
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
