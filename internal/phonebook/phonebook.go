// Package phonebook is the domain of contactsync: who is synchronised (Member),
// what stands in a mailbox (Contact), and what a phone shows (Entry).
//
// A source hands over each Contact as the service holds it. A Normaliser makes
// an Entry of it: trimmed, ordered, without what has no place in a phonebook,
// and with every telephone number in E.164 where it is one. The package is
// pure: it opens no file, asks no clock and knows no service.
package phonebook

// Member is one person of a synchronised group.
type Member struct {
	User     string   // the appliance's user id; owner of the phonebook
	Mail     string   // the primary address of the mailbox
	ObjectID string   // object id in Microsoft Entra ID, where the directory holds it
	Groups   []string // names of the synchronised groups that the person is in, sorted
	Problem  string   // why the person cannot be synchronised; empty where nothing is wrong
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

// Replacement is what a member's managed phonebook is to hold after a run.
type Replacement struct {
	Owner    string
	Title    string
	Entries  []Entry // no id twice
	SyncedAt string  // RFC 3339 in UTC

	AllowEmpty bool // without it a phonebook that has entries is kept where Entries is empty
	Full       bool // rewrite every row, whatever the store remembers of the last run
	DryRun     bool // find out what would change, and change nothing
}

// Changes says what a replacement did, or would do in a dry run.
type Changes struct {
	Added, Updated, Removed int
	Entries                 int      // in the phonebook afterwards
	Kept                    bool     // nothing was changed, because the phonebook would have become empty
	Created                 bool     // the member had no managed phonebook before
	Renamed                 string   // the title that it had before, where that changed
	Details                 []Detail // one for each entry, sorted by name; in a dry run only
}

// Detail is one change of a dry run.
type Detail struct {
	Op   Op
	Name string // the entry's display name
}

// Op is what happens to an entry.
type Op byte

// What a Detail can say.
const (
	Added   Op = '+'
	Updated Op = '~'
	Removed Op = '-'
)

// Summary is a managed phonebook without its entries.
type Summary struct {
	Owner    string `json:"owner"`
	Title    string `json:"phonebook"`
	Entries  int    `json:"entries"`
	SyncedAt string `json:"synced_at"` // RFC 3339 in UTC
}
