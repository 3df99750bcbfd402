package phonebook

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// contact is as untidy as a mailbox's own, and has something in every field.
func contact() Contact {
	return Contact{
		ID:          "AAMk=",
		DisplayName: "  Anna\tMüller\r\n ",
		GivenName:   "Anna\x00",
		Surname:     "Müller\u0085",
		Company:     "Öko\x1a & Co",
		Department:  "Vertrieb\u2028Nord",
		JobTitle:    " ",
		Emails:      []string{"", " anna@example.com ", "/o=Example/ou=Exchange/cn=anna", "EX:/O=Example/cn=a", "a2@example.com"},
		Phones: []Phone{
			{FaxBusiness, "030 901820-99"},
			{Mobile, "siehe Notiz"},
			{Business, " +49 (0)30 901820 "},
			{Business, ""},
			{Business, "030/901820"},
			{Home, "030/901820"},
			{Mobile, "siehe\tNotiz"},
			{Mobile, "0171 1234567"},
		},
		Addresses: []Address{
			{Kind: OtherAddress, City: "Köln"},
			{Kind: HomeAddress, Street: " ", Country: "\r\n"},
			{Kind: BusinessAddress, Street: "Am Graben 19\r\n2. Stock\r\n", PostalCode: "01310-100", City: "Zü\rrich", State: "ZH", Country: "CH "},
		},
		Birthday:   "1604-02-29T11:59:00Z",
		Notes:      "eins\r\nzwei\rdrei\tvier\x07\n\n",
		Categories: []string{"Kunde", " ", "\u200b", "Grün\n"},
	}
}

func TestEntry(t *testing.T) {
	n, err := NewNormaliser(Rules{Region: "DE", Notes: true})
	if err != nil {
		t.Fatal(err)
	}
	got, ok := n.Entry(contact())
	want := Entry{
		ID:          "AAMk=",
		DisplayName: "Anna Müller",
		GivenName:   "Anna",
		Surname:     "Müller",
		Company:     "Öko & Co",
		Department:  "Vertrieb Nord",
		Emails:      []string{"anna@example.com", "a2@example.com"},
		Numbers: []Number{
			{Business, "+4930901820", "+49 (0)30 901820"},
			{Home, "+4930901820", "030/901820"},
			{Mobile, "", "siehe Notiz"},
			{Mobile, "+491711234567", "0171 1234567"},
			{FaxBusiness, "+493090182099", "030 901820-99"},
		},
		Addresses: []Address{
			{Kind: BusinessAddress, Street: "Am Graben 19\n2. Stock", PostalCode: "01310-100", City: "Zü rich", State: "ZH", Country: "CH"},
			{Kind: OtherAddress, City: "Köln"},
		},
		Birthday:   "--02-29",
		Notes:      "eins\nzwei\ndrei vier",
		Categories: []string{"Kunde", "Grün"},
	}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\n%+v\nwant\n%+v", ok, got, want)
	}
}

func TestEntryWithoutNotes(t *testing.T) {
	if e, _ := normaliser(t, "DE").Entry(contact()); e.Notes != "" {
		t.Errorf("notes %q, though nobody asked for them", e.Notes)
	}
}

func TestDisplayName(t *testing.T) {
	whole := Contact{
		DisplayName: "Anzeige", GivenName: "Anna", Surname: "Müller", Company: "Öko", Department: "Vertrieb",
		Emails: []string{"/o=Example/cn=a", "a@example.com"}, Phones: []Phone{{Mobile, "0171 1"}, {Business, "intern 42"}},
		Addresses: []Address{{Kind: HomeAddress, City: "Köln"}}, Birthday: "1970-01-01T00:00:00Z", Categories: []string{"Kunde"},
	}
	for _, step := range []struct {
		want string
		take func(*Contact) // what is taken away for the next step
	}{
		{"Anzeige", func(c *Contact) { c.DisplayName = "\u200e \t" }},
		{"Anna Müller", func(c *Contact) { c.GivenName = "" }},
		{"Müller", func(c *Contact) { c.GivenName, c.Surname = "Anna", " " }},
		{"Anna", func(c *Contact) { c.GivenName = "" }},
		{"Öko", func(c *Contact) { c.Company = "" }},
		{"a@example.com", func(c *Contact) { c.Emails = c.Emails[:1] }},
		{"intern 42", func(c *Contact) { c.Phones = c.Phones[:1] }},
		{"0171 1", func(c *Contact) { c.Phones[0].Number = " " }},
		{"", func(*Contact) {}},
	} {
		e, ok := normaliser(t, "DE").Entry(whole)
		if e.DisplayName != step.want || ok != (step.want != "") {
			t.Errorf("display name %q, %v; want %q", e.DisplayName, ok, step.want)
		}
		step.take(&whole)
	}
}

func TestSkipWithoutNumber(t *testing.T) {
	n, err := NewNormaliser(Rules{Region: "DE", SkipWithoutNumber: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		number string
		want   bool
	}{{"", false}, {" ", false}, {"intern 42", true}, {"030 901820", true}} {
		if _, ok := n.Entry(Contact{DisplayName: "Anna", Phones: []Phone{{Home, c.number}}}); ok != c.want {
			t.Errorf("number %q: kept %v, want %v", c.number, ok, c.want)
		}
	}
}

func TestEmailAddresses(t *testing.T) {
	got := emails([]string{
		"anna@example.com", "smtp:a@example.com", "SMTP: b@example.com", " EX: /o=x/cn=anna", "/cn=x", "/c=DE/a=x/p=y",
		"X500:/o=x", "IMCEAEX-_O=ORG_cn=a@example.com", "o=x@example.com", "smtp:", "",
	})
	want := []string{"anna@example.com", "a@example.com", "b@example.com", "o=x@example.com"}
	if !slices.Equal(got, want) {
		t.Errorf("emails = %q, want %q", got, want)
	}
}

func TestBirthday(t *testing.T) {
	for written, want := range map[string]string{
		"2002-05-14T11:59:00Z":          "2002-05-14",
		"2002-05-14T23:30:00-08:00":     "2002-05-14",
		"2002-05-14T00:00:00+14:00":     "2002-05-14",
		"2002-05-14T11:59:00.0000000Z":  "2002-05-14",
		"2002-05-14":                    "2002-05-14",
		"1980-04-30T22:00:00Z":          "1980-05-01", // midnight in Berlin
		"1980-05-01T05:00:00Z":          "1980-05-01", // midnight in New York
		"1979-12-31T23:00:00Z":          "1980-01-01",
		"1990-05-03T12:00:00Z":          "1990-05-03",
		"1990-05-02T22:00:00+00:00":     "1990-05-03",
		"1603-12-31T23:00:00Z":          "--01-01",
		"4500-12-31T23:00:00Z":          "",
		"1604-05-14T11:59:00Z":          "--05-14",
		"1604-02-29T00:00:00Z":          "--02-29",
		"1605-01-01T11:59:00Z":          "1605-01-01",
		"0001-01-01T00:00:00Z":          "",
		"4501-01-01T00:00:00Z":          "",
		"0000-01-01T00:00:00Z":          "",
		"2001-02-29T00:00:00Z":          "",
		"2001-2-9":                      "",
		"gestern":                       "",
		"":                              "",
		" \u00a02002-05-14T11:59:00Z\n": "2002-05-14",
	} {
		if got := birthday(written); got != want {
			t.Errorf("birthday(%q) = %q, want %q", written, got, want)
		}
	}
}

// The short way for ASCII gives what the long one gives.
func TestPrintable(t *testing.T) {
	random := rand.New(rand.NewPCG(20260101, 8))
	short := 0
	for range 100_000 {
		b := make([]byte, random.IntN(6))
		for i := range b {
			b[i] = " \t\n\x1fAz0~\x7f\x80\xc3\xa9"[random.IntN(12)]
		}
		s := string(b)
		want := strings.TrimFunc(rewrite(s, '/'), unicode.IsSpace)
		if strings.IndexFunc(want, visible) < 0 {
			want = ""
		}
		if got := clean(s, '/'); got != want {
			t.Fatalf("%q: %q, want %q", s, got, want)
		}
		if printable(s) {
			short++
		}
	}
	if short < 1000 {
		t.Errorf("only %d texts took the short way", short)
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ text, line, block string }{
		{"Smart  Double", "Smart  Double", "Smart  Double"},
		{"a\r\nb\rc\nd\ve\ff\u0085g\u2028h\u2029i", "a b c def g h i", "a\nb\nc\ndef\ng\nh\ni"},
		{"\x00a\x1a\x7f\u0080b\ufffe\uffff", "ab", "ab"},
		{"M\xfcller \xff", "M\ufffdller \ufffd", "M\ufffdller \ufffd"},
		{"\ufffd", "\ufffd", "\ufffd"},
		{"\u00a0\u3000a\u2003", "a", "a"},
		{"\u200e\ufeff \u200b", "", ""},
		{"\u202eabc\u202c", "\u202eabc\u202c", "\u202eabc\u202c"},
		{"👩\u200d💻", "👩\u200d💻", "👩\u200d💻"},
		{"\n\n a \n\n b\n", "a    b", "a \n\n b"},
	} {
		if got := line(c.text); got != c.line {
			t.Errorf("line(%q) = %q, want %q", c.text, got, c.line)
		}
		if got := block(c.text); got != c.block {
			t.Errorf("block(%q) = %q, want %q", c.text, got, c.block)
		}
	}
}

func TestSort(t *testing.T) {
	sorted := []Entry{
		{DisplayName: "Anna", ID: "1"},
		{DisplayName: "Anna", ID: "2"},
		{DisplayName: "Anna", Birthday: "--05-14", ID: "0"},
		{DisplayName: "Anna", Numbers: []Number{{Business, "+491", "1"}}},
		{DisplayName: "Anna", Numbers: []Number{{Business, "+491", "1"}, {Business, "+492", "2"}}},
		{DisplayName: "Anna", Numbers: []Number{{Business, "+492", "1"}}},
		{DisplayName: "Anna", Emails: []string{"a@example.com"}},
		{DisplayName: "Anna", GivenName: "A"},
		{DisplayName: "Anna B"},
		{DisplayName: "Zoe"},
		{DisplayName: "anna"},
		{DisplayName: "Änne"},
		{DisplayName: "\uff21nna"},
		{DisplayName: "🙂"}, // beyond U+FFFF: behind \uff21, which UTF-16 would not do
	}
	mixed := slices.Clone(sorted)
	slices.Reverse(mixed)
	Sort(mixed)
	if !reflect.DeepEqual(mixed, sorted) {
		t.Errorf("got %+v", mixed)
	}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := Compare(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("Compare(%+v, %+v) = %d", a, b, got)
			}
		}
	}
}

// TestCompareCoversEntry finds a field that Compare forgets: two entries that
// differ must never be equal in order.
func TestCompareCoversEntry(t *testing.T) {
	n, _ := NewNormaliser(Rules{Region: "DE", Notes: true})
	whole, _ := n.Entry(contact())
	whole.JobTitle = "Chefin"
	for i := range reflect.TypeFor[Entry]().NumField() {
		without := whole
		reflect.ValueOf(&without).Elem().Field(i).SetZero()
		if Compare(whole, without) <= 0 || Compare(without, whole) >= 0 {
			t.Errorf("%s does not count", reflect.TypeFor[Entry]().Field(i).Name)
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add("Anna\tMüller", "anna@example.com", "030/901820", "Am Graben 19\r\nHof", "1604-05-14T11:59:00Z", "a\x00\vb")
	f.Add("\xff", "/o=x", "keine", "\u0085", "0001-01-01T00:00:00Z", "\u2028")
	n, err := NewNormaliser(Rules{Region: "DE", AreaCode: "30", Notes: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, email, number, street, born, notes string) {
		e, ok := n.Entry(Contact{
			ID: "1", DisplayName: name, GivenName: notes, Surname: street, Company: email, Emails: []string{email, name},
			Phones:    []Phone{{Mobile, number}, {Business, name}, {Mobile, notes}},
			Addresses: []Address{{Kind: HomeAddress, Street: street, City: notes}, {Kind: BusinessAddress, Street: notes}},
			Birthday:  born, Notes: notes, Categories: []string{name, notes},
		})
		if !ok {
			return
		}
		for _, text := range texts(e) {
			if strings.TrimSpace(text) != text || !utf8.ValidString(text) {
				t.Errorf("%q is not trimmed or not UTF-8", text)
			}
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
				t.Errorf("%q holds a control character", text)
			}
		}
		if strings.Contains(e.DisplayName, "\n") || e.DisplayName == "" {
			t.Errorf("display name %q", e.DisplayName)
		}
		if again, ok := n.Entry(asContact(e)); !ok || !reflect.DeepEqual(again, e) {
			t.Errorf("the entry of an entry is another:\n%+v\n%+v", e, again)
		}
	})
}

// texts returns every text of an entry.
func texts(e Entry) []string {
	all := []string{e.DisplayName, e.GivenName, e.Surname, e.Company, e.Department, e.JobTitle, e.Birthday, e.Notes}
	all = append(append(all, e.Emails...), e.Categories...)
	for _, number := range e.Numbers {
		all = append(all, number.Number, number.AsTyped)
	}
	for _, a := range e.Addresses {
		all = append(all, a.Street, a.PostalCode, a.City, a.State, a.Country)
	}
	return all
}

// asContact returns the contact that a mailbox would hold for an entry.
func asContact(e Entry) Contact {
	c := Contact{
		ID: e.ID, DisplayName: e.DisplayName, GivenName: e.GivenName, Surname: e.Surname, Company: e.Company,
		Department: e.Department, JobTitle: e.JobTitle, Emails: e.Emails, Addresses: e.Addresses,
		Birthday: e.Birthday, Notes: e.Notes, Categories: e.Categories,
	}
	if rest, ok := strings.CutPrefix(e.Birthday, "--"); ok {
		c.Birthday = "1604-" + rest
	}
	for _, number := range e.Numbers {
		c.Phones = append(c.Phones, Phone{number.Kind, number.AsTyped})
	}
	return c
}

func BenchmarkEntry(b *testing.B) {
	n := normaliser(b, "DE")
	c := contact()
	b.ReportAllocs()
	for b.Loop() {
		n.Entry(c)
	}
}
