package ews

import (
	"context"
	"maps"
	"slices"
	"strings"

	"contactsync/internal/phonebook"
)

// Inspect returns how many contacts are in the folders of m's mailbox that
// Read reads, without reading them. The service counts distribution lists too,
// as Outlook does. The error is as of Read, where there was no state.
func (s *Source) Inspect(ctx context.Context, m phonebook.Member) (contacts int, err error) {
	r, err := s.newReading(m.Mail, "", nil)
	if err != nil {
		return 0, err
	}
	folders := []string{contactsFolder}
	if s.deep {
		below, err := r.subfolders(ctx)
		if err != nil {
			return 0, err
		}
		for _, id := range slices.Sorted(maps.Keys(below)) {
			folders = append(folders, folderID(id))
		}
	}
	a, err := s.call(ctx, m.Mail, findOne(strings.Join(folders, "")))
	if err != nil {
		return 0, err
	}
	return s.count(a, len(folders))
}

// count adds up what the messages of a FindItem say of so many folders. A
// folder below Contacts that was deleted meanwhile holds nothing.
func (s *Source) count(a answer, folders int) (total int, err error) {
	if len(a.messages) != folders {
		return 0, errShape("%d messages for %d folders", len(a.messages), folders)
	}
	for i, m := range a.messages {
		switch {
		case m.err != nil && i > 0 && hasCode(m.err, "ErrorFolderNotFound", "ErrorItemNotFound"):
		case m.err != nil:
			return 0, s.explain(m.err)
		case m.root.total < len(m.items):
			return 0, errShape("a folder without the number of its items")
		default:
			total += m.root.total
		}
	}
	return total, nil
}
