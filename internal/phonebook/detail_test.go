package phonebook_test

import (
	"testing"

	"contactsync/internal/phonebook"
)

func TestDifference(t *testing.T) {
	erika := phonebook.Entry{
		DisplayName: "Erika Mustermann", Company: "Muster AG", Notes: "private",
		Emails: []string{"erika@example.org"},
		Numbers: []phonebook.Number{
			{Kind: phonebook.Business, Number: "+4930901820", AsTyped: "030 901820"},
			{Kind: phonebook.Mobile, Number: "+491701234567", AsTyped: "0170 1234567"},
			{Kind: phonebook.FaxHome, AsTyped: "ask me"},
			{Kind: phonebook.TTY, AsTyped: "1"}, {Kind: phonebook.TTY, AsTyped: "2"},
		},
	}
	with := func(change func(*phonebook.Entry)) *phonebook.Entry {
		e := erika
		e.Numbers = append([]phonebook.Number{}, erika.Numbers...)
		change(&e)
		return &e
	}
	reach := "+4930901820 (business), +491701234567 (mobile), ask me (fax home), and 2 more"
	for _, c := range []struct {
		before, after *phonebook.Entry
		want          phonebook.Detail
	}{
		{nil, &erika, phonebook.Detail{Op: phonebook.Added, Name: "Erika Mustermann", What: reach}},
		{&erika, nil, phonebook.Detail{Op: phonebook.Removed, Name: "Erika Mustermann", What: reach}},
		{nil, &phonebook.Entry{DisplayName: "Jan", Emails: []string{"jan@example.org"}}, phonebook.Detail{Op: phonebook.Added, Name: "Jan", What: "jan@example.org"}},
		{nil, &phonebook.Entry{DisplayName: "Jan"}, phonebook.Detail{Op: phonebook.Added, Name: "Jan"}},
		{&erika, &erika, phonebook.Detail{Op: phonebook.Updated, Name: "Erika Mustermann"}},
		{&erika, with(func(e *phonebook.Entry) {
			e.DisplayName = "Erika Muster"
			e.Numbers[0].Number = "+4930901821"
			e.Numbers[1].AsTyped = "0170/1234567"
			e.Numbers = append(e.Numbers[:3:3], phonebook.Number{Kind: phonebook.Home, Number: "+49301"})
		}), phonebook.Detail{Op: phonebook.Updated, Name: "Erika Muster",
			What: "name Erika Mustermann → Erika Muster; business +4930901820 → +4930901821; home +49301 added; " +
				"mobile typed 0170 1234567 → 0170/1234567; tty 1 / 2 removed"}},
		{&erika, with(func(e *phonebook.Entry) {
			e.Company, e.Department, e.JobTitle, e.GivenName, e.Surname = "", "Vertrieb", "Chefin", "Erika", "Mustermann"
			e.Emails, e.Categories, e.Birthday, e.Notes = nil, []string{"rot", "blau"}, "--02-29", "very private"
			e.Addresses = []phonebook.Address{{City: "Berlin"}}
		}), phonebook.Detail{Op: phonebook.Updated, Name: "Erika Mustermann",
			What: "e-mail erika@example.org removed; company Muster AG removed; department Vertrieb added; job title Chefin added; " +
				"given name Erika added; surname Mustermann added; birthday --02-29 added; categories rot, blau added; address changed; notes changed"}},
	} {
		if got := phonebook.Difference(c.before, c.after); got != c.want {
			t.Errorf("%q\nwant %q", got, c.want)
		}
	}
}
