// Package simulator is a Microsoft 365 tenant on loopback: the sign-in
// endpoint of Microsoft Entra ID, Microsoft Graph and Exchange Web Services
// over TLS, with mailboxes whose contacts are as messy as life. Tests, the
// benchmarks and the demo talk to it; no package ships it.
//
// It models Microsoft's behaviour, not that of our own client: clients that
// nobody here wrote read it as well, and each EWS answer validates against
// Microsoft's schema.
package simulator

import (
	"sync"
	"time"
)

// Tenant is one organisation. Its methods are safe for concurrent use; a
// change is visible to the next request.
type Tenant struct {
	ID string // directory (tenant) id, a GUID

	mu        sync.RWMutex
	apps      map[string]*App     // by client id
	mailboxes []*Mailbox          // in the order in which they were added
	byAddress map[string]*Mailbox // lower case: primary address and aliases
	byUPN     map[string]*Mailbox // lower case
	byOID     map[string]*Mailbox // lower case
	clock     func() time.Time
}

// App is an app registration.
type App struct {
	ClientID string
	Secret   string // the client secret's value
	SecretID string // its id, which people paste by mistake
	// Expired makes the secret one that has expired (AADSTS7000222).
	Expired bool
	// Thumbprints holds the base64url SHA-256 thumbprints (x5t#S256) of the
	// certificates that are registered.
	Thumbprints []string
	// Roles holds the consented application permissions by resource, such as
	// "https://graph.microsoft.com" to "Contacts.Read". A resource that is not
	// listed was never consented to.
	Roles map[string][]string
	// Scope, where not nil, says which mailboxes an application access policy
	// or RBAC for Applications opens to the app.
	Scope func(*Mailbox) bool
	// RBAC opens Graph contacts although the token shows no role (RBAC for
	// Applications).
	RBAC bool
}

// Mailbox is one user with his mailbox.
type Mailbox struct {
	ObjectID    string
	UPN         string   // sign-in name, userPrincipalName
	Mail        string   // primary SMTP address
	Aliases     []string // further addresses
	DisplayName string
	Password    string // for Basic and NTLM; the user name is the UPN
	// MayImpersonate gives an account the role ApplicationImpersonation.
	MayImpersonate bool
	NoMailbox      bool // a user without a licence: Graph MailboxNotEnabledForRESTAPI, EWS ErrorNonExistentMailbox
	EWSDisabled    bool // EWS switched off for this mailbox

	Contacts *Folder // the well-known folder; its parent is the invisible root

	seq     int64 // grows with every change anywhere in the mailbox
	folders map[string]*Folder
}

// Folder is a contact folder. IDs are what Graph (immutable) and EWS answer.
type Folder struct {
	ID       string
	Parent   *Folder
	Name     string
	Class    string // PR_CONTAINER_CLASS: IPF.Contact, IPF.Contact.RecipientCache …
	Hidden   bool   // PR_ATTR_HIDDEN
	Children []*Folder

	items []*Item          // in the order in which they were made
	byID  map[string]*Item // by item id
	log   []change         // what happened, oldest first, for delta and SyncFolderItems
}

// change is one entry of a folder's history.
type change struct {
	seq     int64
	id      string
	created bool // made, as opposed to changed
	deleted bool
}

// Item is a contact or a distribution list in a folder.
type Item struct {
	ID       string
	List     bool // a distribution list (IPM.DistList); only DisplayName means anything
	Created  time.Time
	Modified time.Time
	Contact

	createdSeq int64
	seq        int64 // of the last change
}

// Contact holds a contact's fields under the names that Outlook uses.
type Contact struct {
	DisplayName, GivenName, MiddleName, Surname string
	Company, Department, JobTitle               string
	// Phones by EWS key: AssistantPhone, BusinessFax, BusinessPhone,
	// BusinessPhone2, Callback, CarPhone, CompanyMainPhone, HomeFax, HomePhone,
	// HomePhone2, Isdn, MobilePhone, OtherFax, OtherTelephone, Pager,
	// PrimaryPhone, RadioPhone, Telex, TtyTddPhone.
	Phones map[string]string
	// Emails are the three slots; an empty one is not set. An X.500 address
	// starts with "/o=".
	Emails [3]string
	// Addresses by EWS key: Business, Home, Other.
	Addresses  map[string]Address
	Birthday   time.Time // zero: none; Exchange keeps the date at 11:59 UTC
	Notes      string
	Categories []string
}

// Address is a postal address.
type Address struct {
	Street, PostalCode, City, State, Country string
}
