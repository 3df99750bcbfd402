package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

// contactsIn reads a page that is there whole.
func contactsIn(body []byte) (page[phonebook.Contact], error) {
	return decodeContacts(&reader{data: body}, 0)
}

// byDrops reads a page that comes by so many bytes at a time, with room for no
// more at first.
func byDrops(body []byte, n int) (page[phonebook.Contact], error) {
	return decodeContacts(&reader{src: &drops{body, n}, data: make([]byte, 0, n)}, 0)
}

// drops reads rest by n bytes.
type drops struct {
	rest []byte
	n    int
}

func (d *drops) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.rest[:min(d.n, len(d.rest))])
	d.rest = d.rest[n:]
	return n, nil
}

// TestStrictness holds what the reader takes for JSON against encoding/json.
func TestStrictness(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `nul`, `True`, `x`, ``, `'a'`,
		`0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5`, `1e5`, `1E+5`, `1e-`, `1e`, `+1`, `0x1`, `12 `, `1 2`,
		`""`, `"a`, `"\`, `"\"`, `"\x"`, `"\u12"`, `"\u12G4"`, `"\uABcd"`, `"\ud83d\ude00"`, `"\ud83d\u0041"`, `"\ude00x"`, `"\ud83d`,
		"\"\t\"", "\"\x00\"", "\"\\n\x01\"", "\"\xff\"", `"\n to be read by unescape: ü€😀ü€😀"`, "\"\xc3\\n\xc3\"",
		`[]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[1`, `[`, `]`, `[[[]],{}]`,
		`{}`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1`, `{`, `{1:1}`, `{"\u0061":[{"b":null}]}`,
		strings.Repeat("[", 20000), strings.Repeat("[", 500) + strings.Repeat("]", 500), `1}{`, `1}`,
	}
	for _, v := range values {
		body := fmt.Appendf(nil, `{"value":[{"id":"A","x":%s}]}`, v)
		if _, err := contactsIn(body); (err == nil) != json.Valid(body) {
			t.Errorf("%.60s: error %v, valid %v", v, err, json.Valid(body))
		}
		body = fmt.Appendf(nil, `{"value":[{"id":"A","displayName":%s}]}`, v)
		p, err := contactsIn(body)
		var want string
		wantErr := json.Unmarshal([]byte(v), &want)
		if (err == nil) != (wantErr == nil) {
			t.Errorf("name %.60s: error %v, want %v", v, err, wantErr)
		} else if err == nil && p.items[0].DisplayName != want {
			t.Errorf("name %.60s: %q, want %q", v, p.items[0].DisplayName, want)
		}
	}
	for _, v := range values {
		for _, name := range []string{"x", "displayName"} {
			body := fmt.Appendf(nil, `{"value":[{"id":"A",%q:%s}]}`, name, v)
			whole, err := contactsIn(body)
			for n := range 9 {
				if some, errSome := byDrops(body, n+1); !reflect.DeepEqual(some, whole) || fmt.Sprint(errSome) != fmt.Sprint(err) {
					t.Errorf("%.60s: by %d bytes: %v, error %v, want %v, error %v", v, n+1, some, errSome, whole, err)
				}
			}
		}
	}
}
