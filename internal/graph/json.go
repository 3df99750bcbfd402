package graph

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// reader reads one JSON document (RFC 8259) straight into the domain's types.
// On a page of contacts it is several times as fast as encoding/json, which
// would hold up the wire in the first night, when every mailbox is read in
// full. What it takes and what text means is the same: a fuzz test compares.
//
// The first mistake is kept in err and ends every loop, so that whoever reads
// checks once, at the end.
//
// A page can hold a megabyte, and the reader has a part of it at a time: more
// replaces what has been read. So positions, and parts of data, are good until
// the next byte is looked for.
type reader struct {
	src    io.Reader // what comes after data; nil: nothing
	broken error     // why src ended early: what was read means nothing
	data   []byte
	pos    int
	past   int // bytes that came before data
	err    error

	text    arena
	name    []byte // of object
	scratch []byte // of unescape
}

// window is how many bytes of a document a reader has room for at first.
const window = 32 << 10

// readers holds readers that nobody uses, for their room.
var readers = sync.Pool{New: func() any { return &reader{data: make([]byte, 0, window)} }}

// newReader returns a reader of a document, which is to be closed.
func newReader(src io.Reader) *reader {
	r := readers.Get().(*reader)
	r.src = src
	return r
}

// close lets go of the reader. What it has read stays.
func (r *reader) close() {
	*r = reader{data: r.data[:0], name: r.name[:0], scratch: r.scratch[:0]}
	if cap(r.data)+cap(r.name)+cap(r.scratch) <= 8*window {
		readers.Put(r)
	}
}

// more reads some more, and lets go of what comes before from. It says whether
// anything came; where nothing did, nothing has changed.
func (r *reader) more(from int) bool {
	if r.src == nil {
		return false
	}
	if from > 0 {
		r.data = r.data[:copy(r.data, r.data[from:])]
		r.pos, r.past = r.pos-from, r.past+from
	}
	had := len(r.data)
	if had == cap(r.data) {
		r.data = slices.Grow(r.data, max(had, 1))
	}
	n, err := io.ReadAtLeast(r.src, r.data[had:cap(r.data)], 1)
	r.data = r.data[:had+n]
	if err != nil {
		r.src = nil
		if err != io.EOF {
			r.broken = err
		}
	}
	return n > 0
}

// have tries to have so many bytes from the current place on.
func (r *reader) have(n int) {
	for len(r.data)-r.pos < n && r.more(r.pos) {
	}
}

// all returns what is left of the document.
func (r *reader) all() []byte {
	for r.more(r.pos) {
	}
	return r.data[r.pos:]
}

// arena keeps many short strings in few allocations.
type arena struct{ b strings.Builder }

// keep returns p as a string of its own.
func (a *arena) keep(p []byte) string {
	const chunk = 16 << 10
	if a.b.Cap()-a.b.Len() < len(p) {
		a.b.Reset()
		a.b.Grow(max(chunk, len(p)))
	}
	start := a.b.Len()
	a.b.Write(p)
	return a.b.String()[start:]
}

// fail notes a mistake at the current place and leaves nothing to read.
func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s at byte %d", what, r.past+r.pos)
	}
	r.pos, r.src = len(r.data), nil
}

// peek returns the first byte of what comes after blanks; 0 at the end.
func (r *reader) peek() byte {
	if r.pos < len(r.data) && r.data[r.pos] > ' ' {
		return r.data[r.pos]
	}
	return r.pastBlanks()
}

// pastBlanks is peek where a blank may come first, or the end of data.
func (r *reader) pastBlanks() byte {
	for ; r.pos < len(r.data) || r.more(r.pos); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// here returns the next byte, be it a blank; 0 at the end.
func (r *reader) here() byte {
	if r.pos == len(r.data) && !r.more(r.pos) {
		return 0
	}
	return r.data[r.pos]
}

// take reads the one byte that must come.
func (r *reader) take(want byte) bool {
	if r.peek() != want || r.pos >= len(r.data) {
		r.fail("no " + string(want))
		return false
	}
	r.pos++
	return true
}

// word reads a literal name, if that is what comes.
func (r *reader) word(w string) bool {
	if r.peek() != w[0] {
		return false
	}
	if r.have(len(w)); !bytes.HasPrefix(r.data[r.pos:], []byte(w)) {
		return false
	}
	r.pos += len(w)
	return true
}

// null reads a null, if that is what comes.
func (r *reader) null() bool { return r.word("null") }

// end makes sure that nothing follows.
func (r *reader) end() {
	if r.peek(); r.pos < len(r.data) {
		r.fail("more than one document")
	}
}

// object runs over the names in an object; the body of the loop reads the
// value of each. A name is good until the next. Null is an object with nothing
// in it.
func (r *reader) object() func(yield func(name []byte) bool) {
	return func(yield func([]byte) bool) {
		if r.null() || !r.take('{') {
			return
		}
		if r.peek() == '}' {
			r.pos++
			return
		}
		for r.err == nil {
			name := r.bytes()
			if r.pos == len(r.data) || r.data[r.pos] != ':' { // looking for it may replace the name
				r.name = append(r.name[:0], name...)
				name = r.name
			}
			if !r.take(':') || !yield(name) || !r.another('}') {
				return
			}
		}
	}
}

// array runs over the elements of an array, each of which the body of the loop
// reads. Null is an array with nothing in it.
func (r *reader) array() func(yield func() bool) {
	return func(yield func() bool) {
		if r.null() || !r.take('[') {
			return
		}
		if r.peek() == ']' {
			r.pos++
			return
		}
		for r.err == nil && yield() && r.another(']') {
		}
	}
}

// another reads the comma before a further member, or the closing bracket.
func (r *reader) another(closing byte) bool {
	if r.err != nil {
		return false
	}
	if r.peek() == ',' {
		r.pos++
		return true
	}
	r.take(closing)
	return false
}

// string reads a string or null, which is an empty one.
func (r *reader) string() string {
	if r.null() {
		return ""
	}
	if b := r.bytes(); len(b) > 0 {
		return r.text.keep(b)
	}
	return ""
}

// bytes reads a string. The result is good until the next call.
func (r *reader) bytes() []byte {
	if !r.take('"') {
		return nil
	}
	start, ascii := r.pos, byte(0)
	for {
		for i, c := range r.data[r.pos:] {
			if c == '"' {
				b := r.data[start : r.pos+i]
				if ascii >= utf8.RuneSelf && !utf8.Valid(b) {
					r.pos = start
					return r.unescape()
				}
				r.pos += i + 1
				return b
			}
			if c == '\\' || c < ' ' {
				r.pos = start
				return r.unescape()
			}
			ascii |= c
		}
		r.pos = len(r.data)
		if !r.more(start) {
			r.fail("a string without an end")
			return nil
		}
		start = 0
	}
}

// unescape reads what is left of a string with escapes or with bytes that are
// not UTF-8, which become U+FFFD.
func (r *reader) unescape() []byte {
	r.scratch = r.scratch[:0]
	for r.pos < len(r.data) || r.more(r.pos) {
		c := r.data[r.pos]
		switch {
		case c == '"':
			r.pos++
			return r.scratch
		case c == '\\':
			r.escape()
		case c < ' ':
			r.fail("a control character in a string")
		case c < utf8.RuneSelf:
			r.scratch = append(r.scratch, c)
			r.pos++
		default:
			r.have(utf8.UTFMax)
			char, size := utf8.DecodeRune(r.data[r.pos:])
			r.scratch = utf8.AppendRune(r.scratch, char)
			r.pos += size
		}
	}
	r.fail("a string without an end")
	return nil
}

// escape reads a backslash and what belongs to it.
func (r *reader) escape() {
	r.have(len(`\ud83d\ude00`))
	if r.pos+1 >= len(r.data) {
		r.fail("an escape without an end")
		return
	}
	c := r.data[r.pos+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r.scratch = utf8.AppendRune(r.scratch, r.unicode())
		return
	default:
		r.fail("an unknown escape")
		return
	}
	r.scratch = append(r.scratch, c)
	r.pos += 2
}

// unicode reads \uXXXX, or two of them where they are a surrogate pair. Half
// a pair is U+FFFD.
func (r *reader) unicode() rune {
	char, ok := r.unit()
	if !ok {
		r.fail("an unknown escape")
		return utf8.RuneError
	}
	r.pos += 6
	if !utf16.IsSurrogate(char) {
		return char
	}
	if low, ok := r.unit(); ok {
		if pair := utf16.DecodeRune(char, low); pair != utf8.RuneError {
			r.pos += 6
			return pair
		}
	}
	return utf8.RuneError
}

// unit returns the UTF-16 unit in the escape \uXXXX that comes, if one does.
func (r *reader) unit() (rune, bool) {
	if len(r.data)-r.pos < 6 || r.data[r.pos] != '\\' || r.data[r.pos+1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range r.data[r.pos+2 : r.pos+6] {
		digit := strings.IndexByte("0123456789abcdef", c)
		if 'A' <= c && c <= 'F' {
			digit = int(c-'A') + 10
		}
		if digit < 0 {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}

// skip reads a value that nobody asked for. Depth is how many arrays and
// objects are open around it.
func (r *reader) skip(depth int) {
	const deepest = 9000 // encoding/json stops at 10,000
	switch c := r.peek(); {
	case depth > deepest:
		r.fail("too much nesting")
	case c == '"':
		r.bytes()
	case c == '{':
		for range r.object() {
			r.skip(depth + 1)
		}
	case c == '[':
		for range r.array() {
			r.skip(depth + 1)
		}
	case c == '-' || '0' <= c && c <= '9':
		r.number()
	case r.word("true") || r.word("false") || r.null():
	default:
		r.fail("no value")
	}
}

// number reads a number without a look at its value.
func (r *reader) number() {
	if r.here() == '-' {
		r.pos++
	}
	if r.here() == '0' {
		r.pos++
	} else {
		r.digits()
	}
	if r.here() == '.' {
		r.pos++
		r.digits()
	}
	if r.here()|0x20 == 'e' {
		r.pos++
		if c := r.here(); c == '+' || c == '-' {
			r.pos++
		}
		r.digits()
	}
}

// digits reads one digit or more.
func (r *reader) digits() {
	if c := r.here(); c < '0' || c > '9' {
		r.fail("a number without digits")
	}
	for c := r.here(); '0' <= c && c <= '9'; c = r.here() {
		r.pos++
	}
}
