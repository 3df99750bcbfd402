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
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Tenant is one organisation. Its methods are safe for concurrent use; a
// change is visible to the next request. The lower-case lookups expect the
// caller to hold the lock (see view).
type Tenant struct {
	ID string // directory (tenant) id, a GUID

	mu        sync.RWMutex
	apps      map[string]*App       // by client id
	mailboxes []*Mailbox            // in the order in which they were added
	byAddress map[string]*Mailbox   // lower case: primary address and aliases
	byMail    map[string][]*Mailbox // lower case: primary address, which several users can have
	byUPN     map[string]*Mailbox   // lower case
	byOID     map[string]*Mailbox   // lower case
	clock     func() time.Time
	version   int64 // grows with every change to apps and to what users are
}

// App is an app registration.
type App struct {
	ClientID string
	Secret   string // the client secret's value
	SecretID string // its id, which people paste by mistake
	// Expired makes the secret one that has expired (AADSTS7000222).
	Expired bool
	// Thumbprints holds the base64url SHA-256 thumbprints (x5t#S256) of the
	// certificates that are registered. An assertion must bring the certificate
	// along (x5c) where only the thumbprint is known.
	Thumbprints []string
	// Certificates holds certificates that are registered and known whole.
	Certificates []*x509.Certificate
	// Roles holds the consented application permissions by resource, such as
	// "https://graph.microsoft.com" to "Contacts.Read". A resource that is not
	// listed was never consented to.
	Roles map[string][]string
	// Scope, where not nil, says which mailboxes an application access policy
	// or RBAC for Applications opens to the app. It runs while the tenant is
	// locked and may read the mailbox's fields only.
	Scope func(*Mailbox) bool
	// RBAC opens Graph contacts although the token shows no role (RBAC for
	// Applications).
	RBAC bool
}

// NewTenant returns an empty tenant. Its id, and that of everything added to
// it, follows from the name alone, so that two runs see the same ids.
func NewTenant(name string) *Tenant {
	return &Tenant{
		ID:        guid("tenant", name),
		apps:      map[string]*App{},
		byAddress: map[string]*Mailbox{},
		byMail:    map[string][]*Mailbox{},
		byUPN:     map[string]*Mailbox{},
		byOID:     map[string]*Mailbox{},
		clock:     time.Now,
	}
}

// SetClock replaces the clock that stamps items and tokens.
func (t *Tenant) SetClock(now func() time.Time) {
	t.Change(func() { t.clock = now })
}

// Now returns the tenant's time.
func (t *Tenant) Now() time.Time {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.clock()
}

// AddApp registers an app and returns the registration. A missing client id,
// secret or secret id is made up.
func (t *Tenant) AddApp(a App) *App {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := fmt.Sprint(len(t.apps))
	fill(&a.ClientID, guid(t.ID, "app", n))
	fill(&a.Secret, "sim8Q~"+strings.ReplaceAll(guid(t.ID, "secret", n), "-", "")[:31]+"_"+n)
	fill(&a.SecretID, guid(t.ID, "secret id", n))
	t.apps[strings.ToLower(a.ClientID)] = &a
	return &a
}

// AddMailbox adds a user and returns him. Mail is required; a missing object
// id, sign-in name or display name is made up. The mailbox has its contacts
// folder and nothing else.
func (t *Tenant) AddMailbox(m Mailbox) *Mailbox {
	t.mu.Lock()
	defer t.mu.Unlock()
	fill(&m.ObjectID, guid(t.ID, "user", strings.ToLower(m.Mail)))
	fill(&m.UPN, m.Mail)
	fill(&m.DisplayName, m.Mail)
	t.version++
	box := &m
	box.tenant = t
	box.prepare()
	t.mailboxes = append(t.mailboxes, box)
	for _, a := range append([]string{m.Mail}, m.Aliases...) {
		t.byAddress[strings.ToLower(a)] = box
	}
	mail := strings.ToLower(m.Mail)
	t.byMail[mail] = append(t.byMail[mail], box)
	t.byUPN[strings.ToLower(m.UPN)] = box
	t.byOID[strings.ToLower(m.ObjectID)] = box
	return box
}

// Change runs f while no request is served, so that f may set exported fields
// of apps and mailboxes. The addresses of a mailbox are not among them.
func (t *Tenant) Change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version++
	f()
}

// view runs f while nothing changes.
func (t *Tenant) view(f func()) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	f()
}

// Mailboxes returns all users in the order in which they were added.
func (t *Tenant) Mailboxes() []*Mailbox {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return append([]*Mailbox(nil), t.mailboxes...)
}

// Mailbox returns the user with this primary address or alias, or nil.
func (t *Tenant) Mailbox(address string) *Mailbox {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.address(address)
}

// app returns the registration with this client id, or nil.
func (t *Tenant) app(clientID string) *App { return t.apps[strings.ToLower(clientID)] }

// address returns the user with this address, primary or alias, or nil.
func (t *Tenant) address(a string) *Mailbox { return t.byAddress[strings.ToLower(a)] }

// upn returns the user with this sign-in name, or nil.
func (t *Tenant) upn(name string) *Mailbox { return t.byUPN[strings.ToLower(name)] }

// oid returns the user with this object id, or nil.
func (t *Tenant) oid(id string) *Mailbox { return t.byOID[strings.ToLower(id)] }

// guid returns a GUID that follows from the parts.
func guid(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}
