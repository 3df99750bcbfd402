// Package words holds what the program says to people: every hint, every
// sentence of a check, a status or a question, the help, and the names of the
// places in Microsoft's portals that hints lead to. There is a file for each
// subject. The contexts of wrapped errors, such as "read group %s: %w", stay in
// the code: they name a place in the program's work. So does what is the same in
// every language: commands that stand alone, and the names of results and of
// the links of a check, which scripts read; and how an answer is malformed, which
// is for the maintainers.
//
// A text is a constant that is named for what happened or for what to do about
// it. What has values is a format, with numbered verbs where there are several,
// so that a translation may change their order. What stands in braces is a place
// in a portal. No sentence is put together of pieces, but some are of whole
// clauses.
//
// Every text reaches people by way of [Fill]: [Say] and [Errorf], fault.New and
// fault.HintOf, and what prints, all go through it. So a translation is a table
// from constant to text, and one line in Fill that looks a text up. So far
// nothing but the portals' places is in two languages. A text that has been
// filled may be filled again.
package words

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// German tells whether the administrator's language is German.
var German = sync.OnceValue(func() bool { return strings.HasPrefix(Locale("LC_MESSAGES"), "de") })

// Locale returns the locale's name for a category such as LC_CTYPE, as
// setlocale(3) finds it; empty where none is set.
func Locale(category string) string {
	return cmp.Or(os.Getenv("LC_ALL"), os.Getenv(category), os.Getenv("LANG"))
}

// Fill replaces each place in a text, such as {secrets}, by the words that the
// portal uses for it in the administrator's language. What names no place is
// left as it is.
func Fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	if German() {
		return german.Replace(text)
	}
	return english.Replace(text)
}

// Say returns a text of this package with its values, filled.
func Say(text string, values ...any) string {
	if false {
		_ = fmt.Sprintf(text, values...) // lets go vet compare verbs and values
	}
	return fmt.Sprintf(Fill(text), values...)
}

// Errorf is fmt.Errorf for a text of this package.
func Errorf(text string, values ...any) error {
	if false {
		_ = fmt.Errorf(text, values...) // as in Say
	}
	return fmt.Errorf(Fill(text), values...)
}

// Count returns how many there are of something, such as [Members].
func Count(n int, things string) string {
	one, many, _ := strings.Cut(Fill(things), "|")
	if n == 1 {
		return one
	}
	return strings.Replace(many, "%d", strconv.Itoa(n), 1)
}
