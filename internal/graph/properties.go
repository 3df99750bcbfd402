package graph

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"contactsync/internal/phonebook"
)

// selected lists the properties of a contact that are asked for; notes only on
// demand. See the resource type contact.
var selected = []string{
	"id", "displayName", "givenName", "surname", "companyName", "department", "jobTitle",
	"emailAddresses", "businessPhones", "homePhones", "mobilePhone",
	"businessAddress", "homeAddress", "otherAddress", "birthday", "categories",
}

// notesProperty is the property with a contact's notes.
const notesProperty = "personalNotes"

// number is a telephone number that Graph holds as a MAPI property only.
type number struct {
	tag  uint16 // property id of [MS-OXPROPS]; its type is String
	kind phonebook.Kind
}

// numbers lists those properties. The second business and home number stand
// here although businessPhones and homePhones usually repeat them.
var numbers = [...]number{
	{0x3A1B, phonebook.Business}, // PidTagBusiness2TelephoneNumber
	{0x3A2F, phonebook.Home},     // PidTagHome2TelephoneNumber
	{0x3A57, phonebook.CompanyMain},
	{0x3A1A, phonebook.Primary},
	{0x3A2E, phonebook.Assistant},
	{0x3A02, phonebook.Callback},
	{0x3A1E, phonebook.Car},
	{0x3A1D, phonebook.Radio},
	{0x3A1F, phonebook.Other},
	{0x3A21, phonebook.Pager},
	{0x3A24, phonebook.FaxBusiness},
	{0x3A25, phonebook.FaxHome},
	{0x3A23, phonebook.FaxOther},
	{0x3A2D, phonebook.ISDN},
	{0x3A2C, phonebook.Telex},
	{0x3A4B, phonebook.TTY},
}

// What says whether a folder is for people or one of Outlook's own.
const (
	tagContainerClass = 0x3613 // PidTagContainerClass, a String
	tagHidden         = 0x10F4 // PidTagAttributeHidden, a Boolean
)

// property is a MAPI property as Graph answers it: the id is type and tag,
// such as "String 0x3a24".
type property struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// propertyTag returns the tag in the id of a MAPI property, whatever the case
// of its hexadecimal digits: Graph answers in lower case what was asked for in
// upper case. It returns 0 for a named property and for anything else.
func propertyTag(id string) uint16 {
	_, hex, ok := strings.Cut(id, " ")
	if !ok || len(hex) < 3 || hex[0] != '0' || hex[1]|0x20 != 'x' {
		return 0
	}
	tag, err := strconv.ParseUint(hex[2:], 16, 16)
	if err != nil {
		return 0
	}
	return uint16(tag)
}

// contactsQuery returns the query for contacts, in a listing or one by one.
func contactsQuery(notes bool) string {
	fields := strings.Join(selected, ",")
	if notes {
		fields += "," + notesProperty
	}
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		ids[i] = fmt.Sprintf("String 0x%04X", n.tag)
	}
	return "$select=" + fields + "&$expand=" + expand(ids)
}

// foldersQuery is the query of a listing of folders.
var foldersQuery = "$select=id&$expand=" + expand([]string{
	fmt.Sprintf("String 0x%04X", tagContainerClass),
	fmt.Sprintf("Boolean 0x%04X", tagHidden),
})

// expand returns the value of an $expand for the given MAPI properties. Only
// its blanks have to be escaped (RFC 3986, 3.4), which counts where it stands
// in every part of a batch.
func expand(ids []string) string {
	return strings.ReplaceAll("singleValueExtendedProperties($filter=id eq '"+strings.Join(ids, "' or id eq '")+"')", " ", "%20")
}

// escape prepares a value for a query, where OData has no + for a blank.
func escape(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}
