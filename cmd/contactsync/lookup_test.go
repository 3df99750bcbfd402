package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

// lookedUp returns what lookup finds, "owner:name:kind:number" each, and
// expects the exit status that belongs to it.
func (w *world) lookedUp(args ...string) string {
	w.t.Helper()
	out := w.run(append([]string{"lookup", "--json"}, args...)...)
	var matches []phonebook.Match
	if err := json.Unmarshal([]byte(out.stdout), &matches); err != nil {
		w.t.Fatalf("lookup %q: exit status %d, %v: %s%s", args, out.status, err, out.stdout, out.stderr)
	}
	want := 0
	if len(matches) == 0 {
		want = 1
	}
	check(w.t, "exit status of lookup "+strings.Join(args, " "), out.status, want)
	var all []string
	for _, m := range matches {
		all = append(all, strings.Join([]string{m.Owner, m.DisplayName, string(m.Kind), m.Number}, ":"))
	}
	return strings.Join(all, " ")
}

func TestLookup(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	early := w.run("lookup", "030 90182012")
	check(t, "exit status before the first run", early.status, 1)
	contains(t, early.stderr, "there is no file "+w.path("phonebooks.db")+" yet", "the first run makes it: contactsync --store ")
	if _, err := os.Stat(w.path("phonebooks.db")); err == nil {
		t.Error("looking a number up made a file")
	}
	lacks(t, early.stderr, "nobody has")
	w.set("default_area_code", "30")
	w.add("anna", "Erika", "030 / 901820-12")
	w.add("anna", "Hotline", "+1 650 253 0000 ext. 12")
	w.add("anna", "Pforte", "12-34")
	w.add("bram", "Muster", "+49 (0)30 90182012")
	w.sync(0)
	erika, muster := "anna:Erika:business:+493090182012", "bram:Muster:business:+493090182012"
	for _, spelling := range []string{"+493090182012", "03090182012", "0049 30 90182012", "90182012", "+49 (30) 9018-2012", "tel:+49-30-90182012", "030/90182012 Durchwahl 7"} {
		check(t, spelling, w.lookedUp(spelling), erika+" "+muster)
	}
	check(t, "taken apart by a shell", w.lookedUp("+49", "30", "901820", "12"), erika+" "+muster)
	check(t, "of one", w.lookedUp("90182012", "--user", "bram"), muster)
	check(t, "option in front", w.lookedUp("--user", "bram", "90182012"), muster)
	check(t, "of both", w.lookedUp("--user=bram", "90182012", "-user=anna"), erika+" "+muster)
	check(t, "of nobody else", w.lookedUp("--user", "bram", "1234"), "")
	hotline := "anna:Hotline:business:+16502530000;ext=12"
	for _, spelling := range []string{"+16502530000", "001 650 253 0000 x12", "+1 650 253 0000 ext. 12"} {
		check(t, spelling, w.lookedUp(spelling), hotline)
	}
	check(t, "another extension", w.lookedUp("+16502530000 ext 13"), "")
	for _, spelling := range []string{"1234", "12-34", "12 34"} {
		check(t, spelling, w.lookedUp(spelling), "anna:Pforte:business:12-34")
	}
	check(t, "nobody", w.lookedUp("030 111111"), "")
	out := w.run("--user", "bram", "lookup", "90182012")
	check(t, "the user in front of all", strings.Count(out.stdout, "\n"), 2)
	out = w.run("lookup", "90182012", "--json", "--user", "bram")
	check(t, "all behind", out.stdout, `[{"owner":"bram","display_name":"Muster","company":"","kind":"business","number":"+493090182012"}]`+"\n")
}

// Phonebooks that members made themselves are asked too.
func TestLookupInOwnPhonebooks(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.sync(0)
	w.sql(`INSERT INTO phonebook(id, owner, title) VALUES (50, 'zoe', 'Privat');
		INSERT INTO entry(id, phonebook, display_name, company) VALUES (50, 50, 'Own' || char(27) || '[2J', NULL);
		INSERT INTO number(entry, position, kind, number, as_typed) VALUES (50, 0, 'mobile', '+491701234567', ''), (50, 1, NULL, NULL, '*21#')`)
	out := w.run("lookup", "0170 1234567")
	check(t, "the table", out.stdout, "OWNER  NAME     COMPANY  KIND    NUMBER\nzoe    Own\uFFFD[2J           mobile  +491701234567\n")
	check(t, "a code", w.lookedUp("*21#", "--user", "zoe"), "zoe:Own\x1b[2J::*21#")
}

func TestLookupSaysWhatIsWrong(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.sync(0)
	for _, c := range []struct {
		status      int
		args, words string
	}{
		{status: 1, args: "030 90182012", words: "nobody has +493090182012"},
		{status: 1, args: "90182012", words: `nobody has "90182012", looked for as it is typed: it is no complete telephone number in DE`},
		{status: 2, args: "", words: "which number?"},
		{status: 2, args: "--user anna", words: "which number?"},
		{status: 2, args: "()", words: "which number?"},
		{status: 2, args: "--user dora 030 90182012", words: "user dora has no phonebook"},
		{status: 2, args: "030 90182012 --frobnicate", words: "frobnicate"},
		{status: 2, args: "030 90182012 --user", words: "user"},
	} {
		out := w.run(append([]string{"lookup"}, strings.Fields(c.args)...)...)
		check(t, c.args+": exit status", out.status, c.status)
		check(t, c.args+": output", out.stdout, "")
		contains(t, out.stderr, c.words)
	}
	check(t, "with -q", w.run("-q", "lookup", "030 90182012").stderr, "")
	contains(t, w.run("lookup", "030", "--help").stdout, "--user UID")
	w.damage("phonebooks.db")
	check(t, "damaged", w.run("lookup", "030 90182012").status, 74)
}

// Who may read phonebooks only gets an answer by the rules of Germany.
func TestLookupWithoutTheSettings(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 90182012")
	w.sync(0)
	w.set("default_region", "NL")
	check(t, "in the Netherlands", w.lookedUp("030 90182012"), "")
	w.damage("kvstore/contactsync.db")
	check(t, "where they cannot be read", w.lookedUp("030 90182012"), "anna:Erika:business:+493090182012")
	check(t, "words on it", w.run("lookup", "030 90182012").stderr, "")
	contains(t, w.run("-v", "lookup", "030 90182012").stderr, "the settings cannot be read")
}
