package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"contactsync/internal/fault"
	"contactsync/internal/syncer"
)

// complain prints an error and what to do about it.
func (p *program) complain(err error) {
	complain(p.stderr, "contactsync", err.Error(), fault.HintOf(err))
}

func complain(w io.Writer, who, text, hint string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		fmt.Fprintf(w, "%s: error: %s\n", who, visible(line))
	}
	if hint != "" {
		fmt.Fprintf(w, "%s: hint: %s\n", who, visible(hint))
	}
}

// visible returns text without characters that would steer a terminal: names
// and messages come from outside.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// printResult prints what became of a member: with -v always, otherwise where
// somebody has to know. In a dry run it prints each change as well, which is
// the data that was asked for.
func (p *program) printResult(r syncer.Result, c *cli.Context) {
	bad := r.Result == syncer.Failed || r.Result == syncer.Kept
	if bad || c.Bool("v") || (c.Bool("dry-run") || r.Result == syncer.Skipped) && !c.Bool("q") {
		fmt.Fprintf(p.stderr, "%-9s  %-12s  %s\n", r.Result, visible(r.User), visible(r.Line()))
	}
	if bad && r.Hint != "" {
		fmt.Fprintf(p.stderr, "%-9s  %-12s  hint: %s\n", "", "", visible(r.Hint))
	}
	if c.Bool("json") {
		return
	}
	for _, d := range r.Changes.Details {
		fmt.Fprintf(p.stdout, "%s\t%c %s\n", visible(r.User), d.Op, visible(d.Name))
	}
}

// printSummary prints the last line of a run.
func (p *program) printSummary(r *syncer.Report) {
	if r.Source != "" {
		fmt.Fprintf(p.stderr, "source: %s (%s)\n", r.Source, r.Why)
	}
	if len(r.Members) == 0 {
		fmt.Fprintln(p.stderr, "no members: the synchronised groups are empty")
		return
	}
	var parts []string
	for _, kind := range []string{syncer.OK, syncer.Unchanged, syncer.Kept, syncer.Failed, syncer.Skipped} {
		if n := r.Count(kind); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	entries := 0
	for _, m := range r.Members {
		entries += m.Entries
	}
	fmt.Fprintf(p.stderr, "%s: %s; %s; %s, %s, %s\n", count(len(r.Members), "member"), strings.Join(parts, ", "),
		plural(entries, "entry", "entries"), count(int(r.Requests), "request"), size(r.Bytes), r.Finished.Sub(r.Started).Round(10*time.Millisecond))
}

func count(n int, noun string) string { return plural(n, noun, noun+"s") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", bytes)
}
