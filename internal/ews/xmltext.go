package ews

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// special marks the bytes at which copying character data has to stop: markup,
// references, line ends to be unified, and control characters.
var special = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t' && c != '\n'
	}
	t['<'], t['&'] = true, true
	return t
}()

// charData appends character data up to the next '<' to chars.
func (x *xmlReader) charData() {
	for x.err == nil && x.more() {
		b := x.buf[x.pos:x.end]
		i, wide := plain(b)
		x.wide = x.wide || wide
		x.chars = append(x.chars, b[:i]...)
		x.pos += i
		if i == len(b) {
			continue
		}
		switch b[i] {
		case '<':
			return
		case '&':
			x.pos++
			x.reference()
		default:
			x.pos++
			x.special(b[i])
		}
	}
}

// special handles a control character of the input: line ends become a line
// feed (XML 1.0, section 2.11), the others are forbidden.
func (x *xmlReader) special(c byte) {
	if c != '\r' {
		x.dropped++
		return
	}
	x.chars = append(x.chars, '\n')
	if x.peek() == '\n' {
		x.pos++
		x.joined++
	}
}

// cdata appends the rest of a CDATA section to chars.
func (x *xmlReader) cdata() {
	from := len(x.chars)
	for a, b := byte(0), byte(0); ; {
		c := x.readByte()
		switch {
		case x.err != nil:
			return
		case a == ']' && b == ']' && c == '>':
			// Only droppable characters could stand between the brackets, and
			// those would have been a or b.
			x.chars = x.chars[:max(from, len(x.chars)-2)]
			return
		case c == '<' || c == '&' || !special[c]:
			x.wide = x.wide || c >= utf8.RuneSelf
			x.chars = append(x.chars, c)
		case c == '\r' && x.peek() == '\n':
			x.joined++ // the line feed stands for both
		default:
			x.special(c)
		}
		a, b = b, c
	}
}

// reference reads a reference after its '&' and appends what it stands for. A
// character that XML forbids is dropped, but two halves of a surrogate pair,
// each in a reference of its own, are one character (see surrogate).
func (x *xmlReader) reference() {
	var name [12]byte
	n := 0
	for ; ; n++ {
		c := x.readByte()
		if x.err != nil {
			return
		}
		if c == ';' {
			break
		}
		if n == len(name) {
			x.err = errNoReference
			return
		}
		name[n] = c
	}
	r, ok := referred(name[:n])
	switch {
	case !ok:
		x.err = errNoReference
	case utf16.IsSurrogate(r):
		x.surrogate(r)
	case !validChar(r):
		x.dropped++
	default:
		x.chars = utf8.AppendRune(x.chars, r)
		x.wide = x.wide || r >= utf8.RuneSelf
	}
}

// surrogate takes half of a pair. A half that stays alone is a replacement
// character, so that a text is the same as over Graph.
func (x *xmlReader) surrogate(r rune) {
	if x.high != 0 && x.highAt == len(x.chars) {
		if both := utf16.DecodeRune(x.high, r); both != utf8.RuneError {
			x.chars = utf8.AppendRune(x.chars[:x.highAt-utf8.RuneLen(utf8.RuneError)], both)
			x.high = 0
			return
		}
	}
	x.chars = utf8.AppendRune(x.chars, utf8.RuneError)
	x.wide = true
	x.high, x.highAt = r, len(x.chars)
}

// referred returns the character that a reference names; it may be one that
// XML forbids.
func referred(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, isNumber := bytes.CutPrefix(name, []byte("#"))
	base := 10
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		digits, base = hex, 16
	}
	if !isNumber || len(digits) == 0 || digits[0] == '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

// attr returns an attribute of the element opened last, by its local name; ""
// where it has none. It has to be asked for before the element's content is
// read.
func (x *xmlReader) attr(want string) string { return x.unescape(x.rawAttr(want)) }

// rawAttr is attr without resolving references, and valid until the next call.
func (x *xmlReader) rawAttr(want string) []byte {
	rest := x.tag[x.nameEnd:]
	for {
		rest = skipSpace(rest)
		name, local := splitName(rest)
		rest = skipSpace(rest[len(name):])
		if len(name) == 0 || len(rest) == 0 || rest[0] != '=' {
			return nil
		}
		rest = skipSpace(rest[1:])
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil
		}
		if string(local) == want {
			return rest[1 : 1+end]
		}
		rest = rest[end+2:]
	}
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

// unescape returns an attribute's value with its references resolved, by the
// same rules as character data.
func (x *xmlReader) unescape(value []byte) string {
	if n, wide := plain(value); n == len(value) && !wide {
		return x.keep(value)
	}
	v := xmlReader{src: bytes.NewReader(nil), buf: value, end: len(value)}
	v.charData()
	if v.err == nil && v.pos < v.end {
		v.err = fmt.Errorf("read XML: a '<' in an attribute")
	}
	if v.err != nil {
		x.err = v.err
		return ""
	}
	return v.clean()
}
