package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
)

// TestLinesOfMembers: what is said of members stands below each other, whatever
// their user ids look like; a very long one is whole and beside the others.
func TestLinesOfMembers(t *testing.T) {
	parallel(t)
	var out bytes.Buffer
	c := &console{w: newStream(&out, &out)}
	users := []string{"anna", "山田花子", "z\u0301oe", "anna.schäfer@example.org"}
	long := strings.Repeat("very-long-", 10)
	var members []phonebook.Member
	for _, user := range append(users, long) {
		members = append(members, phonebook.Member{User: user})
	}
	c.expect(members)
	for _, m := range members {
		c.result(syncer.Result{User: m.User, Result: syncer.Failed, Error: "HERE", Hint: "HERE"}, loudness{})
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	check(t, "lines", len(lines), 2*len(members))
	for i, line := range lines {
		contains(t, line, "HERE")
		at, _, _ := strings.Cut(line, "HERE")
		at = strings.TrimSuffix(at, "hint: ")
		want := 9 + 2 + 24 + 2
		if i == len(lines)-2 {
			want = 9 + 2 + len(long) + 2
		}
		check(t, "where the text of line "+line+" begins", width(at), want)
	}
}

// TestColoursOfErrors: on a terminal an error is red, and its hint steps back.
func TestColoursOfErrors(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	status, screen := w.atTerminal("--nonsense").start().end()
	check(t, "exit status", status, 2)
	contains(t, screen, "contactsync: \x1b[31merror\x1b[0m: ", "contactsync: \x1b[2mhint: this lists what there is: contactsync --help\x1b[0m\n")
	w.set("office365", "maybe")
	if out := w.run("-v"); strings.Contains(out.stderr, "\x1b") {
		t.Errorf("a file gets colours: %q", out.stderr)
	}
}

// TestLinesBreakBetweenWords: a terminal gets lines that fit, in which no word
// is cut in two and commands are whole; a file gets each in one piece.
func TestLinesBreakBetweenWords(t *testing.T) {
	parallel(t)
	long := strings.Repeat("long-", 6) + "id"
	w := newWorld(t, "anna", "bram", long)
	w.set("source", "graph")
	w.set("clientsecret", "x")
	w.revoke("bram")
	w.revoke(long)
	whole := w.run("--dry-run")
	check(t, "exit status", whole.status, 1)
	check(t, "lines to a file", strings.Count(whole.stderr, "\n"), 9)
	for _, columns := range []uint16{50, 80, 104} {
		y := w.atTerminal("--dry-run")
		y.resize(columns)
		status, screen := y.start().end()
		check(t, "exit status", status, 1)
		screen = stripped(screen)
		tidy := func(text string) string { // how long it took differs
			return regexp.MustCompile(`[0-9.]+ KiB, [0-9.]+m?s`).ReplaceAllString(flat(text), "")
		}
		wanted := strings.Fields(tidy(whole.stderr))
		for _, word := range strings.Fields(tidy(screen)) {
			check(t, "whole: "+word, slices.Contains(wanted, word), true)
		}
		for line := range strings.Lines(screen) {
			if line = strings.TrimSuffix(line, "\n"); width(line) > int(columns) && !strings.HasPrefix(line, "    kvstore --store ") {
				t.Errorf("wider than %d columns: %s", columns, line)
			}
		}
	}
}
