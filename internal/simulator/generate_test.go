package simulator

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// dump writes down everything that a tenant holds.
func dump(t *Tenant) string {
	var b strings.Builder
	for _, m := range t.Mailboxes() {
		fmt.Fprintln(&b, m.ObjectID, m.UPN, m.Mail, m.Aliases, m.DisplayName)
		for _, f := range m.Folders() {
			fmt.Fprintln(&b, f.ID, f.Name, f.Class, f.Hidden)
			for _, it := range m.Items(f) {
				fmt.Fprintln(&b, it.ID, it.Created, it.Contact)
			}
		}
	}
	return b.String()
}

func TestGenerateIsDeterministic(t *testing.T) {
	a, b := dump(Generate(7, 12, 40)), dump(Generate(7, 12, 40))
	if a != b {
		t.Error("the same seed makes two different tenants")
	}
	if a == dump(Generate(8, 12, 40)) {
		t.Error("another seed makes the same tenant")
	}
}

// Everything that is to be found in a generated tenant is to be found.
func TestGeneratedContactsAreMessy(t *testing.T) {
	tenant := Generate(1, 40, 500)
	found := map[string]int{}
	count := func(what string, is bool) {
		if is {
			found[what]++
		} else {
			found[what] += 0
		}
	}
	phones, contacts := 0, 0
	for _, m := range tenant.Mailboxes() {
		count("sign-in name differs", m.UPN != m.Mail)
		other := tenant.Mailbox(m.UPN)
		count("sign-in name of another", other != nil && other != m)
		for _, f := range m.Folders() {
			count("hidden folder", f.Hidden)
			count("nested folder", f.Parent.Parent == m.Contacts)
			n := 0
			for _, it := range m.Items(f) {
				count("list", it.List)
				if it.List {
					continue
				}
				n++
				contacts++
				phones += len(it.Phones)
				count("six numbers", len(it.Phones) == 6)
				count("no number", len(it.Phones) == 0)
				count("empty name", it.DisplayName == "")
				count("leading blank", strings.HasPrefix(it.DisplayName, " "))
				count("control character", strings.ContainsRune(it.DisplayName, 0x1a))
				count("long text", utf8.RuneCountInString(it.Company) > 255)
				count("text of 255", utf8.RuneCountInString(it.JobTitle) == 255)
				count("X.500", strings.HasPrefix(it.Emails[0], "/o="))
				count("empty first slot", it.Emails[0] == "" && it.Emails[2] != "")
				count("1604", it.Birthday.Year() == 1604)
				count("4501", it.Birthday.Year() == 4501)
				count("birthday", it.Birthday.Year() > 1900)
				count("long notes", len(it.Notes) > 1000)
				count("categories", len(it.Categories) > 0)
				for _, p := range it.Phones {
					count("text for a number", !strings.ContainsAny(p, "0123456789"))
				}
				if !utf8.ValidString(it.DisplayName) {
					t.Errorf("%q is not UTF-8", it.DisplayName)
				}
			}
			if f == m.Contacts && n != 500 {
				t.Errorf("%s has %d contacts, want 500", m.Mail, n)
			}
		}
	}
	for what, n := range found {
		if n == 0 {
			t.Errorf("no %s in %d contacts", what, contacts)
		}
	}
	if average := float64(phones) / float64(contacts); average < 2.5 || average > 3.5 {
		t.Errorf("%.1f numbers on average, want about 3", average)
	}
}
