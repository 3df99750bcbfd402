package graph

import (
	"encoding/json"
	"errors"

	"contactsync/internal/phonebook"
)

// collection is a page of anything.
type collection[T any] struct {
	Value []T        `json:"value"`
	Next  string     `json:"@odata.nextLink"`
	Error *errorBody `json:"error"`
}

// decodeItems returns what a page lists and the link to the next page, empty
// where it is the last. An object that is no page is an error: an empty list
// would be taken for an empty mailbox.
func decodeItems[T any](body []byte) (items []T, next string, err error) {
	var page collection[T]
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", err
	}
	switch {
	case page.Error != nil:
		return nil, "", errors.New("an error in place of a list")
	case page.Value == nil:
		return nil, "", errors.New("no list in the answer")
	}
	return page.Value, page.Next, nil
}

// contact is the resource type contact, as far as it is asked for.
type contact struct {
	ID              string     `json:"id"`
	DisplayName     string     `json:"displayName"`
	GivenName       string     `json:"givenName"`
	Surname         string     `json:"surname"`
	CompanyName     string     `json:"companyName"`
	Department      string     `json:"department"`
	JobTitle        string     `json:"jobTitle"`
	EmailAddresses  []email    `json:"emailAddresses"`
	BusinessPhones  []string   `json:"businessPhones"`
	HomePhones      []string   `json:"homePhones"`
	MobilePhone     string     `json:"mobilePhone"`
	BusinessAddress address    `json:"businessAddress"`
	HomeAddress     address    `json:"homeAddress"`
	OtherAddress    address    `json:"otherAddress"`
	Birthday        string     `json:"birthday"`
	PersonalNotes   string     `json:"personalNotes"`
	Categories      []string   `json:"categories"`
	Properties      []property `json:"singleValueExtendedProperties"`
}

type email struct {
	Address string `json:"address"`
}

// address is the complex type physicalAddress.
type address struct {
	Street          string `json:"street"`
	PostalCode      string `json:"postalCode"`
	City            string `json:"city"`
	State           string `json:"state"`
	CountryOrRegion string `json:"countryOrRegion"`
}

// decodeContacts is decodeItems for contacts.
func decodeContacts(body []byte) (contacts []phonebook.Contact, next string, err error) {
	items, next, err := decodeItems[contact](body)
	if err != nil {
		return nil, "", err
	}
	contacts = make([]phonebook.Contact, len(items))
	for i := range items {
		if items[i].ID == "" {
			return nil, "", errors.New("a contact without an id")
		}
		contacts[i] = items[i].contact()
	}
	return contacts, next, nil
}

func (c *contact) contact() phonebook.Contact {
	return phonebook.Contact{
		ID:          c.ID,
		DisplayName: c.DisplayName,
		GivenName:   c.GivenName,
		Surname:     c.Surname,
		Company:     c.CompanyName,
		Department:  c.Department,
		JobTitle:    c.JobTitle,
		Emails:      c.emails(),
		Phones:      c.phones(),
		Addresses:   c.addresses(),
		Birthday:    c.Birthday,
		Notes:       c.PersonalNotes,
		Categories:  c.Categories,
	}
}

func (c *contact) emails() []string {
	var emails []string
	for _, e := range c.EmailAddresses {
		if e.Address != "" {
			emails = append(emails, e.Address)
		}
	}
	return emails
}

// phones returns the numbers in Outlook's order of slots within each kind. The
// properties come in any order, and one that has no value does not come.
func (c *contact) phones() []phonebook.Phone {
	phones := make([]phonebook.Phone, 0, len(c.BusinessPhones)+len(c.HomePhones)+1+len(c.Properties))
	add := func(kind phonebook.Kind, number string) {
		if number != "" {
			phones = append(phones, phonebook.Phone{Kind: kind, Number: number})
		}
	}
	for _, n := range c.BusinessPhones {
		add(phonebook.Business, n)
	}
	for _, n := range c.HomePhones {
		add(phonebook.Home, n)
	}
	add(phonebook.Mobile, c.MobilePhone)
	for _, n := range numbers {
		for i := range c.Properties {
			if c.Properties[i].tag() == n.tag {
				add(n.kind, c.Properties[i].Value)
			}
		}
	}
	if len(phones) == 0 {
		return nil
	}
	return phones
}

func (c *contact) addresses() []phonebook.Address {
	var addresses []phonebook.Address
	add := func(kind phonebook.AddressKind, a *address) {
		if *a != (address{}) {
			addresses = append(addresses, phonebook.Address{
				Kind: kind, Street: a.Street, PostalCode: a.PostalCode, City: a.City, State: a.State, Country: a.CountryOrRegion,
			})
		}
	}
	add(phonebook.BusinessAddress, &c.BusinessAddress)
	add(phonebook.HomeAddress, &c.HomeAddress)
	add(phonebook.OtherAddress, &c.OtherAddress)
	return addresses
}
