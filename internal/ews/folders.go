package ews

import (
	"context"
	"errors"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// subfolders returns the ids of the folders below Contacts that a person made
// for contacts. What is below one of Outlook's own folders is Outlook's own
// too.
func (r *reading) subfolders(ctx context.Context) (map[string]bool, error) {
	all, err := r.allFolders(ctx)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]bool, len(all))
	for id, f := range all {
		if f.holdsContacts() && !f.withinOwn(all) {
			ids[id] = true
		}
	}
	return ids, nil
}

// relists is how often the folders are listed again because they changed
// between two pages of the list.
const relists = 3

// allFolders returns every folder below Contacts, by id.
func (r *reading) allFolders(ctx context.Context) (map[string]folder, error) {
	for range 1 + relists {
		all, err := r.folderPages(ctx)
		if !errors.Is(err, errChanged) {
			return all, err
		}
		r.log.Debug("listing the folders again", "why", err, "mailbox", r.mail)
	}
	return nil, fault.New(fault.Member, words.MailboxRestless, "%d times: %w", 1+relists, errChanged)
}

// errChanged is of a list in which something could have slipped through
// between two pages.
var errChanged = errors.New("the list has not as many folders as the service counts in it")

// maxPages bounds a list of folders, which usually is one page.
const maxPages = 1000

// folderPages reads the list page by page. A page may be short; only
// IncludesLastItemInRange says which one is the last.
func (r *reading) folderPages(ctx context.Context) (map[string]folder, error) {
	all := make(map[string]folder)
	listed, total := 0, -1
	for range maxPages {
		a, err := r.call(ctx, r.mail, findFolder(listed))
		if err != nil {
			return nil, err
		}
		m, err := r.one(a)
		if err != nil {
			return nil, err
		}
		if !m.root.present {
			return nil, errShape("an answer without a RootFolder")
		}
		for _, f := range m.folders {
			if f.id == "" {
				return nil, errShape("a folder without an id")
			}
			all[f.id] = f
		}
		changed := listed > 0 && m.root.total != total
		listed += len(m.folders)
		total = m.root.total
		switch {
		case changed, m.root.last && (len(all) != listed || total >= 0 && listed != total):
			return nil, errChanged
		case m.root.last:
			return all, nil
		case len(m.folders) == 0:
			return nil, errShape("the list of folders does not go on after %d", listed)
		}
	}
	return nil, errShape("a list of folders without end")
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
