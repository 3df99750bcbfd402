package graph

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestStrictness holds what the reader takes for JSON against encoding/json.
func TestStrictness(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `nul`, `True`, `x`, ``, `'a'`,
		`0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5`, `1e5`, `1E+5`, `1e-`, `1e`, `+1`, `0x1`, `12 `, `1 2`,
		`""`, `"a`, `"\`, `"\"`, `"\x"`, `"\u12"`, `"\u12G4"`, `"\uABcd"`, `"\ud83d\ude00"`, `"\ud83d\u0041"`, `"\ude00x"`, `"\ud83d`,
		"\"\t\"", "\"\x00\"", "\"\\n\x01\"", "\"\xff\"", "\"\xc3\\n\xc3\"",
		`[]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[1`, `[`, `]`, `[[[]],{}]`,
		`{}`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1`, `{`, `{1:1}`, `{"\u0061":[{"b":null}]}`,
		strings.Repeat("[", 20000), strings.Repeat("[", 500) + strings.Repeat("]", 500), `1}{`, `1}`,
	}
	for _, v := range values {
		body := fmt.Appendf(nil, `{"value":[{"id":"A","x":%s}]}`, v)
		if _, err := decodeContacts(body); (err == nil) != json.Valid(body) {
			t.Errorf("%.60s: error %v, valid %v", v, err, json.Valid(body))
		}
		p, err := decodeContacts(fmt.Appendf(nil, `{"value":[{"id":"A","displayName":%s}]}`, v))
		var want string
		wantErr := json.Unmarshal([]byte(v), &want)
		if (err == nil) != (wantErr == nil) {
			t.Errorf("name %.60s: error %v, want %v", v, err, wantErr)
		} else if err == nil && p.items[0].DisplayName != want {
			t.Errorf("name %.60s: %q, want %q", v, p.items[0].DisplayName, want)
		}
	}
}
