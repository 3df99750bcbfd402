package graph

import (
	"encoding/binary"
	"iter"

	"contactsync/internal/phonebook"
)

// handed remembers whom a full reading has handed over, so that it can take
// back what turns out to be gone. The ids of a mailbox are alike, so of each is
// kept what it does not share with the one before it.
type handed struct {
	text []byte // for each id: how much is shared, how much follows, what follows
	last []byte
}

// over returns a yield that remembers.
func (h *handed) over(yield func(phonebook.Page) error) func(phonebook.Page) error {
	return func(p phonebook.Page) error {
		for i := range p.Contacts {
			h.add(p.Contacts[i].ID)
		}
		return yield(p)
	}
}

func (h *handed) add(id string) {
	shared := 0
	for shared < min(len(id), len(h.last)) && id[shared] == h.last[shared] {
		shared++
	}
	h.text = binary.AppendUvarint(h.text, uint64(shared))
	h.text = binary.AppendUvarint(h.text, uint64(len(id)-shared))
	h.text = append(h.text, id[shared:]...)
	h.last = append(h.last[:0], id...)
}

// ids returns those who were handed over, more than once where they were.
func (h *handed) ids() iter.Seq[string] {
	return func(yield func(string) bool) {
		var id []byte
		for rest := h.text; len(rest) > 0; {
			shared, n := binary.Uvarint(rest)
			more, m := binary.Uvarint(rest[n:])
			rest = rest[n+m:]
			id = append(id[:shared], rest[:more]...)
			rest = rest[more:]
			if !yield(string(id)) {
				return
			}
		}
	}
}
