// Package fault gives an error what an administrator needs at night: whose
// matter it is (Class) and what to do about it (a hint). Errors of every
// package travel up unchanged; only the edge, cmd/contactsync, turns the class
// into an exit status and prints the hint.
package fault

import (
	"errors"
	"strings"
	"unicode"

	"contactsync/internal/words"
)

// Class says how far a failure reaches and who can mend it.
type Class int

// The classes, each with the exit status that a run ends with when nothing but
// failures of this class happened (sysexits.h).
const (
	Member      Class = iota // one member or mailbox; the others go on: 1
	Refused                  // a mailbox that the app may not read; where it is every mailbox, a matter of Config: 1
	Unavailable              // not now, the same later: 75 (EX_TEMPFAIL)
	Config                   // settings, sign-in or consent; nothing works until somebody acts: 78 (EX_CONFIG)
	Permission               // no right to a file, or the wrong user: 77 (EX_NOPERM)
	Damage                   // a damaged file or a full disk: 74 (EX_IOERR)
	Usage                    // wrong usage: 2
)

// ExitStatus returns the process exit status that belongs to the class.
func (c Class) ExitStatus() int {
	switch c {
	case Unavailable:
		return 75
	case Config:
		return 78
	case Permission:
		return 77
	case Damage:
		return 74
	case Usage:
		return 2
	}
	return 1
}

// Error is an error with its class and a hint.
type Error struct {
	Class Class
	Hint  string // what to do, in a sentence or two; may be empty
	Err   error  // never nil
}

// Error returns the wrapped error's text, without the hint.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the given class with a hint, which is a text of
// package words; format and args are those of fmt.Errorf.
func New(class Class, hint, format string, args ...any) *Error {
	return &Error{Class: class, Hint: hint, Err: words.Errorf(format, args...)}
}

// ClassOf returns the class of the outermost Error in err's chain; Member
// where there is none.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Member
}

// HintOf returns the outermost hint in err's chain that is not empty, in the
// portal's words for the places that it names.
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return words.Fill(e.Hint)
		}
		err = e.Err
	}
	return ""
}

// How much of a text Line looks at, and how much of that may be left of a
// secret, in bytes.
const (
	looked = 8 << 10
	margin = 4 << 10
)

// Line returns s, a text from outside, as one line of at most limit characters
// that gives a terminal no orders and holds no secret: fit to stand in an error.
func Line(s string, limit int) string {
	// Secrets go before anything is cut off, since half of one is not found any
	// more; and where a text is so long that its end has to go first, whatever
	// may be half of one goes with it.
	long := len(s) > looked
	s = redact(oneLine(s[:min(len(s), looked)]))
	if long {
		s = strings.ToValidUTF8(s[:max(len(s)-margin, 0)], "") + "…"
	}
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

// oneLine returns a text with a blank for whatever is not to be printed.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}
