package journal

import (
	"log/slog"
	"strings"
	"unicode"
)

// field is an attribute outside of groups.
type field struct {
	name, value string // the name with dots after those of groups
	silent      bool   // in the group Fields
}

// flatten appends an attribute with all that is in it.
func flatten(fields []field, prefix string, a slog.Attr) []field {
	a.Value = a.Value.Resolve()
	if a.Value.Kind() != slog.KindGroup {
		if value := clean(a.Value.String()); value != "" && a.Key != "" {
			fields = append(fields, field{name: prefix + a.Key, value: value})
		}
		return fields
	}
	first := len(fields)
	silent := prefix == "" && a.Key == Fields
	if a.Key != "" && !silent {
		prefix += a.Key + "."
	}
	for _, inner := range a.Value.Group() {
		fields = flatten(fields, prefix, inner)
	}
	for i := range fields[first:] {
		fields[first+i].silent = silent || fields[first+i].silent
	}
	return fields
}

// clean returns a value without control characters: a terminal would obey some,
// and journalctl shows a message with any of them as "blob data". Line ends
// stay; what is not UTF-8 becomes U+FFFD.
func clean(value string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' {
			return r
		}
		return unicode.ReplacementChar
	}, value)
}

// longest is the length of the longest name that the journal takes.
const longest = 64

// variable returns the name of a field for that of an attribute. The journal
// takes capitals, digits and underscores, and drops names that begin with one
// of the latter two; the names of the fields that every record has are taken.
func variable(name string) string {
	name = strings.Map(func(r rune) rune {
		r = unicode.ToUpper(r)
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	switch {
	case name == "MESSAGE", name == "PRIORITY", name == "SYSLOG_IDENTIFIER", name[0] < 'A', name[0] > 'Z':
		name = "X_" + name
	}
	return name[:min(len(name), longest)]
}
