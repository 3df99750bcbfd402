package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The namespaces of EWS; the tree below writes them as their usual prefixes.
const (
	nsSOAP     = "http://schemas.xmlsoap.org/soap/envelope/"
	nsMessages = "http://schemas.microsoft.com/exchange/services/2006/messages"
	nsTypes    = "http://schemas.microsoft.com/exchange/services/2006/types"
	nsErrors   = "http://schemas.microsoft.com/exchange/services/2006/errors"
)

var nsPrefix = map[string]string{nsSOAP: "s:", nsMessages: "m:", nsTypes: "t:"}

type xmlAttr = xml.Attr

// element is a request's element, its name written as prefix:Local.
type element struct {
	name  string
	attrs []xmlAttr
	kids  []*element
	text  string
}

// parseXML reads a document into a tree. Text of elements that have children
// is dropped; EWS knows no mixed content.
func parseXML(doc []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	top := &element{}
	open := []*element{top}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		here := open[len(open)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			if len(open) > 64 {
				return nil, errors.New("nested too deeply")
			}
			e := &element{name: qualified(tok.Name), attrs: bytesFree(tok.Attr)}
			here.kids = append(here.kids, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			here.text += string(tok)
		case xml.Directive:
			return nil, errors.New("a document type is not allowed")
		}
	}
	if len(top.kids) != 1 {
		return nil, errors.New("no root element")
	}
	return top.kids[0], nil
}

func qualified(n xml.Name) string {
	if p, ok := nsPrefix[n.Space]; ok {
		return p + n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// bytesFree drops namespace declarations.
func bytesFree(attrs []xmlAttr) []xml.Attr {
	var kept []xmlAttr
	for _, a := range attrs {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		kept = append(kept, a)
	}
	return kept
}

// child returns the first child of that name, nil where there is none. It may
// be called on nil.
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// childText returns the text of the first child of that name.
func (e *element) childText(name string) string {
	if k := e.child(name); k != nil {
		return k.text
	}
	return ""
}

// children returns the children of the first child of that name.
func (e *element) children(name string) []*element {
	if k := e.child(name); k != nil {
		return k.kids
	}
	return nil
}

// attr returns the value of an attribute without a namespace.
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// intAttr returns an attribute's number, or fallback where there is none.
func (e *element) intAttr(name string, fallback int) int {
	if n, err := strconv.Atoi(e.attr(name)); err == nil {
		return n
	}
	return fallback
}

// xmlWriter collects an answer.
type xmlWriter struct{ bytes.Buffer }

// element writes <name>text</name>, or <name/> where the text is empty.
func (w *xmlWriter) element(name, text string) {
	w.WriteByte('<')
	w.WriteString(name)
	if text == "" {
		w.WriteString("/>")
		return
	}
	w.WriteByte('>')
	w.escape(text)
	w.WriteString("</")
	w.WriteString(name)
	w.WriteByte('>')
}

// attribute writes name="value" after a blank.
func (w *xmlWriter) attribute(name, value string) {
	w.WriteByte(' ')
	w.WriteString(name)
	w.WriteString(`="`)
	from := w.Len()
	w.escape(value)
	if strings.Contains(value, "\n") {
		escaped := strings.ReplaceAll(string(w.Bytes()[from:]), "\n", "&#xA;")
		w.Truncate(from)
		w.WriteString(escaped)
	}
	w.WriteByte('"')
}

func (w *xmlWriter) printf(format string, args ...any) { fmt.Fprintf(w, format, args...) }

// escape writes text as Exchange does: what XML 1.0 forbids goes out as a
// numeric reference, which no conforming reader accepts. That is deliberate.
// Carriage returns and tabs are references too, so that they survive.
func (w *xmlWriter) escape(s string) {
	from := 0
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		ref := reference(r, n)
		if ref != "" {
			w.WriteString(s[from:i])
			w.WriteString(ref)
			from = i + n
		}
		i += n
	}
	w.WriteString(s[from:])
}

// reference returns what stands for a character that cannot stand for itself;
// n is the number of its bytes.
func reference(r rune, n int) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r == '"':
		return "&quot;"
	case r == '\n':
		return ""
	case r < ' ' || r == 0xFFFE || r == 0xFFFF:
		return fmt.Sprintf("&#x%X;", r)
	case r == utf8.RuneError && n == 1:
		return "\uFFFD"
	}
	return ""
}
