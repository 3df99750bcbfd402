package simulator

import (
	"strings"
	"time"
	"unicode/utf8"
)

// itemShape says which properties of an item an answer holds.
type itemShape struct {
	contact, list []itemProperty
	table         bool // FindItem and SyncFolderItems: no body, texts cut
	html          bool // BodyType HTML

	base      string
	wanted    map[string]bool // field URIs
	phones    map[string]bool // keys
	emails    map[string]bool
	addresses map[string]map[string]bool // kind, then part
	extended  []*element
}

// itemProperty is one property, or several that always stand together.
type itemProperty struct {
	uri string
	in  shapes
	put func(*itemWriter, *Item)
}

// shapes are the base shapes that hold a property.
type shapes byte

const (
	inDefault shapes = 1 << iota
	inAll
	inGet // in AllProperties of GetItem only
	always
)

// itemWriter writes items in one shape.
type itemWriter struct {
	*xmlWriter
	shape *itemShape
}

// newItemShape reads the call's ItemShape. FindItem refuses what its table does
// not hold; SyncFolderItems leaves it out.
func newItemShape(q *ewsRequest) (*itemShape, *ewsError) {
	e := q.op.child("m:ItemShape")
	s := &itemShape{
		table: q.name() != "GetItem", base: e.childText("t:BaseShape"), html: e.childText("t:BodyType") == "HTML",
		wanted: map[string]bool{}, phones: map[string]bool{}, emails: map[string]bool{},
		addresses: map[string]map[string]bool{},
	}
	for _, p := range e.children("t:AdditionalProperties") {
		if uri := p.attr("FieldURI"); q.name() == "FindItem" && notInTables[uri] {
			return nil, &ewsError{code: "ErrorInvalidPropertyRequest", text: "Property is not valid for this object type.", about: uri}
		}
		s.add(p)
	}
	s.contact = s.choose(contactProperties)
	s.list = s.choose(listProperties)
	return s, nil
}

// add takes one path of AdditionalProperties.
func (s *itemShape) add(p *element) {
	uri := p.attr("FieldURI")
	switch {
	case p.name == "t:ExtendedFieldURI":
		s.extended = append(s.extended, p)
	case p.name == "t:FieldURI":
		s.wanted[uri] = true
	case uri == "contacts:PhoneNumber":
		s.phones[p.attr("FieldIndex")] = true
	case uri == "contacts:EmailAddress":
		s.emails[p.attr("FieldIndex")] = true
	case strings.HasPrefix(uri, "contacts:PhysicalAddress:"):
		kind := p.attr("FieldIndex")
		if s.addresses[kind] == nil {
			s.addresses[kind] = map[string]bool{}
		}
		s.addresses[kind][strings.TrimPrefix(uri, "contacts:PhysicalAddress:")] = true
	}
}

// notInTables are the properties that only GetItem returns.
var notInTables = map[string]bool{
	"item:Body": true, "item:TextBody": true, "item:UniqueBody": true, "item:NormalizedBody": true,
	"item:Attachments": true, "item:MimeContent": true, "distributionlist:Members": true,
}

// choose returns those of the properties that the shape holds, in their order.
func (s *itemShape) choose(from []itemProperty) []itemProperty {
	var chosen []itemProperty
	for _, p := range from {
		hold := p.in&always != 0 || s.wanted[p.uri]
		switch s.base {
		case "Default":
			hold = hold || p.in&inDefault != 0
		case "AllProperties":
			hold = hold || p.in&(inDefault|inAll) != 0 || p.in&inGet != 0 && !s.table
		}
		switch p.uri {
		case "contacts:PhoneNumbers":
			s.all(hold, s.phones, phoneKeys)
			hold = len(s.phones) > 0
		case "contacts:EmailAddresses":
			s.all(hold, s.emails, emailKeys)
			hold = len(s.emails) > 0
		case "contacts:PhysicalAddresses":
			for _, kind := range addressKeys {
				if hold {
					s.addresses[kind] = map[string]bool{}
					s.all(true, s.addresses[kind], addressParts)
				}
			}
			hold = len(s.addresses) > 0
		}
		if hold && !(s.table && notInTables[p.uri]) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func (s *itemShape) all(hold bool, set map[string]bool, keys []string) {
	for _, k := range keys {
		if hold {
			set[k] = true
		}
	}
}

// item writes an item as t:Contact or t:DistributionList.
func (w *itemWriter) item(it *Item) {
	name, properties := "t:Contact", w.shape.contact
	if it.List {
		name, properties = "t:DistributionList", w.shape.list
	}
	w.WriteString("<" + name + ">")
	for _, p := range properties {
		p.put(w, it)
	}
	w.WriteString("</" + name + ">")
}

// text writes a text property, and nothing where it is not set.
func (w *itemWriter) text(name, value string) {
	if value != "" {
		w.element(name, w.limit(value))
	}
}

// limit cuts a text as a table of Exchange's does.
func (w *itemWriter) limit(s string) string {
	if w.shape.table {
		return cutText(s, 255)
	}
	return s
}

// cutText returns the first limit characters of s as Exchange counts them, in
// UTF-16. What would be half a character becomes a replacement character.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	units := 0
	for i, r := range s {
		n := 1
		if r > 0xFFFF {
			n = 2
		}
		if units+n > limit {
			if units < limit {
				return s[:i] + string(utf8.RuneError)
			}
			return s[:i]
		}
		units += n
	}
	return s
}

// The keys of the dictionaries, in the schema's order.
var (
	phoneKeys = []string{
		"AssistantPhone", "BusinessFax", "BusinessPhone", "BusinessPhone2", "Callback", "CarPhone", "CompanyMainPhone",
		"HomeFax", "HomePhone", "HomePhone2", "Isdn", "MobilePhone", "OtherFax", "OtherTelephone", "Pager", "PrimaryPhone",
		"RadioPhone", "Telex", "TtyTddPhone",
	}
	emailKeys    = []string{"EmailAddress1", "EmailAddress2", "EmailAddress3"}
	addressKeys  = []string{"Business", "Home", "Other"}
	addressParts = []string{"Street", "City", "State", "CountryOrRegion", "PostalCode"}
)

// part returns one part of an address by its name in EWS.
func (a Address) part(name string) string {
	switch name {
	case "Street":
		return a.Street
	case "City":
		return a.City
	case "State":
		return a.State
	case "CountryOrRegion":
		return a.Country
	}
	return a.PostalCode
}

func (w *itemWriter) phones(it *Item) {
	open := false
	for _, key := range phoneKeys {
		number, set := it.Phones[key]
		if !set || !w.shape.phones[key] {
			continue
		}
		w.dictionary(&open, "PhoneNumbers")
		w.WriteString(`<t:Entry Key="` + key + `"`)
		w.value(number, "t:Entry")
	}
	w.endDictionary(open, "PhoneNumbers")
}

func (w *itemWriter) emails(it *Item) {
	open := false
	for i, key := range emailKeys {
		address := it.Emails[i]
		if address == "" || !w.shape.emails[key] {
			continue
		}
		w.dictionary(&open, "EmailAddresses")
		w.WriteString(`<t:Entry Key="` + key + `"`)
		routing := "SMTP"
		if strings.HasPrefix(strings.ToLower(address), "/o=") {
			routing = "EX"
		}
		if !w.shape.table {
			w.attribute("Name", it.DisplayName)
		}
		w.attribute("RoutingType", routing)
		if !w.shape.table {
			w.attribute("MailboxType", "Contact")
		}
		w.value(address, "t:Entry")
	}
	w.endDictionary(open, "EmailAddresses")
}

func (w *itemWriter) addresses(it *Item) {
	open := false
	for _, kind := range addressKeys {
		a, set := it.Addresses[kind]
		parts := w.shape.addresses[kind]
		if !set || len(parts) == 0 {
			continue
		}
		w.dictionary(&open, "PhysicalAddresses")
		w.WriteString(`<t:Entry Key="` + kind + `">`)
		for _, part := range addressParts {
			if parts[part] {
				w.text("t:"+part, a.part(part))
			}
		}
		w.WriteString("</t:Entry>")
	}
	w.endDictionary(open, "PhysicalAddresses")
}

// value ends a start tag and writes the text and the end tag.
func (w *itemWriter) value(text, name string) {
	if text == "" {
		w.WriteString("/>")
		return
	}
	w.WriteByte('>')
	w.escape(w.limit(text))
	w.WriteString("</" + name + ">")
}

func (w *itemWriter) dictionary(open *bool, name string) {
	if !*open {
		w.WriteString("<t:" + name + ">")
		*open = true
	}
}

func (w *itemWriter) endDictionary(open bool, name string) {
	if open {
		w.WriteString("</t:" + name + ">")
	}
}

// body writes the notes in one of the properties that hold them.
func (w *itemWriter) body(name, notes string, html bool) {
	kind := "Text"
	if html {
		kind = "HTML"
		var b xmlWriter
		b.escape(notes)
		notes = "<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n</head>\r\n<body>\r\n" +
			strings.ReplaceAll(strings.ReplaceAll(b.String(), "&#xD;", ""), "\n", "<br>\r\n") + "\r\n</body>\r\n</html>\r\n"
	}
	w.WriteString(`<` + name + ` BodyType="` + kind + `" IsTruncated="false"`)
	w.value(notes, name)
}

// birthday returns what Exchange stores of a date of birth.
func birthday(t time.Time) string {
	return t.Format("2006-01-02") + "T11:59:00Z"
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
