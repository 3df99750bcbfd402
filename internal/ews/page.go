package ews

import (
	"context"
	"slices"

	"contactsync/internal/phonebook"
)

// pageSize is how many items of an answer are handed over at a time. An answer
// can hold a megabyte of texts, and so those of one part after the other can go.
const pageSize = 64

// take hands over the changes of one answer, but for contacts of which it does
// not hold everything: those wait until there are enough of them for a GetItem.
// It uses the items up.
func (r *reading) take(ctx context.Context, f *following, items []item) error {
	items, err := lastWords(items)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(items, pageSize) {
		if err := r.give(r.page(f, some)); err != nil {
			return err
		}
		clear(some)
	}
	for len(r.waiting) >= batchSize {
		if err := r.complete(ctx, batchSize); err != nil {
			return err
		}
	}
	return nil
}

// page returns the page of some changes, which is good until the next.
func (r *reading) page(f *following, items []item) phonebook.Page {
	page := phonebook.Page{Contacts: r.contacts[:0]}
	for i := range items {
		it := &items[i]
		if it.change != updated {
			r.moved = f.asked
		}
		switch {
		case it.gone():
			page.Gone = append(page.Gone, it.ID)
		case !it.isContact:
		case r.notes || it.cut:
			r.waiting = append(r.waiting, it.ID)
		default:
			page.Contacts = append(page.Contacts, it.Contact)
		}
	}
	r.contacts = page.Contacts
	return page
}

// gone tells whether a contact of this id, should there have been one, is there
// no more: a contact can become something else.
func (it *item) gone() bool {
	return it.change == deleted || it.change == updated && !it.isContact
}

// give hands a page over, unless it is empty.
func (r *reading) give(page phonebook.Page) error {
	if len(page.Contacts)+len(page.Gone) == 0 {
		return nil
	}
	return r.yield(page)
}

// lastWords leaves of several changes to one item the last.
func lastWords(items []item) ([]item, error) {
	deletions := false
	for i := range items {
		if items[i].ID == "" {
			return nil, errShape("an entry without an id")
		}
		deletions = deletions || items[i].gone()
	}
	if !deletions {
		return items, nil // each is handed over in turn
	}
	last := make(map[string]int, len(items))
	for i := range items {
		last[items[i].ID] = i
	}
	if len(last) == len(items) {
		return items, nil
	}
	kept := items[:0]
	for i := range items {
		if last[items[i].ID] == i {
			kept = append(kept, items[i])
		}
	}
	return kept, nil
}

// complete reads the first n contacts that wait and hands them over. Those that
// are gone by then may have moved, within their folder too; those that are
// something else by then are no contacts any more.
func (r *reading) complete(ctx context.Context, n int) error {
	ids := r.waiting[:n]
	properties := contactFields
	if r.notes {
		properties += bodyField
	}
	a, err := r.call(ctx, r.mail, getItem(ids, properties))
	if err != nil {
		return err
	}
	if len(a.messages) != n {
		return errShape("%d messages for %d items", len(a.messages), n)
	}
	page := phonebook.Page{Contacts: make([]phonebook.Contact, 0, n)}
	for i, m := range a.messages {
		switch {
		case m.err != nil && m.err.code == "ErrorItemNotFound":
			page.Gone = append(page.Gone, ids[i])
			r.moved = r.tick()
		case m.err != nil:
			return r.explain(m.err)
		case len(m.items) != 1:
			return errShape("%d items for one id", len(m.items))
		case !m.items[0].isContact:
			page.Gone = append(page.Gone, ids[i])
		default:
			c := m.items[0].Contact
			c.ID = ids[i]
			page.Contacts = append(page.Contacts, c)
		}
	}
	r.waiting = r.waiting[n:]
	return r.give(page)
}
