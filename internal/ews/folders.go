package ews

import (
	"context"
	"strings"
)

// ownClasses are the classes of the contact folders that Outlook and Exchange
// keep for themselves: people written to, the company's address list, Teams.
var ownClasses = []string{
	"IPF.Contact.RecipientCache",
	"IPF.Contact.GalContacts",
	"IPF.Contact.MOC.ImContactList",
	"IPF.Contact.MOC.QuickContacts",
	"IPF.Contact.OrganizationalContacts",
	"IPF.Contact.Company",
	"IPF.Contact.PeopleCentricConversationBuddies",
}

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
	err = r.settled(func() (changed bool, err error) {
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

// holdsContacts tells whether the folder is one for contacts. The class of a
// folder can be missing.
func (f folder) holdsContacts() bool {
	if f.search {
		return false
	}
	return within(f.class, "IPF.Contact") || f.class == "" && f.contacts
}

// own tells whether the folder is one of Outlook's own.
func (f folder) own() bool {
	for _, class := range ownClasses {
		if within(f.class, class) {
			return true
		}
	}
	return f.hidden
}

// withinOwn tells whether the folder or one above it is Outlook's own.
func (f folder) withinOwn(byID map[string]folder) bool {
	// Not deeper than there are folders, should the parents form a circle.
	for range len(byID) {
		if f.own() {
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

// within tells whether a class is the given one or derived from it.
func within(class, base string) bool {
	return len(class) >= len(base) && strings.EqualFold(class[:len(base)], base) && (len(class) == len(base) || class[len(base)] == '.')
}
