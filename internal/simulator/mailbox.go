package simulator

import (
	"crypto/sha256"
	"maps"
	"slices"
	"time"
)

// Mailbox is one user with his mailbox. Its methods take the tenant's lock.
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
	Deleted  *Folder // Deleted Items, where Outlook puts what a user deletes

	tenant  *Tenant
	storeID []byte            // 16 bytes that stand in all ids
	seq     int64             // grows with every change anywhere in the mailbox
	numbers int64             // the last number given to a folder or item
	root    *Folder           // msgfolderroot, the parent of Contacts
	folders map[int64]*Folder // by number
	items   map[int64]*Item   // by number
	moved   map[int64]int64   // entry to number, of those that have moved
	gone    []tombstone       // of folders
	floor   int64             // what was before is forgotten, for the hierarchy
}

// Folder is a contact folder.
type Folder struct {
	ID       string // as Graph answers it; EWSID is the same in EWS's alphabet
	Parent   *Folder
	Name     string
	Class    string // PR_CONTAINER_CLASS: IPF.Contact, IPF.Contact.RecipientCache …
	Hidden   bool   // PR_ATTR_HIDDEN
	Children []*Folder

	mailbox    *Mailbox
	num        int64
	createdSeq int64
	seq        int64   // of the last change to the folder itself or its items
	ownSeq     int64   // of the last change to the folder itself
	items      []*Item // in the order in which they came
	gone       []tombstone
	floor      int64 // what was before is forgotten
}

// Item is a contact or a distribution list in a folder. An Item is never
// changed once it is in a folder: a change puts another in its place, so that
// a reader may keep it without the lock.
type Item struct {
	// ID is Graph's immutable id, which stays when the item moves. The other
	// id, EWSID, names its stay in the folder and so changes, as Exchange's does.
	ID       string
	List     bool // a distribution list (IPM.DistList); only DisplayName means anything
	Created  time.Time
	Modified time.Time
	Contact

	folder     *Folder
	num        int64 // for life; the immutable id holds it
	entry      int64 // its number in this stay in the folder; the other ids hold it
	firstSeq   int64 // when it first came into this folder
	createdSeq int64 // when this stay began
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

func (c Contact) clone() Contact {
	c.Phones = maps.Clone(c.Phones)
	c.Addresses = maps.Clone(c.Addresses)
	c.Categories = slices.Clone(c.Categories)
	return c
}

// prepare makes the folders that every mailbox has.
func (m *Mailbox) prepare() {
	h := sha256.Sum256([]byte(m.ObjectID))
	m.storeID = h[:16]
	m.folders = map[int64]*Folder{}
	m.items = map[int64]*Item{}
	m.moved = map[int64]int64{}
	m.root = m.addFolder(nil, "Top of Information Store", "IPF.Note", false)
	m.Contacts = m.addFolder(m.root, "Contacts", "IPF.Contact", false)
	// It is no contact folder, so it is not among the root's children.
	m.Deleted = &Folder{
		Parent: m.root, Name: "Deleted Items", Class: "IPF.Note", mailbox: m, num: standardNumber("deleteditems"),
		createdSeq: m.seq, seq: m.seq, ownSeq: m.seq,
	}
	m.Deleted.ID = urlSafe(m.Deleted.EWSID())
	m.folders[m.Deleted.num] = m.Deleted
}

// AddFolder makes a folder below parent. An empty class is IPF.Contact.
func (m *Mailbox) AddFolder(parent *Folder, name, class string, hidden bool) *Folder {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	fill(&class, "IPF.Contact")
	return m.addFolder(parent, name, class, hidden)
}

func (m *Mailbox) addFolder(parent *Folder, name, class string, hidden bool) *Folder {
	m.seq++
	m.numbers++
	f := &Folder{
		Parent: parent, Name: name, Class: class, Hidden: hidden, mailbox: m,
		num: m.numbers, createdSeq: m.seq, seq: m.seq, ownSeq: m.seq,
	}
	f.ID = urlSafe(f.EWSID())
	m.folders[f.num] = f
	if parent != nil {
		parent.Children = append(parent.Children, f)
	}
	return f
}

// RenameFolder gives a folder another name.
func (m *Mailbox) RenameFolder(f *Folder, name string) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	m.seq++
	f.Name, f.seq, f.ownSeq = name, m.seq, m.seq
}

// MoveFolder moves a folder, with its items and what lies below it, into
// another that is not among them. Contacts.Parent takes it out of Contacts,
// Deleted deletes it as Outlook does. Its id stays.
func (m *Mailbox) MoveFolder(f, to *Folder) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f.Parent.Children = slices.DeleteFunc(slices.Clone(f.Parent.Children), func(c *Folder) bool { return c == f })
	f.Parent, to.Children = to, append(slices.Clone(to.Children), f)
	for _, c := range append([]*Folder{f}, below(f)...) {
		m.seq++
		c.seq, c.ownSeq = m.seq, m.seq
	}
}

// DeleteFolder deletes a folder, its items and what lies below it, for good.
func (m *Mailbox) DeleteFolder(f *Folder) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f.Parent.Children = slices.DeleteFunc(slices.Clone(f.Parent.Children), func(c *Folder) bool { return c == f })
	m.deleteFolder(f)
}

func (m *Mailbox) deleteFolder(f *Folder) {
	for _, c := range f.Children {
		m.deleteFolder(c)
	}
	for _, it := range f.items {
		delete(m.items, it.num)
		delete(m.moved, it.entry)
	}
	delete(m.folders, f.num)
	m.seq++
	m.gone = append(m.gone, tombstone{seq: m.seq, createdSeq: f.createdSeq, num: f.num})
}

// AddContact puts a contact into a folder and returns its immutable id.
func (m *Mailbox) AddContact(f *Folder, c Contact) string {
	return m.add(f, Item{Contact: c.clone()})
}

// AddList puts a distribution list into a folder and returns its immutable id.
func (m *Mailbox) AddList(f *Folder, name string) string {
	return m.add(f, Item{List: true, Contact: Contact{DisplayName: name}})
}

func (m *Mailbox) add(f *Folder, it Item) string {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	it.Created = m.tenant.clock().UTC().Truncate(time.Second)
	it.Modified = it.Created
	m.put(f, &it)
	return it.ID
}

// put makes it the newest of a folder. Its first stay anywhere gives it the
// number that it keeps.
func (m *Mailbox) put(f *Folder, it *Item) {
	m.seq++
	m.numbers++
	it.entry = m.numbers
	it.folder, it.firstSeq, it.createdSeq, it.seq, f.seq = f, m.seq, m.seq, m.seq, m.seq
	if it.num == 0 {
		it.num = it.entry
		it.ID = immutableID(m, it.num)
	} else {
		m.moved[it.entry] = it.num
		if i := slices.IndexFunc(f.gone, func(g tombstone) bool { return g.num == it.num }); i >= 0 {
			it.firstSeq = f.gone[i].firstSeq
		}
	}
	m.items[it.num] = it
	f.items = append(f.items, it)
}

// UpdateContact has change alter the contact with this id, and says whether
// there is one.
func (m *Mailbox) UpdateContact(id string, change func(*Contact)) bool {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	old := m.item(id)
	if old == nil {
		return false
	}
	it := *old
	it.Contact = old.Contact.clone()
	change(&it.Contact)
	m.seq++
	it.seq, it.folder.seq = m.seq, m.seq
	it.Modified = m.tenant.clock().UTC().Truncate(time.Second)
	m.items[it.num] = &it
	items := slices.Clone(it.folder.items)
	items[slices.Index(items, old)] = &it
	it.folder.items = items
	return true
}

// TrashContact moves the item with this id into Deleted Items, as Outlook does
// when a user deletes it, and says whether there was one.
func (m *Mailbox) TrashContact(id string) bool { return m.MoveContact(id, m.Deleted) }

// DeleteContact deletes the item with this id for good, and says whether there
// was one.
func (m *Mailbox) DeleteContact(id string) bool {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	it := m.item(id)
	if it == nil {
		return false
	}
	m.take(it)
	delete(m.items, it.num)
	return true
}

// MoveContact moves the item with this id into another folder, and says
// whether there is one. Its immutable id stays and its EWS id changes, to
// another one also where it comes back; the history of the old folder shows a
// deletion, that of the new one a creation.
func (m *Mailbox) MoveContact(id string, to *Folder) bool {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	old := m.item(id)
	if old == nil {
		return false
	}
	m.take(old)
	it := *old
	m.put(to, &it)
	return true
}

// take takes an item out of its folder.
func (m *Mailbox) take(it *Item) {
	m.seq++
	f := it.folder
	f.seq = m.seq
	f.items = slices.DeleteFunc(slices.Clone(f.items), func(x *Item) bool { return x == it })
	f.gone = append(f.gone, tombstone{seq: m.seq, firstSeq: it.firstSeq, createdSeq: it.createdSeq, num: it.num, entry: it.entry})
	delete(m.moved, it.entry)
}

// Items returns what lies in a folder, oldest first.
func (m *Mailbox) Items(f *Folder) []*Item {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	return slices.Clone(f.items)
}

// Item returns the item with this immutable or EWS id, or nil.
func (m *Mailbox) Item(id string) *Item {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	return m.item(id)
}

// Folders returns all contact folders but those in Deleted Items, each before
// what lies below it; the well-known one comes first.
func (m *Mailbox) Folders() []*Folder {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	return below(m.root)
}

// below returns all folders below f at any depth, parents first.
func below(f *Folder) []*Folder {
	var all []*Folder
	for _, c := range f.Children {
		all = append(append(all, c), below(c)...)
	}
	return all
}
