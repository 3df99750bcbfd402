package kvstore

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"contactsync/internal/words"
)

// namespacePattern keeps a namespace one plain file name: no path, no hidden
// file, nothing that a shell would ask questions about.
var namespacePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func checkNamespace(name string) error {
	if !namespacePattern.MatchString(name) {
		return words.Errorf(words.NamespaceLike, ErrName, name)
	}
	return nil
}

// checkKey lets through what stands in one column of a listing.
func checkKey(key string) error {
	bad := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if key == "" || len(key) > 255 || !utf8.ValidString(key) || strings.ContainsFunc(key, bad) {
		return words.Errorf(words.KeyLike, ErrName, key)
	}
	return nil
}
