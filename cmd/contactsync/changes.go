package main

import (
	"fmt"

	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// someChanges is how many changes of a member a person at a terminal gets to
// see, unless he wants to see all.
const someChanges = 20

// details returns how many changes of each member a dry run has to tell; 0 is
// all. A file or another program gets all.
func (p *program) details(loud loudness) int {
	if loud.verbose || p.stdout.file == nil {
		return 0
	}
	return someChanges
}

// printChanges prints the changes that a dry run found for a member.
func (p *program) printChanges(r syncer.Result, loud loudness) {
	if len(r.Details) == 0 {
		return
	}
	if p.stdout.file == nil {
		p.listChanges(r)
		return
	}
	// The member's line went to standard error.
	if p.stderr.file == nil || !loud.mentions(r) {
		_ = p.stdout.show(visible(r.User) + ":\n") // the stream keeps the error
	}
	t := newTable(column{tone: toneOfChange, spare: true}, column{spare: true})
	t.indent, t.whole = 2, loud.verbose
	for _, d := range r.Details {
		t.row(string(d.Op)+" "+d.Name, d.What)
	}
	_ = t.print(p.stdout)
	if rest := r.Added + r.Updated + r.Removed - len(r.Details); rest > 0 {
		_ = p.stdout.show(p.stdout.paint(faint, "  "+words.Say(words.MoreChanges, rest)) + "\n")
	}
}

// listChanges prints a line for each change, whose fields are parted by tabs.
func (p *program) listChanges(r syncer.Result) {
	for _, d := range r.Details {
		fmt.Fprintf(p.stdout, "%s\t%c %s\t%s\n", visible(r.User), d.Op, visible(d.Name), visible(d.What))
	}
}

// toneOfChange returns the colour of a change, by the sign before it.
func toneOfChange(text string) tone {
	switch phonebook.Op(text[0]) {
	case phonebook.Added:
		return fine
	case phonebook.Removed:
		return broken
	}
	return doubtful
}
