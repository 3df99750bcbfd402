package main

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzVisible: whatever is shown gives a terminal no orders and takes as many
// characters as before.
func FuzzVisible(f *testing.F) {
	f.Add("Anna M\u00fcller")
	f.Fuzz(func(t *testing.T, text string) {
		shown := visible(text)
		if hidden := strings.IndexFunc(shown, steers); hidden >= 0 || !utf8.ValidString(shown) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
		if utf8.RuneCountInString(shown) != utf8.RuneCountInString(text) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
		if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 && shown != text && utf8.ValidString(text) {
			t.Fatalf("%q is shown as %q", text, shown)
		}
	})
}

// steers tells whether a character moves a terminal's cursor, orders it to do
// something, turns the direction of what follows, or cannot be seen.
func steers(r rune) bool {
	return r < ' ' || r == 0x7F || 0x80 <= r && r < 0xA0 || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs, unicode.Co)
}
