package ews

import (
	"fmt"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

// What Inspect counts is what a reading reads and the one distribution list of
// each mailbox, and it costs a request, or two with the folders below Contacts.
func TestInspect(t *testing.T) {
	s := startService(t, simulator.Options{})
	box := s.mailbox("anna", 700)
	own := box.AddFolder(box.Contacts, "Recipient Cache", "IPF.Contact.RecipientCache", true)
	box.AddContact(own, simulator.Contact{DisplayName: "not ours"})
	for i := range 3 {
		below := box.AddFolder(box.Contacts, fmt.Sprint("Kunden ", i), "", false)
		box.AddContact(box.AddFolder(below, "tief", "", false), simulator.Contact{DisplayName: "k"})
	}
	s.mailbox("leer", 0)
	for _, tt := range []struct {
		mail            string
		deep            bool
		count, requests int
	}{
		{"anna@example.test", false, 701, 1},
		{"anna@example.test", true, 704, 2},
		{"leer@example.test", false, 1, 1},
		{"leer@example.test", true, 1, 2},
	} {
		src := s.signedIn(t, func(c *Config, _ *transport.Options) { c.Folders = tt.deep })
		s.ResetLog()
		n, err := src.Inspect(t.Context(), member(tt.mail))
		if err != nil || n != tt.count || s.Count("asmx") != tt.requests {
			t.Errorf("%s, deep %t: %d contacts in %d requests, %v", tt.mail, tt.deep, n, s.Count("asmx"), err)
		}
		if got := mustRead(t, src, tt.mail); len(got) != n-1 {
			t.Errorf("%s, deep %t: %d contacts were read", tt.mail, tt.deep, len(got))
		}
	}
}

func TestInspectOnPremises(t *testing.T) {
	s := startService(t, simulator.Options{})
	s.mailbox("anna", 3)
	if n, err := s.onPremises(t, "svc@example.test", "geheim & lang").Inspect(t.Context(), member("anna@example.test")); err != nil || n != 3+1 {
		t.Errorf("%d contacts, %v", n, err)
	}
}

// Answers that a well-behaved Exchange never gives, and a folder that goes away
// after it was listed.
func TestInspectStrange(t *testing.T) {
	found := `<m:RootFolder TotalItemsInView="5" IncludesLastItemInRange="true"><t:Items>` + contactXML("A") + `</t:Items></m:RootFolder>`
	folders := soap("FindFolder", `<m:RootFolder TotalItemsInView="1" IncludesLastItemInRange="true"><t:Folders><t:ContactsFolder><t:FolderId Id="F"/></t:ContactsFolder></t:Folders></m:RootFolder>`)
	second := func(code string) string {
		return strings.Replace(soap("FindItem", found), `</m:ResponseMessages>`,
			`<m:FindItemResponseMessage ResponseClass="Error"><m:ResponseCode>`+code+`</m:ResponseCode></m:FindItemResponseMessage></m:ResponseMessages>`, 1)
	}
	for name, tt := range map[string]struct {
		answer string
		deep   bool
		count  int
		class  fault.Class
	}{
		"good":                  {answer: soap("FindItem", found), count: 5},
		"no number":             {answer: soap("FindItem", strings.Replace(found, `TotalItemsInView="5"`, "", 1)), class: fault.Member},
		"less than are there":   {answer: soap("FindItem", strings.Replace(found, `"5"`, `"0"`, 1)), class: fault.Member},
		"no list":               {answer: soap("FindItem", ""), class: fault.Member},
		"one message for two":   {answer: soap("FindItem", found), deep: true, class: fault.Member},
		"a folder went away":    {answer: second("ErrorFolderNotFound"), deep: true, count: 5},
		"a folder is closed":    {answer: second("ErrorAccessDenied"), deep: true, class: fault.Refused},
		"Contacts is not there": {answer: strings.NewReplacer("Success", "Error", "NoError", "ErrorFolderNotFound").Replace(soap("FindItem", "")), class: fault.Member},
	} {
		t.Run(name, func(t *testing.T) {
			src := scripted(t, func(request string) string {
				if strings.Contains(request, "FindFolder") {
					return folders
				}
				return tt.answer
			}, func(c *Config) { c.Folders = tt.deep })
			n, err := src.Inspect(t.Context(), member("anna@example.test"))
			if tt.class == 0 && err == nil {
				if n != tt.count {
					t.Errorf("%d contacts", n)
				}
				return
			}
			if err == nil || fault.ClassOf(err) != tt.class || fault.HintOf(err) == "" {
				t.Errorf("%d contacts, %v (%s)", n, err, fault.HintOf(err))
			}
		})
	}
}
