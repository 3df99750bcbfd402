package phonebook

import (
	"cmp"
	"slices"
	"strings"
)

// Sort sorts entries in the order of a phonebook; see Compare.
func Sort(entries []Entry) { slices.SortFunc(entries, Compare) }

// Compare orders entries by the code points of the display name, then of the
// other fields in the order in which Entry declares them, then by id. It is
// negative where a stands before b, positive where after, and 0 only where
// they are equal. UTF-8 sorts by bytes as it does by code points.
func Compare(a, b Entry) int {
	if c := strings.Compare(a.DisplayName, b.DisplayName); c != 0 {
		return c // nearly always, and cmp.Or would compute all the others first
	}
	return cmp.Or(
		strings.Compare(a.GivenName, b.GivenName),
		strings.Compare(a.Surname, b.Surname),
		strings.Compare(a.Company, b.Company),
		strings.Compare(a.Department, b.Department),
		strings.Compare(a.JobTitle, b.JobTitle),
		slices.Compare(a.Emails, b.Emails),
		slices.CompareFunc(a.Numbers, b.Numbers, compareNumbers),
		slices.CompareFunc(a.Addresses, b.Addresses, compareAddresses),
		strings.Compare(a.Birthday, b.Birthday),
		strings.Compare(a.Notes, b.Notes),
		slices.Compare(a.Categories, b.Categories),
		strings.Compare(a.ID, b.ID),
	)
}

func compareNumbers(a, b Number) int {
	return cmp.Or(
		strings.Compare(string(a.Kind), string(b.Kind)),
		strings.Compare(a.Number, b.Number),
		strings.Compare(a.AsTyped, b.AsTyped),
	)
}

func compareAddresses(a, b Address) int {
	return cmp.Or(
		strings.Compare(string(a.Kind), string(b.Kind)),
		strings.Compare(a.Street, b.Street),
		strings.Compare(a.PostalCode, b.PostalCode),
		strings.Compare(a.City, b.City),
		strings.Compare(a.State, b.State),
		strings.Compare(a.Country, b.Country),
	)
}
