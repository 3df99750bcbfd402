package graph

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"contactsync/internal/phonebook"
)

// folder is the resource type contactFolder, as far as it is asked for.
type folder struct {
	ID         string     `json:"id"`
	Properties []property `json:"singleValueExtendedProperties"`
}

// nature returns what says whose folder it is. A class that is missing is that
// of any contact folder.
func (f *folder) nature() (class string, hidden bool) {
	class = phonebook.ContactsClass
	for _, p := range f.Properties {
		switch propertyTag(p.ID) {
		case tagContainerClass:
			class = p.Value
		case tagHidden:
			hidden = strings.EqualFold(p.Value, "true")
		}
	}
	return class, hidden
}

// below hands over the contacts of all folders below the default one, at any
// depth, but not those of hidden folders and of what is below them. A folder
// that is deleted meanwhile takes along what is in it.
func (s *Source) below(ctx context.Context, box mailbox, yield func([]phonebook.Contact) error) error {
	const defaultFolder = "contacts" // a well-known name, in place of an id
	waiting := []string{defaultFolder}
	seen := map[string]bool{}
	for len(waiting) > 0 {
		parent := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		children, err := s.children(ctx, box, parent)
		if err != nil && (parent == defaultFolder || !gone(err)) {
			return wrap("list contact folders", err)
		}
		for _, f := range children {
			class, hidden := f.nature()
			if seen[f.ID] || phonebook.FolderOfOutlook(class, hidden) {
				continue // seen: moved while we listed
			}
			seen[f.ID] = true
			waiting = append(waiting, f.ID)
			if !phonebook.FolderForPeople(class, hidden) {
				continue
			}
			if err := s.contacts(ctx, folderPath(box, f.ID)+"/contacts", yield); err != nil && !gone(err) {
				return err
			}
		}
	}
	return nil
}

// children returns the folders right below parent.
func (s *Source) children(ctx context.Context, box mailbox, parent string) (all []folder, err error) {
	err = list(ctx, s, s.link(folderPath(box, parent)+"/childFolders", foldersQuery), decodeItems[folder], func(folders []folder) error {
		all = append(all, folders...)
		return nil
	})
	return all, err
}

// gone tells whether the service says that a folder is not there.
func gone(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && e.is("ErrorItemNotFound", "ErrorFolderNotFound")
}

func folderPath(box mailbox, id string) string {
	return box.path + "/contactFolders/" + url.PathEscape(id)
}
