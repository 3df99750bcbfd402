package graph

import (
	"encoding/json"
	"errors"
)

// Documents that are no page of a list. An empty list made of them would be
// taken for an empty mailbox.
var (
	errNotAList = errors.New("an error in place of a list")
	errNoList   = errors.New("no list in the answer")
	errNoLink   = errors.New("changes without a link to more or to the next round")
	errNoID     = errors.New("a contact without an id")
)

// page is a part of a listing, or of a round of delta.
type page[T any] struct {
	items []T
	next  string // the link to the next page, empty where this is the last
	delta string // on the last page of a round: where the next one begins
}

// collection is a page of anything, as it is written.
type collection[T any] struct {
	Value []T             `json:"value"`
	Next  string          `json:"@odata.nextLink"`
	Delta string          `json:"@odata.deltaLink"`
	Error json.RawMessage `json:"error"`
}

// decodeItems decodes a page. It serves the short lists; for contacts and
// changes there are decodeContacts and decodeChanges.
func decodeItems[T any](r *reader) (page[T], error) {
	var c collection[T]
	if err := json.Unmarshal(r.all(), &c); err != nil {
		return page[T]{}, err
	}
	switch {
	case c.Error != nil && string(c.Error) != "null":
		return page[T]{}, errNotAList
	case c.Value == nil:
		return page[T]{}, errNoList
	}
	return page[T]{c.Value, c.Next, c.Delta}, nil
}

// readPage reads a page whose items read takes off the reader, with room for
// those that are expected.
func readPage[T any](r *reader, expected int, read func() T) (page[T], error) {
	p := page[T]{items: make([]T, 0, expected)}
	listed, failed := false, false
	for name := range r.object() {
		switch string(name) {
		case "value":
			listed = r.peek() == '['
			p.items = p.items[:0]
			for range r.array() {
				p.items = append(p.items, read())
			}
		case "@odata.nextLink":
			p.next = r.string()
		case "@odata.deltaLink":
			p.delta = r.string()
		case "error":
			failed = !r.null()
			if failed {
				r.skip(1)
			}
		default:
			r.skip(1)
		}
	}
	r.end()
	switch {
	case r.err != nil:
		return page[T]{}, r.err
	case failed:
		return page[T]{}, errNotAList
	case !listed:
		return page[T]{}, errNoList
	}
	return p, nil
}
