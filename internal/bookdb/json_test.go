package bookdb

import (
	"bytes"
	"encoding/json"
	"testing"

	"contactsync/internal/phonebook"
)

// FuzzEncodeList compares with encoding/json, which wrote the hashes that
// stand in files.
func FuzzEncodeList(f *testing.F) {
	for _, s := range []string{"", "plain", "Müller & <Söhne>", `a"b\c`, "\x00\x1f\x7f\t\r\n\b\f", "\u2028\u2029", "\xff\xc3", "\xe2\x80", "😀\ufffd", "\u2027\u202a"} {
		f.Add(s, "Berlin", "")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		texts := []string{a, b, c}
		if got, want := encodeList(texts, appendJSON), library(t, texts); got != want {
			t.Errorf("%q: got %s, want %s", texts, got, want)
		}
		addresses := []phonebook.Address{
			{Kind: phonebook.AddressKind(a), Street: b, PostalCode: c, City: a, State: b, Country: c},
			{Kind: phonebook.AddressKind(c), Street: a, PostalCode: b, City: c, State: a, Country: b},
		}
		if got, want := encodeList(addresses, appendAddress), library(t, addresses); got != want {
			t.Errorf("%q: got %s, want %s", addresses, got, want)
		}
	})
}

func library(t *testing.T, list any) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(list); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
