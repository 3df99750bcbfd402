package graph

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// What Inspect counts is what a reading reads and the distribution list, and
// it costs one request for the user, one for the contacts, and batches where
// there are folders.
func TestInspect(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	box := n.person(simulator.Mailbox{Mail: "a@example.com"}, strings.Fields(strings.Repeat("x ", 1100))...)
	box.AddList(box.Contacts, "list")
	own := box.AddFolder(box.Contacts, "Recipient Cache", "IPF.Contact.RecipientCache", true)
	box.AddContact(own, simulator.Contact{DisplayName: "not ours"})
	for i := range 30 {
		below := box.AddFolder(box.Contacts, fmt.Sprint("Kunden ", i), "", false)
		box.AddContact(box.AddFolder(below, "tief", "", false), simulator.Contact{DisplayName: "k"})
	}
	n.person(simulator.Mailbox{Mail: "empty@example.com"})
	for _, c := range []struct {
		mail            string
		deep            bool
		count, requests int
	}{
		{"a@example.com", false, 1101, 2},
		{"a@example.com", true, 1131, 1 + 1 + 2 + 2 + 4},
		{"empty@example.com", false, 0, 2},
		{"empty@example.com", true, 0, 3},
	} {
		src := n.source(func(config *Config) { config.Folders = c.deep })
		m := phonebook.Member{Mail: c.mail}
		n.server.ResetLog()
		count, err := src.Inspect(context.Background(), m)
		requests := 0
		for _, r := range n.server.Requests() {
			if strings.HasPrefix(r.Path, "/v1.0/") && r.Op != "$batch" {
				requests++
			}
		}
		if err != nil || count != c.count || requests != c.requests {
			t.Errorf("%s, deep %t: %d contacts in %d requests, %v", c.mail, c.deep, count, requests, err)
		}
	}
}

// Who may not look users up finds the mailbox by its sign-in name, as in a
// sync, and is told what is the likely reason where nobody has it.
func TestInspectBySignInName(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	n.person(simulator.Mailbox{Mail: "a@example.com"}, "a")
	n.person(simulator.Mailbox{Mail: "b@example.com", UPN: "bert@example.com"}, "b")
	n.roles("Contacts.Read")
	src := n.source(nil)
	if count, err := src.Inspect(context.Background(), phonebook.Member{Mail: "a@example.com"}); err != nil || count != 1 {
		t.Errorf("%d contacts, %v", count, err)
	}
	_, err := src.Inspect(context.Background(), phonebook.Member{Mail: "b@example.com"})
	if fault.ClassOf(err) != fault.Member || !strings.Contains(fault.HintOf(err), "User.ReadBasic.All") {
		t.Errorf("%v (%s)", err, fault.HintOf(err))
	}
}

// Answers that a well-behaved Graph never gives, and a folder that goes away
// after it was listed.
func TestInspectStrange(t *testing.T) {
	good := body(`{"@odata.count":5,"value":[{"id":"A"}],"@odata.nextLink":"$/users/0a1b/contacts?more"}`)
	for name, c := range map[string]struct {
		contacts, below http.HandlerFunc
		count           int
		class           fault.Class
		text            string
	}{
		"good":                {contacts: good, count: 5},
		"both":                {contacts: good, below: body(`{"@odata.count":2,"value":[]}`), count: 7},
		"no number":           {contacts: body(`{"value":[{"id":"A"}]}`), class: fault.Unavailable, text: "without their number"},
		"less than are there": {contacts: body(`{"@odata.count":0,"value":[{"id":"A"}]}`), class: fault.Unavailable, text: "without their number"},
		"no list":             {contacts: body(`{"@odata.count":3}`), class: fault.Unavailable, text: "no list"},
		"an error":            {contacts: body(`{"@odata.count":3,"value":[],"error":{"code":"x"}}`), class: fault.Unavailable, text: "in place of a list"},
		"cut":                 {contacts: body(`{"@odata.count":3,"value":[`), class: fault.Unavailable, text: "read answer"},
		"a folder went away":  {contacts: good, below: refuse(404, "ErrorItemNotFound", "gone"), count: 5},
		"a folder is closed":  {contacts: good, below: refuse(403, "ErrorAccessDenied", "no"), class: fault.Refused, text: "ErrorAccessDenied"},
		"Contacts went away":  {contacts: refuse(404, "ErrorItemNotFound", "gone"), class: fault.Member, text: "ErrorItemNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.answer("/v1.0/users/0a1b/contacts", c.contacts)
			folders := `{"value":[]}`
			if c.below != nil {
				folders = `{"value":[{"id":"f"}]}`
				s.answer("/v1.0/users/0a1b/contactFolders/f/contacts", c.below)
				s.answer("/v1.0/users/0a1b/contactFolders/f/childFolders", body(`{"value":[]}`))
			}
			s.answer("/v1.0/users/0a1b/contactFolders/contacts/childFolders", body("%s", folders))
			count, err := s.source(t, func(c *Config) { c.Folders = true }).Inspect(context.Background(), anna)
			switch {
			case c.text == "" && (err != nil || count != c.count):
				t.Errorf("%d contacts, %v", count, err)
			case c.text != "" && (err == nil || fault.ClassOf(err) != c.class || fault.HintOf(err) == "" || !strings.Contains(err.Error(), c.text)):
				t.Errorf("%v (%s)", err, fault.HintOf(err))
			case s.count("more") > 0:
				t.Error("the contacts were read")
			}
		})
	}
}
