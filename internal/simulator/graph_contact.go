package simulator

import "strings"

// graphContactProperties are those of Graph's contact, in the order in which an
// answer has them.
var graphContactProperties = []string{
	"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "parentFolderId", "birthday", "fileAs",
	"displayName", "givenName", "initials", "middleName", "nickName", "surname", "title", "yomiGivenName", "yomiSurname",
	"yomiCompanyName", "generation", "imAddresses", "jobTitle", "companyName", "department", "officeLocation", "profession",
	"businessHomePage", "assistantName", "manager", "homePhones", "mobilePhone", "businessPhones", "spouseName",
	"personalNotes", "children", "primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress", "emailAddresses",
	"homeAddress", "businessAddress", "otherAddress",
}

// phoneTags are the numbers that Graph has no property for, or only in a list,
// as MAPI properties of type string (MS-OXOCNTC).
var phoneTags = map[string]string{
	"String 0x3a24": "BusinessFax", "String 0x3a25": "HomeFax", "String 0x3a23": "OtherFax", "String 0x3a21": "Pager",
	"String 0x3a1f": "OtherTelephone", "String 0x3a1e": "CarPhone", "String 0x3a02": "Callback",
	"String 0x3a57": "CompanyMainPhone", "String 0x3a2e": "AssistantPhone", "String 0x3a2d": "Isdn",
	"String 0x3a1a": "PrimaryPhone", "String 0x3a1d": "RadioPhone", "String 0x3a2c": "Telex", "String 0x3a4b": "TtyTddPhone",
	"String 0x3a1b": "BusinessPhone2", "String 0x3a2f": "HomePhone2", "String 0x3a08": "BusinessPhone",
	"String 0x3a09": "HomePhone", "String 0x3a1c": "MobilePhone",
}

// id returns the item's id as the request wants ids.
func (c *call) id(it *Item) string {
	if c.immutable {
		return it.ID
	}
	return it.RESTID()
}

// writeContact writes the fields of an object that the caller has opened. An
// empty set means all properties.
func (c *call) writeContact(w *jsonWriter, it *Item, set map[string]bool) {
	w.field("@odata.etag", `W/"`+it.ChangeKey()+`"`)
	w.field("id", c.id(it))
	for _, p := range graphContactProperties[1:] {
		if set == nil || set[p] {
			writeProperty(w, it, p)
		}
	}
	c.writeExtended(w, func(tag string) string {
		switch tag {
		case "String 0x3001":
			return it.DisplayName
		case "String 0x001a", "String 0x1a":
			return "IPM.Contact"
		}
		return it.Phones[phoneTags[tag]]
	})
}

// writeExtended writes the extended properties that were asked for and have a
// value; without any the property itself is missing.
func (c *call) writeExtended(w *jsonWriter, value func(tag string) string) {
	begun := false
	for _, tag := range c.extended {
		v := value(tag)
		if v == "" {
			continue
		}
		if !begun {
			w.key("singleValueExtendedProperties")
			w.open('[')
			begun = true
		}
		w.open('{')
		w.field("id", tag)
		w.field("value", v)
		w.end('}')
	}
	if begun {
		w.end(']')
	}
}

func writeProperty(w *jsonWriter, it *Item, p string) {
	switch p {
	case "createdDateTime":
		w.time(p, it.Created)
	case "lastModifiedDateTime":
		w.time(p, it.Modified)
	case "changeKey":
		w.field(p, it.ChangeKey())
	case "parentFolderId":
		w.field(p, it.folder.ID)
	case "categories":
		w.list(p, it.Categories)
	case "homePhones":
		w.list(p, []string{it.Phones["HomePhone"], it.Phones["HomePhone2"]})
	case "businessPhones":
		w.list(p, []string{it.Phones["BusinessPhone"], it.Phones["BusinessPhone2"]})
	case "imAddresses", "children":
		w.list(p, nil)
	case "birthday":
		if it.Birthday.IsZero() {
			w.orNull(p, "")
			return
		}
		w.time(p, it.Birthday)
	case "emailAddresses":
		writeEmails(w, p, it.Emails)
	case "primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress":
		w.key(p)
		writeEmail(w, it.Emails[strings.Index("pst", p[:1])])
	case "homeAddress", "businessAddress", "otherAddress":
		kind := strings.TrimSuffix(p, "Address")
		writeAddress(w, p, it.Addresses[strings.ToUpper(kind[:1])+kind[1:]])
	default:
		w.orNull(p, it.text(p))
	}
}

// text returns the value of a property that is plain text.
func (it *Item) text(p string) string {
	switch p {
	case "displayName":
		return it.DisplayName
	case "fileAs":
		if it.Surname != "" && it.GivenName != "" {
			return it.Surname + ", " + it.GivenName
		}
		return it.DisplayName
	case "givenName":
		return it.GivenName
	case "middleName":
		return it.MiddleName
	case "surname":
		return it.Surname
	case "companyName":
		return it.Company
	case "department":
		return it.Department
	case "jobTitle":
		return it.JobTitle
	case "mobilePhone":
		return it.Phones["MobilePhone"]
	case "personalNotes":
		return it.Notes
	}
	return ""
}

func writeEmails(w *jsonWriter, name string, slots [3]string) {
	w.key(name)
	w.open('[')
	for _, address := range slots {
		if address != "" {
			writeEmail(w, address)
		}
	}
	w.end(']')
}

func writeEmail(w *jsonWriter, address string) {
	if address == "" {
		w.raw("null")
		return
	}
	w.open('{')
	w.field("name", address)
	w.field("address", address)
	w.end('}')
}

// writeAddress leaves out what is empty, and so may write an empty object.
func writeAddress(w *jsonWriter, name string, a Address) {
	w.key(name)
	w.open('{')
	for _, f := range [][2]string{{"street", a.Street}, {"city", a.City}, {"state", a.State}, {"countryOrRegion", a.Country}, {"postalCode", a.PostalCode}} {
		if f[1] != "" {
			w.field(f[0], f[1])
		}
	}
	w.end('}')
}
