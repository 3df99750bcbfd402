package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
)

// stage is a directory, a source and a store that do as a test tells them.
type stage struct {
	users    int
	contacts int // in each mailbox
	note     string
	skip     bool                                                      // contacts without a number
	fails    func(user int) error                                      // of a mailbox; may be nil
	refuses  func(transaction int) error                               // of the store; may be nil
	look     func(nth int, boxes []phonebook.Mailbox) []phonebook.Look // nil: one by one
	pages    []phonebook.Page                                          // of each mailbox, instead of contacts
	looks    int

	mu      sync.Mutex
	reads   map[string][]string // the states since which a mailbox was read
	written []int               // mailboxes of each transaction
	emptied map[string]bool     // whose phonebook may become empty
	confirm func() error        // of each call; may be nil
	states  map[string]string   // of each owner
	entries map[string]int
}

func (s *stage) Members(context.Context) (all []phonebook.Member, err error) {
	for i := range s.users {
		all = append(all, phonebook.Member{User: fmt.Sprint("u", i), Mail: fmt.Sprint("u", i, "@example.com")})
	}
	return all, nil
}

func (s *stage) Read(_ context.Context, m phonebook.Member, since string, yield func(phonebook.Page) error) (string, error) {
	s.mu.Lock()
	if s.reads == nil {
		s.reads = map[string][]string{}
	}
	s.reads[m.User] = append(s.reads[m.User], since)
	s.mu.Unlock()
	if s.fails != nil {
		var i int
		fmt.Sscanf(m.User, "u%d", &i)
		if err := s.fails(i); err != nil {
			return "", err
		}
	}
	for _, p := range s.pages {
		if err := yield(p); err != nil {
			return "", err
		}
	}
	var p phonebook.Page
	for i := range s.contacts {
		p.Contacts = append(p.Contacts, phonebook.Contact{ID: fmt.Sprint(i), DisplayName: fmt.Sprint("Name ", i), Notes: s.note})
	}
	return "read", yield(p)
}

func (s *stage) Known(_ context.Context, owners []string) (map[string]phonebook.Known, error) {
	all := map[string]phonebook.Known{}
	for _, o := range owners {
		if state := s.states[o]; state != "" {
			all[o] = phonebook.Known{State: state}
		}
	}
	return all, nil
}

func (s *stage) ReplaceAll(ctx context.Context, rs []phonebook.Replacement) []phonebook.Replaced {
	answers := make([]phonebook.Replaced, len(rs))
	s.written = append(s.written, len(rs))
	var err error
	if s.refuses != nil {
		err = s.refuses(len(s.written))
	}
	if err == nil {
		err = ctx.Err()
	}
	for i, r := range rs {
		if answers[i].Err = err; err != nil {
			continue
		}
		n := 0
		for e, err := range r.Entries {
			if answers[i].Err = err; err != nil {
				break
			}
			if e.DisplayName != fmt.Sprint("Name ", e.ID) || e.Notes != s.note {
				answers[i].Err = fmt.Errorf("entry %+v", e)
			}
			n++
		}
		if s.entries == nil {
			s.entries, s.emptied = map[string]int{}, map[string]bool{}
		}
		s.entries[r.Owner], s.emptied[r.Owner] = n, r.AllowEmpty
		answers[i].Entries, answers[i].Added = n, n
	}
	return answers
}

func (s *stage) Confirm(_ context.Context, rs []phonebook.Replacement) ([]phonebook.Confirmed, error) {
	if s.confirm != nil {
		if err := s.confirm(); err != nil {
			return nil, err
		}
	}
	return make([]phonebook.Confirmed, len(rs)), nil
}

// source is what a run reads from.
func (s *stage) source() syncer.Source {
	if s.look != nil {
		return scout{s}
	}
	return s
}

// scout is a stage that looks at several mailboxes at once.
type scout struct{ *stage }

func (s scout) Look(_ context.Context, boxes []phonebook.Mailbox) []phonebook.Look {
	s.looks++
	return s.look(s.looks, boxes)
}

func (s *stage) run(t *testing.T) *syncer.Report { return s.runContext(t.Context(), t) }

func (s *stage) runContext(ctx context.Context, t *testing.T) *syncer.Report {
	t.Helper()
	n, err := phonebook.NewNormaliser(phonebook.Rules{Region: "DE", Notes: true, SkipWithoutNumber: s.skip})
	if err != nil {
		t.Fatal(err)
	}
	return (&syncer.Syncer{
		Directory: s, Store: s, Normaliser: n, Workers: 1, Title: "Privat", Digest: "digest", Logger: slog.New(slog.DiscardHandler),
		Choose: func(context.Context, []phonebook.Member) (syncer.Choice, error) {
			return syncer.Choice{Name: "graph", Source: s.source()}, nil
		},
	}).Run(ctx)
}

var (
	away = fault.New(fault.Unavailable, "wait", "the service is away")
	busy = fault.New(fault.Unavailable, "wait", "the file is in use")
	full = fault.New(fault.Damage, "free some", "there is no room")
)

// Mailboxes that were read count as soon as they were, not once they are
// written: five in six fail here, and the run goes on.
func TestFailuresBetweenSuccesses(t *testing.T) {
	s := &stage{users: 60, contacts: 1, fails: func(user int) error {
		if user%6 == 0 {
			return nil
		}
		return away
	}}
	r := s.run(t)
	if r.Err != nil || r.Count(syncer.OK) != 10 || r.Count(syncer.Failed) != 50 {
		t.Errorf("%d ok, %d failed, %v", r.Count(syncer.OK), r.Count(syncer.Failed), r.Err)
	}
}

// What was read before the service went away is written all the same.
func TestReadBeforeTheEnd(t *testing.T) {
	s := &stage{users: 60, contacts: 1, fails: func(user int) error {
		if user < 10 {
			return nil
		}
		return away
	}}
	r := s.run(t)
	if !errors.Is(r.Err, away) || r.Count(syncer.OK) != 10 || len(s.entries) != 10 || len(r.Members) > 20 {
		t.Errorf("%d ok of %d, %d written, %v", r.Count(syncer.OK), len(r.Members), len(s.entries), r.Err)
	}
}

// A file that was in use once has refused one transaction, however many
// mailboxes that held.
func TestOneTransactionRefused(t *testing.T) {
	s := &stage{users: 40, contacts: 1_600, refuses: func(transaction int) error {
		if transaction == 1 {
			return busy
		}
		return nil
	}}
	r := s.run(t)
	if r.Err != nil || s.written[0] < 10 || r.Count(syncer.Failed) != s.written[0] || r.Count(syncer.OK) != 40-s.written[0] {
		t.Errorf("%d ok, %d failed, transactions %v, %v", r.Count(syncer.OK), r.Count(syncer.Failed), s.written, r.Err)
	}
}

// One that stays in use ends the run, however many mailboxes can be read.
func TestStoreThatStaysBusy(t *testing.T) {
	s := &stage{users: 30, contacts: 30_000, refuses: func(int) error { return busy }}
	r := s.run(t)
	if !errors.Is(r.Err, busy) || !strings.Contains(r.Err.Error(), "given up after 6 tries") || len(r.Members) > 10 {
		t.Errorf("%d members, %v", len(r.Members), r.Err)
	}
}

// A file that cannot be written is not written again.
func TestStoreWithoutRoom(t *testing.T) {
	s := &stage{users: 10, contacts: 30_000, refuses: func(int) error { return full }}
	r := s.run(t)
	if !errors.Is(r.Err, full) || len(s.written) != 1 || len(r.Members) != 1 {
		t.Errorf("transactions %v, %d members, %v", s.written, len(r.Members), r.Err)
	}
}

// A phonebook that is not as the run thought is made of all there is.
func TestStaleWhenWritten(t *testing.T) {
	s := &stage{users: 3, contacts: 5, states: map[string]string{"u1": "1 graph digest before"}}
	s.refuses = func(transaction int) error {
		if transaction == 1 {
			return phonebook.ErrStale
		}
		return nil
	}
	// All are told so; of those that were read in full it is a failure.
	r := s.run(t)
	if got := fmt.Sprint(s.reads["u1"]); got != "[before ]" || s.entries["u1"] != 5 || r.Count(syncer.Failed) != 2 || r.Count(syncer.OK) != 1 {
		t.Errorf("reads since %s, %d entries, %+v", got, s.entries["u1"], r.Members)
	}
}

// Where there is no room for the temporary file, mailboxes that do not need it
// come through, and do not wait for those that do.
func TestNoRoomForWaiting(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	s := &stage{users: 8, contacts: 300, note: strings.Repeat("x", 1000)}
	if r := s.run(t); r.Err != nil || r.Count(syncer.OK) != 8 || len(s.written) != 8 {
		t.Errorf("transactions %v, %d ok, %v", s.written, r.Count(syncer.OK), r.Members[0].Error)
	}
	s = &stage{users: 3, contacts: 600, note: strings.Repeat("x", 1000)}
	if r := s.run(t); r.Err != nil || r.Count(syncer.Failed) != 3 || !strings.Contains(r.Members[0].Hint, "TMPDIR") {
		t.Errorf("transactions %v, %v, %v", s.written, r.Err, r.Members[0].Error)
	}
}

// Many mailboxes without a change worth writing do not wait without end, since
// each keeps its state in memory.
func TestManyThatWait(t *testing.T) {
	s := &stage{users: 5_000}
	r := s.run(t)
	if r.Err != nil || r.Count(syncer.OK)+r.Count(syncer.Unchanged) != 5_000 || len(s.written) < 2 {
		t.Errorf("transactions %v, %v", s.written, r.Err)
	}
}

// looksAway answers that nothing changed, and that nobody can be reached to the
// calls that it is told.
func looksAway(calls ...int) func(int, []phonebook.Mailbox) []phonebook.Look {
	return func(nth int, boxes []phonebook.Mailbox) []phonebook.Look {
		all := make([]phonebook.Look, len(boxes))
		for i := range all {
			if all[i] = (phonebook.Look{Unchanged: true, State: "later"}); slices.Contains(calls, nth) {
				all[i] = phonebook.Look{Err: away}
			}
		}
		return all
	}
}

// read has all mailboxes read before.
func (s *stage) read() *stage {
	s.states = map[string]string{}
	for i := range s.users {
		s.states[fmt.Sprint("u", i)] = "1 graph digest before"
	}
	return s
}

// Mailboxes that were looked at together are one try: their failure is theirs,
// until one look after the other fails.
func TestLooksThatFail(t *testing.T) {
	s := (&stage{users: 200, look: looksAway(3)}).read()
	if r := s.run(t); r.Err != nil || r.Count(syncer.Failed) != 20 || r.Count(syncer.Unchanged) != 180 {
		t.Errorf("one: %d failed, %d unchanged, %v", r.Count(syncer.Failed), r.Count(syncer.Unchanged), r.Err)
	}
	s = (&stage{users: 200, look: looksAway(2, 3, 4, 5, 6, 7)}).read()
	if r := s.run(t); !errors.Is(r.Err, away) || r.Count(syncer.Unchanged) != 20 || s.looks != 7 {
		t.Errorf("six in a row: %d unchanged, %d looks, %v", r.Count(syncer.Unchanged), s.looks, r.Err)
	}
}

// Where the store is in use while it is to take down that nothing changed,
// those mailboxes are read instead.
func TestConfirmThatIsRefused(t *testing.T) {
	calls := 0
	s := (&stage{users: 60, contacts: 1, look: looksAway(), confirm: func() error {
		if calls++; calls == 2 {
			return busy
		}
		return nil
	}}).read()
	if r := s.run(t); r.Err != nil || r.Count(syncer.Unchanged) != 40 || r.Count(syncer.OK) != 20 {
		t.Errorf("%d unchanged, %d ok, %v", r.Count(syncer.Unchanged), r.Count(syncer.OK), r.Err)
	}
}

// A signal does not hide that there was no room for what had been read.
func TestNoRoomAfterASignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &stage{users: 10, contacts: 1, refuses: func(int) error { return full }, fails: func(user int) error {
		if user == 5 {
			cancel()
			return ctx.Err()
		}
		return nil
	}}
	if r := s.runContext(ctx, t); !errors.Is(r.Err, full) {
		t.Errorf("%v", r.Err)
	}
}

// A mailbox with contacts that the settings leave out may leave the phonebook
// empty; one whose contacts were gone before it was read whole may not, nor one
// whose contacts came without any text.
func TestWhatMayLeaveAPhonebookEmpty(t *testing.T) {
	blank := phonebook.Page{Contacts: []phonebook.Contact{{ID: "blank"}}}
	numberless := phonebook.Page{Contacts: []phonebook.Contact{{ID: "numberless", DisplayName: "Jan"}}}
	named := phonebook.Page{Contacts: []phonebook.Contact{{ID: "named", DisplayName: "Erika", Phones: []phonebook.Phone{{Kind: phonebook.Business, Number: "030 901820"}}}}}
	for name, tt := range map[string]struct {
		pages []phonebook.Page
		empty bool
	}{
		"nothing":           {nil, false},
		"blank":             {[]phonebook.Page{blank}, false},
		"no place":          {[]phonebook.Page{numberless}, true},
		"no place, gone":    {[]phonebook.Page{numberless, {Gone: []string{"numberless"}}}, false},
		"blank, and one":    {[]phonebook.Page{blank, numberless}, true},
		"gone":              {[]phonebook.Page{named, {Gone: []string{"named"}}}, false},
		"gone, and one not": {[]phonebook.Page{named, numberless, {Gone: []string{"named"}}}, true},
	} {
		s := &stage{users: 1, pages: tt.pages, skip: true}
		if r := s.run(t); r.Err != nil || s.entries["u0"] != 0 || s.emptied["u0"] != tt.empty {
			t.Errorf("%s: may be empty: %v, want %v; %v", name, s.emptied["u0"], tt.empty, r.Err)
		}
	}
}
