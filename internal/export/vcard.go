package export

import (
	"bufio"
	"io"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// The versions of vCard that VCard writes.
const (
	VCard3 = "3.0" // RFC 2426; what most programs read
	VCard4 = "4.0" // RFC 6350
)

// VCard writes a phonebook as vCards, one for each entry. An empty version
// means 3.0; one that is unknown is a usage error, and nothing is written.
//
// A number is written in E.164, or as typed where it is none; in 4.0 a number
// is a tel: URI. What version 3.0 or 4.0 has no TYPE for is labelled in the
// way of Apple's address book, which others read too.
func VCard(w io.Writer, pb phonebook.Phonebook, version string) error {
	if version == "" {
		version = VCard3
	}
	if version != VCard3 && version != VCard4 {
		return fault.New(fault.Usage, words.TakesVersion, "writing vCards of version %q", version)
	}
	out := bufio.NewWriter(w)
	for _, e := range pb.Entries {
		c := card{out: out, version: version}
		c.entry(e)
	}
	return out.Flush()
}

// card writes one vCard. Errors wait in out for its Flush.
type card struct {
	out     *bufio.Writer
	version string
	labels  int // how many properties have a label of their own
}

func (c *card) entry(e phonebook.Entry) {
	c.line("BEGIN:VCARD")
	c.line("VERSION:" + c.version)
	c.uid(e.ID)
	c.line("FN:" + text(e.DisplayName))
	c.name(e)
	if e.Department != "" {
		c.line("ORG:" + structured(e.Company, e.Department))
	} else {
		c.text("ORG", e.Company)
	}
	c.text("TITLE", e.JobTitle)
	for _, email := range e.Emails {
		c.text(c.either("EMAIL;TYPE=INTERNET", "EMAIL"), email)
	}
	for _, n := range e.Numbers {
		c.number(n)
	}
	for _, a := range e.Addresses {
		c.address(a)
	}
	c.birthday(e.Birthday)
	if len(e.Categories) > 0 {
		c.line("CATEGORIES:" + list(e.Categories))
	}
	c.text("NOTE", e.Notes)
	c.line("END:VCARD")
}

// name writes the parts of the name. Where there are none the display name
// stands there, because telephones show nothing else, unless it is a company's.
func (c *card) name(e phonebook.Entry) {
	surname := e.Surname
	if e.GivenName+e.Surname == "" && e.DisplayName != e.Company {
		surname = e.DisplayName
	}
	c.line("N:" + structured(surname, e.GivenName, "", "", ""))
}

// uid writes the id. In 4.0 a UID is a URI unless it says that it is text.
func (c *card) uid(id string) {
	c.text(c.either("UID", "UID;VALUE=text"), id)
}

func (c *card) number(n phonebook.Number) {
	kind := telephoneTypes[n.Kind]
	property := "TEL" + c.either(kind.v3, kind.v4)
	value := text(n.AsTyped)
	if n.Number != "" {
		value = text(n.Number)
	}
	if c.version == VCard4 {
		if n.Number != "" {
			property, value = property+";VALUE=uri", "tel:"+n.Number
		} else {
			property += ";VALUE=text"
		}
	}
	c.labelled(property, value, c.either(kind.label3, kind.label4))
}

func (c *card) address(a phonebook.Address) {
	kind := addressTypes[a.Kind]
	c.line("ADR" + c.either(kind.v3, kind.v4) + ":" +
		structured("", "", a.Street, a.City, a.State, a.PostalCode, a.Country))
}

// birthday writes YYYY-MM-DD or --MM-DD. Version 3.0 knows no date without a
// year; the year 1604 with a parameter that says so is Apple's way, and others
// follow it. Version 4.0 has dates without hyphens only.
func (c *card) birthday(date string) {
	monthDay, yearless := strings.CutPrefix(date, "--")
	switch {
	case date == "":
	case c.version == VCard4 && yearless:
		c.line("BDAY:--" + text(strings.ReplaceAll(monthDay, "-", "")))
	case c.version == VCard4:
		c.line("BDAY:" + text(strings.ReplaceAll(date, "-", "")))
	case yearless:
		c.line("BDAY;X-APPLE-OMIT-YEAR=1604:1604-" + text(monthDay))
	default:
		c.line("BDAY:" + text(date))
	}
}

// either returns what belongs to the version.
func (c *card) either(v3, v4 string) string {
	if c.version == VCard4 {
		return v4
	}
	return v3
}
