package simulator

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonWriter writes JSON by hand, because pages of a thousand contacts are
// what a benchmark asks for all the time.
type jsonWriter struct {
	b     []byte
	comma bool // a value stands before the next one
}

func (w *jsonWriter) sep() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

// open begins an object or a list.
func (w *jsonWriter) open(c byte) {
	w.sep()
	w.b = append(w.b, c)
	w.comma = false
}

// end ends it.
func (w *jsonWriter) end(c byte) {
	w.b = append(w.b, c)
	w.comma = true
}

// key writes a name that needs no escape.
func (w *jsonWriter) key(name string) {
	w.sep()
	w.b = append(append(append(w.b, '"'), name...), `":`...)
	w.comma = false
}

func (w *jsonWriter) text(s string) {
	w.sep()
	w.b = appendJSON(w.b, s)
}

func (w *jsonWriter) raw(s string) {
	w.sep()
	w.b = append(w.b, s...)
}

func (w *jsonWriter) field(name, value string) {
	w.key(name)
	w.text(value)
}

// orNull writes an empty value as null, as Exchange does for what was never set.
func (w *jsonWriter) orNull(name, value string) {
	w.key(name)
	if value == "" {
		w.raw("null")
		return
	}
	w.text(value)
}

func (w *jsonWriter) time(name string, t time.Time) {
	w.key(name)
	w.sep()
	w.b = t.UTC().AppendFormat(w.b, `"2006-01-02T15:04:05Z"`)
}

func (w *jsonWriter) list(name string, values []string) {
	w.key(name)
	w.open('[')
	for _, v := range values {
		if v != "" {
			w.text(v)
		}
	}
	w.end(']')
}

func (w *jsonWriter) number(name string, n int) {
	w.key(name)
	w.raw(strconv.Itoa(n))
}

// appendJSON appends s as a JSON string (RFC 8259, section 7).
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
