package main

import (
	"fmt"
	"strings"
	"unicode"

	"contactsync/internal/syncer"
)

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

// printChanges prints each change that a dry run found.
func (p *program) printChanges(r syncer.Result) {
	for _, d := range r.Details {
		fmt.Fprintf(p.stdout, "%s\t%c %s\n", visible(r.User), d.Op, visible(d.Name))
	}
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
