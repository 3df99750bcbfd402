package ews

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// xmlReader reads an answer's XML forward, element by element, in the small
// part of XML 1.0 that SOAP allows: no document type, UTF-8 only. Names are
// told apart by their local part; which namespace a prefix stands for is not
// looked at, because the parent already says what a child can be.
//
// It differs from encoding/xml in two points. Characters that XML 1.0 forbids,
// written out or as a reference such as &#x1A;, are dropped instead of refused:
// Exchange sends what stands in the mailbox. Only half of a surrogate pair is a
// replacement character, as Graph has it. And a text is copied once.
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

	tag       []byte // the last start tag without its angle brackets
	local     []byte // the local name in it
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
)

// newXMLReader returns a reader of r's XML.
func newXMLReader(r io.Reader) *xmlReader {
	return &xmlReader{src: r, buf: make([]byte, 32<<10)}
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
	for depth := x.depth(); x.depth() >= depth; {
		if x.next() == atEnd {
			return ""
		}
	}
	if !x.wide {
		return string(x.chars)
	}
	return x.clean()
}

// clean returns chars without what is no character of XML 1.0, and with a
// replacement character for what is no UTF-8.
func (x *xmlReader) clean() string {
	if utf8.Valid(x.chars) && !bytes.Contains(x.chars, []byte("\xEF\xBF\xBE")) && !bytes.Contains(x.chars, []byte("\xEF\xBF\xBF")) {
		return string(x.chars)
	}
	return strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF {
			x.dropped++
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(x.chars), "\uFFFD"))
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
	full := x.tag[:nameLen(x.tag)]
	if len(full) == 0 {
		x.err = errors.New("read XML: an element without a name")
		return atEnd
	}
	if x.depth() == maxDepth {
		x.err = fmt.Errorf("read XML: elements are nested more than %d deep", maxDepth)
		return atEnd
	}
	x.local = localName(full)
	x.starts = append(x.starts, len(x.open))
	x.open = append(x.open, full...)
	return startTag
}

// endTag reads an end tag, which has to be that of the element opened last.
func (x *xmlReader) endTag() event {
	if x.depth() > 0 {
		// Nearly always the tag is whole in the buffer, without blanks.
		want, b := x.open[x.starts[x.depth()-1]:], x.buf[x.pos:x.end]
		if len(b) > len(want) && b[len(want)] == '>' && bytes.HasPrefix(b, want) {
			x.pos += len(want) + 1
			x.pop()
			return endTag
		}
	}
	if !x.readTag() {
		return atEnd
	}
	name := bytes.TrimRight(x.tag, " \t\r\n")
	if x.depth() == 0 || !bytes.Equal(name, x.open[x.starts[x.depth()-1]:]) {
		x.err = fmt.Errorf("read XML: </%.60s> closes no open element", name)
		return atEnd
	}
	x.pop()
	return endTag
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
	x.tag = x.tag[:0]
	for {
		c := x.readByte()
		if x.err != nil {
			return
		}
		if c == '>' && bytes.HasSuffix(x.tag, []byte("?")) && len(x.tag) > 1 {
			break
		}
		x.tag = append(x.tag, c)
	}
	if !bytes.HasPrefix(x.tag, []byte("?xml ")) {
		return
	}
	x.tag = x.tag[:len(x.tag)-1]
	if enc := x.attr("encoding"); enc != "" && !strings.EqualFold(enc, "utf-8") && !strings.EqualFold(enc, "us-ascii") {
		x.err = fmt.Errorf("read XML: it is in %.40q, not in UTF-8", enc)
	}
}

// readTag copies what stands up to the next '>' outside of quotes to tag.
func (x *xmlReader) readTag() bool {
	x.tag = x.tag[:0]
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
				x.tag = append(x.tag, b[:i]...)
				x.pos += i + 1
				return true
			}
		}
		x.tag = append(x.tag, b...)
		x.pos = x.end
	}
	x.truncated()
	return false
}

// nameLen returns the length of the name that tag starts with.
func nameLen(tag []byte) int {
	for i, c := range tag {
		if isSpace(c) || c == '/' || c == '=' || c == '"' || c == '\'' {
			return i
		}
	}
	return len(tag)
}

// localName returns the part of a qualified name after its prefix.
func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 && bytes.IndexByte(name[i+1:], ':') < 0 {
		return name[i+1:]
	}
	return name
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
