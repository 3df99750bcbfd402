package bookdb_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// synced opens a file in which anna has so many entries, in the state "1".
func synced(t testing.TB, n int) (*bookdb.DB, string) {
	t.Helper()
	db, path := open(t)
	r := replacement("anna", entries(n))
	r.State = "1"
	replace(t, db, r)
	return db, path
}

// delta returns what happened between the states "1" and "2".
func delta(changed []phonebook.Entry, gone ...string) phonebook.Replacement {
	r := replacement("anna", changed)
	r.Since, r.State, r.Gone = "1", "2", gone
	return r
}

func wantKnown(t testing.TB, db *bookdb.DB, owner string, want phonebook.Known) {
	t.Helper()
	known, err := db.Known(ctx, []string{"nobody", owner})
	if err != nil || !reflect.DeepEqual(known, map[string]phonebook.Known{owner: want}) {
		t.Errorf("Known = %+v, %v; want %+v", known, err, want)
	}
}

func TestDelta(t *testing.T) {
	db, _ := synced(t, 10)
	wantKnown(t, db, "anna", phonebook.Known{State: "1"})
	next := entries(12)
	next[4].Surname = "New"
	next[5].Numbers = next[5].Numbers[:1]
	next[6].Numbers = append(next[6].Numbers, phonebook.Number{Kind: phonebook.Pager, AsTyped: "7"})
	next[7].Numbers = nil
	next[8].Numbers = append([]phonebook.Number{}, next[8].Numbers...)
	next[8].Numbers[1].AsTyped = "0170 8"
	r := delta(next[4:], next[0].ID, next[2].ID)
	r.SyncedAt = "2026-02-02T00:00:00Z"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Added: 2, Updated: 5, Removed: 2, Entries: 10})
	want := append([]phonebook.Entry{next[1], next[3]}, next[4:]...)
	wantBook(t, db, "anna", want)
	wantKnown(t, db, "anna", phonebook.Known{State: "2"})
	if p, _, _ := db.Phonebook(ctx, "anna"); p.SyncedAt != r.SyncedAt {
		t.Errorf("synced_at %s", p.SyncedAt)
	}
	// Once more, as a service may tell it: it does no harm and counts nothing.
	r.Since = "2"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: 10})
	wantBook(t, db, "anna", want)
	// What a full reading finds is the same.
	wantChanges(t, replace(t, db, replacement("anna", want)), phonebook.Changes{Entries: 10})
	wantKnown(t, db, "anna", phonebook.Known{}) // it left no state
}

// TestDeltaReadsOnlyWhatIsNamed changes the others unnoticed.
func TestDeltaReadsOnlyWhatIsNamed(t *testing.T) {
	db, path := synced(t, 10)
	shell(t, path, ".dbconfig enable_trigger off", "UPDATE entry SET job_title = 'as it was'; UPDATE number SET kind = 'as it was'")
	next := entries(10)
	next[3].Surname = "New"
	wantChanges(t, replace(t, db, delta(next[3:5], next[9].ID)), phonebook.Changes{Updated: 1, Removed: 1, Entries: 9})
	got := shell(t, path, "SELECT group_concat(display_name) FROM entry WHERE job_title <> 'as it was'; SELECT count(*) FROM number WHERE kind <> 'as it was'")
	if got != "Name 000003\n3" {
		t.Errorf("written: %s", got)
	}
	for query, plan := range map[string]string{
		"SELECT id, hash FROM entry WHERE phonebook = 1 AND hash BETWEEN x'00' AND x'ff'": "USING COVERING INDEX entry_known (phonebook=? AND hash>? AND hash<?)",
		"SELECT id, hash FROM entry WHERE phonebook = 1 ORDER BY hash":                    "USING COVERING INDEX entry_known (phonebook=?)",
		"SELECT count(*) FROM entry WHERE phonebook = 1":                                  "USING COVERING INDEX entry_known (phonebook=?)",
	} {
		if got := shell(t, path, "EXPLAIN QUERY PLAN "+query); !strings.HasSuffix(got, plan) || strings.Contains(got, "TEMP") {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func TestDeltaThatRenames(t *testing.T) {
	db, _ := synced(t, 2)
	r := delta(nil)
	r.Title = "Outlook"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: 2, Renamed: "Privat"})
}

// TestDeltaThatEmpties removes every entry: the service said so of each.
func TestDeltaThatEmpties(t *testing.T) {
	db, _ := synced(t, 2)
	wantChanges(t, replace(t, db, delta(nil, entry(0).ID, entry(1).ID)), phonebook.Changes{Removed: 2})
	wantBook(t, db, "anna", nil)
	wantKnown(t, db, "anna", phonebook.Known{State: "2"})
}

func TestDryRunOfADelta(t *testing.T) {
	db, path := synced(t, 3)
	next := entries(4)
	next[1].Surname = "New"
	r := delta(next[1:], next[0].ID, "not there")
	r.DryRun = true
	before := shell(t, path, ".dump")
	wantChanges(t, replace(t, db, r), phonebook.Changes{Added: 1, Updated: 1, Removed: 1, Entries: 3, Details: []phonebook.Detail{
		detail(phonebook.Removed, 0), {Op: phonebook.Updated, Name: "Name 000001", What: "surname O'Hara → New"}, detail(phonebook.Added, 3),
	}})
	r.Since = "0"
	if _, err := db.Replace(ctx, r); !errors.Is(err, phonebook.ErrStale) {
		t.Errorf("another state: %v", err)
	}
	if shell(t, path, ".dump") != before {
		t.Error("a dry run changed the file")
	}
}

// TestKeptState sees that a phonebook that would have become empty keeps its
// state too.
func TestKeptState(t *testing.T) {
	db, path := synced(t, 3)
	before := shell(t, path, ".dump")
	r := replacement("anna", nil)
	r.State = "2"
	wantChanges(t, replace(t, db, r), phonebook.Changes{Kept: true, Entries: 3})
	if shell(t, path, ".dump") != before {
		t.Error("a phonebook that was kept has changed")
	}
	wantKnown(t, db, "anna", phonebook.Known{State: "1"})
}

// TestStale names changes since another state, or of a phonebook that others
// wrote to. Nothing changes, and the reason is told in words.
func TestStale(t *testing.T) {
	tests := map[string]struct {
		script string
		change func(*phonebook.Replacement)
		why    string
	}{
		"another state":       {"", func(r *phonebook.Replacement) { r.Since = "0" }, "not as that run left it"},
		"no phonebook":        {"", func(r *phonebook.Replacement) { r.Owner = "ben" }, "no phonebook yet"},
		"own phonebook":       {"INSERT INTO phonebook(owner, title) VALUES('ben', 'Privat')", func(r *phonebook.Replacement) { r.Owner = "ben" }, "no phonebook yet"},
		"entry edited":        {"UPDATE entry SET surname = 'Hand' WHERE id = 2", nil, "somebody else"},
		"entry added":         {"INSERT INTO entry(phonebook, display_name) VALUES(1, 'Hand')", nil, "somebody else"},
		"entry deleted":       {"DELETE FROM entry WHERE id = 2", nil, "somebody else"},
		"number edited":       {"UPDATE number SET number = '+4930' WHERE entry = 2", nil, "somebody else"},
		"number deleted":      {"DELETE FROM number WHERE entry = 2", nil, "somebody else"},
		"hash copied":         {"UPDATE entry SET hash = (SELECT hash FROM entry WHERE id = 1) WHERE id = 2", nil, "somebody else"},
		"state edited":        {"UPDATE mailbox_state SET state = '1'", nil, "somebody else"},
		"state of another":    {"UPDATE mailbox_state SET state = '0'", func(r *phonebook.Replacement) { r.Since = "0" }, "somebody else"},
		"state deleted":       {"DELETE FROM mailbox_state", nil, "somebody else"},
		"state deleted at 1":  {"DELETE FROM mailbox_state WHERE phonebook = 1", nil, "somebody else"},
		"state replaced":      {"INSERT OR REPLACE INTO mailbox_state VALUES(1, '1', 3)", nil, "somebody else"},
		"state restored":      {"CREATE TEMP TABLE c AS SELECT * FROM mailbox_state; DELETE FROM mailbox_state; INSERT INTO mailbox_state SELECT * FROM c", nil, "somebody else"},
		"state moved":         {"UPDATE mailbox_state SET phonebook = 2", nil, "somebody else"},
		"state moved here":    {"INSERT INTO mailbox_state VALUES(2, '0', 3); DELETE FROM touched; UPDATE OR REPLACE mailbox_state SET phonebook = 1 WHERE phonebook = 2", func(r *phonebook.Replacement) { r.Since = "0" }, "somebody else"},
		"state without an id": {"DELETE FROM mailbox_state; DELETE FROM touched; INSERT INTO mailbox_state(state) VALUES('1')", nil, "somebody else"},
		"state no text":       {"UPDATE mailbox_state SET state = x'00ff', entries = 'x'", nil, "somebody else"},
		"another's phonebook": {"UPDATE phonebook SET owner = 'ben'", func(r *phonebook.Replacement) { r.Owner = "ben" }, "somebody else"},
		"phonebook copied":    {"INSERT INTO phonebook(owner, title, managed_by) SELECT 'ben', title, managed_by FROM phonebook; INSERT INTO mailbox_state SELECT 2, state, entries FROM mailbox_state", func(r *phonebook.Replacement) { r.Owner = "ben" }, "somebody else"},
		"phonebook made anew": {"DELETE FROM phonebook; INSERT INTO phonebook(id, owner, managed_by) VALUES(1, 'anna', 'contactsync')", nil, "somebody else"},
		"an entry twice":      {".dbconfig enable_trigger off\nCREATE TEMP TABLE c AS SELECT * FROM entry WHERE id = 2; UPDATE c SET id = 99; INSERT INTO entry SELECT * FROM c", nil, "twice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			db, path := synced(t, 3)
			if test.script != "" {
				shell(t, path, strings.Split(test.script, "\n")...)
			}
			next := entries(4)
			next[1].Surname = "New"
			r := delta(next[1:], next[0].ID)
			if test.change != nil {
				test.change(&r)
			}
			before := shell(t, path, ".dump")
			_, err := db.Replace(ctx, r)
			if !errors.Is(err, phonebook.ErrStale) || !strings.Contains(err.Error(), test.why) || fault.ClassOf(err) != fault.Member {
				t.Errorf("error %v, want one that says %q", err, test.why)
			}
			if test.why != "twice" {
				confirmed, err := db.Confirm(ctx, []phonebook.Replacement{r})
				if err != nil || !errors.Is(confirmed[0].Err, phonebook.ErrStale) || !strings.Contains(confirmed[0].Err.Error(), test.why) {
					t.Errorf("Confirm: %+v, %v", confirmed, err)
				}
			}
			if after := shell(t, path, ".dump"); withoutOrphans(after) != withoutOrphans(before) {
				t.Errorf("the file was changed:\n%s\nwas\n%s", after, before)
			}
			// Reading in full puts everything right.
			r.Entries, r.Len, r.Since, r.Gone = phonebook.All(next[1:]), 3, "", nil
			replace(t, db, r)
			wantBook(t, db, r.Owner, next[1:])
			wantKnown(t, db, r.Owner, phonebook.Known{State: "2"})
			r.Len, r.Entries, r.Since, r.State = 0, nil, "2", "3"
			wantChanges(t, replace(t, db, r), phonebook.Changes{Entries: 3})
		})
	}
}

// withoutOrphans leaves out of a dump what a sweep may remove: what belongs to
// no phonebook, and the mark that says so.
func withoutOrphans(dump string) string {
	var kept []string
	for _, line := range strings.Split(dump, "\n") {
		if !strings.HasPrefix(line, "INSERT INTO touched VALUES(0)") && !strings.HasPrefix(line, "INSERT INTO number") &&
			!strings.HasPrefix(line, "INSERT INTO mailbox_state VALUES(2") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// TestIteratorFails lets the entries end with an error, at once and in the
// middle. The phonebook stays as it was, and the error comes back as it is.
func TestIteratorFails(t *testing.T) {
	broken := fault.New(fault.Member, "free some space", "read the temporary file: no space left on device")
	for _, after := range []int{0, 1, 40} {
		for _, since := range []string{"", "1"} {
			db, path := synced(t, 30)
			before := shell(t, path, ".dump")
			other := entries(60)[20:]
			for i := range other {
				other[i].Surname = "New"
			}
			r := replacement("anna", nil)
			r.Since, r.State, r.Len = since, "2", 40
			if since != "" {
				r.Gone = []string{entry(0).ID}
			}
			r.Entries = func(yield func(phonebook.Entry, error) bool) {
				for _, e := range other[:after] {
					if !yield(e, nil) {
						return
					}
				}
				yield(phonebook.Entry{}, broken)
			}
			_, err := db.Replace(ctx, r)
			if err != broken {
				t.Errorf("after %d since %q: %v", after, since, err)
			}
			if shell(t, path, ".dump") != before {
				t.Errorf("after %d since %q: the file was changed", after, since)
			}
			r.Entries = phonebook.All(other[:39])
			if _, err := db.Replace(ctx, r); err == nil || !strings.Contains(err.Error(), "39") || shell(t, path, ".dump") != before {
				t.Errorf("one entry too few: %v", err)
			}
		}
	}
}

func TestConfirm(t *testing.T) {
	db, path := open(t)
	owners := []string{"anna", "ben", "carl", "dora"}
	for i, owner := range owners {
		r := replacement(owner, entries(i+1))
		r.State = "1"
		replace(t, db, r)
	}
	shell(t, path, "UPDATE entry SET surname = 'Hand' WHERE phonebook = 2; INSERT INTO phonebook(owner) VALUES('own')")
	var rs []phonebook.Replacement
	for i, owner := range append(owners, "eve") {
		rs = append(rs, phonebook.Replacement{Owner: owner, Title: "Privat", SyncedAt: "2026-02-02T00:00:00Z", Since: "1", State: fmt.Sprint("2 of ", i)})
	}
	rs[2].Since = "0"
	rs[3].Title = "Outlook"
	got, err := db.Confirm(ctx, rs)
	if err != nil || len(got) != 5 || got[0] != (phonebook.Confirmed{Entries: 1}) || got[3] != (phonebook.Confirmed{Entries: 4}) {
		t.Errorf("Confirm = %+v, %v", got, err)
	}
	for _, i := range []int{1, 2, 4} {
		if !errors.Is(got[i].Err, phonebook.ErrStale) || got[i].Entries != 0 {
			t.Errorf("answer %d: %+v", i, got[i])
		}
	}
	const books = "SELECT owner, title, synced_at, state FROM phonebook LEFT JOIN mailbox_state ON phonebook = id"
	want := "anna|Privat|2026-02-02T00:00:00Z|2 of 0\nben|Privat|" + syncedAt + "|1\ncarl|Privat|" + syncedAt + "|1\ndora|Outlook|2026-02-02T00:00:00Z|2 of 3\nown|||"
	if got := shell(t, path, books); got != want {
		t.Errorf("the phonebooks are\n%s\nwant\n%s", got, want)
	}
	wantKnown(t, db, "anna", phonebook.Known{State: "2 of 0"})
	wantKnown(t, db, "ben", phonebook.Known{State: "1", Touched: true})
	if got, err := db.Confirm(ctx, nil); len(got) != 0 || err != nil {
		t.Errorf("nothing: %v, %v", got, err)
	}
	if known, err := db.Known(ctx, nil); len(known) != 0 || err != nil {
		t.Errorf("nobody: %v, %v", known, err)
	}
	// A state that is not told is unknown afterwards.
	rs[0].Since, rs[0].State = "2 of 0", ""
	if got, err := db.Confirm(ctx, rs[:1]); err != nil || got[0].Err != nil {
		t.Errorf("without a state: %v, %v", got, err)
	}
	wantKnown(t, db, "anna", phonebook.Known{})
}

// TestConfirmSweeps sees that a night without changes takes away what belongs
// to nothing any more, too.
func TestConfirmSweeps(t *testing.T) {
	db, path := synced(t, 3)
	replace(t, db, replacement("ben", entries(2)))
	shell(t, path, "DELETE FROM phonebook WHERE owner = 'ben'; INSERT INTO number VALUES(4711, 0, 'home', '+4930', '030')")
	r := delta(nil)
	if got, err := db.Confirm(ctx, []phonebook.Replacement{r}); err != nil || got[0] != (phonebook.Confirmed{Entries: 3}) {
		t.Errorf("Confirm = %+v, %v", got, err)
	}
	got := shell(t, path, "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM number), (SELECT count(*) FROM touched), (SELECT count(*) FROM mailbox_state)")
	if got != "3|9|0|1" {
		t.Errorf("entries, numbers, marks and states: %s", got)
	}
}

func TestDeleteForgetsTheState(t *testing.T) {
	db, path := synced(t, 3)
	if err := db.Delete(ctx, "anna"); err != nil {
		t.Fatal(err)
	}
	if got := shell(t, path, "SELECT count(*) FROM mailbox_state"); got != "0" {
		t.Errorf("%s states are left", got)
	}
}
