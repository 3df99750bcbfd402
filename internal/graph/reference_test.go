package graph

import (
	"bytes"
	"encoding/json"
	"strings"

	"contactsync/internal/phonebook"
)

// contactType is the resource type contact for encoding/json: what the reader
// is compared with, and held against the schema.
type contactType struct {
	ID              string      `json:"id"`
	DisplayName     string      `json:"displayName"`
	GivenName       string      `json:"givenName"`
	Surname         string      `json:"surname"`
	CompanyName     string      `json:"companyName"`
	Department      string      `json:"department"`
	JobTitle        string      `json:"jobTitle"`
	EmailAddresses  []emailType `json:"emailAddresses"`
	BusinessPhones  []string    `json:"businessPhones"`
	HomePhones      []string    `json:"homePhones"`
	MobilePhone     string      `json:"mobilePhone"`
	BusinessAddress addressType `json:"businessAddress"`
	HomeAddress     addressType `json:"homeAddress"`
	OtherAddress    addressType `json:"otherAddress"`
	Birthday        string      `json:"birthday"`
	PersonalNotes   string      `json:"personalNotes"`
	Categories      []string    `json:"categories"`
	Properties      []property  `json:"singleValueExtendedProperties"`
}

type emailType struct {
	Address string `json:"address"`
}

type addressType struct {
	Street          string `json:"street"`
	PostalCode      string `json:"postalCode"`
	City            string `json:"city"`
	State           string `json:"state"`
	CountryOrRegion string `json:"countryOrRegion"`
}

// reference is decodeContacts by way of encoding/json.
func reference(body []byte) (page[phonebook.Contact], error) {
	p, err := decodeItems[contactType](&reader{data: body})
	if err != nil {
		return page[phonebook.Contact]{}, err
	}
	contacts := make([]phonebook.Contact, len(p.items))
	for i, c := range p.items {
		if c.ID == "" {
			return page[phonebook.Contact]{}, errNoID
		}
		contacts[i] = phonebook.Contact{
			ID: c.ID, DisplayName: c.DisplayName, GivenName: c.GivenName, Surname: c.Surname, Company: c.CompanyName,
			Department: c.Department, JobTitle: c.JobTitle, Birthday: c.Birthday, Notes: c.PersonalNotes,
			Phones: c.phones(), Addresses: c.addresses(),
		}
		for _, e := range c.EmailAddresses {
			contacts[i].Emails = appendText(contacts[i].Emails, e.Address)
		}
		contacts[i].Categories = appendText(nil, c.Categories...)
	}
	return page[phonebook.Contact]{contacts, p.next, p.delta}, nil
}

func appendText(to []string, from ...string) []string {
	for _, s := range from {
		if s != "" {
			to = append(to, s)
		}
	}
	return to
}

func (c *contactType) phones() (phones []phonebook.Phone) {
	add := func(kind phonebook.Kind, numbers ...string) {
		for _, n := range appendText(nil, numbers...) {
			phones = append(phones, phonebook.Phone{Kind: kind, Number: n})
		}
	}
	add(phonebook.Business, c.BusinessPhones...)
	add(phonebook.Home, c.HomePhones...)
	add(phonebook.Mobile, c.MobilePhone)
	for _, n := range numbers {
		value := ""
		for _, p := range c.Properties {
			if propertyTag(p.ID) == n.tag {
				value = p.Value
			}
		}
		add(n.kind, value)
	}
	return phones
}

func (c *contactType) addresses() (addresses []phonebook.Address) {
	add := func(kind phonebook.AddressKind, a addressType) {
		if a != (addressType{}) {
			addresses = append(addresses, phonebook.Address{
				Kind: kind, Street: a.Street, PostalCode: a.PostalCode, City: a.City, State: a.State, Country: a.CountryOrRegion,
			})
		}
	}
	add(phonebook.BusinessAddress, c.BusinessAddress)
	add(phonebook.HomeAddress, c.HomeAddress)
	add(phonebook.OtherAddress, c.OtherAddress)
	return addresses
}

// plain tells whether no object in a document has two names that differ in
// nothing but case, or a name of ours in another case, or nests very deep.
func plain(body []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	var open []map[string]bool // nil: an array
	name := false              // a name comes next
	for {
		token, err := dec.Token()
		if err != nil {
			return true
		}
		top := len(open) - 1
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:top]
			}
		case string:
			if name {
				folded := strings.ToLower(strings.ToUpper(v))
				if open[top][folded] || ours[folded] != "" && ours[folded] != v || len(open) > 8000 {
					return false
				}
				open[top][folded] = true
				name = false
				continue
			}
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

// ours holds the names that are read, by their lower case.
var ours = func() map[string]string {
	m := map[string]string{}
	for _, n := range append([]string{"id", "value", "error", "@odata.nextLink", "@odata.deltaLink", "@removed", "responses", "status", "headers", "body", "address", "street", "postalCode", "city", "state",
		"countryOrRegion", "singleValueExtendedProperties", notesProperty}, selected...) {
		m[strings.ToLower(n)] = n
	}
	return m
}()
