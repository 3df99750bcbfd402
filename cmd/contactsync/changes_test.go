package main

import (
	"fmt"
	"strings"
	"testing"

	"contactsync/internal/simulator"
)

// TestDryRunForPeople: a terminal shows below each member what would change, in
// lines that fit, and of much of it some; everything else gets all.
func TestDryRunForPeople(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "cees")
	w.set("source", "graph")
	w.set("workers", "1")
	jan := w.add("anna", "Jan", "030 901820")
	erika := w.add("anna", "Erika Mustermann", "030 901821")
	w.add("bram", "Zoë", "030 901829")
	w.sync(0)
	w.mailbox("anna").DeleteContact(jan)
	w.mailbox("anna").UpdateContact(erika, func(c *simulator.Contact) { c.Phones["BusinessPhone"] = "030 901822" })
	w.add("anna", "山田花子", "030 901823")
	long := strings.TrimSpace(strings.Repeat("Name ", 30))
	w.add("anna", long, "030 901824")
	for n := range 25 {
		w.add("cees", fmt.Sprintf("Contact %02d", n), fmt.Sprintf("030 9018%02d", n))
	}

	anna := strings.Join([]string{
		"anna\t~ Erika Mustermann\tbusiness +4930901821 → +4930901822",
		"anna\t- Jan\t+4930901820 (business)",
		"anna\t+ " + long + "\t+4930901824 (business)",
		"anna\t+ 山田花子\t+4930901823 (business)\n",
	}, "\n")
	all := w.run("--dry-run").stdout
	check(t, "lines through a pipe", strings.Count(all, "\n"), 4+25)
	check(t, "anna's through a pipe", all[:len(anna)], anna)

	var some strings.Builder
	for n := range someChanges {
		fmt.Fprintf(&some, "  + Contact %02d  +49309018%02d (business)\n", n, n)
	}
	screen := w.screen("--dry-run")
	contains(t, screen, "ok         anna          3 entries: 2 added, 1 updated, 1 removed\n"+
		"  ~ Erika Mustermann                          business +4930901821 → +4930901822\n"+
		"  - Jan                                       +4930901820 (business)\n"+
		"  + Name Name Name Name Name Name Name Name…  +4930901824 (business)\n"+
		"  + 山田花子                                  +4930901823 (business)\n"+
		"unchanged  bram          1 entry\n",
		"25 added, 0 updated, 0 removed\n"+some.String()+
			"  … and 5 more; -v shows all\nsource: ")
	for line := range strings.Lines(screen) {
		if strings.HasPrefix(line, "  ") && width(line) > 80 {
			t.Errorf("wider than the terminal: %s", line)
		}
	}

	screen = w.screen("--dry-run", "-v")
	contains(t, screen, "  + "+long+"  +4930901824", "  ~ Erika Mustermann                          business", "  + Contact 24  ")
	if strings.Contains(screen, "more; -v") {
		t.Error("-v does not show all")
	}

	for _, args := range [][]string{{"--dry-run", "-q"}, {"--dry-run"}} { // nobody says on the terminal whose they are
		y := w.atTerminal(args...)
		if len(args) == 1 {
			y.cmd.Stderr = nil
		}
		_, screen := y.start().end()
		contains(t, stripped(screen), "anna:\n  ~ Erika Mustermann")
	}
}

// screen returns what the command leaves on a terminal, without its colours.
func (w *world) screen(args ...string) string {
	w.t.Helper()
	status, screen := w.atTerminal(args...).start().end()
	check(w.t, "exit status", status, 0)
	return stripped(screen)
}
