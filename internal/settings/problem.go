package settings

import (
	"fmt"
	"slices"
	"strings"

	"contactsync/internal/typo"
	"contactsync/internal/words"
)

// Problem is what is wrong with one key, and what its value should look like.
type Problem struct {
	Key  string
	Text string
	Idle bool   // the key has no effect, so it may as well be deleted
	hint string // what to do instead of setting the key; may be empty
}

// String returns "key: text".
func (p Problem) String() string { return p.Key + ": " + p.Text }

// Problems are all the problems of the settings, in the order of the manual.
// As an error they have one line each.
type Problems []Problem

// Error returns the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// asked are the keys that the package's dialog asks for.
var asked = []string{"office365", "tenant_id", "client_id", "client_secret", "client_secret_expires", "ews_url", "ews_username", "ews_password"}

// Hint returns how to set what is missing or wrong. Kvstore is the command
// that reaches the store; dialog tells whether the package's dialog does, too.
func (p Problems) Hint(kvstore string, dialog bool) string {
	var hints []string
	p = slices.DeleteFunc(slices.Clone(p), func(one Problem) bool {
		if one.hint != "" {
			hints = append(hints, one.hint)
		}
		return one.hint != ""
	})
	if len(p) > 0 {
		hints = append(hints, p.setting(kvstore, dialog))
	}
	return strings.Join(hints, "; ")
}

// setting is Hint for keys that have to be set.
func (p Problems) setting(kvstore string, dialog bool) string {
	set := words.Say(words.SetSomeKey, kvstore)
	if key := p.only(); isSecret(key) {
		set = words.Say(words.SetSecretKey, kvstore, key)
	} else if key != "" {
		set = words.Say(words.SetKey, kvstore, key)
	}
	if dialog && slices.ContainsFunc(p, func(p Problem) bool { return slices.Contains(asked, p.Key) }) {
		return words.Say(words.AnswerOrSet, set)
	}
	return set
}

// only returns the key that all the problems are of; "" where they are of several.
func (p Problems) only() string {
	for _, one := range p {
		if one.Key != p[0].Key {
			return ""
		}
	}
	return p[0].Key
}

// unknown warns of keys that nobody reads, most likely misspelt ones.
func unknown(values map[string]string, known []string) []Problem {
	var warnings []Problem
	for key := range values {
		if slices.Contains(known, key) {
			continue
		}
		text := words.Fill(words.UnknownKey)
		if near := nearest(key, known); near != "" {
			text = words.Say(words.UnknownKeyBut, near)
		}
		shown := printable(key)
		warnings = append(warnings, Problem{Key: shown, Text: text, Idle: shown == key})
	}
	slices.SortFunc(warnings, func(a, b Problem) int { return strings.Compare(a.Key, b.Key) })
	return warnings
}

// printable returns a key that may hold anything in a form that keeps to its line.
func printable(key string) string {
	if q := fmt.Sprintf("%q", key); q != `"`+key+`"` {
		return q
	}
	return key
}

// nearest returns the known key that differs least from a misspelt one, or ""
// where none is near enough.
func nearest(key string, known []string) string {
	key = strings.ReplaceAll(strings.ToLower(key), "-", "_")
	return typo.Nearest(key, known, func(string) int { return max(2, len(key)/4) })
}
