package ews

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// oneElement reads the text of the root element.
func oneElement(src io.Reader) (text string, dropped int, err error) {
	x := newXMLReader(src)
	for d := x.depth(); x.child(d); {
		text, dropped = x.text(), x.dropped
	}
	return text, dropped, x.err
}

func TestText(t *testing.T) {
	tests := map[string]struct {
		xml, want string
		dropped   int
	}{
		"plain":                     {"<a>Meier</a>", "Meier", 0},
		"empty":                     {"<a/>", "", 0},
		"blanks stay":               {"<a> Meier\t\n </a>", " Meier\t\n ", 0},
		"entities":                  {"<a>&lt;&gt;&amp;&apos;&quot;</a>", `<>&'"`, 0},
		"references":                {"<a>&#65;&#x42;&#xe4;&#x1F600;</a>", "ABä😀", 0},
		"double unescaping":         {"<a>&amp;lt;</a>", "&lt;", 0},
		"line ends":                 {"<a>1\r\n2\r3\n4&#13;5</a>", "1\n2\n3\n4\r5", 0},
		"CDATA":                     {"<a>x<![CDATA[<b>&amp;]]]]><![CDATA[>]]>y</a>", "x<b>&amp;]]>y", 0},
		"CDATA with control":        {"<a><![CDATA[]\x01]>]]></a>", "]]>", 1},
		"comment and instruction":   {"<a>1<!-- <b> -- --->2<?pi ? > ?>3</a>", "123", 0},
		"child elements' text":      {"<a>1<b x='>'>2</b>3</a>", "123", 0},
		"forbidden references":      {"<a>1&#x1A;2&#0;3&#xFFFE;4</a>", "1234", 3},
		"forbidden characters":      {"<a>1\x1a2\x003\uFFFE4\uFFFF5</a>", "12345", 4},
		"C1 controls are allowed":   {"<a>1\u0085\u009f2</a>", "1\u0085\u009f2", 0},
		"lone surrogates":           {"<a>1&#xD83D;2&#xDE00;3</a>", "1\uFFFD2\uFFFD3", 0},
		"surrogate pair":            {"<a>1&#xD83D;&#xDE00;2</a>", "1😀2", 0},
		"surrogates the wrong way":  {"<a>&#xDE00;&#xD83D;</a>", "\uFFFD\uFFFD", 0},
		"a half before a pair":      {"<a>&#xD83D;&#xD83D;&#xDE00;</a>", "\uFFFD😀", 0},
		"pair around a letter":      {"<a>&#xD83D;x&#xDE00;</a>", "\uFFFDx\uFFFD", 0},
		"no UTF-8":                  {"<a>M\xfcller</a>", "M\uFFFDller", 0},
		"UTF-8 cut at a buffer":     {"<a>" + strings.Repeat("ä", 40_000) + "</a>", strings.Repeat("ä", 40_000), 0},
		"byte order mark":           {"\uFEFF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>1</a>\n", "1", 0},
		"US-ASCII":                  {"<?xml version='1.0' encoding='us-ascii' ?><a>1</a>", "1", 0},
		"prefixes and blanks":       {"<t:a\n xmlns:t = 'urn:x' >1</t:a >", "1", 0},
		"a slash before the end":    {"<a x='/'>1</a>", "1", 0},
		"quotes in the other quote": {`<a x='"' y=">'">1</a>`, "1", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(tt.xml), iotest.OneByteReader(strings.NewReader(tt.xml)), iotest.DataErrReader(strings.NewReader(tt.xml))} {
				got, dropped, err := oneElement(src)
				if err != nil || got != tt.want || dropped != tt.dropped {
					t.Errorf("%.80q, %d dropped, %v; want %.80q, %d dropped", got, dropped, err, tt.want, tt.dropped)
				}
			}
		})
	}
}

func TestXMLRefused(t *testing.T) {
	tests := map[string]string{
		"nothing":                 "",
		"blanks":                  " \n",
		"text":                    "Unauthorized",
		"truncated in text":       "<a>1",
		"truncated in a tag":      "<a x='1",
		"truncated in a comment":  "<a><!-- ",
		"truncated in CDATA":      "<a><![CDATA[1]]",
		"truncated in a PI":       "<a><?x ",
		"truncated in a ref":      "<a>&am",
		"a child is open":         "<a><b></a>",
		"too many end tags":       "<a></a></b>",
		"document type":           "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
		"doctype HTML":            "<!doctype html><html></html>",
		"unknown entity":          "<a>&nbsp;</a>",
		"endless reference":       "<a>&xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"bare ampersand":          "<a>Meier & Sohn</a>",
		"reference out of range":  "<a>&#x110000;</a>",
		"empty reference":         "<a>&#;</a>",
		"negative reference":      "<a>&#-1;</a>",
		"underscore in reference": "<a>&#1_0;</a>",
		"UTF-16":                  "\xff\xfe<\x00a\x00>\x00",
		"declared as Latin-1":     "<?xml version='1.0' encoding='iso-8859-1'?><a/>",
		"no name":                 "< a/>",
		"a tag in a tag":          "<a <b>",
		"too deep":                strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
		"CDATA before the root":   "<![CDATA[1]]><a/>",
		"half a comment":          "<a><!-x--></a>",
	}
	for name, doc := range tests {
		if text, _, err := oneElement(strings.NewReader(doc)); err == nil {
			t.Errorf("%s: read as %q", name, text)
		}
	}
}

func TestXMLSourceError(t *testing.T) {
	broken := errors.New("broken")
	_, _, err := oneElement(io.MultiReader(strings.NewReader("<a>1"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("%v, want the source's error", err)
	}
	if _, _, err := oneElement(strings.NewReader("<a>1")); !errors.Is(err, errTruncated) {
		t.Errorf("%v, want errTruncated", err)
	}
}

func TestAttr(t *testing.T) {
	x := newXMLReader(strings.NewReader(`<t:a t:Id = "A&amp;B&#x1A;" Key='ü>"'  Last="true"/>`))
	if !x.child(0) {
		t.Fatal(x.err)
	}
	for name, want := range map[string]string{"Id": "A&B", "Key": `ü>"`, "Last": "true", "id": "", "None": ""} {
		if got := x.attr(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestChildSkips(t *testing.T) {
	x := newXMLReader(strings.NewReader(`<r>t<a><b><c/></b></a><d/><e>1</e><a/></r>`))
	var names []string
	for d := x.depth(); x.child(d); {
		for d := x.depth(); x.child(d); {
			names = append(names, string(x.name()))
		}
	}
	if got := strings.Join(names, " "); got != "a d e a" || x.err != nil {
		t.Errorf("children %q, %v", got, x.err)
	}
}

// What follows an empty element belongs to the one around it, whatever its name.
func TestTextOfEmptyElement(t *testing.T) {
	x := newXMLReader(strings.NewReader(`<a><a/>1</a>`))
	if !x.child(0) || !x.child(1) {
		t.Fatal(x.err)
	}
	if got := x.text(); got != "" || x.child(1) || x.err != nil {
		t.Errorf("%q, %v", got, x.err)
	}
}

// theirs returns the document as encoding/xml sees it; an error where that
// refuses it.
func theirs(doc []byte) (out []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	text, depth := "", 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if c, ok := tok.(xml.CharData); ok {
			if depth > 0 {
				text += string(c)
			}
			continue
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			out = flush(out, &text)
			out = append(out, "<"+tok.Name.Local)
			for _, a := range tok.Attr {
				out = append(out, fmt.Sprintf("%s=%q", a.Name.Local, a.Value))
			}
			depth++
		case xml.EndElement:
			out = append(flush(out, &text), ">")
			depth--
		}
	}
}

func flush(out []string, text *string) []string {
	if *text != "" {
		out = append(out, fmt.Sprintf("%q", *text))
		*text = ""
	}
	return out
}

// ours returns the document as xmlReader sees it, in the form of theirs.
func ours(doc []byte) (out []string, err error) {
	x := newXMLReader(bytes.NewReader(doc))
	for {
		x.chars = x.chars[:0]
		var text string
		e := x.next()
		for ; e == charData; e = x.next() {
		}
		if len(x.chars) > 0 {
			text = x.clean()
		}
		out = flush(out, &text)
		switch e {
		case atEnd:
			return out, x.err
		case startTag:
			out = append(out, "<"+string(x.name()))
			seen := map[string]bool{}
			for _, name := range attrNames(x.tag) {
				if !seen[name] {
					out = append(out, fmt.Sprintf("%s=%q", name, x.attr(name)))
				}
				seen[name] = true
			}
		case endTag:
			out = append(out, ">")
		}
	}
}

// attrNames returns the local names of a tag's attributes, in their order.
func attrNames(tag []byte) (names []string) {
	d := xml.NewDecoder(strings.NewReader("<" + string(tag) + "/>"))
	tok, err := d.RawToken()
	if err != nil {
		return nil
	}
	for _, a := range tok.(xml.StartElement).Attr {
		names = append(names, a.Name.Local)
	}
	return names
}

// firstOfEach leaves out attributes that repeat a local name: xmlReader tells
// them apart by that alone.
func firstOfEach(events []string) (out []string) {
	seen := map[string]bool{}
	for _, e := range events {
		name, _, isAttr := strings.Cut(e, "=")
		if strings.HasPrefix(e, "<") {
			clear(seen)
		} else if isAttr && !strings.HasPrefix(e, `"`) {
			if seen[name] {
				continue
			}
			seen[name] = true
		}
		out = append(out, e)
	}
	return out
}

// FuzzXML compares with encoding/xml: what that accepts has to be read here as
// well, and to mean the same.
func FuzzXML(f *testing.F) {
	addDocuments(f)
	f.Add([]byte(strings.Repeat("<a>", 101) + strings.Repeat("</a>", 101))) // deep
	for _, doc := range []string{
		`<?xml version="1.0" encoding="utf-8"?><a:x y="1" b:z='&lt;'>1<b/>&amp;<![CDATA[<]]>&#x41;</a:x>`,
		"<a>\r\n\r\u00fc&#13;</a>", "<a><!-- x --><?pi y?></a>", "<a b='\r\n\t>'/>", "<a></a><b/>", "<a>\x1a</a>", "<a>M\xc3\xbcller</a>", "<a>\xef\xbf\xbe</a>", "<a>\xfc</a>", "<a>&#x1A;</a>",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := ours(doc)
		if err == nil {
			reparse(t, doc, got)
		}
		whole, n, errWhole := oneElement(bytes.NewReader(doc))
		pieces, m, errPieces := oneElement(iotest.OneByteReader(bytes.NewReader(doc)))
		if whole != pieces || n != m || (errWhole == nil) != (errPieces == nil) {
			t.Fatalf("%q: text %q, %d dropped, %v; byte by byte %q, %d dropped, %v", doc, whole, n, errWhole, pieces, m, errPieces)
		}
		want, refused := theirs(doc)
		if refused != nil || len(want) == 0 {
			return
		}
		// Where the two differ on purpose.
		if errors.Is(err, errDoctype) || errors.Is(err, errText) || err != nil && strings.Contains(err.Error(), "nested more than") ||
			bytes.Contains(doc, []byte("&#")) && strings.Contains(strings.Join(want, ""), "\uFFFD") {
			return
		}
		if err != nil {
			t.Fatalf("%q is refused: %v", doc, err)
		}
		if want = firstOfEach(want); !slices.Equal(got, want) {
			t.Fatalf("%q\nis   %q\nwant %q", doc, got, want)
		}
	})
}

// reparse checks that what was read holds nothing that XML forbids.
func reparse(t *testing.T, doc []byte, events []string) {
	t.Helper()
	for _, e := range events {
		if strings.HasPrefix(e, `"`) {
			var text string
			if _, err := fmt.Sscanf(e, "%q", &text); err != nil {
				t.Fatal(err)
			}
			for _, r := range text {
				if !validChar(r) {
					t.Fatalf("%q gives %q", doc, text)
				}
			}
		}
	}
}

// FuzzDecode feeds broken answers to the decoder: it must come to an end, and
// without a panic.
func FuzzDecode(f *testing.F) {
	addDocuments(f)
	f.Add([]byte(`<s:Envelope><s:Body><s:Fault><faultcode>a:B</faultcode><detail><e:ResponseCode>ErrorServerBusy</e:ResponseCode>` +
		`<t:MessageXml><t:Value Name="BackOffMilliseconds">5</t:Value></t:MessageXml></detail></s:Fault></s:Body></s:Envelope>`))
	f.Add([]byte(`<E:Envelope><B:Body><m:R><m:ResponseMessages><m:M ResponseClass="Success"><m:SyncState>1</m:SyncState>` +
		`<m:Changes><t:Create><t:Contact><t:ItemId Id="1"/><t:PhoneNumbers><t:Entry Key="Isdn">1</t:Entry></t:PhoneNumbers></t:Contact></t:Create>` +
		`<t:Delete><t:ItemId Id="2"/></t:Delete></m:Changes></m:M></m:ResponseMessages></m:R></B:Body></E:Envelope>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := decode(bytes.NewReader(doc))
		if err != nil {
			return
		}
		for _, m := range a.messages {
			for _, it := range m.items {
				if !it.isContact && it.DisplayName != "" {
					t.Errorf("%q: something else has a contact's fields", doc)
				}
			}
		}
	})
}
