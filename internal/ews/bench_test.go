package ews

import (
	"bytes"
	"encoding/xml"
	"io"
	"testing"

	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// BenchmarkDecode reads a recorded page of 1,300 contacts.
func BenchmarkDecode(b *testing.B) {
	page := asSync(gromox(b, "large-finditem-phones-emails.response.xml"), "1")
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := decode(bytes.NewReader(page))
		if err != nil || len(a.messages[0].items) != 1301 {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingXML reads the same page's tokens with the standard library,
// for comparison.
func BenchmarkEncodingXML(b *testing.B) {
	page := gromox(b, "large-finditem-phones-emails.response.xml")
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		d := xml.NewDecoder(bytes.NewReader(page))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRead reads a mailbox of 3,000 contacts from the simulated service.
func BenchmarkRead(b *testing.B) {
	s := startService(b, simulator.Options{NoLog: true})
	s.mailbox("anna", 3000)
	src := s.signedIn(b)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		_, err := src.Read(b.Context(), member("anna@example.test"), "", func(page phonebook.Page) error {
			n += len(page.Contacts)
			return nil
		})
		if err != nil || n != 3000 {
			b.Fatal(n, err)
		}
	}
}
