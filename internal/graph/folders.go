package graph

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"contactsync/internal/phonebook"
)

// folder is the resource type contactFolder, as far as it is asked for.
type folder struct {
	ID         string     `json:"id"`
	Properties []property `json:"singleValueExtendedProperties"`
}

// outlooksOwn holds the classes, in lower case, of folders that Outlook keeps
// among the contacts for itself: suggested recipients, Skype's lists, the
// address list's cards.
var outlooksOwn = map[string]bool{
	"ipf.contact.recipientcache":         true,
	"ipf.contact.galcontacts":            true,
	"ipf.contact.moc.imcontactlist":      true,
	"ipf.contact.moc.quickcontacts":      true,
	"ipf.contact.organizationalcontacts": true,
	"ipf.contact.company":                true,
}

// hidden tells whether people do not see the folder.
func (f *folder) hidden() bool {
	return slices.ContainsFunc(f.Properties, func(p property) bool {
		switch propertyTag(p.ID) {
		case tagContainerClass:
			return outlooksOwn[strings.ToLower(p.Value)]
		case tagHidden:
			return strings.EqualFold(p.Value, "true")
		}
		return false
	})
}

// below hands over the contacts of all folders below the default one, at any
// depth, but not those of hidden folders and of what is below them.
func (s *Source) below(ctx context.Context, box mailbox, yield func([]phonebook.Contact) error) error {
	const defaultFolder = "contacts" // a well-known name, in place of an id
	waiting := []string{defaultFolder}
	seen := map[string]bool{}
	for len(waiting) > 0 {
		parent := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		children, err := s.children(ctx, box, parent)
		if err != nil {
			return wrap("list contact folders", err)
		}
		for _, id := range children {
			if seen[id] {
				continue // moved while we listed
			}
			seen[id] = true
			if err := s.contacts(ctx, folderPath(box, id)+"/contacts", yield); err != nil {
				return err
			}
			waiting = append(waiting, id)
		}
	}
	return nil
}

// children returns the ids of the visible folders right below parent.
func (s *Source) children(ctx context.Context, box mailbox, parent string) (ids []string, err error) {
	err = list(ctx, s, s.link(folderPath(box, parent)+"/childFolders", foldersQuery), decodeItems[folder], func(folders []folder) error {
		for i := range folders {
			if !folders[i].hidden() {
				ids = append(ids, folders[i].ID)
			}
		}
		return nil
	})
	return ids, err
}

func folderPath(box mailbox, id string) string {
	return box.path + "/contactFolders/" + url.PathEscape(id)
}
