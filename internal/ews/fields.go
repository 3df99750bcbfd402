package ews

import (
	"strings"

	"contactsync/internal/phonebook"
)

// phoneSlots are the telephone slots of a contact that a phonebook has a kind
// for, by their key in EWS (PhoneNumberKeyType), within a kind in Outlook's
// order.
var phoneSlots = [...]struct {
	key  string
	kind phonebook.Kind
}{
	{"BusinessPhone", phonebook.Business},
	{"BusinessPhone2", phonebook.Business},
	{"HomePhone", phonebook.Home},
	{"HomePhone2", phonebook.Home},
	{"MobilePhone", phonebook.Mobile},
	{"CompanyMainPhone", phonebook.CompanyMain},
	{"PrimaryPhone", phonebook.Primary},
	{"AssistantPhone", phonebook.Assistant},
	{"Callback", phonebook.Callback},
	{"CarPhone", phonebook.Car},
	{"RadioPhone", phonebook.Radio},
	{"OtherTelephone", phonebook.Other},
	{"Pager", phonebook.Pager},
	{"BusinessFax", phonebook.FaxBusiness},
	{"HomeFax", phonebook.FaxHome},
	{"OtherFax", phonebook.FaxOther},
	{"Isdn", phonebook.ISDN},
	{"Telex", phonebook.Telex},
	{"TtyTddPhone", phonebook.TTY},
}

// phoneSlot is the place in phoneSlots of a key.
var phoneSlot = func() map[string]int {
	places := make(map[string]int, len(phoneSlots))
	for i, slot := range phoneSlots {
		places[slot.key] = i
	}
	return places
}()

// addressSlots are the postal addresses, by their key in EWS.
var addressSlots = [...]struct {
	key  string
	kind phonebook.AddressKind
}{
	{"Business", phonebook.BusinessAddress},
	{"Home", phonebook.HomeAddress},
	{"Other", phonebook.OtherAddress},
}

// emailSlots are the keys of a contact's e-mail addresses.
var emailSlots = [...]string{"EmailAddress1", "EmailAddress2", "EmailAddress3"}

// contactFields is the list of properties that a phonebook needs, as
// AdditionalProperties take it. FindItem sends nothing else, which makes an
// answer several times smaller than with AllProperties.
var contactFields = func() string {
	var b strings.Builder
	for _, f := range []string{
		"item:Categories", "contacts:DisplayName", "contacts:GivenName", "contacts:Surname",
		"contacts:CompanyName", "contacts:Department", "contacts:JobTitle", "contacts:Birthday",
	} {
		b.WriteString(`<t:FieldURI FieldURI="` + f + `"/>`)
	}
	indexed := func(field, key string) {
		b.WriteString(`<t:IndexedFieldURI FieldURI="contacts:` + field + `" FieldIndex="` + key + `"/>`)
	}
	for _, key := range emailSlots {
		indexed("EmailAddress", key)
	}
	for _, slot := range phoneSlots {
		indexed("PhoneNumber", slot.key)
	}
	for _, slot := range addressSlots {
		for _, part := range []string{"Street", "City", "State", "CountryOrRegion", "PostalCode"} {
			indexed("PhysicalAddress:"+part, slot.key)
		}
	}
	return b.String()
}()

// bodyField asks for a contact's notes.
const bodyField = `<t:FieldURI FieldURI="item:Body"/>`
