package main

import (
	"strings"
	"unicode"
)

// isSecret reports whether a listing hides the value of the key. When a secret
// ends is none: client_secret_expires is a date, to be seen in time.
func isSecret(key string) bool {
	key = strings.ToLower(key)
	return !strings.HasSuffix(key, "_expires") && (strings.Contains(key, "secret") || strings.Contains(key, "password") || strings.Contains(key, "token"))
}

// visible returns s so that it takes one line and gives a terminal no orders:
// each control character as its picture (U+2400 to U+2421), and what has no
// picture, such as marks that turn the direction of writing, as U+FFFD.
func visible(s string) string { return strings.Map(picture, s) }

// visibleLines is visible for text that may take several lines.
func visibleLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return picture(r)
	}, s)
}

func picture(r rune) rune {
	switch {
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7f:
		return 0x2421
	case !unicode.IsGraphic(r):
		return unicode.ReplacementChar
	}
	return r
}
