// Package words holds the names of the places in Microsoft's portals that hints
// lead to, in the languages of those who administer phone servers.
package words

import (
	"cmp"
	"os"
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
