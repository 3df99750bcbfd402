package phonebook

import (
	"strings"
	"unicode"
)

// maxDigits is more than any one number is dialled with: an international
// prefix of five digits, a trunk prefix of two, and the fifteen of E.164. Two
// numbers in one field mostly have more.
const maxDigits = 22

// maxExtension is the longest extension, in digits.
const maxExtension = 12

// spelling is a telephone number as somebody wrote it, before anybody knows
// whether it is one: its digits, and of the rest what can tell something.
type spelling struct {
	digits    [maxDigits]byte // ASCII
	n         int             // how many digits
	plus      bool            // it begins with a plus sign
	zero      int             // index of the digit that stands in brackets, "(0)"; 0: none does
	cuts      [maxDigits]cut  // where digits are separated
	ncuts     int
	extension string
}

// cut is a place between two digits that separators hold apart.
type cut struct {
	at   int32 // digits before it
	mark byte  // the most telling separator: one of "/(.- "
}

// marks are the separators that a cut remembers, the most telling first. A
// closing bracket tells nothing.
const marks = "/(.- "

// isMark reports whether a character is one of the marks.
func isMark(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == '/' || r == '(' }

// scan reads what was typed into a telephone slot. It reports false where that
// is not one number's spelling: digits, a plus sign in front, separators, the
// scheme "tel:" in front, an extension at the end. Any other character makes
// it something else: a remark, a feature code, two numbers.
func scan(typed string) (spelling, bool) {
	var s spelling
	var mark byte // of the separators since the last digit
	open := -1    // digits before a bracket that is open
	comma := false
	typed = withoutScheme(typed)
	for i, raw := range typed {
		r := fold(raw)
		switch {
		case comma && r != ' ' && !unicode.IsLetter(r):
			return s, false
		case '0' <= r && r <= '9':
			if !s.add(byte(r), mark) {
				return s, false
			}
			mark = 0
		case r == '+':
			if s.n > 0 {
				return s, false
			}
			s.plus = true
		case r == ')':
			if open > 0 && s.n == open+1 && s.digits[open] == '0' {
				s.zero = open
			}
			open, mark = -1, telling(mark, ' ')
		case isMark(r):
			if r == '(' {
				open = s.n
			}
			mark = telling(mark, byte(r))
		case r == invisible:
		case r == '\'' && i == 0: // a spreadsheet's mark for text
		case r == ',' || r == ';':
			comma = true
		case unicode.IsLetter(r) && s.n > 0:
			var ok bool
			s.extension, ok = extension(typed[i:])
			return s, ok
		default:
			return s, false
		}
	}
	return s, s.n > 0 && !comma
}

// withoutScheme drops what begins the URI of a telephone number, RFC 3966.
func withoutScheme(s string) string {
	const scheme = "tel:"
	bare := strings.TrimLeftFunc(s, func(r rune) bool { return !visible(r) })
	if len(bare) >= len(scheme) && strings.EqualFold(bare[:len(scheme)], scheme) {
		return bare[len(scheme):]
	}
	return s
}

// add appends a digit; mark is what separates it from the one before, 0 where
// nothing does. It reports false where no number is that long.
func (s *spelling) add(digit, mark byte) bool {
	if s.n == maxDigits {
		return false
	}
	if mark != 0 && s.n > 0 {
		s.cuts[s.ncuts] = cut{at: int32(s.n), mark: mark}
		s.ncuts++
	}
	s.digits[s.n] = digit
	s.n++
	return true
}

// telling returns the more telling of two marks.
func telling(a, b byte) byte {
	if a == 0 || strings.IndexByte(marks, b) < strings.IndexByte(marks, a) {
		return b
	}
	return a
}

// head returns the spelling up to a cut, tail what follows it.
func (s *spelling) head(at int32) *spelling {
	h := spelling{digits: s.digits, n: int(at), plus: s.plus}
	if s.zero < h.n {
		h.zero = s.zero
	}
	return &h
}

func (s *spelling) tail(at int32) *spelling {
	var t spelling
	t.n = copy(t.digits[:], s.digits[at:s.n])
	return &t
}

// String returns the digits.
func (s *spelling) String() string { return string(s.digits[:s.n]) }

// withoutZero returns the digits without the one in brackets.
func (s *spelling) withoutZero() string {
	return string(s.digits[:s.zero]) + string(s.digits[s.zero+1:s.n])
}

// extensionWords are the words, in small letters, with which an extension
// begins in English, German and Dutch, and the commonest of the neighbours.
var extensionWords = map[string]bool{
	"x": true, "ext": true, "extn": true, "xtn": true, "extension": true,
	"dw": true, "durchw": true, "durchwahl": true, "app": true, "apparat": true,
	"nst": true, "nbst": true, "nebenst": true, "nebenstelle": true, "kl": true, "klappe": true,
	"tst": true, "toest": true, "toestel": true, "toestelnummer": true, "doorkiesnummer": true, "intern": true,
	"poste": true, "int": true, "interno": true, "anexo": true,
}

// extension reads the end of a spelling from the word on: "x12", "ext. 12",
// "Durchwahl: 12)", "ext=12". Nothing but brackets may follow the digits.
func extension(s string) (string, bool) {
	var word, digits []byte
	ended := false
	for _, raw := range s {
		r := fold(raw)
		switch {
		case '0' <= r && r <= '9':
			if ended || len(digits) == maxExtension {
				return "", false
			}
			digits = append(digits, byte(r))
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			if ended || len(digits) > 0 {
				return "", false
			}
			word = append(word, byte(unicode.ToLower(r)))
			continue
		case r == invisible:
			continue
		case len(digits) == 0 && strings.ContainsRune(" .:=-", r):
		case len(digits) > 0 && strings.ContainsRune(" .)", r):
			ended = true
		default:
			return "", false
		}
		if !extensionWords[string(word)] {
			return "", false
		}
	}
	return string(digits), len(digits) > 0
}

// invisible is what fold makes of characters that leave no mark.
const invisible = unicode.MaxRune

// fold brings the many shapes of a character to one: digits of every script
// and full-width letters to ASCII, dashes to '-', blanks to ' ', brackets to
// round ones, dots and slashes to '.' and '/', direction marks and their like
// to invisible.
func fold(r rune) rune {
	if r >= '\uFF01' && r <= '\uFF5E' {
		r -= '\uFF01' - '!' // the full-width forms mirror ASCII
	}
	switch {
	case r >= 0x80:
		return foldForeign(r)
	case r == '[':
		return '('
	case r == ']':
		return ')'
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	}
	return r
}

// foldForeign is fold for characters that are not ASCII's.
func foldForeign(r rune) rune {
	switch r {
	case '\uFE59':
		return '('
	case '\uFE5A':
		return ')'
	case '\u00B7', '\u2022', '\u2024', '\u2027', '\u2219', '\u30FB':
		return '.'
	case '\u2044', '\u2215', '\u29F8':
		return '/'
	case '\u2043', '\u2212', '\u30FC', '\uFF70':
		return '-'
	case '\u207A', '\uFE62':
		return '+'
	}
	switch {
	case unicode.Is(unicode.Pd, r):
		return '-'
	case unicode.IsSpace(r):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return invisible
	case unicode.Is(unicode.Nd, r):
		return '0' + digitValue(r)
	}
	return r
}

// digitValue returns the value of a decimal digit. Unicode assigns them ten at
// a time, from nought upwards.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}
