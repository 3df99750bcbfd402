package main

import (
	"bytes"
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
	contains(t, screen, "contactsync: \x1b[31merror\x1b[0m: ", "\x1b[2mcontactsync: hint: this lists what there is: contactsync --help\x1b[0m\n")
	w.set("office365", "maybe")
	if out := w.run("-v"); strings.Contains(out.stderr, "\x1b") {
		t.Errorf("a file gets colours: %q", out.stderr)
	}
}
