package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// hostile is a phonebook of what strangers may put into a contact, with an
// ordinary entry before it and an empty one behind.
func hostile() phonebook.Phonebook {
	return phonebook.Phonebook{Owner: "anna", Title: "Privat", SyncedAt: "2026-01-02T03:04:05Z", Entries: []phonebook.Entry{
		{
			ID: "AAMkAGJi/+=", DisplayName: "Anna Müller", GivenName: "Anna", Surname: "Müller",
			Company: "Müller; Söhne, GmbH", Department: "Vertrieb; Nord", JobTitle: `Chefin \o/`,
			Emails: []string{"a@example.com", "b@example.com", "c@example.com"},
			Numbers: []phonebook.Number{
				{Kind: phonebook.Business, Number: "+4930901820", AsTyped: "030/901820"},
				{Kind: phonebook.Business, Number: "+16502530000;ext=12", AsTyped: "+1 (650) 253-0000 x12"},
				{Kind: phonebook.Mobile, AsTyped: "+49 999 1"},
				{Kind: phonebook.Assistant, AsTyped: "intern 42; fragen, bitte"},
				{Kind: phonebook.Car, Number: "+491711234567", AsTyped: "0171 1234567"},
				{Kind: phonebook.FaxHome, Number: "+4930901821", AsTyped: "030 901821"},
				{Kind: phonebook.TTY, Number: "+4930901822", AsTyped: "030 901822"},
			},
			Addresses: []phonebook.Address{
				{Kind: phonebook.BusinessAddress, Street: "Am Graben 19; Hof, links\n2. Stock", PostalCode: "8001", City: "Zürich", State: "ZH", Country: "Schweiz"},
				{Kind: phonebook.OtherAddress, City: "Köln"},
			},
			Birthday: "--05-14", Notes: "eins\nzwei; \"drei\", \\n vier", Categories: []string{"Grün", "a;b", "c,d"},
		},
		{
			ID: "2\r\nBEGIN:VCARD", DisplayName: `=HYPERLINK("http://example.com/","x")`, GivenName: "@SUM(1+1)", Surname: "-2+3",
			Company: "+1", Department: "'=1", JobTitle: "\u202egnp.exe\u202c",
			Emails: []string{"=1+1@example.com"},
			Numbers: []phonebook.Number{
				{Kind: phonebook.Business, AsTyped: `=HYPERLINK("http://example.com/")`},
				{Kind: phonebook.Home, Number: "+4930901820", AsTyped: "030 901820"},
				{Kind: phonebook.Home, AsTyped: `HYPERLINK("http://example.com/")`},
				{Kind: phonebook.Mobile, AsTyped: "+cmd|' /C calc'!A0"},
				{Kind: phonebook.Other, AsTyped: "-1"},
			},
			Addresses: []phonebook.Address{{Kind: phonebook.HomeAddress, Street: "=A1\r\nEND:VCARD\r\nBEGIN:VCARD", City: "＝A1"}},
			Birthday:  "1970-01-02", Notes: "a\r\nEND:VCARD\r\nBEGIN:VCARD\nb\rc 👩\u200d💻 " + strings.Repeat("ü👩€", 60), Categories: []string{"=1"},
		},
		{ID: "3", DisplayName: "Taxi"},
	}}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, hostile()); err != nil {
		t.Fatal(err)
	}
	var back phonebook.Phonebook
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, hostile()) {
		t.Errorf("got %+v", back)
	}
	for _, want := range []string{`"phonebook": "Privat"`, `"as_typed": "030/901820"`, `"postal_code": "8001"`, "Müller; Söhne", "}\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, unwanted := range []string{`""`, "null", `\u003c`} {
		if strings.Contains(out.String(), unwanted) {
			t.Errorf("%s stands there", unwanted)
		}
	}
}

func TestJSONOfNoEntries(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, phonebook.Phonebook{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"entries": []`) {
		t.Errorf("got %s", out.String())
	}
}

var errFull = errors.New("no space left")

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	for name, write := range map[string]func() error{
		"JSON":  func() error { return JSON(full{}, hostile()) },
		"CSV":   func() error { return CSV(full{}, hostile(), Delimiter) },
		"vCard": func() error { return VCard(full{}, hostile(), VCard4) },
	} {
		if err := write(); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	var out bytes.Buffer
	for name, err := range map[string]error{
		"quote":     CSV(&out, hostile(), '"'),
		"line end":  CSV(&out, hostile(), '\n'),
		"no rune":   CSV(&out, hostile(), 0),
		"vCard 2.1": VCard(&out, hostile(), "2.1"),
	} {
		if fault.ClassOf(err) != fault.Usage || fault.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if out.Len() > 0 {
		t.Errorf("written all the same: %q", out.String())
	}
}
