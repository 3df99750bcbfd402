package export

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The encoder of emersion/go-vcard is not used: it escapes no semicolon, so
// that a company called "A;B" has a department, escapes the commas between
// categories, so that all become one, writes parameters with backslashes,
// which the standards do not know there, sorts the properties, lets a CR pass,
// and folds no line. The tests read with its decoder, which is sound but for
// leaving the backslash before a semicolon.

// foldAt is how many octets a line has at most, without its line end.
const foldAt = 75

// text writes a property, name with its parameters, unless value is empty.
func (c *card) text(name, value string) {
	if value != "" {
		c.line(name + ":" + text(value))
	}
}

// labelled writes a property whose value is escaped already, with a label
// unless that is empty: group and X-ABLabel are Apple's, and widely read.
func (c *card) labelled(property, value, label string) {
	if label == "" {
		c.line(property + ":" + value)
		return
	}
	c.labels++
	group := "item" + strconv.Itoa(c.labels) + "."
	c.line(group + property + ":" + value)
	c.line(group + "X-ABLabel:" + text(label))
}

// line writes a content line, folded where it is too long, but never within a
// character: some readers decode a line before they unfold it. A line end in
// it, which only a value that is not text can bring, would begin another one.
func (c *card) line(s string) {
	if strings.ContainsAny(s, "\r\n") {
		s = strings.NewReplacer("\r", "", "\n", "").Replace(s)
	}
	for room := foldAt; len(s) > room; room = foldAt - 1 {
		end := room
		for !utf8.RuneStart(s[end]) && end > room-utf8.UTFMax {
			end--
		}
		c.out.WriteString(s[:end])
		c.out.WriteString("\r\n ")
		s = s[end:]
	}
	c.out.WriteString(s)
	c.out.WriteString("\r\n")
}

// escaper escapes a text as both versions want it. Every line end becomes the
// two characters of an escaped one, so that none can end a property.
var escaper = strings.NewReplacer(
	`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func text(value string) string { return escaper.Replace(value) }

// structured joins the components of a value such as a name.
func structured(components ...string) string { return joined(components, ";") }

// list joins the items of a list such as categories.
func list(items []string) string { return joined(items, ",") }

func joined(parts []string, separator string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = text(part)
	}
	return strings.Join(escaped, separator)
}
