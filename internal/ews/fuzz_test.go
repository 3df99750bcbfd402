package ews

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// FuzzAnswer: an answer means the same however it comes over the wire, and
// after other answers whose memory it uses again; and what it asks for has
// bounds.
func FuzzAnswer(f *testing.F) {
	addDocuments(f)
	f.Add([]byte(`<E:Envelope><B:Body><m:R><m:ResponseMessages><m:M ResponseClass="Success"><m:RootFolder TotalItemsInView="1"><t:Folders>` +
		`<t:ContactsFolder><t:FolderId Id="1"/></t:ContactsFolder></t:Folders></m:RootFolder></m:M></m:ResponseMessages></m:R></B:Body></E:Envelope>`))
	s := &Source{}
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := decode(bytes.NewReader(doc))
		b, errBytes := decode(iotest.OneByteReader(bytes.NewReader(doc)))
		if (err == nil) != (errBytes == nil) || err == nil && !reflect.DeepEqual(a, b) {
			t.Fatalf("%q is %+v, %v; byte by byte %+v, %v", doc, a, err, b, errBytes)
		}
		if err != nil {
			return
		}
		for i := range b.messages {
			b.messages[i].free()
		}
		if again, err := decode(bytes.NewReader(doc)); err != nil || !reflect.DeepEqual(again, a) {
			t.Fatalf("%q is %+v, then %+v, %v", doc, a, again, err)
		}
		if a.fault != nil {
			tellable(t, s, a.fault)
		}
		for _, m := range a.messages {
			if m.err != nil {
				tellable(t, s, m.err)
			}
			if m.root.present && m.root.total < -1 {
				t.Fatalf("%d items in view", m.root.total)
			}
		}
	})
}

// tellable checks that an error of the service fits in a line, and that it
// asks for no wait that cannot be.
func tellable(t *testing.T, s *Source, e *serviceError) {
	t.Helper()
	if e.wait < 0 || e.wait > 0 && e.wait < time.Millisecond {
		t.Fatalf("wait %v", e.wait)
	}
	err := s.explain(e)
	if text := err.Error(); len(text) > 4000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Fatalf("text %q", text)
	}
}

// FuzzStored: a state that somebody changed is refused, or read whole.
func FuzzStored(f *testing.F) {
	f.Add(`{"mail":"anna@example.org","folders":[{"state":"H4sI"},{"id":"AAMk","state":"x"}]}`, "Anna@example.org")
	f.Fuzz(func(t *testing.T, text, mail string) {
		folders, err := parseState(text, mail)
		if err != nil {
			if !errors.Is(err, phonebook.ErrStale) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if text == "" && folders == nil {
			return
		}
		if len(folders) == 0 || folders[0].ID != "" {
			t.Fatalf("%q does not begin with Contacts: %+v", text, folders)
		}
		again, err := state{Mail: mail, Folders: folders}.text()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(again, "\n") {
			t.Fatalf("several lines: %q", again)
		}
		if got, err := parseState(again, mail); err != nil || !reflect.DeepEqual(got, folders) {
			t.Fatalf("%q becomes %q, which is %+v, %v; want %+v", text, again, got, err, folders)
		}
	})
}

// FuzzChallenge: what a server sends to be signed in to has no answer, a word
// on why, or one that holds no password.
func FuzzChallenge(f *testing.F) {
	const password = "correct horse battery staple"
	f.Add("NTLM TlRMTVNTUAACAAAA, Basic realm=\"x\"", challenge())
	a := &signIn{account: &account{username: `EXAMPLE\contactsync`, password: func() string { return password }}}
	f.Fuzz(func(t *testing.T, header string, challenge []byte) {
		for value, connection := range map[string]*tls.ConnectionState{
			header: nil, "NTLM " + base64.StdEncoding.EncodeToString(challenge): nil,
			"Negotiate " + base64.StdEncoding.EncodeToString(challenge): {PeerCertificates: []*x509.Certificate{{Raw: []byte("x")}}},
		} {
			proof, err := a.prove(&http.Response{Header: http.Header{"Www-Authenticate": {value}}, TLS: connection}, "NTLM")
			if err != nil && (proof != "" || fault.ClassOf(err) != fault.Config || strings.Contains(err.Error(), password)) {
				t.Fatalf("%q: proof %q, error %v", value, proof, err)
			}
			if plain, err := base64.StdEncoding.DecodeString(proof); err != nil || holds(plain, password) {
				t.Fatalf("%q: proof %q", value, plain)
			}
		}
	})
}

// holds tells whether b holds text, in UTF-8 or in UTF-16.
func holds(b []byte, text string) bool {
	wide := strings.Join(strings.Split(text, ""), "\x00")
	return bytes.Contains(b, []byte(text)) || bytes.Contains(b, []byte(wide))
}

// addDocuments has a target begin with the answers in testdata/documents, which
// are too long for the lines of a corpus.
func addDocuments(f *testing.F) {
	files, err := filepath.Glob("testdata/documents/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no documents: %v", err)
	}
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
}
