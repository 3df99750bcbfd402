package main

import (
	"os"
	"strings"
	"testing"
)

func TestPhonebooksOfOthers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	others := func(when, want string) {
		t.Helper()
		out := w.run("phonebook", "list", "--others")
		check(t, when+": status", out.status, 0)
		check(t, when, out.stdout+out.stderr, want)
	}
	others("no file", "")
	if _, err := os.Stat(w.path("phonebooks.db")); err == nil {
		t.Error("the question made the file")
	}
	check(t, "no file, --json", w.run("phonebook", "list", "--others", "--json").stdout, "[]\n")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	others("ours alone", "")

	w.sql(`INSERT INTO phonebook (owner, title, managed_by) VALUES ('anna', 'Privat', NULL), ('bram', X'00' || char(27) || 'x', 'another'), (NULL, NULL, '');
		INSERT INTO entry (phonebook, display_name) SELECT id, 'Her own' FROM phonebook WHERE managed_by IS NULL;`)
	out := w.run("phonebook", "list", "--others")
	check(t, "status", out.status, 0)
	check(t, "lines", strings.Count(out.stdout, "\n"), 3)
	contains(t, out.stdout, "anna  Privat", "bram", "\uFFFD")
	if strings.Contains(out.stdout, "\x1b") {
		t.Errorf("the terminal gets orders: %q", out.stdout)
	}
	json := w.run("phonebook", "list", "--json", "--others").stdout
	contains(t, json, `{"owner":"anna","phonebook":"Privat","entries":1,"synced_at":""}`, `"owner":"bram"`)
	if list := w.run("phonebook", "list").stdout; strings.Contains(list, "bram") || strings.Count(list, "anna") != 1 {
		t.Errorf("phonebook list shows others' phonebooks:\n%s", list)
	}
}

// Whoever is told that there are no others' phonebooks may delete the file.
func TestPhonebooksOfOthersInADamagedFile(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for _, name := range []string{"Erika", "Zoë", "Bert", "Jan"} {
		w.add("anna", strings.Repeat(name, 2000), "030 901820")
	}
	w.sync(0)
	// Damage that leaves the list itself readable.
	data, err := os.ReadFile(w.path("phonebooks.db"))
	if err != nil {
		t.Fatal(err)
	}
	page := data[len(data)-4096:]
	copy(page, strings.Repeat("garbage!", len(page)/8))
	if err := os.WriteFile(w.path("phonebooks.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	out := w.run("phonebook", "list", "--others")
	check(t, "status", out.status, 74)
	check(t, "standard output", out.stdout, "")
	contains(t, out.stderr, "phonebooks.db", "hint: ")

	if err := os.WriteFile(w.path("phonebooks.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "an empty file", w.run("phonebook", "list", "--others").status, 74)
}
