package phonebook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Detail is one change of a dry run, in words.
type Detail struct {
	Op   Op
	Name string // the entry's display name
	What string // of one that changes what is different, of another its numbers
}

// Op is what happens to an entry.
type Op byte

// What a Detail can say.
const (
	Added   Op = '+'
	Updated Op = '~'
	Removed Op = '-'
)

// Difference says what becomes of an entry; before or after is nil where there
// is none. The text of notes is private and never in it.
func Difference(before, after *Entry) Detail {
	switch {
	case before == nil:
		return Detail{Added, after.DisplayName, after.reach()}
	case after == nil:
		return Detail{Removed, before.DisplayName, before.reach()}
	}
	return Detail{Updated, after.DisplayName, changed(before, after)}
}

// few is how many numbers tell who is meant.
const few = 3

// reach says how to reach somebody: by telephone, else by e-mail.
func (e *Entry) reach() string {
	var ways []string
	for _, n := range e.Numbers {
		ways = append(ways, fmt.Sprintf("%s (%s)", n.dialled(), n.Kind.words()))
	}
	if len(ways) == 0 {
		ways = e.Emails
	}
	if rest := len(ways) - few; rest > 0 {
		ways = append(slices.Clone(ways[:few]), fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(ways, ", ")
}

// dialled returns the number as a telephone has it, or as it was typed.
func (n Number) dialled() string { return cmp.Or(n.Number, n.AsTyped) }

// words returns a kind as people write it.
func (k Kind) words() string { return strings.ReplaceAll(string(k), "_", " ") }

// changed lists what is different.
func changed(before, after *Entry) string {
	var all []string
	add := func(what, was, is string) {
		switch {
		case was == is:
		case was == "":
			all = append(all, what+" "+is+" added")
		case is == "":
			all = append(all, what+" "+was+" removed")
		default:
			all = append(all, what+" "+was+" → "+is)
		}
	}
	add("name", before.DisplayName, after.DisplayName)
	for _, k := range kindsOf(before, after) {
		was, is := numbersOf(before, k, Number.dialled), numbersOf(after, k, Number.dialled)
		add(k.words(), was, is)
		if was == is {
			typed := func(n Number) string { return n.AsTyped }
			add(k.words()+" typed", numbersOf(before, k, typed), numbersOf(after, k, typed))
		}
	}
	add("e-mail", strings.Join(before.Emails, ", "), strings.Join(after.Emails, ", "))
	add("company", before.Company, after.Company)
	add("department", before.Department, after.Department)
	add("job title", before.JobTitle, after.JobTitle)
	add("given name", before.GivenName, after.GivenName)
	add("surname", before.Surname, after.Surname)
	add("birthday", before.Birthday, after.Birthday)
	add("categories", strings.Join(before.Categories, ", "), strings.Join(after.Categories, ", "))
	if !slices.Equal(before.Addresses, after.Addresses) {
		all = append(all, "address changed")
	}
	if before.Notes != after.Notes {
		all = append(all, "notes changed")
	}
	return strings.Join(all, "; ")
}

// kindsOf returns the kinds of both entries' numbers in their order.
func kindsOf(before, after *Entry) (kinds []Kind) {
	for _, n := range slices.Concat(before.Numbers, after.Numbers) {
		if !slices.Contains(kinds, n.Kind) {
			kinds = append(kinds, n.Kind)
		}
	}
	slices.SortStableFunc(kinds, func(a, b Kind) int { return cmp.Compare(a.rank(), b.rank()) })
	return kinds
}

// numbersOf returns the numbers of a kind, as text says.
func numbersOf(e *Entry, k Kind, text func(Number) string) string {
	var all []string
	for _, n := range e.Numbers {
		if n.Kind == k {
			all = append(all, text(n))
		}
	}
	return strings.Join(all, " / ")
}
