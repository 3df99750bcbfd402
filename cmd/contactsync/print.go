package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// visible returns text without characters that would steer a terminal, turn the
// direction of what follows, or hide: names and messages come from outside.
func visible(text string) string { return strings.Map(shown, text) }

// shown returns what a person sees of a character. Joiners are within words of
// Persian and Hindi, and within emoji.
func shown(r rune) rune {
	if unicode.IsGraphic(r) || r == nonJoiner || r == joiner {
		return r
	}
	return unicode.ReplacementChar
}

const nonJoiner, joiner = '\u200C', '\u200D'

// guarded returns an output for data. Programs get it as it is; what a person
// at a terminal sees comes through a pane.
func guarded(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &pane{w: f}
	}
	return w
}

// pane lets through what is shown, and the lines and columns that it stands in.
type pane struct {
	w    io.Writer
	rest []byte // a character that has come in part
}

// Write implements io.Writer.
func (p *pane) Write(data []byte) (int, error) {
	text := append(p.rest, data...)
	end := len(text)
	for n := 1; n <= min(len(text), utf8.UTFMax); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				end -= n
			}
			break
		}
	}
	p.rest = slices.Clone(text[end:])
	_, err := io.WriteString(p.w, strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t':
			return r
		case '\r', '\uFEFF': // of line ends in vCards and tables, and before those
			return -1
		}
		return shown(r)
	}, string(text[:end])))
	return len(data), err
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
