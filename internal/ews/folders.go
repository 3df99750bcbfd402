package ews

import (
	"context"

	"contactsync/internal/phonebook"
)

// subfolders returns the folders below Contacts that a person made for
// contacts. What is below one of Outlook's own folders is Outlook's own too.
func (r *reading) subfolders(ctx context.Context) ([]folder, error) {
	all, err := r.allFolders(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]folder, len(all))
	for _, f := range all {
		byID[f.id] = f
	}
	var out []folder
	for _, f := range all {
		if f.holdsContacts() && !f.withinOwn(byID) {
			out = append(out, f)
		}
	}
	return out, nil
}

// allFolders lists every folder below Contacts, once each.
func (r *reading) allFolders(ctx context.Context) (all []folder, err error) {
	err = r.settled(func() error {
		seen := make(map[string]bool)
		all = all[:0]
		return walk(
			func(offset int) (message, error) {
				a, err := r.call(ctx, r.mail, findFolder(offset))
				if err != nil {
					return message{}, err
				}
				return r.one(a)
			},
			func(m message) error {
				for _, f := range m.folders {
					if !seen[f.id] {
						seen[f.id] = true
						all = append(all, f)
					}
				}
				return nil
			})
	})
	return all, err
}

// holdsContacts tells whether the folder is one for contacts of a person's. A
// search folder is a view of items that lie elsewhere.
func (f folder) holdsContacts() bool {
	return !f.search && phonebook.FolderForPeople(f.nature())
}

// nature returns what says whose folder it is. The class of a folder can be
// missing.
func (f folder) nature() (class string, hidden bool) {
	if f.class == "" && f.contacts {
		return phonebook.ContactsClass, f.hidden
	}
	return f.class, f.hidden
}

// withinOwn tells whether the folder or one above it is Outlook's own.
func (f folder) withinOwn(byID map[string]folder) bool {
	// Not deeper than there are folders, should the parents form a circle.
	for range len(byID) {
		if phonebook.FolderOfOutlook(f.nature()) {
			return true
		}
		parent, ok := byID[f.parent]
		if !ok {
			return false
		}
		f = parent
	}
	return false
}
