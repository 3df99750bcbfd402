// Package words holds the names of the places in Microsoft's portals that hints
// lead to, in the languages of those who administer phone servers.
package words

import (
	"os"
	"strings"
	"sync"
)

// German tells whether the administrator's language is German, as setlocale(3)
// finds it for messages: LC_ALL, LC_MESSAGES, LANG, the first that is set.
var German = sync.OnceValue(func() bool {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return strings.HasPrefix(v, "de")
		}
	}
	return false
})

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
