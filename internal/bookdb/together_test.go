package bookdb_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// three are replacements of three owners' phonebooks by so many entries.
func three(n int) []phonebook.Replacement {
	var rs []phonebook.Replacement
	for i, owner := range []string{"anna", "ben", "chris"} {
		rs = append(rs, replacement(owner, entriesFrom(i*20_000, n)))
	}
	return rs
}

// What is replaced together is what each would be alone, numbers included,
// also where these are inserted in several goes.
func TestReplaceAll(t *testing.T) {
	together, _ := open(t)
	alone, _ := open(t)
	for _, n := range []int{5, 3, 900, 12_000} {
		for i, answer := range together.ReplaceAll(ctx, three(n)) {
			if answer.Err != nil {
				t.Fatal(answer.Err)
			}
			wantChanges(t, answer.Changes, replace(t, alone, three(n)[i]))
		}
		for _, r := range three(n) {
			same(t, r.Owner, together, alone)
		}
	}
}

// same compares a phonebook in two files.
func same(t *testing.T, owner string, a, b *bookdb.DB) {
	t.Helper()
	got, _, err := a.Phonebook(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := b.Phonebook(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the phonebook of %s is not what it is alone", owner)
	}
}

// One that fails leaves the others alone.
func TestReplaceAllWithOneThatFails(t *testing.T) {
	lost := errors.New("the entries are lost")
	for name, spoil := range map[string]struct {
		spoil func(*phonebook.Replacement)
		want  error
	}{
		"entries": {func(r *phonebook.Replacement) { r.Entries = failing(r.Entries, 2, lost) }, lost},
		"state":   {func(r *phonebook.Replacement) { r.Since = "of another run" }, phonebook.ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := open(t)
			for _, answer := range db.ReplaceAll(ctx, three(5)) {
				if answer.Err != nil {
					t.Fatal(answer.Err)
				}
			}
			rs := three(7)
			spoil.spoil(&rs[1])
			answers := db.ReplaceAll(ctx, rs)
			if !errors.Is(answers[1].Err, spoil.want) {
				t.Errorf("error %v, want %v", answers[1].Err, spoil.want)
			}
			for i, want := range []int{7, 5, 7} {
				p, _, err := db.Phonebook(ctx, rs[i].Owner)
				if err != nil || len(p.Entries) != want || i != 1 && answers[i].Err != nil {
					t.Errorf("%s has %d entries, want %d: %v %v", rs[i].Owner, len(p.Entries), want, err, answers[i].Err)
				}
			}
		})
	}
}

// What the file refuses to one of them it still takes from the others.
func TestReplaceAllWithOneThatTheFileRefuses(t *testing.T) {
	db, path := open(t)
	shell(t, path, "CREATE UNIQUE INDEX theirs ON entry(notes) WHERE notes = 'once'")
	rs := three(5)
	twice := entriesFrom(100, 5)
	twice[1].Notes, twice[3].Notes = "once", "once"
	rs[1] = replacement("ben", twice)
	answers := db.ReplaceAll(ctx, rs)
	if err := answers[1].Err; err == nil || !strings.Contains(err.Error(), "replace the phonebook of ben") {
		t.Errorf("error %v", err)
	}
	for i, want := range []int{5, 0, 5} {
		p, _, err := db.Phonebook(ctx, rs[i].Owner)
		if err != nil || len(p.Entries) != want || i != 1 && answers[i].Err != nil {
			t.Errorf("%s has %d entries, want %d: %v %v", rs[i].Owner, len(p.Entries), want, err, answers[i].Err)
		}
	}
}

// Where they are replaced one by one, a failure that is not one phonebook's own
// is not tried with all that come behind.
func TestReplaceAllEndsWhereTheFileFails(t *testing.T) {
	db, _ := open(t)
	rs := append(three(5), replacement("dirk", entriesFrom(0, 5)))
	rs[1].Since = "of another run" // so that they are not replaced together
	damage := fault.New(fault.Damage, "restore it", "the file is damaged")
	rs[2].Entries = failing(rs[2].Entries, 2, damage)
	answers := db.ReplaceAll(ctx, rs)
	if answers[0].Err != nil || !errors.Is(answers[1].Err, phonebook.ErrStale) || answers[2].Err != damage || answers[3].Err != damage {
		t.Errorf("answers %+v", answers)
	}
	if books, err := db.List(ctx); err != nil || len(books) != 1 {
		t.Errorf("phonebooks %v, %v", books, err)
	}
}

// failing returns so many of the entries and then an error.
func failing(all iter.Seq2[phonebook.Entry, error], n int, err error) iter.Seq2[phonebook.Entry, error] {
	return func(yield func(phonebook.Entry, error) bool) {
		i := 0
		for e := range all {
			if i++; i > n {
				yield(phonebook.Entry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Where the file cannot be written, nobody's phonebook is, and each is told.
func TestReplaceAllThatIsStopped(t *testing.T) {
	db, _ := open(t)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	for _, answer := range db.ReplaceAll(stopped, three(5)) {
		if !errors.Is(answer.Err, context.Canceled) {
			t.Errorf("error %v", answer.Err)
		}
	}
	if books, err := db.List(ctx); err != nil || len(books) > 0 {
		t.Errorf("phonebooks %v, %v", books, err)
	}
}
