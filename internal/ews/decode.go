package ews

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"contactsync/internal/phonebook"
)

// answer is what the service says to one request: a fault, or a message for
// each thing that was asked for.
type answer struct {
	fault    *serviceError
	messages []message
}

// message is one ResponseMessage. Which of its contents are set depends on the
// request.
type message struct {
	err       *serviceError // nil where ResponseClass is Success
	root      root
	syncState string
	last      bool // IncludesLastItemInRange of SyncFolderItems
	items     []item
	folders   []folder
}

// root holds the paging attributes of a RootFolder.
type root struct {
	present bool
	last    bool // IncludesLastItemInRange
	total   int  // TotalItemsInView, -1 where there is none
}

// item is an item of a folder, or what happened to it.
type item struct {
	phonebook.Contact
	isContact bool // as opposed to a distribution list and anything else that lies there
	cut       bool // a text is as long as SyncFolderItems sends at most: the rest may be missing
	change    change
}

// change is what happened to an item.
type change byte

const (
	none change = iota // an answer of GetItem does not tell
	created
	updated
	deleted // only the id is known
)

// folder is a folder below Contacts.
type folder struct {
	id, parent string
	class      string // PR_CONTAINER_CLASS
	hidden     bool   // PR_ATTR_HIDDEN
	contacts   bool   // a t:ContactsFolder
	search     bool   // a t:SearchFolder: a view of items that lie elsewhere
}

// cutAt is the length at which SyncFolderItems and FindItem cut text properties
// (FindItem operation: "the first 255 bytes", in fact UTF-16 code units).
const cutAt = 255

// errNoSOAP says that an answer is XML or text, but none of this protocol.
var errNoSOAP = errors.New("read answer: it is not a SOAP envelope")

// decode reads a whole answer.
func decode(r io.Reader) (answer, error) {
	var a answer
	x := newXMLReader(r)
	defer x.close()
	found := false
	for d := x.depth(); x.child(d); {
		if string(x.name()) != "Envelope" {
			return a, errNoSOAP
		}
		for d := x.depth(); x.child(d); {
			if string(x.name()) == "Body" {
				found = true
				a.body(x)
			}
		}
	}
	if x.err == nil && !found {
		return a, errNoSOAP
	}
	return a, x.err
}

// body reads the SOAP body: a fault, or an operation's response.
func (a *answer) body(x *xmlReader) {
	for d := x.depth(); x.child(d); {
		if string(x.name()) == "Fault" {
			a.fault = decodeFault(x)
			continue
		}
		for d := x.depth(); x.child(d); {
			if string(x.name()) != "ResponseMessages" {
				continue
			}
			for d := x.depth(); x.child(d); {
				a.messages = append(a.messages, decodeMessage(x))
			}
		}
	}
}

// decodeFault reads a SOAP fault. Exchange names the code in the detail; other
// servers in the fault's code.
func decodeFault(x *xmlReader) *serviceError {
	e := &serviceError{fault: true}
	for d := x.depth(); x.child(d); {
		switch string(x.name()) {
		case "faultcode":
			if e.code == "" {
				code := strings.TrimSpace(x.text())
				e.code = code[strings.LastIndexByte(code, ':')+1:] // without the prefix
			}
		case "faultstring":
			e.text = x.text()
		case "detail":
			for d := x.depth(); x.child(d); {
				switch string(x.name()) {
				case "ResponseCode":
					e.code = strings.TrimSpace(x.text())
				case "Message":
					e.text = x.text()
				case "MessageXml":
					e.messageXML(x)
				}
			}
		}
	}
	return e
}

// messageXML reads the machine-readable part of an error.
func (e *serviceError) messageXML(x *xmlReader) {
	for d := x.depth(); x.child(d); {
		if x.attr("Name") == "BackOffMilliseconds" {
			if ms, err := strconv.ParseUint(strings.TrimSpace(x.text()), 10, 32); err == nil {
				e.wait = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

func decodeMessage(x *xmlReader) message {
	var m message
	e := serviceError{}
	success := x.attr("ResponseClass") == "Success"
	for d := x.depth(); x.child(d); {
		switch string(x.name()) {
		case "MessageText":
			e.text = x.text()
		case "ResponseCode":
			e.code = strings.TrimSpace(x.text())
		case "MessageXml":
			e.messageXML(x)
		case "SyncState":
			m.syncState = strings.TrimSpace(x.text())
		case "IncludesLastItemInRange":
			m.last = isTrue(strings.TrimSpace(x.text()))
		case "Changes":
			m.decodeChanges(x)
		case "RootFolder":
			m.rootFolder(x)
		case "Items":
			for d := x.depth(); x.child(d); {
				m.item().decode(x)
			}
		}
	}
	if !success {
		m.err = &e
	}
	return m
}

func (m *message) rootFolder(x *xmlReader) {
	m.root = root{present: true, last: isTrue(x.attr("IncludesLastItemInRange")), total: number(x.attr("TotalItemsInView"))}
	for d := x.depth(); x.child(d); {
		if string(x.name()) == "Folders" {
			for d := x.depth(); x.child(d); {
				m.folders = append(m.folders, decodeFolder(x))
			}
		}
	}
}

func decodeFolder(x *xmlReader) folder {
	f := folder{contacts: string(x.name()) == "ContactsFolder", search: string(x.name()) == "SearchFolder"}
	for d := x.depth(); x.child(d); {
		switch string(x.name()) {
		case "FolderId":
			f.id = x.attr("Id")
		case "ParentFolderId":
			f.parent = x.attr("Id")
		case "FolderClass":
			f.class = strings.TrimSpace(x.text())
		case "ExtendedProperty":
			// The only one that is asked for is PR_ATTR_HIDDEN.
			for d := x.depth(); x.child(d); {
				if string(x.name()) == "Value" {
					v := strings.TrimSpace(x.text())
					f.hidden = isTrue(strings.ToLower(v))
				}
			}
		}
	}
	return f
}

// decodeChanges reads what SyncFolderItems tells. That somebody has read an item
// (ReadFlagChange) is no change to a contact.
func (m *message) decodeChanges(x *xmlReader) {
	for d := x.depth(); x.child(d); {
		var c change
		switch string(x.name()) {
		case "Create":
			c = created
		case "Update":
			c = updated
		case "Delete":
			c = deleted
		default:
			continue
		}
		for d := x.depth(); x.child(d); {
			it := m.item()
			it.change = c
			if c == deleted {
				it.ID = x.attr("Id")
			} else {
				it.decode(x)
			}
		}
	}
}

// room holds the items of an answer that is as large as we ask for.
type room [maxChanges]item

// rooms holds those that are empty.
var rooms = sync.Pool{New: func() any { return new(room) }}

// item returns a new one of the message's.
func (m *message) item() *item {
	if len(m.items) == 32 { // more than a few are likely to be many
		m.items = append(rooms.Get().(*room)[:0], m.items...)
	}
	m.items = append(m.items, item{})
	return &m.items[len(m.items)-1]
}

// free lets go of the items.
func (m *message) free() {
	if clear(m.items); cap(m.items) == maxChanges {
		rooms.Put((*room)(m.items[:maxChanges]))
	}
	m.items = nil
}

// decode reads an item. Of what is no contact only the id is of use.
func (it *item) decode(x *xmlReader) {
	it.isContact = string(x.name()) == "Contact"
	for d := x.depth(); x.child(d); {
		if string(x.name()) == "ItemId" {
			it.ID = x.attr("Id")
		} else if it.isContact {
			it.property(x)
		}
	}
}

// property reads one property of a contact.
func (it *item) property(x *xmlReader) {
	switch string(x.name()) {
	case "DisplayName":
		it.DisplayName = it.field(x)
	case "GivenName":
		it.GivenName = it.field(x)
	case "Surname":
		it.Surname = it.field(x)
	case "CompanyName":
		it.Company = it.field(x)
	case "Department":
		it.Department = it.field(x)
	case "JobTitle":
		it.JobTitle = it.field(x)
	case "Birthday":
		it.Birthday = x.text()
	case "Body":
		it.Notes = x.text()
	case "Categories":
		for d := x.depth(); x.child(d); {
			it.Categories = append(it.Categories, it.field(x))
		}
	case "EmailAddresses":
		it.emails(x)
	case "PhoneNumbers":
		it.phones(x)
	case "PhysicalAddresses":
		it.addresses(x)
	}
}

// field reads a text and notices whether it may have been cut.
func (it *item) field(x *xmlReader) string {
	s := x.text()
	lost := x.dropped + x.joined // they count in the mailbox
	if len(s)+lost >= cutAt && units(s)+lost >= cutAt {
		it.cut = true
	}
	return s
}

// units counts UTF-16 code units.
func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

func (it *item) emails(x *xmlReader) {
	var slots [len(emailSlots)]string
	n := 0
	for d := x.depth(); x.child(d); {
		if i := slices.Index(emailSlots[:], string(x.rawAttr("Key"))); i >= 0 {
			slots[i] = it.field(x)
			n++
		}
	}
	if n == 0 {
		return
	}
	it.Emails = make([]string, 0, n)
	for _, address := range slots {
		if address != "" {
			it.Emails = append(it.Emails, address)
		}
	}
}

func (it *item) phones(x *xmlReader) {
	var slots [len(phoneSlots)]string
	n := 0
	for d := x.depth(); x.child(d); {
		if i, ok := phoneSlot[string(x.rawAttr("Key"))]; ok {
			slots[i] = it.field(x)
			n++
		}
	}
	if n == 0 {
		return
	}
	it.Phones = make([]phonebook.Phone, 0, n)
	for i, text := range slots {
		if text != "" {
			it.Phones = append(it.Phones, phonebook.Phone{Kind: phoneSlots[i].kind, Number: text})
		}
	}
}

func (it *item) addresses(x *xmlReader) {
	var slots [len(addressSlots)]phonebook.Address
	for d := x.depth(); x.child(d); {
		key := string(x.rawAttr("Key"))
		for i := range addressSlots {
			if addressSlots[i].key == key {
				slots[i] = it.address(x)
				break
			}
		}
	}
	for i, a := range slots {
		if a != (phonebook.Address{}) {
			a.Kind = addressSlots[i].kind
			it.Addresses = append(it.Addresses, a)
		}
	}
}

// address reads the parts of one postal address.
func (it *item) address(x *xmlReader) (a phonebook.Address) {
	for d := x.depth(); x.child(d); {
		switch string(x.name()) {
		case "Street":
			a.Street = it.field(x)
		case "City":
			a.City = it.field(x)
		case "State":
			a.State = it.field(x)
		case "CountryOrRegion":
			a.Country = it.field(x)
		case "PostalCode":
			a.PostalCode = it.field(x)
		}
	}
	return a
}

// isTrue tells whether the text is xs:boolean's true.
func isTrue(s string) bool { return s == "true" || s == "1" }

// number returns the number that an attribute holds, -1 where it holds none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}
