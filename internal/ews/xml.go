package ews

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"contactsync/internal/fault"
)

// xmlReader reads an answer's XML forward, element by element, in the small
// part of XML 1.0 that SOAP allows: no document type, UTF-8 only. Names are
// told apart by their local part; which namespace a prefix stands for is not
// looked at, because the parent already says what a child can be.
//
// It differs from encoding/xml in two points. Characters that XML 1.0 forbids,
// written out or as a reference such as &#x1A;, are dropped instead of refused:
// Exchange sends what stands in the mailbox. Only half of a surrogate pair is a
// replacement character, as Graph has it. And a text is copied once, a tag not
// at all.
//
// The walk is a loop over the children of the current element:
//
//	for d := x.depth(); x.child(d); {
//		switch string(x.name()) {
//		case "Surname":
//			c.Surname = x.text()
//		}
//	}
//
// A child that the loop does not look into is skipped. Errors stick: after one
// there are no more children, and x.err says why.
type xmlReader struct {
	err     error
	dropped int // forbidden characters left out of the last text
	joined  int // carriage returns in it that became one with their line feed

	src      io.Reader
	buf      []byte
	pos, end int
	texts    strings.Builder // memory for texts: one piece for many of them

	tag       []byte // the last start tag without its angle brackets; a part of buf or of joint
	nameEnd   int    // where its name ends
	local     []byte // the local name in it
	joint     []byte // a tag that lies across two buffers
	selfClose bool   // the end tag of the current element is still to be reported
	open      []byte // names of the open elements, one after the other
	starts    []int  // where each of them starts in open

	chars    []byte // character data read so far
	wide     bool   // chars holds bytes that need a closer look at the end
	high     rune   // a half of a surrogate pair that was given as a reference …
	highAt   int    // … and where in chars its other half has to follow
	anything bool   // a first byte was read
}

// event is what next found.
type event byte

const (
	atEnd    event = iota // of the input, or at an error
	startTag              // the element is open; name and attr are about it
	endTag                // the element is closed
	charData              // more of it stands in chars
)

// maxDepth bounds how deep elements nest; EWS needs about ten levels.
const maxDepth = 100

// Errors of the reader, apart from those of its source.
var (
	errTruncated = errors.New("read XML: it ends in the middle")
	errDoctype   = errors.New("read XML: it has a document type, which SOAP forbids")
	errText      = errors.New("read XML: it is text without an element around")

	errNoReference = errors.New("read XML: a '&' begins no reference")
)

// window is the room for what a reader has before it of the XML.
type window [32 << 10]byte

// windows holds those that nobody reads through.
var windows = sync.Pool{New: func() any { return new(window) }}

// newXMLReader returns a reader of r's XML, which is to be closed.
func newXMLReader(r io.Reader) *xmlReader {
	return &xmlReader{src: r, buf: windows.Get().(*window)[:]}
}

// close ends the reading. What was read stays.
func (x *xmlReader) close() {
	windows.Put((*window)(x.buf))
	x.buf = nil
}

// depth says how many elements are open.
func (x *xmlReader) depth() int { return len(x.starts) }

// name returns the local name of the element that was opened last; it is valid
// until the next call.
func (x *xmlReader) name() []byte { return x.local }

// child goes to the next child of the element at the given depth, past
// whatever is left of the one before. It returns false when there is none, and
// the element at that depth is closed then.
func (x *xmlReader) child(depth int) bool {
	for {
		x.chars = x.chars[:0]
		switch x.next() {
		case atEnd:
			return false
		case startTag:
			if x.depth() == depth+1 {
				return true
			}
		case endTag:
			if x.depth() < depth {
				return false
			}
		}
	}
}

// text reads the current element to its end and returns the character data in
// it; dropped and joined then say how many characters were left out.
func (x *xmlReader) text() string {
	x.chars, x.dropped, x.joined, x.wide, x.high = x.chars[:0], 0, 0, false, 0
	if s, ok := x.plainText(); ok {
		return s
	}
	for depth := x.depth(); x.depth() >= depth; {
		if x.next() == atEnd {
			return ""
		}
	}
	if !x.wide {
		return x.keep(x.chars)
	}
	return x.clean()
}

// plainText is text where nothing but the end tag follows the characters, all
// of it is in the buffer, and all of it can stay as it is: as in nearly every
// element.
func (x *xmlReader) plainText() (string, bool) {
	if x.selfClose || x.err != nil {
		return "", false
	}
	b := x.buf[x.pos:x.end]
	n, wide := plain(b)
	if n+1 >= len(b) || b[n] != '<' || b[n+1] != '/' || wide && !isText(b[:n]) {
		return "", false
	}
	end := x.endTagIn(b[n+2:])
	if end == 0 {
		return "", false
	}
	x.pos += n + 2 + end
	x.pop()
	return x.keep(b[:n]), true
}

// plain returns how many bytes come before one that is special, and whether
// some of them are not ASCII.
func plain(b []byte) (n int, wide bool) {
	var or byte
	for n < len(b) && !special[b[n]] {
		or |= b[n]
		n++
	}
	return n, or >= utf8.RuneSelf
}

// textPiece is the size of the pieces of memory that texts share: those of
// about ten contacts.
const textPiece = 4 << 10

// keep returns a copy of b. Short texts lie side by side in a piece of memory,
// which makes less work than one for each of them.
func (x *xmlReader) keep(b []byte) string {
	if len(b) > textPiece/8 {
		return string(b)
	}
	if x.texts.Cap()-x.texts.Len() < len(b) {
		x.texts.Reset() // the texts keep their piece
		x.texts.Grow(textPiece)
	}
	x.texts.Write(b) // within the capacity, so it stays where it is
	all := x.texts.String()
	return all[len(all)-len(b):]
}

// clean returns chars without what is no character of XML 1.0, and with a
// replacement character for what is no UTF-8.
func (x *xmlReader) clean() string {
	if isText(x.chars) {
		return x.keep(x.chars)
	}
	return strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF {
			x.dropped++
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(x.chars), "\uFFFD"))
}

// isText tells whether b is UTF-8 without the characters beyond ASCII that XML
// forbids.
func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.Contains(b, []byte("\xEF\xBF\xBE")) && !bytes.Contains(b, []byte("\xEF\xBF\xBF"))
}

// next reads on to the next event. Comments and processing instructions are
// passed over, and character data outside of the root is left out.
func (x *xmlReader) next() event {
	if x.err != nil {
		return atEnd
	}
	if x.selfClose {
		x.selfClose = false
		x.pop()
		return endTag
	}
	for x.err == nil && x.more() {
		if x.buf[x.pos] != '<' {
			x.charData()
			if x.depth() > 0 {
				return charData
			}
			if x.err == nil {
				x.err = outsideRoot(x.chars)
			}
			x.chars = x.chars[:0]
			continue
		}
		x.pos++
		if e := x.markup(); e != atEnd {
			return e
		}
	}
	if x.err == nil && (x.depth() > 0 || !x.anything) {
		x.err = errTruncated
	}
	return atEnd
}

// outsideRoot refuses text around the root element, other than blanks and the
// byte order mark.
func outsideRoot(chars []byte) error {
	if len(bytes.Trim(chars, " \t\n\r\uFEFF")) > 0 {
		return errText
	}
	return nil
}

// markup reads what follows a '<'. It returns atEnd where that is no event.
func (x *xmlReader) markup() event {
	switch x.peek() {
	case '?':
		x.instruction()
	case '!':
		x.pos++
		return x.declaration()
	case '/':
		x.pos++
		return x.endTag()
	default:
		return x.startTag()
	}
	return atEnd
}

// startTag reads a start tag, or the tag of an empty element.
func (x *xmlReader) startTag() event {
	x.anything = true
	if !x.readTag() {
		return atEnd
	}
	if n := len(x.tag); n > 0 && x.tag[n-1] == '/' {
		x.tag, x.selfClose = x.tag[:n-1], true
	}
	var full []byte
	full, x.local = splitName(x.tag)
	x.nameEnd = len(full)
	if len(full) == 0 {
		x.err = errors.New("read XML: an element without a name")
		return atEnd
	}
	if x.depth() == maxDepth {
		x.err = fmt.Errorf("read XML: elements are nested more than %d deep", maxDepth)
		return atEnd
	}
	x.starts = append(x.starts, len(x.open))
	x.open = append(x.open, full...)
	return startTag
}

// endTag reads an end tag, which has to be that of the element opened last.
func (x *xmlReader) endTag() event {
	if x.depth() > 0 {
		if n := x.endTagIn(x.buf[x.pos:x.end]); n > 0 {
			x.pos += n
			x.pop()
			return endTag
		}
	}
	if !x.readTag() {
		return atEnd
	}
	name := bytes.TrimRight(x.tag, " \t\r\n")
	if x.depth() == 0 || !bytes.Equal(name, x.open[x.starts[x.depth()-1]:]) {
		x.err = fmt.Errorf("read XML: </%s> closes no open element", fault.Line(string(name), 60))
		return atEnd
	}
	x.pop()
	return endTag
}

// endTagIn returns the length of what is left of an end tag at the start of b,
// where that is the one of the element opened last. It is nearly always, whole
// and without blanks; else 0.
func (x *xmlReader) endTagIn(b []byte) int {
	want := x.open[x.starts[x.depth()-1]:]
	if len(b) > len(want) && b[len(want)] == '>' && string(b[:len(want)]) == string(want) {
		return len(want) + 1
	}
	return 0
}

func (x *xmlReader) pop() {
	last := x.depth() - 1
	x.open, x.starts = x.open[:x.starts[last]], x.starts[:last]
}

// declaration reads what follows "<!": a comment, a CDATA section, or what is
// refused.
func (x *xmlReader) declaration() event {
	switch {
	case x.accept("--"):
		x.skipPast("-->")
		return atEnd
	case x.depth() > 0 && x.accept("[CDATA["):
		x.cdata()
		return charData
	}
	if x.err == nil {
		x.err = errDoctype
	}
	return atEnd
}

// instruction passes over a processing instruction; of the XML declaration it
// checks that the encoding is UTF-8.
func (x *xmlReader) instruction() {
	pi := x.joint[:0]
	for {
		c := x.readByte()
		if x.err != nil {
			return
		}
		if c == '>' && bytes.HasSuffix(pi, []byte("?")) && len(pi) > 1 {
			break
		}
		pi = append(pi, c)
	}
	x.joint = pi
	if !bytes.HasPrefix(pi, []byte("?xml ")) {
		return
	}
	x.tag, x.nameEnd = pi[:len(pi)-1], len("?xml")
	if enc := x.attr("encoding"); enc != "" && !strings.EqualFold(enc, "utf-8") && !strings.EqualFold(enc, "us-ascii") {
		x.err = fmt.Errorf("read XML: it is in %q, not in UTF-8", fault.Line(enc, 40))
	}
}

// readTag reads up to the next '>' outside of quotes and lets tag be what is
// before that.
func (x *xmlReader) readTag() bool {
	b := x.buf[x.pos:x.end]
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '>':
			x.tag = b[:i]
			x.pos += i + 1
			return true
		case '"', '\'':
			n := bytes.IndexByte(b[i+1:], c)
			if n < 0 {
				return x.readTagSlowly()
			}
			i += 1 + n
		case '<':
			return x.readTagSlowly()
		}
	}
	return x.readTagSlowly()
}

// readTagSlowly is readTag for a tag that is not whole in the buffer.
func (x *xmlReader) readTagSlowly() bool {
	x.joint = x.joint[:0]
	quote := byte(0)
	for x.more() {
		b := x.buf[x.pos:x.end]
		for i, c := range b {
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '<':
				x.err = errors.New("read XML: a '<' inside of a tag")
				return false
			case c == '>':
				x.joint = append(x.joint, b[:i]...)
				x.tag = x.joint
				x.pos += i + 1
				return true
			}
		}
		x.joint = append(x.joint, b...)
		x.pos = x.end
	}
	x.truncated()
	return false
}

// endsName marks the bytes that no name goes past.
var endsName = func() (t [256]bool) {
	for _, c := range " \n\t\r/=\"'" {
		t[c] = true
	}
	return t
}()

// splitName returns the name that tag starts with, and the local name in it.
func splitName(tag []byte) (full, local []byte) {
	colon, colons := -1, 0
	n := 0
	for n < len(tag) && !endsName[tag[n]] {
		if tag[n] == ':' {
			colon = n
			colons++
		}
		n++
	}
	full = tag[:n]
	if colons == 1 && colon > 0 && colon < n-1 {
		return full, full[colon+1:]
	}
	return full, full
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// more makes sure that there is a byte to read.
func (x *xmlReader) more() bool {
	for x.pos == x.end && x.err == nil {
		n, err := x.src.Read(x.buf)
		x.pos, x.end = 0, n
		if n == 0 && err != nil {
			if err != io.EOF {
				x.err = err
			}
			return false
		}
	}
	return x.err == nil
}

// peek returns the next byte without taking it, 0 at the end.
func (x *xmlReader) peek() byte {
	if !x.more() {
		return 0
	}
	return x.buf[x.pos]
}

// readByte takes the next byte; at the end err is set.
func (x *xmlReader) readByte() byte {
	if !x.more() {
		x.truncated()
		return 0
	}
	x.pos++
	return x.buf[x.pos-1]
}

func (x *xmlReader) truncated() {
	if x.err == nil {
		x.err = errTruncated
	}
}

// accept takes s, where the input goes on with its first byte; anything else
// after that byte is an error, since no two of our strings share it.
func (x *xmlReader) accept(s string) bool {
	if x.peek() != s[0] {
		return false
	}
	for i := range len(s) {
		if c := x.readByte(); x.err == nil && c != s[i] {
			x.err = errors.New("read XML: neither a comment nor a CDATA section after '<!'")
		}
	}
	return x.err == nil
}

// skipPast reads past the next occurrence of s, three bytes whose first two
// are the same.
func (x *xmlReader) skipPast(s string) {
	for a, b := byte(0), byte(0); x.err == nil; {
		c := x.readByte()
		if a == s[0] && b == s[1] && c == s[2] {
			return
		}
		a, b = b, c
	}
}

// validChar says whether XML 1.0 (section 2.2) allows the character.
func validChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
