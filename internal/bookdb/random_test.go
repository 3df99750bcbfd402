package bookdb_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
)

var (
	seed  = flag.Uint64("seed", 0, "seed of TestRandom; 0: any")
	steps = flag.Int("steps", 1500, "steps of TestRandom")
)

// world is the store under test beside a model of it: what each member's
// mailbox holds, and what it held at each state that a run left.
type world struct {
	*rand.Rand
	t     *testing.T
	path  string
	db    *bookdb.DB
	other *sql.DB // somebody else's connection
	boxes map[string]*box
	count map[string]int // of what happened
}

// box is a mailbox.
type box struct {
	now    map[string]phonebook.Entry
	then   map[string]map[string]phonebook.Entry // by state
	title  string
	states int
}

// TestRandom changes mailboxes, the phonebooks by hand, and the file, and
// after each run a phonebook has to hold what a full replacement would have
// made of it.
func TestRandom(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d -steps %d", *seed, *steps)
	w := &world{Rand: rand.New(rand.NewPCG(*seed, 0)), t: t, path: filepath.Join(t.TempDir(), "phonebooks.db"), boxes: map[string]*box{}, count: map[string]int{}}
	for _, owner := range []string{"anna", "ben", "carl"} {
		w.boxes[owner] = &box{now: map[string]phonebook.Entry{}, then: map[string]map[string]phonebook.Entry{}, title: "Privat"}
	}
	w.open()
	defer w.close()
	for step := range *steps {
		w.step()
		if t.Failed() {
			t.Fatalf("in step %d", step)
		}
	}
	t.Logf("%v", w.count)
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.db, err = bookdb.Open(w.path); err != nil {
		w.t.Fatal(err)
	}
	if w.other, err = sql.Open("sqlite3", "file:"+w.path+"?_busy_timeout=10000"); err != nil {
		w.t.Fatal(err)
	}
	w.other.SetMaxOpenConns(1)
}

func (w *world) close() {
	if err := errors.Join(w.other.Close(), w.db.Close()); err != nil {
		w.t.Error(err)
	}
}

func (w *world) step() {
	owner := pick(w, []string{"anna", "ben", "carl"})
	switch n := w.IntN(100); {
	case n < 20:
		w.edit()
	case n < 21:
		w.restore()
	case n < 23:
		w.withoutTriggers()
	case n < 25:
		w.close()
		w.open()
	case n < 26:
		w.did("deleted")
		if err := w.db.Delete(ctx, owner); err != nil {
			w.t.Error(err)
		}
	case n < 27:
		w.boxes[owner].title = fmt.Sprint("Title ", w.IntN(3))
	case n < 50:
		w.sync(w.some()...)
	default:
		w.sync(owner)
	}
}

// some returns several owners, in any order.
func (w *world) some() []string {
	owners := slices.Sorted(maps.Keys(w.boxes))
	w.Shuffle(len(owners), func(i, j int) { owners[i], owners[j] = owners[j], owners[i] })
	return owners[:2+w.IntN(len(owners)-1)]
}

func (w *world) did(what string) { w.count[what]++ }

func pick[T any](w *world, from []T) T { return from[w.IntN(len(from))] }

// entry makes an entry that may well be one that there was before.
func (w *world) entry(id string) phonebook.Entry {
	e := phonebook.Entry{ID: id, DisplayName: "Name " + id, Surname: fmt.Sprint("Surname ", w.IntN(3))}
	for i := range w.IntN(3) {
		n := phonebook.Number{Kind: phonebook.Mobile, AsTyped: fmt.Sprint(i, " ", w.IntN(3))}
		if w.IntN(2) == 0 {
			n.Number = fmt.Sprint("+4930", n.AsTyped[:1])
		}
		e.Numbers = append(e.Numbers, n)
	}
	if w.IntN(3) == 0 {
		e.Notes = strings.Repeat("note ", w.IntN(2000))
		e.Emails = []string{"a@example.com"}
	}
	return e
}

// change makes some changes in a mailbox.
func (w *world) change(b *box) {
	for range w.IntN(8) {
		id := fmt.Sprint("id ", w.IntN(40))
		if w.IntN(3) == 0 {
			delete(b.now, id)
		} else {
			b.now[id] = w.entry(id)
		}
	}
	if w.IntN(60) == 0 {
		clear(b.now)
	}
}

// try is a replacement to be made, and what there was before.
type try struct {
	*box
	phonebook.Replacement
	before map[string]phonebook.Entry
	known  phonebook.Known
}

// sync does what a run does with some mailboxes.
func (w *world) sync(owners ...string) {
	var tries []try
	var rs []phonebook.Replacement
	for _, owner := range owners {
		if next := w.prepare(owner); next != nil {
			tries, rs = append(tries, *next), append(rs, next.Replacement)
		}
	}
	switch len(tries) {
	case 0:
	case 1:
		got, err := w.db.Replace(ctx, rs[0])
		w.replaced(tries[0], phonebook.Replaced{Changes: got, Err: err})
	default:
		w.did("together")
		for i, got := range w.db.ReplaceAll(ctx, rs) {
			w.replaced(tries[i], got)
		}
	}
}

// prepare changes a mailbox and returns what is to become of its phonebook, or
// nil where that is done.
func (w *world) prepare(owner string) *try {
	b := w.boxes[owner]
	if w.IntN(4) > 0 {
		w.change(b)
	}
	known, err := w.db.Known(ctx, []string{owner})
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.seen(owner)
	k := known[owner]
	b.states++
	r := phonebook.Replacement{Owner: owner, Title: b.title, SyncedAt: syncedAt, State: fmt.Sprint(owner, " ", b.states)}
	if k.State != "" && !k.Touched && w.IntN(8) > 0 {
		r.Since = k.State
		then, ok := b.then[k.State]
		if !ok {
			w.t.Fatalf("%s is in state %q, which is none of this mailbox's", owner, k.State)
		}
		if maps.EqualFunc(then, b.now, equal) && w.IntN(4) > 0 {
			w.confirm(b, r)
			return nil
		}
		w.delta(&r, then, b.now)
	} else {
		w.fill(&r, slices.Collect(maps.Values(b.now)))
		r.Full, r.AllowEmpty = w.IntN(8) == 0, w.IntN(2) == 0
		if w.IntN(4) == 0 {
			r.State = ""
		}
	}
	if w.IntN(6) == 0 {
		w.breakOff(r)
	}
	if r.Since != "" && w.IntN(6) == 0 && w.stale(r) {
		return nil
	}
	return &try{b, r, before, k}
}

func equal(a, b phonebook.Entry) bool { return reflect.DeepEqual(a, b) }

// fill gives a replacement its entries, in any order.
func (w *world) fill(r *phonebook.Replacement, entries []phonebook.Entry) {
	slices.SortFunc(entries, phonebook.Compare)
	w.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	r.Entries, r.Len = phonebook.All(entries), len(entries)
}

// delta names what happened, and some of what did not.
func (w *world) delta(r *phonebook.Replacement, then, now map[string]phonebook.Entry) {
	var changed []phonebook.Entry
	for _, e := range now {
		if !equal(then[e.ID], e) || w.IntN(10) == 0 {
			changed = append(changed, e)
		}
	}
	w.fill(r, changed)
	for id := range then {
		if _, there := now[id]; !there {
			r.Gone = append(r.Gone, id)
		}
	}
	if w.IntN(3) == 0 {
		r.Gone = append(r.Gone, "never there")
	}
}

// replaced looks at what came of a replacement.
func (w *world) replaced(it try, answer phonebook.Replaced) {
	b, r, before, k, got := it.box, it.Replacement, it.before, it.known, answer.Changes
	if answer.Err != nil {
		w.t.Errorf("%+v: %v", r, answer.Err)
		return
	}
	if got.Kept {
		w.did("kept")
		if r.Since != "" || len(b.now) > 0 || r.AllowEmpty || len(before) == 0 && !k.Touched {
			w.t.Errorf("%s was kept", r.Owner)
		}
		return
	}
	w.did(map[bool]string{true: "full", false: "delta"}[r.Since == ""])
	b.then[r.State] = maps.Clone(b.now)
	w.check(r, b)
	want := phonebook.Changes{Entries: len(b.now)}
	for id, e := range b.now {
		if old, ok := before[id]; !ok {
			want.Added++
		} else if !equal(old, e) {
			want.Updated++
		}
	}
	for id := range before {
		if _, ok := b.now[id]; !ok {
			want.Removed++
		}
	}
	// What others did cannot be counted in this way.
	got.Created, got.Renamed = false, ""
	if !k.Touched && !reflect.DeepEqual(got, want) {
		w.t.Errorf("%+v: changes %+v, want %+v", r, got, want)
	}
}

// breakOff lets a replacement fail in the middle, and expects nothing of it.
func (w *world) breakOff(r phonebook.Replacement) {
	w.did("broken off")
	entries, left := r.Entries, w.IntN(r.Len+1)
	broken := errors.New("broken off")
	r.Len++ // so that it cannot be kept
	r.Entries = func(yield func(phonebook.Entry, error) bool) {
		for e := range entries {
			if left--; left < 0 || !yield(e, nil) {
				break
			}
		}
		yield(phonebook.Entry{}, broken)
	}
	before := w.dump()
	if _, err := w.db.Replace(ctx, r); err != broken {
		w.t.Errorf("broken off: %v", err)
	}
	if w.dump() != before {
		w.t.Error("what was broken off left something")
	}
}

// stale has somebody write to the phonebook in the last moment, and reports
// whether there was something to write to.
func (w *world) stale(r phonebook.Replacement) bool {
	n := w.exec("UPDATE entry SET surname = 'Hand' WHERE phonebook = (SELECT id FROM phonebook WHERE owner = ? AND managed_by IS NOT NULL)", r.Owner)
	if n == 0 {
		return false
	}
	w.did("stale")
	before := w.dump()
	if _, err := w.db.Replace(ctx, r); !errors.Is(err, phonebook.ErrStale) {
		w.t.Errorf("edited after a look at it: %v", err)
	}
	answers, err := w.db.Confirm(ctx, []phonebook.Replacement{r})
	if err != nil || !errors.Is(answers[0].Err, phonebook.ErrStale) {
		w.t.Errorf("edited after a look at it, Confirm: %v, %v", answers, err)
	}
	if w.dump() != before {
		w.t.Error("a stale replacement changed something")
	}
	return true
}

func (w *world) confirm(b *box, r phonebook.Replacement) {
	w.did("confirmed")
	b.then[r.State] = maps.Clone(b.now)
	answers, err := w.db.Confirm(ctx, []phonebook.Replacement{r})
	if err != nil || answers[0] != (phonebook.Confirmed{Entries: len(b.now)}) {
		w.t.Errorf("Confirm of %d entries: %+v, %v", len(b.now), answers, err)
	}
	w.check(r, b)
}

// check compares a phonebook with its mailbox.
func (w *world) check(r phonebook.Replacement, b *box) {
	want := slices.Collect(maps.Values(b.now))
	phonebook.Sort(want)
	p, ok, err := w.db.Phonebook(ctx, r.Owner)
	if err != nil || !ok || p.Title != b.title || p.SyncedAt != r.SyncedAt {
		w.t.Errorf("Phonebook(%s): %+v, %v, %v", r.Owner, p, ok, err)
	}
	if len(p.Entries)+len(want) > 0 && !reflect.DeepEqual(p.Entries, want) {
		w.t.Errorf("since %q %s has\n%+v\nwant\n%+v", r.Since, r.Owner, p.Entries, want)
	}
	known, err := w.db.Known(ctx, []string{r.Owner})
	if want := (phonebook.Known{State: r.State}); err != nil || known[r.Owner] != want {
		w.t.Errorf("Known(%s) = %+v, %v, want %+v", r.Owner, known[r.Owner], err, want)
	}
	var orphans int
	query := "SELECT (SELECT count(*) FROM number WHERE entry NOT IN (SELECT id FROM entry)) + (SELECT count(*) FROM mailbox_state WHERE phonebook NOT IN (SELECT id FROM phonebook))"
	if err := w.other.QueryRow(query).Scan(&orphans); err != nil || orphans > 0 {
		w.t.Errorf("%d rows belong to nothing, %v", orphans, err)
	}
}

// seen returns what readers find in a phonebook.
func (w *world) seen(owner string) map[string]phonebook.Entry {
	p, _, err := w.db.Phonebook(ctx, owner)
	if err != nil && !strings.Contains(err.Error(), "decode entry") {
		w.t.Error(err)
	}
	all := map[string]phonebook.Entry{}
	for _, e := range p.Entries {
		all[e.ID] = e
	}
	return all
}

// dump returns all that is in the file, but what a sweep may take away.
func (w *world) dump() string {
	var all strings.Builder
	for _, query := range []string{
		"SELECT quote(id), quote(owner), quote(title), quote(managed_by), quote(synced_at), '' FROM phonebook",
		"SELECT quote(id), quote(phonebook), quote(display_name), quote(surname), quote(source_id), quote(hash) FROM entry WHERE phonebook IN (SELECT id FROM phonebook)",
		"SELECT quote(rowid), quote(entry), quote(position), quote(kind), quote(number), quote(as_typed) FROM number WHERE entry IN (SELECT id FROM entry WHERE phonebook IN (SELECT id FROM phonebook))",
		"SELECT quote(phonebook), quote(state), quote(entries), '', '', '' FROM mailbox_state WHERE phonebook IN (SELECT id FROM phonebook)",
		"SELECT quote(phonebook), '', '', '', '', '' FROM touched WHERE phonebook IN (SELECT id FROM phonebook WHERE managed_by IS NOT NULL)",
	} {
		rows, err := w.other.Query(query)
		if err != nil {
			w.t.Fatal(err)
		}
		for rows.Next() {
			var c [6]string
			if err := rows.Scan(&c[0], &c[1], &c[2], &c[3], &c[4], &c[5]); err != nil {
				w.t.Fatal(err)
			}
			fmt.Fprintln(&all, c)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			w.t.Fatal(err)
		}
	}
	return all.String()
}

// exec runs a statement of somebody else's and returns how many rows it wrote.
func (w *world) exec(query string, args ...any) int64 {
	result, err := w.other.Exec(query, args...)
	if err != nil {
		if !strings.Contains(err.Error(), "constraint") {
			w.t.Errorf("%s: %v", query, err)
		}
		return 0
	}
	n, _ := result.RowsAffected()
	return n
}

// edits are what somebody may do by hand; $E is an entry, $N a number's rowid
// and $B a phonebook.
var edits = []string{
	"UPDATE entry SET surname = 'Hand' WHERE id = $E",
	"UPDATE entry SET emails = '[\"hand@example.com\"]', notes = NULL WHERE id = $E",
	"UPDATE entry SET hash = (SELECT hash FROM entry WHERE id = $E), source_id = (SELECT source_id FROM entry WHERE id = $E) WHERE id = $E",
	"UPDATE entry SET phonebook = $B WHERE id = $E",
	"UPDATE OR REPLACE entry SET id = $E WHERE id = $E",
	"UPDATE entry SET hash = x'00' WHERE phonebook = $B",
	"DELETE FROM entry WHERE id = $E",
	"DELETE FROM entry WHERE phonebook = $B",
	"INSERT INTO entry(phonebook, display_name) VALUES($B, 'Hand')",
	"INSERT OR REPLACE INTO entry SELECT $E, phonebook, display_name, given_name, surname, company, department, job_title, birthday, notes, emails, addresses, categories, source_id, hash FROM entry WHERE id = $E",
	"INSERT OR REPLACE INTO entry(id, phonebook, surname) VALUES($E, $B, 'Hand')",
	"UPDATE number SET number = '+49', as_typed = 'Hand' WHERE rowid = $N",
	"UPDATE number SET entry = $E WHERE rowid = $N",
	"UPDATE number SET position = 7 WHERE rowid = $N",
	"INSERT INTO number VALUES($E, 0, 'home', NULL, 'Hand')",
	"INSERT INTO number SELECT max(seq) + 1, 0, 'home', NULL, 'Hand' FROM sqlite_sequence WHERE name = 'entry'",
	"DELETE FROM number WHERE rowid = $N",
	"DELETE FROM number WHERE entry = $E",
	"UPDATE phonebook SET title = 'Hand', synced_at = NULL WHERE id = $B",
	"UPDATE OR REPLACE phonebook SET id = $B WHERE id = $B",
	"UPDATE OR REPLACE phonebook SET owner = 'anna' WHERE id = $B",
	"UPDATE phonebook SET managed_by = NULL WHERE id = $B",
	"UPDATE OR IGNORE phonebook SET managed_by = 'contactsync' WHERE id = $B",
	"DELETE FROM phonebook WHERE id = $B",
	"INSERT INTO phonebook(owner, title) VALUES('anna', 'Privat')",
	"INSERT OR REPLACE INTO phonebook(owner, title, managed_by) VALUES('ben', 'Hand', 'contactsync')",
	"DELETE FROM mailbox_state WHERE phonebook = $B",
	"DELETE FROM mailbox_state",
	"UPDATE mailbox_state SET state = (SELECT state FROM mailbox_state WHERE phonebook = $B) WHERE phonebook = $B",
	"UPDATE OR REPLACE mailbox_state SET phonebook = $B WHERE phonebook = $B",
	"INSERT OR REPLACE INTO mailbox_state SELECT $B, state, entries FROM mailbox_state WHERE phonebook = $B",
	"INSERT OR REPLACE INTO mailbox_state(state) SELECT state FROM mailbox_state",
	"UPDATE mailbox_state SET entries = 99 WHERE phonebook = $B",
	"UPDATE sqlite_sequence SET seq = 1",
}

// edit has somebody else write something.
func (w *world) edit() {
	w.did("edited")
	tables := map[string]string{"$E": "entry", "$N": "number", "$B": "phonebook"}
	w.exec(regexp.MustCompile(`\$[ENB]`).ReplaceAllStringFunc(pick(w, edits), func(name string) string {
		var id int64
		table := tables[name]
		err := w.other.QueryRow("SELECT rowid FROM "+table+" ORDER BY rowid LIMIT 1 OFFSET (SELECT ? % max(count(*), 1) FROM "+table+")", w.IntN(1000)).Scan(&id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			w.t.Fatal(err)
		}
		return fmt.Sprint(id)
	}))
}

// restore goes back to a backup that is some steps old.
func (w *world) restore() {
	backup := w.path + ".backup"
	if _, err := os.Stat(backup); err == nil && w.IntN(2) == 0 {
		w.did("restored")
		w.close()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			os.Remove(w.path + suffix)
		}
		if err := os.Rename(backup, w.path); err != nil {
			w.t.Fatal(err)
		}
		w.open()
		return
	}
	os.Remove(backup)
	w.exec("VACUUM INTO ?", backup)
}

// withoutTriggers edits a phonebook with its triggers taken away.
func (w *world) withoutTriggers() {
	w.did("edited without triggers")
	w.exec("DROP TRIGGER IF EXISTS entry_updated")
	w.exec("UPDATE entry SET surname = 'Hand' WHERE id % 3 = ?", w.IntN(3))
	w.close()
	w.open()
}
