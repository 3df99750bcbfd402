package graph

import (
	"encoding/json"
	"errors"
	"strconv"
)

// Documents that are no page of a list. An empty list made of them would be
// taken for an empty mailbox.
var (
	errNotAList = errors.New("an error in place of a list")
	errNoList   = errors.New("no list in the answer")
)

// page is a part of a listing.
type page[T any] struct {
	items []T
	next  string // the link to the next page, empty where this is the last
	total int    // entries in the whole listing, unknown where nobody says
}

// unknown is a total that a page does not tell.
const unknown = -1

// collection is a page of anything, as it is written.
type collection[T any] struct {
	Value []T             `json:"value"`
	Next  string          `json:"@odata.nextLink"`
	Count json.RawMessage `json:"@odata.count"`
	Error json.RawMessage `json:"error"`
}

// decodeItems decodes a page. It serves the short lists; for contacts there is
// decodeContacts.
func decodeItems[T any](body []byte) (page[T], error) {
	var c collection[T]
	if err := json.Unmarshal(body, &c); err != nil {
		return page[T]{}, err
	}
	switch {
	case c.Error != nil && string(c.Error) != "null":
		return page[T]{}, errNotAList
	case c.Value == nil:
		return page[T]{}, errNoList
	}
	return page[T]{c.Value, c.Next, total(c.Count)}, nil
}

// total reads the value of @odata.count.
func total(count []byte) int {
	n, err := strconv.Atoi(string(count))
	if err != nil || n < 0 {
		return unknown
	}
	return n
}
