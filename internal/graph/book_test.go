package graph

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

// book is a member's phonebook as a store would keep it: what the readings of
// a mailbox have left.
type book struct {
	member  phonebook.Member
	state   string
	entries map[string]phonebook.Contact
	why     []string // reasons for which the mailbox was read in full
}

func newBook(mail string) *book {
	return &book{member: phonebook.Member{User: mail, Mail: mail}, entries: map[string]phonebook.Contact{}}
}

// read reads what happened since the state and keeps it, but for an error.
func (b *book) read(s *Source) error {
	entries := map[string]phonebook.Contact{}
	if b.state != "" {
		entries = maps.Clone(b.entries)
	}
	state, err := s.Read(context.Background(), b.member, b.state, func(p phonebook.Page) error {
		for _, c := range p.Contacts {
			entries[c.ID] = c
		}
		for _, id := range p.Gone {
			delete(entries, id)
		}
		return nil
	})
	if err == nil {
		b.state, b.entries = state, entries
	}
	return err
}

// night is a run as the syncer makes it for several members.
func night(s *Source, books ...*book) (unchanged int, err error) {
	var boxes []phonebook.Mailbox
	for _, b := range books {
		boxes = append(boxes, phonebook.Mailbox{Member: b.member, State: b.state})
	}
	for i, look := range s.Look(context.Background(), boxes) {
		b := books[i]
		switch {
		case look.Err != nil && !errors.Is(look.Err, phonebook.ErrStale):
			err = look.Err
			continue
		case look.Unchanged:
			b.state = look.State
			unchanged++
			continue
		}
		e := b.read(s)
		if errors.Is(e, phonebook.ErrStale) && b.state != "" {
			b.why = append(b.why, e.Error())
			b.state = ""
			e = b.read(s)
		}
		if e != nil {
			err = e
		}
	}
	return unchanged, err
}

// compare holds the book against the mailbox read anew.
func (b *book) compare(t *testing.T, s *Source) {
	t.Helper()
	want := newBook(b.member.Mail)
	if err := want.read(s); err != nil {
		t.Fatal(err)
	}
	for id, c := range want.entries {
		if got, ok := b.entries[id]; !ok {
			t.Errorf("%s is missing", c.DisplayName)
		} else if !reflect.DeepEqual(got, c) {
			t.Errorf("got %+v\nwant %+v", got, c)
		}
	}
	for id, c := range b.entries {
		if _, ok := want.entries[id]; !ok {
			t.Errorf("%s is too much", c.DisplayName)
		}
	}
}

// names returns the display names, sorted.
func (b *book) names() string { return display(slices.Collect(maps.Values(b.entries))) }

// must makes a night succeed.
func must(t *testing.T, s *Source, books ...*book) (unchanged int) {
	t.Helper()
	n, err := night(s, books...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// numbered returns so many names.
func numbered(name string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s%03d", name, i))
	}
	return all
}

// hasPart tells whether one of the texts contains part.
func hasPart(all []string, part string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, part) })
}
