package phonebook

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A mailbox holds whatever programs have put there in twenty years: line ends
// of three systems, bytes that are no UTF-8, characters that XML forbids and
// JSON does not. Both cleaners make the same text of it,
// whichever service it came through, and leave clean text as it is.

// line returns s as text of one line: trimmed, line ends and tabs turned into
// blanks, other control characters dropped, broken UTF-8 replaced by U+FFFD.
// Text that shows nothing at all, such as a lone direction mark, is empty.
func line(s string) string { return clean(s, ' ') }

// block is line for text of several lines: line ends become LF and stay.
func block(s string) string { return clean(s, '\n') }

// clean does the work of line and block; lineEnd stands for each line end.
func clean(s string, lineEnd byte) string {
	if printable(s) {
		return strings.Trim(s, " ")
	}
	if !plain(s) {
		s = rewrite(s, lineEnd)
	}
	s = strings.TrimFunc(s, unicode.IsSpace)
	if strings.IndexFunc(s, visible) < 0 {
		return ""
	}
	return s
}

// printable reports whether s is printable ASCII, as most text is. Looking for
// what to rewrite rune by rune took a third of the time that a contact took.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// plain reports whether s has nothing to rewrite; most text is so, and costs
// no allocation.
func plain(s string) bool {
	return utf8.ValidString(s) &&
		strings.IndexFunc(s, func(r rune) bool { return unwanted(r) || lineBreak(r) }) < 0
}

func rewrite(s string, lineEnd byte) string {
	var b strings.Builder
	b.Grow(len(s))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, r := range s {
		switch {
		case lineBreak(r):
			b.WriteByte(lineEnd)
		case r == '\t':
			b.WriteByte(' ')
		case unwanted(r):
		default:
			b.WriteRune(r) // a broken byte ranges as U+FFFD
		}
	}
	return b.String()
}

// lineBreak reports whether r ends a line: LF, CR, NEL and Unicode's line and
// paragraph separators. VT and FF do not: XML cannot carry them, so that they
// are lost over EWS, and have to be over Graph.
func lineBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// unwanted reports whether r has no place in a phonebook's text: control
// characters, and the two code points that are never characters, which XML
// cannot carry and JSON can.
func unwanted(r rune) bool {
	return unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF'
}

// visible reports whether r leaves a mark on a screen.
func visible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
}
