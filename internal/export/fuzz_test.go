package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"contactsync/internal/phonebook"
)

// FuzzCSV: what is written is read back, each cell as it was or behind an
// apostrophe, and a spreadsheet calculates none of them.
func FuzzCSV(f *testing.F) {
	f.Add(`=HYPERLINK("http://example.com/")`, "a;b,c\t\"", "eins\n=1+1", "+49 999 1", "-1", uint8(0))
	f.Fuzz(func(t *testing.T, name, company, notes, number, another string, delimiter uint8) {
		for _, s := range []string{name, company, notes, number, another} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, '\r') || strings.TrimSpace(s) != s {
				return // no entry holds such text
			}
		}
		pb := phonebook.Phonebook{Entries: []phonebook.Entry{{
			DisplayName: name, Company: company, Notes: notes, Emails: []string{number, another}, Categories: []string{another},
			Numbers: []phonebook.Number{
				{Kind: phonebook.Mobile, AsTyped: number}, {Kind: phonebook.Home, AsTyped: another}, {Kind: phonebook.Home, AsTyped: number},
				{Kind: phonebook.Business, Number: "+4930901820", AsTyped: another},
			},
			Addresses: []phonebook.Address{{Kind: phonebook.OtherAddress, Street: notes, City: another}},
		}}}
		cells := onlyRow(t, pb, []rune{Delimiter, ',', '\t', '|', '¦'}[delimiter%5])
		for column, want := range map[string]string{
			"display_name": name, "company": company, "notes": notes, "email1": number, "email2": another, "email3": "",
			"mobile": number, "home": another + " / " + number, "categories": another, "other_street": notes, "other_city": another,
		} {
			if got := cells[column]; got != want && got != "'"+want {
				t.Errorf("%s is %q, want %q", column, got, want)
			}
		}
		if got := cells["business"]; got != "+4930901820" {
			t.Errorf("the number is %q", got)
		}
		for column, cell := range cells {
			if calculated(cell) {
				t.Errorf("a spreadsheet calculates %s: %q", column, cell)
			}
		}
	})
}

// onlyRow returns the one row of a phonebook's CSV, by column.
func onlyRow(t *testing.T, pb phonebook.Phonebook, delimiter rune) map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := CSV(&out, pb, delimiter); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff")))
	r.Comma = delimiter
	table, err := r.ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatalf("%d rows, %v in %q", len(table), err, out.String())
	}
	row := map[string]string{}
	for i, column := range table[0] {
		row[column] = table[1][i]
	}
	return row
}

// calculated tells whether a spreadsheet makes something else of a cell than
// text or the number that stands there.
func calculated(cell string) bool {
	if strings.HasPrefix(cell, "+") {
		_, rest, _ := strings.Cut(cell, "+")
		rest, _, _ = strings.Cut(rest, ";ext=")
		return strings.Trim(rest, "0123456789().\u00a0 ") != "" || strings.Trim(rest, "().\u00a0 ") == ""
	}
	return strings.IndexAny(cell, "=-@\t\n＝＋－＠") == 0
}
