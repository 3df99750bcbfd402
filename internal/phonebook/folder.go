package phonebook

import "strings"

// ContactsClass is the class of a folder for contacts (PR_CONTAINER_CLASS).
// Programs make up classes of their own below it, after a dot.
const ContactsClass = "IPF.Contact"

// ownClasses are the classes of the folders that Outlook, Exchange and Teams
// keep among the contacts for themselves: people written to, the company's
// address list, the lists of a messenger.
var ownClasses = [...]string{
	"IPF.Contact.RecipientCache",
	"IPF.Contact.GalContacts",
	"IPF.Contact.MOC.ImContactList",
	"IPF.Contact.MOC.QuickContacts",
	"IPF.Contact.OrganizationalContacts",
	"IPF.Contact.Company",
	"IPF.Contact.PeopleCentricConversationBuddies",
}

// FolderForPeople tells whether a person keeps contacts in a folder of the
// given class, so that they belong into the phonebook. What lies below the
// folder is another question: see FolderOfOutlook.
func FolderForPeople(class string, hidden bool) bool {
	return withinClass(class, ContactsClass) && !FolderOfOutlook(class, hidden)
}

// FolderOfOutlook tells whether a folder is hidden or one of those that Outlook
// keeps for itself. Then all folders below it are too, whatever their class.
func FolderOfOutlook(class string, hidden bool) bool {
	for _, own := range ownClasses {
		if withinClass(class, own) {
			return true
		}
	}
	return hidden
}

// withinClass tells whether a class is the given one or below it; the case of
// letters does not matter.
func withinClass(class, base string) bool {
	n := len(base)
	return len(class) >= n && strings.EqualFold(class[:n], base) && (len(class) == n || class[n] == '.')
}
