package phonebook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rules are the choices an administrator has in how contacts become entries.
type Rules struct {
	Region            string // ISO 3166 code of the country of numbers without a country code
	AreaCode          string // area code of local numbers, with or without the trunk prefix; empty: none
	SkipWithoutNumber bool   // leave out contacts that have no telephone number
	Notes             bool   // keep notes
}

// Normaliser makes entries of contacts. It is safe for concurrent use.
type Normaliser struct {
	rules Rules
	plan  plan
}

// NewNormaliser returns a Normaliser that follows rules. The error names the
// value where Region is no country or AreaCode is no area code.
func NewNormaliser(rules Rules) (*Normaliser, error) {
	plan, err := newPlan(rules.Region, rules.AreaCode)
	if err != nil {
		return nil, fmt.Errorf("making entries: %w", err)
	}
	return &Normaliser{rules: rules, plan: plan}, nil
}

// Entry makes an entry of a contact; false says that the contact has no place
// in a phonebook: where the entry has a display name all the same the rules
// leave it out, else there is nothing by which anybody could be told. The entry
// is the same whichever service the contact came from, but for its id.
func (n *Normaliser) Entry(c Contact) (Entry, bool) {
	e := Entry{
		ID:          c.ID,
		DisplayName: line(c.DisplayName),
		GivenName:   line(c.GivenName),
		Surname:     line(c.Surname),
		Company:     line(c.Company),
		Department:  line(c.Department),
		JobTitle:    line(c.JobTitle),
		Emails:      emails(c.Emails),
		Numbers:     n.numbers(c.Phones),
		Addresses:   addresses(c.Addresses),
		Birthday:    birthday(c.Birthday),
		Categories:  lines(c.Categories),
	}
	if n.rules.Notes {
		e.Notes = block(c.Notes)
	}
	if e.DisplayName == "" {
		e.DisplayName = fallbackName(e)
	}
	if e.DisplayName == "" || n.rules.SkipWithoutNumber && len(e.Numbers) == 0 {
		return Entry{DisplayName: e.DisplayName}, false
	}
	return e, true
}

// fallbackName returns what stands for a display name that is missing; empty
// where the entry has nothing by which anybody could be told.
func fallbackName(e Entry) string {
	name := strings.TrimSpace(e.GivenName + " " + e.Surname)
	if name = cmp.Or(name, e.Company); name != "" {
		return name
	}
	if len(e.Emails) > 0 {
		return e.Emails[0]
	}
	if len(e.Numbers) > 0 {
		return e.Numbers[0].AsTyped
	}
	return ""
}

// lines cleans each text and drops those that are empty.
func lines(texts []string) []string {
	var clean []string
	for _, text := range texts {
		if text = line(text); text != "" {
			clean = append(clean, text)
		}
	}
	return clean
}

// emails returns the e-mail addresses of a contact's slots. What Exchange
// files under an address type of its own is no e-mail address.
func emails(slots []string) []string {
	var all []string
	for _, slot := range lines(slots) {
		if address := withoutType(slot, "smtp:"); address != "" && !isX500(address) {
			all = append(all, address)
		}
	}
	return all
}

// withoutType returns an address without its address type, if it has that one.
func withoutType(address, kind string) string {
	if len(address) >= len(kind) && strings.EqualFold(address[:len(kind)], kind) {
		return strings.TrimSpace(address[len(kind):])
	}
	return address
}

// isX500 reports whether an address is a directory name of Exchange, such as
// "/o=Example/ou=Exchange Administrative Group/cn=Recipients/cn=anna", with or
// without its address type in front, or one packed into the form of an e-mail
// address (IMCEAEX).
func isX500(address string) bool {
	for _, kind := range []string{"ex:", "x500:", "x400:"} {
		address = withoutType(address, kind)
	}
	return strings.HasPrefix(address, "/") && strings.Contains(address, "=") ||
		strings.HasPrefix(strings.ToLower(address), "imceaex-")
}

// numbers returns the filled telephone slots in the order of Kinds, each
// number once within its kind.
func (n *Normaliser) numbers(slots []Phone) []Number {
	var numbers []Number
	for _, slot := range slots {
		typed := line(slot.Number)
		if typed == "" {
			continue
		}
		e164, _ := n.Number(typed)
		number := Number{Kind: slot.Kind, Number: e164, AsTyped: typed}
		if !slices.ContainsFunc(numbers, number.same) {
			numbers = append(numbers, number)
		}
	}
	slices.SortStableFunc(numbers, func(a, b Number) int { return cmp.Compare(a.Kind.rank(), b.Kind.rank()) })
	return numbers
}

// same reports whether two numbers of an entry are one: the same kind, and the
// same number in whichever spelling, or the same text where that is no number.
func (a Number) same(b Number) bool {
	return a.Kind == b.Kind && a.Number == b.Number && (a.Number != "" || a.AsTyped == b.AsTyped)
}

// addresses returns the postal addresses that are not empty, in the order
// business, home, other.
func addresses(all []Address) []Address {
	var filled []Address
	for _, a := range all {
		a = Address{
			Kind:       a.Kind,
			Street:     block(a.Street),
			PostalCode: line(a.PostalCode),
			City:       line(a.City),
			State:      line(a.State),
			Country:    line(a.Country),
		}
		if a != (Address{Kind: a.Kind}) {
			filled = append(filled, a)
		}
	}
	slices.SortStableFunc(filled, func(a, b Address) int { return cmp.Compare(a.Kind.rank(), b.Kind.rank()) })
	return filled
}

// Years with which Outlook and Exchange say something else than a year.
const (
	yearUnknown = 1604 // the birthday has no year
	yearNone    = 4501 // no birthday; the far end of Outlook's calendar
)

// birthday returns the date of an RFC 3339 time as YYYY-MM-DD, or as --MM-DD
// where the year is unknown; empty where the time means none or is no time.
//
// Exchange keeps a birthday as a time in UTC: 11:59 of that day, or where
// Outlook for Windows wrote it midnight of the user's own zone, which in Europe
// is the evening before. Half a day later (but for noon itself) all are on the day that was meant.
// A time in another zone than UTC has its date written before it.
func birthday(written string) string {
	written = strings.TrimSpace(written)
	date, err := time.Parse(time.RFC3339, written)
	if _, offset := date.Zone(); err == nil && offset == 0 {
		date = date.Add(12*time.Hour - time.Second)
	}
	if err != nil {
		date, err = time.Parse(time.DateOnly, written[:min(len(written), len(time.DateOnly))])
	}
	if err != nil || date.Year() <= 1 || date.Year() == yearNone {
		return ""
	}
	if date.Year() == yearUnknown {
		return date.Format("--01-02")
	}
	return date.Format(time.DateOnly)
}
