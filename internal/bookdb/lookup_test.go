package bookdb_test

import (
	"fmt"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
)

// person is an entry with a name and numbers, each "number" or "as typed".
func person(name string, numbers ...string) phonebook.Entry {
	e := phonebook.Entry{ID: name, DisplayName: name, Company: "Muster AG"}
	for _, n := range numbers {
		number := phonebook.Number{Kind: phonebook.Business, Number: n, AsTyped: n}
		if !strings.HasPrefix(n, "+") {
			number.Number = ""
		}
		e.Numbers = append(e.Numbers, number)
	}
	return e
}

// found returns what Lookup finds, "owner:name:number" each.
func found(t *testing.T, db *bookdb.DB, number, typed string, owners ...string) string {
	t.Helper()
	matches, err := db.Lookup(ctx, number, typed, owners...)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range matches {
		all = append(all, m.Owner+":"+m.DisplayName+":"+m.Number)
	}
	return strings.Join(all, " ")
}

func TestLookup(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("ben", []phonebook.Entry{person("Zoe", "+49301"), person("Direct", "+49301;ext=12")}))
	replace(t, db, replacement("anna", []phonebook.Entry{person("Zoe", "+49302", "+49301"), person("Desk", "12-34"), person("Code", "*21#")}))
	shell(t, path, `INSERT INTO phonebook(id, owner) VALUES (99, 'carla');
		INSERT INTO entry(id, phonebook, display_name) VALUES (99, 99, 'Own');
		INSERT INTO number(entry, kind, number, as_typed) VALUES (99, 'mobile', '+49301', '030 1'), (99, 'home', NULL, '(12) 34'), (99, 'home', NULL, '7'), (99, 'home', NULL, '/Ä-7.'), (99, 'home', NULL, NULL), (98, 'home', '+49301', '')`)
	for _, c := range []struct {
		number, typed string
		owners        []string
		want          string
	}{
		{"+49301", "0301", nil, "anna:Zoe:+49301 ben:Zoe:+49301 ben:Direct:+49301;ext=12 carla:Own:+49301"},
		{"+49301;ext=12", "0301 ext 12", nil, "anna:Zoe:+49301 ben:Zoe:+49301 ben:Direct:+49301;ext=12 carla:Own:+49301"},
		{"+49301;ext=13", "0301 ext 13", []string{"ben"}, "ben:Zoe:+49301"},
		{"+49301", "0301", []string{"carla", "nobody", "anna"}, "anna:Zoe:+49301 carla:Own:+49301"},
		{"", "1234", nil, "anna:Desk:12-34 carla:Own:(12) 34"},
		{"", "1 2/3.4", []string{"anna"}, "anna:Desk:12-34"},
		{"", "*21#", nil, "anna:Code:*21#"},
		{"", "(7)", nil, "carla:Own:7"},
		{"", "ä7", nil, ""},
		{"", "Ä 7", nil, "carla:Own:/Ä-7."},
		{"", " ", nil, ""},
		{"+4930", "030", nil, ""},
		{"", "123", nil, ""},
		{"", "+49301", nil, ""},
		{"+49301", "0301", []string{`"]`, "' OR 1=1 --"}, ""},
	} {
		if got := found(t, db, c.number, c.typed, c.owners...); got != c.want {
			t.Errorf("%q, %q, %q: %q, want %q", c.number, c.typed, c.owners, got, c.want)
		}
	}
	for owner, want := range map[string]bool{"anna": true, "carla": true, "dora": false, "": false} {
		if got, err := db.HasPhonebook(ctx, owner); got != want || err != nil {
			t.Errorf("HasPhonebook %q: %v, %v", owner, got, err)
		}
	}
}

func TestLookupWhereThereIsNoFile(t *testing.T) {
	db, err := bookdb.OpenReader(t.TempDir() + "/phonebooks.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := found(t, db, "+49301", "0301"); got != "" {
		t.Error(got)
	}
}

// A file that no run has brought up to date yet has no index for it.
func TestLookupInAnOlderFile(t *testing.T) {
	path, _ := version1(t)
	db, err := bookdb.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := found(t, db, "+49300000002", "ASK ME"); got != "anna:Name 000002:+49300000002 ben:Name 000002:+49300000002" {
		t.Error(got)
	}
	if got := found(t, db, "", "askme", "ben"); got != "ben:Name 000000:ask me ben:Name 000001:ask me ben:Name 000002:ask me" {
		t.Error(got)
	}
}

// TestLookupByIndexes expects each of the ways to be one by an index, and the
// numbers to come first, in a file with phonebooks of one size and another.
func TestLookupByIndexes(t *testing.T) {
	db, path := open(t)
	for i := range 20 {
		replace(t, db, replacement(fmt.Sprint("member", i), entriesFrom(i*20, 20)))
	}
	for _, statistics := range []string{"", "ANALYZE"} {
		shell(t, path, statistics)
		plan := shell(t, path, "EXPLAIN QUERY PLAN "+bookdb.LookupQuery)
		for _, want := range []string{
			"INDEX number_number (number=?)", "INDEX number_number (number>? AND number<?)", "INDEX number_typed (number=? AND as_typed>? AND as_typed<?)",
			"SEARCH n USING INTEGER PRIMARY KEY", "SEARCH e USING INTEGER PRIMARY KEY", "SEARCH p USING INTEGER PRIMARY KEY",
		} {
			if !strings.Contains(plan, want) {
				t.Errorf("no %q in\n%s", want, plan)
			}
		}
	}
}

// BenchmarkLookup looks numbers up among a million entries, of which each has
// two and one in twenty an internal one besides. "opened" opens the file for
// each.
func BenchmarkLookup(b *testing.B) {
	const size, atOnce = 1_000_000, 10_000
	landline := func(i int) string { return fmt.Sprintf("+4930%07d", i) }
	internal := func(i int) string { return fmt.Sprintf("%d-%d", i/1000, i%1000) }
	db, path := open(b)
	for first := 0; first < size; first += atOnce {
		some := make([]phonebook.Entry, atOnce)
		for j := range some {
			i := first + j
			some[j] = person(fmt.Sprint("Name ", i), landline(i), fmt.Sprintf("+49170%07d", i))
			if i%20 == 0 {
				some[j].Numbers = append(some[j].Numbers, phonebook.Number{Kind: phonebook.Other, AsTyped: internal(i)})
			}
		}
		replace(b, db, replacement(fmt.Sprint("member", first), some))
	}
	db.Close()
	look := func(db *bookdb.DB, number, typed string) {
		if matches, err := db.Lookup(ctx, number, typed); err != nil || len(matches) == 0 {
			b.Fatal(number, typed, matches, err)
		}
	}
	read := func() *bookdb.DB {
		db, err := bookdb.OpenReader(path)
		if err != nil {
			b.Fatal(err)
		}
		return db
	}
	n := 0
	next := func() int { n += 7919; return n % size }
	b.Run("number", func(b *testing.B) {
		db := read()
		defer db.Close()
		for b.Loop() {
			look(db, landline(next()), "")
		}
	})
	b.Run("internal", func(b *testing.B) {
		db := read()
		defer db.Close()
		for b.Loop() {
			look(db, "", internal(next()/20*20))
		}
	})
	b.Run("opened", func(b *testing.B) {
		for b.Loop() {
			db := read()
			look(db, landline(next()), "")
			db.Close()
		}
	})
}
