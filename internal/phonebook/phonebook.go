// Package phonebook is the domain of contactsync: who is synchronised (Member),
// what stands in a mailbox (Contact), and what a phone shows (Entry).
//
// A source hands over each Contact as the service holds it. A Normaliser makes
// an Entry of it: trimmed, ordered, without what has no place in a phonebook,
// and with every telephone number in E.164 where it is one. The package is
// pure: it opens no file, asks no clock and knows no service.
package phonebook

import (
	"errors"
	"iter"
)

// Member is one person of a synchronised group.
type Member struct {
	User     string   // the appliance's user id; owner of the phonebook
	Mail     string   // the primary address of the mailbox
	ObjectID string   // object id in Microsoft Entra ID, where the directory holds it
	Groups   []string // names of the synchronised groups that the person is in, sorted
	Problem  string   // why the person cannot be synchronised; empty where nothing is wrong
	Group    bool     // no person but a group that shows no members
	Unknown  bool     // the directory does not tell who it is: User is no user id but what it says instead
}

// Contact is a contact as a mailbox holds it: nothing trimmed, nothing left out.
type Contact struct {
	ID          string // the service's id, stable while the contact stays in its folder
	DisplayName string
	GivenName   string
	Surname     string
	Company     string
	Department  string
	JobTitle    string
	Emails      []string  // in the order of Outlook's slots; X.500 addresses included
	Phones      []Phone   // within a kind in the order of Outlook's slots
	Addresses   []Address // at most one of each kind
	Birthday    string    // an RFC 3339 time; only its date means anything
	Notes       string    // plain text; empty unless notes were asked for
	Categories  []string
}

// Page is a part of what a source tells of a mailbox.
type Page struct {
	Contacts []Contact // that are there, as they are now
	Gone     []string  // ids of contacts that are there no more
}

// ErrStale is in the chain of a source's error, or a store's, where changes
// cannot be told from what is known of the last run any more: the state of it
// expired, was lost or is refused. The mailbox then has to be read in full.
var ErrStale = errors.New("the state of the last run cannot be used any more")

// Mailbox is a member's mailbox with the state that the last reading of it
// left; an empty one where nothing is known of it.
type Mailbox struct {
	Member
	State string
}

// Look is what a first look at a mailbox told.
type Look struct {
	Unchanged bool   // nothing happened since the state
	State     string // to be kept where nothing happened
	Err       error  // why the mailbox cannot be read
}

// Phone is one telephone slot of a contact, as typed.
type Phone struct {
	Kind   Kind
	Number string
}

// Address is a postal address.
type Address struct {
	Kind       AddressKind `json:"kind"`
	Street     string      `json:"street,omitempty"`
	PostalCode string      `json:"postal_code,omitempty"`
	City       string      `json:"city,omitempty"`
	State      string      `json:"state,omitempty"`
	Country    string      `json:"country,omitempty"`
}

// Entry is one entry of a phonebook, as readers see it. Its JSON form is the
// one of `contactsync phonebook export`.
type Entry struct {
	ID          string    `json:"id"`
	DisplayName string    `json:"display_name"`
	GivenName   string    `json:"given_name,omitempty"`
	Surname     string    `json:"surname,omitempty"`
	Company     string    `json:"company,omitempty"`
	Department  string    `json:"department,omitempty"`
	JobTitle    string    `json:"job_title,omitempty"`
	Emails      []string  `json:"emails,omitempty"`
	Numbers     []Number  `json:"numbers,omitempty"`
	Addresses   []Address `json:"addresses,omitempty"`
	Birthday    string    `json:"birthday,omitempty"` // YYYY-MM-DD, without a year --MM-DD
	Notes       string    `json:"notes,omitempty"`
	Categories  []string  `json:"categories,omitempty"`
}

// Number is a telephone number of an entry.
type Number struct {
	Kind    Kind   `json:"kind"`
	Number  string `json:"number,omitempty"` // E.164, an extension as ";ext=12"; empty where AsTyped is no number
	AsTyped string `json:"as_typed"`
}

// Phonebook is a managed phonebook with all that its readers see.
type Phonebook struct {
	Owner    string  `json:"owner"`
	Title    string  `json:"phonebook"`
	SyncedAt string  `json:"synced_at"` // RFC 3339 in UTC: the last successful run, changes or not
	Entries  []Entry `json:"entries"`
}

// Replacement is what a member's managed phonebook is to hold after a run: all
// its entries or, with Since, what changed.
type Replacement struct {
	Owner    string
	Title    string
	SyncedAt string // RFC 3339 in UTC

	Entries iter.Seq2[Entry, error] // no id twice; nil: none. An error ends the replacement. A store may ask for them twice
	Len     int                     // number of Entries
	Gone    []string                // ids of entries to remove, with Since only

	// Since, where not empty, says that Entries and Gone are what happened
	// since that state. A store that does not know the phonebook in just this
	// state, or where somebody else wrote to it, answers ErrStale.
	Since string
	State string // the mailbox's state, for the next run; empty: unknown

	AllowEmpty bool // without it a phonebook that has entries is kept where Entries, of all, is empty
	Full       bool // rewrite every row, whatever the store remembers of the last run
	DryRun     bool // find out what would change, and change nothing
	Details    int  // of a dry run at most; 0: of every entry
}

// All returns the entries of a slice as a Replacement takes them.
func All(entries []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Known is what a store remembers of a member's managed phonebook.
type Known struct {
	State   string // of the mailbox when it was last read; empty: unknown
	Touched bool   // somebody else wrote to the phonebook since
}

// Confirmed says of a phonebook in which nothing had changed how many entries
// it has, or why that cannot be said.
type Confirmed struct {
	Entries int
	Err     error // ErrStale where the phonebook is not in the state that was named
}

// Changes says what a replacement did, or would do in a dry run.
type Changes struct {
	Added, Updated, Removed int
	Entries                 int      // in the phonebook afterwards
	Kept                    bool     // nothing was changed, because the phonebook would have become empty
	Created                 bool     // the member had no managed phonebook before
	Renamed                 string   // the title that it had before, where that changed
	Details                 []Detail // the first by their names, sorted; in a dry run only
}

// Replaced says what became of a replacement that was made together with others.
type Replaced struct {
	Changes
	Err error // nothing was changed
}

// Match is a number that was looked up, with whom it leads to and in whose
// phonebook it stands.
type Match struct {
	Owner       string `json:"owner"`
	DisplayName string `json:"display_name"`
	Company     string `json:"company"`
	Kind        Kind   `json:"kind"`
	Number      string `json:"number"` // E.164; as it was typed where it is no such number
}

// Summary is a managed phonebook without its entries.
type Summary struct {
	Owner    string `json:"owner"`
	Title    string `json:"phonebook"`
	Entries  int    `json:"entries"`
	SyncedAt string `json:"synced_at"` // RFC 3339 in UTC
}
