package graph

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

// fixture returns a file of the data from outside, or skips the test.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "fixtures", "graph", name))
	if err != nil {
		t.Skipf("no fixture: %v", err)
	}
	return data
}

func TestRecordedContact(t *testing.T) {
	page := append(append([]byte(`{"value":[`), fixture(t, "contact.json")...), `],"@odata.nextLink":"https://next"}`...)
	got, err := contactsIn(page)
	if err != nil {
		t.Fatal(err)
	}
	contacts := got.items
	if got.next != "https://next" || got.delta != "" {
		t.Errorf("next page %q, next round %q", got.next, got.delta)
	}
	want := phonebook.Contact{
		ID:          "AAMkAGJiZmE2NGU4LTQ4YjktNDI1Mi1iMWQzLTQ1MmMxODJkZmQyNABGAAAAAABFdiK7oifWRb4ADuqgSRcnBwBBFDg0JJk7TY1fmsJrh7tNAAAAAAEOAABBFDg0JJk7TY1fmsJrh7tNAADhLT4uAAA=",
		DisplayName: "Wo. Random Peterson Person Jr.",
		GivenName:   "Random",
		Surname:     "Person",
		Company:     "Company Name",
		Department:  "Mangrove",
		JobTitle:    "Principal Dough Beater",
		Emails:      []string{"mockemail@provider.com", "anotheremail@place.com"},
		Phones:      []phonebook.Phone{{Kind: phonebook.Home, Number: "123091230921"}, {Kind: phonebook.Mobile, Number: "00000111111"}},
		Addresses: []phonebook.Address{
			{Kind: phonebook.BusinessAddress, Street: "Business Stree", PostalCode: "888888", City: "Businss City", State: "Business State", Country: "Business Country"},
			{Kind: phonebook.HomeAddress, Street: "Street Name", PostalCode: "090909", City: "City Name", State: "Province Name", Country: "Country"},
			{Kind: phonebook.OtherAddress, Street: "Another street"},
		},
		Birthday:   "2012-09-11T11:59:00Z",
		Notes:      "Note on dough stuff",
		Categories: []string{},
	}
	if len(contacts) != 1 {
		t.Fatalf("%d contacts", len(contacts))
	}
	equal(t, contacts[0], want)
}

// equal compares field by field, for a message that can be read.
func equal(t *testing.T, got, want phonebook.Contact) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		a, b := g.Field(i), w.Field(i)
		if a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(a.Interface(), b.Interface()) {
			t.Errorf("%s:\n got %+v\nwant %+v", g.Type().Field(i).Name, a, b)
		}
	}
}

// TestNumbers has one number in every slot of Outlook's form.
func TestNumbers(t *testing.T) {
	p, err := contactsIn([]byte(`{"value":[{"id":"A",
		"businessPhones":["b1","b2"],"homePhones":["h1","h2"],"mobilePhone":"m",
		"singleValueExtendedProperties":[
			{"id":"String 0x3a4b","value":"tty"},{"id":"String 0x3a2c","value":"telex"},{"id":"String 0x3a2d","value":"isdn"},
			{"id":"String 0x3a23","value":"fax other"},{"id":"String 0x3a25","value":"fax home"},{"id":"String 0x3A24","value":"fax business"},
			{"id":"String 0x3a21","value":"pager"},{"id":"String 0x3a1f","value":"other"},{"id":"string 0X3A1d","value":"radio"},
			{"id":"String 0x3a1e","value":"car"},{"id":"String 0x3a02","value":"callback"},{"id":"String 0x3a2e","value":"assistant"},
			{"id":"String 0x3a1a","value":"primary"},{"id":"String 0x3a57","value":"company"},{"id":"String 0x3a2f","value":"h2"},
			{"id":"String 0x3a1b","value":"b2"},
			{"id":"String 0x3a17","value":"not asked for"},{"id":"String {00020329-0000-0000-c000-000000000046} Name x","value":"named"},{"id":"","value":"none"}
		]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []phonebook.Phone{
		{Kind: phonebook.Business, Number: "b1"}, {Kind: phonebook.Business, Number: "b2"},
		{Kind: phonebook.Home, Number: "h1"}, {Kind: phonebook.Home, Number: "h2"},
		{Kind: phonebook.Mobile, Number: "m"},
		{Kind: phonebook.Business, Number: "b2"}, {Kind: phonebook.Home, Number: "h2"},
		{Kind: phonebook.CompanyMain, Number: "company"}, {Kind: phonebook.Primary, Number: "primary"},
		{Kind: phonebook.Assistant, Number: "assistant"}, {Kind: phonebook.Callback, Number: "callback"},
		{Kind: phonebook.Car, Number: "car"}, {Kind: phonebook.Radio, Number: "radio"}, {Kind: phonebook.Other, Number: "other"},
		{Kind: phonebook.Pager, Number: "pager"}, {Kind: phonebook.FaxBusiness, Number: "fax business"},
		{Kind: phonebook.FaxHome, Number: "fax home"}, {Kind: phonebook.FaxOther, Number: "fax other"},
		{Kind: phonebook.ISDN, Number: "isdn"}, {Kind: phonebook.Telex, Number: "telex"}, {Kind: phonebook.TTY, Number: "tty"},
	}
	if got := p.items[0].Phones; !reflect.DeepEqual(got, want) {
		t.Errorf("phones\n got %v\nwant %v", got, want)
	}
}

// TestEveryKind makes sure that each kind of number can be reached.
func TestEveryKind(t *testing.T) {
	reached := map[phonebook.Kind]bool{phonebook.Business: true, phonebook.Home: true, phonebook.Mobile: true}
	tags := map[uint16]bool{}
	for _, n := range numbers {
		if tags[n.tag] {
			t.Errorf("%04x stands twice", n.tag)
		}
		tags[n.tag], reached[n.kind] = true, true
	}
	for _, k := range phonebook.Kinds {
		if !reached[k] {
			t.Errorf("no property for %s", k)
		}
	}
	if len(numbers) != 16 {
		t.Errorf("%d properties, want 16", len(numbers))
	}
}

func TestSparseContact(t *testing.T) {
	p, err := contactsIn([]byte(`{"value":[{"@odata.etag":"W/\"1\"","id":"A","displayName":null,"mobilePhone":null,
		"businessPhones":[],"homePhones":null,"emailAddresses":[{"name":"no address"},{"name":"X","address":"/o=Org/cn=x"},{"address":null}],
		"businessAddress":{},"homeAddress":null,"birthday":null,"categories":null,"unheard":{"of":[1,2,{"x":null}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if p.next != "" {
		t.Errorf("next page %q", p.next)
	}
	equal(t, p.items[0], phonebook.Contact{ID: "A", Emails: []string{"/o=Org/cn=x"}})
}

func TestTextIsDecoded(t *testing.T) {
	p, err := contactsIn([]byte(`{"value":[{"id":"A","displayName":"J\u00fcrgen \ud83d\ude00 \"Ober\\\/\" \t","surname":"Größe","givenName":"\ud800x","personalNotes":"a\r\nb\u0000"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, p.items[0], phonebook.Contact{ID: "A", DisplayName: "Jürgen 😀 \"Ober\\/\" \t", Surname: "Größe", GivenName: "\ufffdx", Notes: "a\r\nb\x00"})
}

func TestNoPage(t *testing.T) {
	for name, body := range map[string]string{
		"no list":           `{}`,
		"null":              `{"value":null}`,
		"error":             `{"value":[],"error":{"code":"UnknownError","message":""}}`,
		"cut off":           `{"value":[{"id":"A","displayName":"An`,
		"error in a stream": `{"value":[{"id":"A"},{"error":{"code":"InternalServerError","message":"x"}}]}`,
		"list of text":      `{"value":["A"]}`,
		"array":             `[]`,
		"empty":             ``,
		"two documents":     `{"value":[]}{"value":[]}`,
		"number for a name": `{"value":[{"id":"A","displayName":7}]}`,
		"no id":             `{"value":[{"displayName":"A"}]}`,
	} {
		if p, err := contactsIn([]byte(body)); err == nil {
			t.Errorf("%s: taken for a page with %d contacts", name, len(p.items))
		}
	}
}

func TestTag(t *testing.T) {
	for id, want := range map[string]uint16{
		"String 0x3a24": 0x3a24, "String 0x3A24": 0x3a24, "Boolean 0X10f4": 0x10f4, "Integer 0x1": 1,
		"": 0, "String": 0, "String ": 0, "String 0x": 0, "String 3a24": 0, "String 0xzzzz": 0, "String 0x13a24": 0,
		"String {00020329-0000-0000-c000-000000000046} Id 0x8234": 0,
	} {
		if got := propertyTag(id); got != want {
			t.Errorf("%q: %04x, want %04x", id, got, want)
		}
	}
}

func FuzzPage(f *testing.F) {
	contact, err := os.ReadFile("testdata/documents/contact.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(contact)
	f.Add([]byte(`{"value":[{"id":"A","businessPhones":["1"],"singleValueExtendedProperties":[{"id":"String 0x3a24","value":"2"}]}],"@odata.nextLink":"https://x"}`))
	f.Add([]byte(`{"value":[{"id":"\ud800\u0041\ud83d\uDE00","displayName":"\u00e4\\\/\b\f\n\r\t\"","homeAddress":{"street":"x"},"emailAddresses":[{"address":"a"},null]}]}`))
	f.Add([]byte("{\"value\":[{\"id\":\"\xff\xc3\\u00e4\",\"x\":[-0.5e+7,true,false,null,{},[]]}]}"))
	f.Add([]byte(`{"error":{"code":"x"}} `))
	f.Add([]byte(`{"@odata.deltaLink": "x" ,"value":[]}`))
	f.Add([]byte(`{"@odata.deltaLink":null,"value":[{"id":"A","@removed":{"reason":"deleted"}}]}`))
	f.Add(benchmarkPage(3))
	f.Fuzz(func(t *testing.T, body []byte) {
		given := bytes.Clone(body)
		got, err := contactsIn(body)
		for n := range 5 {
			if some, errSome := byDrops(body, n+1); !reflect.DeepEqual(some, got) || fmt.Sprint(errSome) != fmt.Sprint(err) {
				t.Fatalf("by %d bytes: %v, error %v, want %v, error %v", n+1, some, errSome, got, err)
			}
		}
		if !bytes.Equal(body, given) {
			t.Fatal("the decoder wrote into the buffer")
		}
		want, wantErr := reference(body)
		if !plain(body) {
			return // encoding/json takes names in any case, and objects in parts
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, encoding/json says %v", err, wantErr)
		}
		clear(body) // the buffer is used again for the next page
		if err == nil && (got.next != want.next || got.delta != want.delta || len(got.items) != len(want.items)) {
			t.Fatalf("%d contacts, %q and %q, want %d, %q and %q", len(got.items), got.next, got.delta, len(want.items), want.next, want.delta)
		}
		for i := range got.items {
			equal(t, got.items[i], want.items[i])
		}
	})
}

// benchmarkPage returns a page with n contacts as a mailbox in use holds them.
func benchmarkPage(n int) []byte {
	const one = `{"@odata.etag":"W/\"EQAAABYAAABBFDg0JJk7TY1fmsJrh7tNAAFGKnME\"",` +
		`"id":"AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0AQRQ4NCSZO02NX5rCa4e7TQABRipzBAAA","categories":["Kunden"],` +
		`"birthday":"1971-05-01T11:59:00Z","displayName":"Jürgen Großmann","givenName":"Jürgen","surname":"Großmann",` +
		`"companyName":"Großmann & Söhne GmbH","department":"Einkauf","jobTitle":"Gesch\u00e4ftsf\u00fchrer",` +
		`"emailAddresses":[{"name":"Jürgen Großmann","address":"j.grossmann@example.com"},{"name":"Büro",` +
		`"address":"buero@example.com"}],"businessPhones":["+49 30 901820-15","030 901820"],"homePhones":["030 123456"],` +
		`"mobilePhone":"0171 1234567","businessAddress":{"street":"Lindenstraße 5\r\nHinterhaus","city":"Berlin","state":"",` +
		`"countryOrRegion":"Deutschland","postalCode":"10969"},"homeAddress":{},"otherAddress":{},` +
		`"singleValueExtendedProperties":[{"id":"String 0x3a24","value":"030 90182099"},{"id":"String 0x3a57",` +
		`"value":"030 901820"},{"id":"String 0x3a1b","value":"030 901820"}]}`
	return []byte(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users('x')/contacts","value":[` +
		strings.Repeat(one+",", n-1) + one + `],"@odata.nextLink":"https://graph.microsoft.com/v1.0/users/x/contacts?$skip=999"}`)
}

func BenchmarkPage(b *testing.B) {
	page := benchmarkPage(999)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := contactsIn(page); err != nil || len(p.items) != 999 {
			b.Fatal(len(p.items), err)
		}
	}
}

// BenchmarkReference is what BenchmarkPage is to be compared with.
func BenchmarkReference(b *testing.B) {
	page := benchmarkPage(999)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := reference(page); err != nil || len(p.items) != 999 {
			b.Fatal(len(p.items), err)
		}
	}
}
