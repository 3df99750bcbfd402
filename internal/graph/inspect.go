package graph

import (
	"context"
	"encoding/json"
	"errors"

	"contactsync/internal/phonebook"
)

// errNoCount is of a list that was to say how long it is.
var errNoCount = errors.New("a list of contacts without their number")

// countQuery asks how many contacts there are ("Use query parameters to
// customize responses"), with one id, which only those get who may read.
const countQuery = "$count=true&$top=1&$select=id"

// Inspect finds m's mailbox as Read does and returns how many contacts are in
// the folders that Read reads, without reading them. The service counts
// distribution lists too, as Outlook does. The error is as of Read, where there
// was no state.
func (s *Source) Inspect(ctx context.Context, m phonebook.Member) (contacts int, err error) {
	box, err := s.find(ctx, s, m)
	if err != nil {
		return 0, err
	}
	contacts, err = s.count(ctx, box)
	return contacts, box.explain(err)
}

// count adds up what the folders of a mailbox hold.
func (s *Source) count(ctx context.Context, box mailbox) (total int, err error) {
	folders, err := s.synchronised(ctx, s, box)
	if err != nil {
		return 0, err
	}
	counts := make([]int, len(folders))
	requests := make([]*request, len(folders))
	for i, id := range folders {
		requests[i] = &request{link: s.link(contactsPath(box, id), countQuery), use: func(r *reader) (err error) {
			counts[i], err = decodeCount(r)
			return err
		}}
	}
	s.ask(ctx, requests...)
	for i, q := range requests {
		if q.err != nil && (folders[i] == "" || !gone(q.err)) {
			return 0, q.err
		}
		total += counts[i]
	}
	return total, nil
}

// decodeCount reads how long a list says that it is.
func decodeCount(r *reader) (int, error) {
	var c struct {
		Count *int              `json:"@odata.count"`
		Value []json.RawMessage `json:"value"`
		Error json.RawMessage   `json:"error"`
	}
	if err := json.Unmarshal(r.all(), &c); err != nil {
		return 0, err
	}
	switch {
	case c.Error != nil && string(c.Error) != "null":
		return 0, errNotAList
	case c.Value == nil:
		return 0, errNoList
	case c.Count == nil || *c.Count < len(c.Value):
		return 0, errNoCount
	}
	return *c.Count, nil
}
