package graph

import "contactsync/internal/phonebook"

// contactReader reads contacts (the resource type contact). It keeps a
// contact's numbers until all are known: they come under several names, in
// any order.
type contactReader struct {
	*reader
	business, home []string
	mobile         string
	properties     [len(numbers)]string // in the order of numbers
}

// decodeContacts is decodeItems for contacts, of which so many are expected.
func decodeContacts(r *reader, expected int) (page[phonebook.Contact], error) {
	c := contactReader{reader: r}
	return readPage(r, expected, c.contact)
}

// decodeContact decodes one contact by itself.
func decodeContact(r *reader) (phonebook.Contact, error) {
	one := contactReader{reader: r}
	c := one.contact()
	r.end()
	return c, r.err
}

// contact reads one contact. One without an id is a mistake, such as an error
// in the middle of a list.
func (r *contactReader) contact() phonebook.Contact {
	r.business, r.home, r.mobile = r.business[:0], r.home[:0], ""
	clear(r.properties[:])
	var (
		c         phonebook.Contact
		addresses [3]phonebook.Address
	)
	for name := range r.object() {
		switch string(name) {
		case "id":
			c.ID = r.string()
		case "displayName":
			c.DisplayName = r.string()
		case "givenName":
			c.GivenName = r.string()
		case "surname":
			c.Surname = r.string()
		case "companyName":
			c.Company = r.string()
		case "department":
			c.Department = r.string()
		case "jobTitle":
			c.JobTitle = r.string()
		case "emailAddresses":
			c.Emails = r.emails()
		case "businessPhones":
			r.business = r.strings(r.business[:0])
		case "homePhones":
			r.home = r.strings(r.home[:0])
		case "mobilePhone":
			r.mobile = r.string()
		case "singleValueExtendedProperties":
			r.numbers()
		case "businessAddress":
			r.address(&addresses[0])
		case "homeAddress":
			r.address(&addresses[1])
		case "otherAddress":
			r.address(&addresses[2])
		case "birthday":
			c.Birthday = r.string()
		case notesProperty:
			c.Notes = r.string()
		case "categories":
			c.Categories = r.strings(nil)
		default:
			r.skip(3)
		}
	}
	c.Phones = r.phones()
	c.Addresses = withoutEmpty(&addresses)
	if c.ID == "" && r.err == nil {
		r.err = errNoID
	}
	return c
}

// strings reads a list of strings and appends those that are not empty.
func (r *contactReader) strings(list []string) []string {
	for range r.array() {
		if s := r.string(); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// emails reads a list of the complex type emailAddress.
func (r *contactReader) emails() (list []string) {
	for range r.array() {
		for name := range r.object() {
			if string(name) != "address" {
				r.skip(5)
			} else if a := r.string(); a != "" {
				list = append(list, a)
			}
		}
	}
	return list
}

// address reads the complex type physicalAddress.
func (r *contactReader) address(a *phonebook.Address) {
	for name := range r.object() {
		switch string(name) {
		case "street":
			a.Street = r.string()
		case "postalCode":
			a.PostalCode = r.string()
		case "city":
			a.City = r.string()
		case "state":
			a.State = r.string()
		case "countryOrRegion":
			a.Country = r.string()
		default:
			r.skip(4)
		}
	}
}

// withoutEmpty returns the business, home and other address, without those
// that say nothing.
func withoutEmpty(all *[3]phonebook.Address) []phonebook.Address {
	var some []phonebook.Address
	for i, kind := range [...]phonebook.AddressKind{phonebook.BusinessAddress, phonebook.HomeAddress, phonebook.OtherAddress} {
		if all[i] != (phonebook.Address{}) {
			all[i].Kind = kind
			some = append(some, all[i])
		}
	}
	return some
}

// numbers reads the MAPI properties that hold numbers.
func (r *contactReader) numbers() {
	for range r.array() {
		var tag uint16
		var value string
		for name := range r.object() {
			switch string(name) {
			case "id":
				tag = propertyTag(r.string())
			case "value":
				value = r.string()
			default:
				r.skip(5)
			}
		}
		for i := range numbers {
			if numbers[i].tag == tag {
				r.properties[i] = value
			}
		}
	}
}

// phones returns the contact's numbers, in Outlook's order of slots within
// each kind.
func (r *contactReader) phones() []phonebook.Phone {
	n := len(r.business) + len(r.home)
	if r.mobile != "" {
		n++
	}
	for _, p := range r.properties {
		if p != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	phones := make([]phonebook.Phone, 0, n)
	for _, p := range r.business {
		phones = append(phones, phonebook.Phone{Kind: phonebook.Business, Number: p})
	}
	for _, p := range r.home {
		phones = append(phones, phonebook.Phone{Kind: phonebook.Home, Number: p})
	}
	if r.mobile != "" {
		phones = append(phones, phonebook.Phone{Kind: phonebook.Mobile, Number: r.mobile})
	}
	for i, p := range r.properties {
		if p != "" {
			phones = append(phones, phonebook.Phone{Kind: numbers[i].kind, Number: p})
		}
	}
	return phones
}
