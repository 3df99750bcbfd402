package export

import "contactsync/internal/phonebook"

// types are a kind's parameters in both versions, and its label in a version
// that has no TYPE for it.
type types struct{ v3, v4, label3, label4 string }

// telephoneTypes are the kinds of number. Version 3.0 has no TYPE for a
// teletypewriter, version 4.0 none for cars and ISDN.
var telephoneTypes = map[phonebook.Kind]types{
	phonebook.Business:    {v3: ";TYPE=WORK,VOICE", v4: ";TYPE=work,voice"},
	phonebook.Home:        {v3: ";TYPE=HOME,VOICE", v4: ";TYPE=home,voice"},
	phonebook.Mobile:      {v3: ";TYPE=CELL,VOICE", v4: ";TYPE=cell,voice"},
	phonebook.CompanyMain: labelled(";TYPE=WORK,VOICE", ";TYPE=work,voice", "company main"),
	phonebook.Primary:     {v3: ";TYPE=PREF,VOICE", v4: ";PREF=1;TYPE=voice"},
	phonebook.Assistant:   labelled(";TYPE=VOICE", ";TYPE=voice", "assistant"),
	phonebook.Callback:    labelled(";TYPE=VOICE", ";TYPE=voice", "callback"),
	phonebook.Car:         {v3: ";TYPE=CAR,VOICE", v4: ";TYPE=voice", label4: "car"},
	phonebook.Radio:       labelled(";TYPE=VOICE", ";TYPE=voice", "radio"),
	phonebook.Other:       {v3: ";TYPE=VOICE", v4: ";TYPE=voice"},
	phonebook.Pager:       {v3: ";TYPE=PAGER", v4: ";TYPE=pager"},
	phonebook.FaxBusiness: {v3: ";TYPE=WORK,FAX", v4: ";TYPE=work,fax"},
	phonebook.FaxHome:     {v3: ";TYPE=HOME,FAX", v4: ";TYPE=home,fax"},
	phonebook.FaxOther:    {v3: ";TYPE=FAX", v4: ";TYPE=fax"},
	phonebook.ISDN:        {v3: ";TYPE=ISDN", label4: "ISDN"},
	phonebook.Telex:       labelled("", "", "telex"),
	phonebook.TTY:         {label3: "TTY", v4: ";TYPE=textphone"},
}

// addressTypes are the kinds of address. In version 3.0 an address without a
// TYPE is one at work, among other things; so the third kind names the rest.
var addressTypes = map[phonebook.AddressKind]types{
	phonebook.BusinessAddress: {v3: ";TYPE=WORK", v4: ";TYPE=work"},
	phonebook.HomeAddress:     {v3: ";TYPE=HOME", v4: ";TYPE=home"},
	phonebook.OtherAddress:    {v3: ";TYPE=POSTAL"},
}

// labelled returns the types of a kind that neither version has a TYPE for.
func labelled(v3, v4, label string) types { return types{v3, v4, label, label} }
