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
)

// collection is a page of anything.
type collection[T any] struct {
	Value []T             `json:"value"`
	Next  string          `json:"@odata.nextLink"`
	Error json.RawMessage `json:"error"`
}

// decodeItems returns what a page lists and the link to the next page, empty
// where it is the last. It serves the short lists; for contacts there is
// decodeContacts.
func decodeItems[T any](body []byte) (items []T, next string, err error) {
	var page collection[T]
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", err
	}
	switch {
	case page.Error != nil && string(page.Error) != "null":
		return nil, "", errNotAList
	case page.Value == nil:
		return nil, "", errNoList
	}
	return page.Value, page.Next, nil
}
