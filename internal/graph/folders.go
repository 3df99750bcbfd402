package graph

import (
	"context"
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

// synchronised returns the ids of the folders that are read: the default one,
// whose id is empty, and where the configuration says so those below it at any
// depth, but not hidden ones and what is below them.
func (s *Source) synchronised(ctx context.Context, a asker, box mailbox) ([]string, error) {
	ids := []string{""}
	if !s.folders {
		return ids, nil
	}
	seen := map[string]bool{}
	for parents := ids; len(parents) > 0; {
		children, err := s.children(ctx, a, box, parents)
		if err != nil {
			return nil, wrap("list contact folders", err)
		}
		parents = nil
		for _, f := range children {
			class, hidden := f.nature()
			if seen[f.ID] || phonebook.FolderOfOutlook(class, hidden) {
				continue // seen: moved while we listed
			}
			seen[f.ID] = true
			parents = append(parents, f.ID)
			if phonebook.FolderForPeople(class, hidden) {
				ids = append(ids, f.ID)
			}
		}
	}
	return ids, nil
}

// children returns the folders right below those with the given ids. A folder
// that is deleted meanwhile has none, unless it is the default one.
func (s *Source) children(ctx context.Context, a asker, box mailbox, parents []string) (all []folder, err error) {
	walks := make([]*walk, len(parents))
	for i, id := range parents {
		walks[i] = newWalk(s.link(folderPath(box, id)+"/childFolders", foldersQuery), listPage, decodeItems[folder], func(folders []folder) error {
			all = append(all, folders...)
			return nil
		})
	}
	s.all(ctx, a, walks...)
	for i, w := range walks {
		if w.err != nil && (parents[i] == "" || !gone(w.err)) {
			return nil, w.err
		}
	}
	return all, nil
}

// folderPath returns the path of a folder; an empty id stands for the default
// one, which goes by its well-known name.
func folderPath(box mailbox, id string) string {
	if id == "" {
		id = "contacts"
	}
	return box.path + "/contactFolders/" + url.PathEscape(id)
}

// contactsPath returns the path of the contacts in a folder.
func contactsPath(box mailbox, id string) string {
	if id == "" {
		return box.path + "/contacts"
	}
	return folderPath(box, id) + "/contacts"
}

// deltaPath returns the path of the changes in a folder.
func deltaPath(box mailbox, id string) string { return folderPath(box, id) + "/contacts/delta" }
