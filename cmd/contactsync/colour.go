package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"contactsync/internal/syncer"
)

// tone is what a colour tells: the parameter of the terminal's order Select
// Graphic Rendition (ECMA-48, 8.3.117).
type tone string

const (
	plain    tone = ""
	fine     tone = "32" // green: all well
	broken   tone = "31" // red: failed
	doubtful tone = "33" // yellow: somebody should look at it
	faint    tone = "2"  // what to do about it, and what matters less
)

// toneOf returns the colour of a result: of a member, or of what check tests.
func toneOf(result string) tone {
	switch result {
	case syncer.OK, syncer.Unchanged:
		return fine
	case syncer.Failed:
		return broken
	case syncer.Kept, "warning":
		return doubtful
	case syncer.Skipped:
		return faint
	}
	return plain
}

// screen is the terminal to which a stream leads; without a file it leads to
// none.
type screen struct {
	file    *os.File
	moves   bool // a line can be written anew
	colours bool
}

// screenOf returns the terminal that an output is. It has colours unless its
// user wants none (https://no-color.org) or it cannot show them.
func screenOf(w io.Writer) screen {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return screen{}
	}
	kind := os.Getenv("TERM")
	moves := kind != "" && kind != "dumb"
	return screen{f, moves, moves && os.Getenv("NO_COLOR") == ""}
}

// width returns how many columns the terminal has; 0 where there is none and
// lines may be as long as they are.
func (s screen) width() int {
	if s.file == nil {
		return 0
	}
	if columns, _, err := term.GetSize(int(s.file.Fd())); err == nil && columns > 0 {
		return columns
	}
	return 80
}

// paint returns text in a colour, where there are any.
func (s screen) paint(t tone, text string) string {
	if !s.colours || t == plain || text == "" {
		return text
	}
	return "\x1b[" + string(t) + "m" + text + "\x1b[0m"
}
