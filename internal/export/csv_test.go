package export

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

const wantHeader = "display_name;given_name;surname;company;department;job_title;email1;email2;email3;" +
	"business;home;mobile;company_main;primary;assistant;callback;car;radio;other;pager;" +
	"fax_business;fax_home;fax_other;isdn;telex;tty;" +
	"business_street;business_postal_code;business_city;business_state;business_country;" +
	"home_street;home_postal_code;home_city;home_state;home_country;" +
	"other_street;other_postal_code;other_city;other_state;other_country;" +
	"birthday;categories;notes"

// rows writes a phonebook as CSV and reads it back: for each row the cells
// that are not empty, by column.
func rows(t *testing.T, pb phonebook.Phonebook, delimiter rune) []map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := CSV(&out, pb, delimiter); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff")))
	r.Comma = delimiter
	table, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(table[0], ";"); got != wantHeader {
		t.Errorf("header %q", got)
	}
	var rows []map[string]string
	for _, cells := range table[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			if cell != "" {
				row[table[0][i]] = cell
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSV(t *testing.T) {
	want := []map[string]string{
		{
			"display_name": "Anna Müller", "given_name": "Anna", "surname": "Müller",
			"company": "Müller; Söhne, GmbH", "department": "Vertrieb; Nord", "job_title": `Chefin \o/`,
			"email1": "a@example.com", "email2": "b@example.com", "email3": "c@example.com",
			"business": "'+4930901820 / +16502530000;ext=12", "mobile": "+49 999 1", "assistant": "intern 42; fragen, bitte",
			"car": "+491711234567", "fax_home": "+4930901821", "tty": "+4930901822",
			"business_street": "Am Graben 19; Hof, links\n2. Stock", "business_postal_code": "8001", "business_city": "Zürich",
			"business_state": "ZH", "business_country": "Schweiz", "other_city": "Köln",
			"birthday": "'--05-14", "categories": "Grün, a;b, c,d", "notes": "eins\nzwei; \"drei\", \\n vier",
		},
		{
			"display_name": `'=HYPERLINK("http://example.com/","x")`, "given_name": "'@SUM(1+1)", "surname": "'-2+3",
			"company": "'+1", "department": "'=1", "job_title": "\u202egnp.exe\u202c", "email1": "'=1+1@example.com",
			"business": `'=HYPERLINK("http://example.com/")`, "home": `'+4930901820 / HYPERLINK("http://example.com/")`,
			"mobile": "'+cmd|' /C calc'!A0", "other": "'-1",
			// encoding/csv reads CRLF within a cell as LF.
			"home_street": "'=A1\nEND:VCARD\nBEGIN:VCARD", "home_city": "'＝A1",
			"birthday": "1970-01-02", "categories": "'=1", "notes": strings.ReplaceAll(hostile().Entries[1].Notes, "\r\n", "\n"),
		},
		{"display_name": "Taxi"},
	}
	for _, delimiter := range []rune{Delimiter, ',', '\t', '|', '¦'} {
		got := rows(t, hostile(), delimiter)
		if len(got) != len(want) {
			t.Fatalf("%q: %d rows", delimiter, len(got))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%q: row %d\n got %q\nwant %q", delimiter, i, got[i], want[i])
			}
		}
	}
}

func TestCSVBytes(t *testing.T) {
	var out bytes.Buffer
	err := CSV(&out, phonebook.Phonebook{Entries: []phonebook.Entry{{DisplayName: "Anna", Notes: "a\nb"}}}, Delimiter)
	if err != nil {
		t.Fatal(err)
	}
	want := "\ufeff" + wantHeader + "\r\nAnna" + strings.Repeat(";", strings.Count(wantHeader, ";")) + "\"a\nb\"\r\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestCSVInPython has a reader that is not Go's count the rows.
func TestCSVInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 is not installed")
		}
		t.Skip("python3 is not installed")
	}
	var out bytes.Buffer
	if err := CSV(&out, hostile(), Delimiter); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import csv, io, sys
text = sys.stdin.buffer.read().decode("utf-8-sig")
rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
print([len(r) for r in rows], repr(rows[1][-1]))`)
	cmd.Stdin = &out
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if want := "[44, 44, 44, 44] 'eins\\nzwei; \"drei\", \\\\n vier'\n"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestNumbersCell: a single telephone number is left as it is; a spreadsheet
// would calculate with two of them, and with marks between the digits.
func TestNumbersCell(t *testing.T) {
	for _, c := range []struct {
		numbers []string // those that begin with a plus sign and have no blank are E.164
		want    string
	}{
		{[]string{"+4930901820"}, "+4930901820"},
		{[]string{"+4930901820;ext=12"}, "+4930901820;ext=12"},
		{[]string{"+49 999 (0) 1"}, "+49 999 (0) 1"},
		{[]string{"+4930901820", "+4930901821"}, "'+4930901820 / +4930901821"},
		{[]string{"+4930901820", "intern 42"}, "'+4930901820 / intern 42"},
		{[]string{"intern 42", "+4930901820"}, "intern 42 / +4930901820"},
		{[]string{"030/901820"}, "030/901820"},
		{[]string{"112", "110"}, "112 / 110"},
		{[]string{"+49 999-1"}, "'+49 999-1"},
		{[]string{"+49 999/1"}, "'+49 999/1"},
		{[]string{"-112"}, "'-112"},
		{[]string{"+49…/-1+1/@SUM"}, "'+49…/-1+1/@SUM"},
		{[]string{"+cmd|' /C calc'!A0"}, "'+cmd|' /C calc'!A0"},
		{[]string{"+"}, "'+"},
		{[]string{"＋49 999 1"}, "'＋49 999 1"},
		{nil, ""},
	} {
		var numbers []phonebook.Number
		for _, n := range c.numbers {
			number := phonebook.Number{Kind: phonebook.Mobile, AsTyped: n}
			if strings.HasPrefix(n, "+49") && !strings.ContainsAny(n, " /") {
				number = phonebook.Number{Kind: phonebook.Mobile, Number: n, AsTyped: "x"}
			}
			numbers = append(numbers, number)
		}
		if got := numbersCell(numbers, phonebook.Mobile); got != c.want {
			t.Errorf("%q: %s, want %s", c.numbers, got, c.want)
		}
	}
}
