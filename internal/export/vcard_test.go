package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"contactsync/internal/phonebook"

	"github.com/emersion/go-vcard"
)

func vcards(t testing.TB, pb phonebook.Phonebook, version string) string {
	t.Helper()
	var out bytes.Buffer
	if err := VCard(&out, pb, version); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestVCardLines wants the first card to the letter.
func TestVCardLines(t *testing.T) {
	pb := hostile()
	pb.Entries = pb.Entries[:1]
	for version, want := range map[string]string{
		VCard3: `BEGIN:VCARD
VERSION:3.0
UID:AAMkAGJi/+=
FN:Anna Müller
N:Müller;Anna;;;
ORG:Müller\; Söhne\, GmbH;Vertrieb\; Nord
TITLE:Chefin \\o/
EMAIL;TYPE=INTERNET:a@example.com
EMAIL;TYPE=INTERNET:b@example.com
EMAIL;TYPE=INTERNET:c@example.com
TEL;TYPE=WORK,VOICE:+4930901820
TEL;TYPE=WORK,VOICE:+16502530000\;ext=12
TEL;TYPE=CELL,VOICE:+49 999 1
item1.TEL;TYPE=VOICE:intern 42\; fragen\, bitte
item1.X-ABLabel:assistant
TEL;TYPE=CAR,VOICE:+491711234567
TEL;TYPE=HOME,FAX:+4930901821
item2.TEL:+4930901822
item2.X-ABLabel:TTY
ADR;TYPE=WORK:;;Am Graben 19\; Hof\, links\n2. Stock;Zürich;ZH;8001;Schweiz
ADR;TYPE=POSTAL:;;;Köln;;;
BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-14
CATEGORIES:Grün,a\;b,c\,d
NOTE:eins\nzwei\; "drei"\, \\n vier
END:VCARD
`,
		VCard4: `BEGIN:VCARD
VERSION:4.0
UID;VALUE=text:AAMkAGJi/+=
FN:Anna Müller
N:Müller;Anna;;;
ORG:Müller\; Söhne\, GmbH;Vertrieb\; Nord
TITLE:Chefin \\o/
EMAIL:a@example.com
EMAIL:b@example.com
EMAIL:c@example.com
TEL;TYPE=work,voice;VALUE=uri:tel:+4930901820
TEL;TYPE=work,voice;VALUE=uri:tel:+16502530000;ext=12
TEL;TYPE=cell,voice;VALUE=text:+49 999 1
item1.TEL;TYPE=voice;VALUE=text:intern 42\; fragen\, bitte
item1.X-ABLabel:assistant
item2.TEL;TYPE=voice;VALUE=uri:tel:+491711234567
item2.X-ABLabel:car
TEL;TYPE=home,fax;VALUE=uri:tel:+4930901821
TEL;TYPE=textphone;VALUE=uri:tel:+4930901822
ADR;TYPE=work:;;Am Graben 19\; Hof\, links\n2. Stock;Zürich;ZH;8001;Schweiz
ADR:;;;Köln;;;
BDAY:--0514
CATEGORIES:Grün,a\;b,c\,d
NOTE:eins\nzwei\; "drei"\, \\n vier
END:VCARD
`,
	} {
		got := strings.ReplaceAll(vcards(t, pb, version), "\r\n ", "")
		if want = strings.ReplaceAll(want, "\n", "\r\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", version, got, want)
		}
	}
	if vcards(t, pb, "") != vcards(t, pb, VCard3) {
		t.Error("the default is not 3.0")
	}
}

// TestVCardFolding looks at the lines as they are sent.
func TestVCardFolding(t *testing.T) {
	for _, version := range []string{VCard3, VCard4} {
		text := vcards(t, hostile(), version)
		if strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
			t.Errorf("%s: a line end is not CRLF", version)
		}
		for _, line := range strings.Split(text, "\r\n") {
			if len(line) > foldAt || !utf8.ValidString(line) {
				t.Errorf("%s: %d octets, or a character in two: %q", version, len(line), line)
			}
		}
	}
}

func TestVCardDates(t *testing.T) {
	for _, c := range []struct{ date, v3, v4 string }{
		{"1970-01-02", "BDAY:1970-01-02\r\n", "BDAY:19700102\r\n"},
		{"--02-29", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29\r\n", "BDAY:--0229\r\n"},
	} {
		pb := phonebook.Phonebook{Entries: []phonebook.Entry{{Birthday: c.date}}}
		if got := vcards(t, pb, VCard3); !strings.Contains(got, c.v3) {
			t.Errorf("%s: got %q", c.date, got)
		}
		if got := vcards(t, pb, VCard4); !strings.Contains(got, c.v4) {
			t.Errorf("%s: got %q", c.date, got)
		}
	}
}

// TestVCardKinds wants a TYPE or a label for each kind that there is.
func TestVCardKinds(t *testing.T) {
	for _, kind := range phonebook.Kinds {
		if k, ok := telephoneTypes[kind]; !ok || k.v3+k.label3 == "" || k.v4+k.label4 == "" {
			t.Errorf("%s: %+v", kind, k)
		}
	}
	for _, kind := range phonebook.AddressKinds {
		if _, ok := addressTypes[kind]; !ok {
			t.Errorf("%s is missing", kind)
		}
	}
}

// decoded reads vCards with go-vcard's decoder.
func decoded(t testing.TB, text string) []vcard.Card {
	t.Helper()
	var cards []vcard.Card
	for d := vcard.NewDecoder(strings.NewReader(text)); ; {
		card, err := d.Decode()
		if errors.Is(err, io.EOF) {
			return cards
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		cards = append(cards, card)
	}
}

func TestVCardDecoded(t *testing.T) {
	entries := hostile().Entries
	for _, version := range []string{VCard3, VCard4} {
		cards := decoded(t, vcards(t, hostile(), version))
		if len(cards) != len(entries) {
			t.Fatalf("%s: %d cards of %d entries", version, len(cards), len(entries))
		}
		for i, card := range cards {
			e := entries[i]
			for property, want := range map[string]string{
				vcard.FieldVersion: version, vcard.FieldFormattedName: e.DisplayName,
				vcard.FieldTitle: e.JobTitle, vcard.FieldNote: unixLines(e.Notes), vcard.FieldUID: unixLines(e.ID),
			} {
				if got := card.Value(property); semicolons(got) != semicolons(want) {
					t.Errorf("%s: %s is %q, want %q", version, property, got, want)
				}
			}
			if got := card.Values(vcard.FieldEmail); !reflect.DeepEqual(got, e.Emails) {
				t.Errorf("%s: e-mail addresses %q, want %q", version, got, e.Emails)
			}
			if len(card[vcard.FieldTelephone]) != len(e.Numbers) || len(card[vcard.FieldAddress]) != len(e.Addresses) {
				t.Errorf("%s: %d numbers and %d addresses", version, len(card[vcard.FieldTelephone]), len(card[vcard.FieldAddress]))
			}
		}
	}
}

// semicolons drops the backslashes before a semicolon, one of which the decoder
// leaves.
func semicolons(s string) string { return escapedSemicolon.ReplaceAllString(s, ";") }

var escapedSemicolon = regexp.MustCompile(`\\+;`)

// unixLines turns each line end of a text into LF, as it comes out of a vCard.
func unixLines(s string) string { return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s) }

// parsed is a vCard as vobject understands it.
type parsed struct {
	Version, UID, FN, Title, Note, Birthday string
	Name                                    []string // family, given
	Org, Emails, Categories                 []string
	Numbers                                 [][]string // value, then types
	Addresses                               [][]string // street, city, region, code, country
}

const vobject = `
import json, sys, vobject
def texts(card, name):
    return [p.value for p in card.contents.get(name, [])]
def one(card, name):
    return (texts(card, name) or [""])[0]
cards = []
for c in vobject.readComponents(sys.stdin.buffer.read().decode("utf-8")):
    cards.append({
        "Version": one(c, "version"), "UID": one(c, "uid"), "FN": one(c, "fn"), "Title": one(c, "title"),
        "Note": one(c, "note"), "Birthday": one(c, "bday"),
        "Name": [c.n.value.family, c.n.value.given],
        "Org": one(c, "org") or None, "Emails": texts(c, "email") or None,
        "Categories": one(c, "categories") or None,
        "Numbers": [[p.value] + p.params.get("TYPE", []) for p in c.contents.get("tel", [])] or None,
        "Addresses": [[a.street, a.city, a.region, a.code, a.country] for a in texts(c, "adr")] or None,
    })
json.dump(cards, sys.stdout)
`

// TestVCardInPython reads the vCards with python3-vobject, which shares no
// line with anything here.
func TestVCardInPython(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, which has Debian's packages
	if err := exec.Command(python, "-c", "import vobject").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3-vobject is not installed")
		}
		t.Skip("python3-vobject is not installed")
	}
	for _, version := range []string{VCard3, VCard4} {
		cmd := exec.Command(python, "-c", vobject)
		cmd.Stdin = strings.NewReader(vcards(t, hostile(), version))
		out, err := cmd.Output()
		if err != nil {
			var exit *exec.ExitError
			errors.As(err, &exit)
			t.Fatalf("%s: %v: %s", version, err, exit.Stderr)
		}
		var got []parsed
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		var want []parsed
		for _, e := range hostile().Entries {
			want = append(want, asParsed(e, version))
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d cards of %d entries", version, len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: card %d\n got %q\nwant %q", version, i, got[i], want[i])
			}
		}
	}
}

// asParsed says what a reader is to understand of an entry.
func asParsed(e phonebook.Entry, version string) parsed {
	p := parsed{
		Version: version, UID: unixLines(e.ID), FN: e.DisplayName, Title: e.JobTitle, Note: unixLines(e.Notes),
		Name: []string{e.Surname, e.GivenName}, Emails: e.Emails, Categories: e.Categories,
	}
	if e.DisplayName == "Taxi" {
		p.Name[0] = "Taxi"
	}
	if e.Company != "" {
		p.Org = []string{e.Company, e.Department}
	}
	switch e.Birthday {
	case "1970-01-02":
		p.Birthday = map[string]string{VCard3: "1970-01-02", VCard4: "19700102"}[version]
	case "--05-14":
		p.Birthday = map[string]string{VCard3: "1604-05-14", VCard4: "--0514"}[version]
	}
	for _, n := range e.Numbers {
		value, types := n.AsTyped, telephoneTypes[n.Kind].v3
		if n.Number != "" {
			value = n.Number
		}
		if version == VCard4 {
			types = telephoneTypes[n.Kind].v4
			if n.Number != "" {
				value = "tel:" + value
			}
		}
		number := []string{value}
		if _, types, ok := strings.Cut(types, "TYPE="); ok {
			number = append(number, strings.Split(types, ",")...)
		}
		p.Numbers = append(p.Numbers, number)
	}
	for _, a := range e.Addresses {
		p.Addresses = append(p.Addresses, []string{unixLines(a.Street), a.City, a.State, a.PostalCode, a.Country})
	}
	return p
}

func FuzzVCard(f *testing.F) {
	f.Add("Anna", "a;b,c", "eins\r\nBEGIN:VCARD", "+49")
	f.Add(`\`, "\\n\n\\", strings.Repeat("€", 80), "x\rEND:VCARD")
	f.Fuzz(func(t *testing.T, name, company, notes, number string) {
		for _, s := range []string{name, company, notes, number} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, '\r') || strings.TrimSpace(s) != s {
				return // no entry holds such text
			}
		}
		pb := phonebook.Phonebook{Entries: []phonebook.Entry{{
			ID: "1", DisplayName: name, Company: company, Department: name, Notes: notes,
			Numbers:    []phonebook.Number{{Kind: phonebook.Mobile, AsTyped: number}},
			Categories: []string{company, name},
		}}}
		for _, version := range []string{VCard3, VCard4} {
			cards := decoded(t, vcards(t, pb, version))
			if len(cards) != 1 {
				t.Fatalf("%s: %d cards", version, len(cards))
			}
			c := cards[0]
			for property, want := range map[string]string{
				vcard.FieldFormattedName: name, vcard.FieldNote: notes, vcard.FieldTelephone: number,
			} {
				if got := c.Value(property); semicolons(got) != semicolons(want) {
					t.Errorf("%s: %s is %q, want %q", version, property, got, want)
				}
			}
		}
	})
}
