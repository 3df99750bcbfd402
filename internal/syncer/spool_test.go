package syncer

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

// Whatever is put and dropped, in memory and in the file, the last word about
// each contact counts.
func TestSpoolAgainstAMap(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var s spool
	want := map[string]phonebook.Entry{}
	notes := strings.Repeat("x", 200)
	for i := range 12_000 {
		id := fmt.Sprint("contact ", random.IntN(8_000))
		if random.IntN(5) == 0 {
			s.drop(id, gone)
			delete(want, id)
			continue
		}
		e := phonebook.Entry{ID: id, DisplayName: fmt.Sprint("version ", i), Numbers: []phonebook.Number{{Kind: "home", AsTyped: fmt.Sprint(i)}}, Notes: notes}
		if err := s.put(e); err != nil {
			t.Fatal(err)
		}
		want[id] = e
	}
	if s.records.file == nil || len(s.records.rest) == 0 {
		t.Fatal("nothing went into a file, or everything")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("the file has a name: %v %v", left, err)
	}
	if s.live != len(want) {
		t.Errorf("%d entries, want %d", s.live, len(want))
	}
	got := map[string]phonebook.Entry{}
	for e, err := range live(t, &s) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := got[e.ID]; twice {
			t.Errorf("%s comes twice", e.ID)
		}
		got[e.ID] = e
		if _, ok := s.dropped[e.ID]; ok {
			t.Errorf("%s is gone and there", e.ID)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the entries are not the last versions")
	}
	s.reset()
	for range live(t, &s) {
		t.Error("an entry is left after reset")
	}
}

// live returns the entries that count, as a batch hands them on.
func live(t *testing.T, s *spool) iter.Seq2[phonebook.Entry, error] {
	t.Helper()
	var b batch
	t.Cleanup(b.records.reset)
	for range 2 { // the second stands behind the first
		if err := b.add(readMailbox{}, s); err != nil {
			t.Fatal(err)
		}
	}
	return b.entriesFrom(b.read[1].start, s.live)
}

func TestSpoolWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	var s spool
	defer s.reset()
	var err error
	for i := 0; i <= inMemory/1000 && err == nil; i++ {
		err = s.put(phonebook.Entry{ID: fmt.Sprint(i), Notes: strings.Repeat("x", 1000)})
	}
	if err == nil {
		t.Fatal("no error without a folder for temporary files")
	}
	t.Log(err)
}

// What is missing from the temporary file is an error, and no smaller mailbox.
func TestRecordsThatLostBytes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var b batch
	defer b.records.reset()
	n := 0
	for ; b.records.file == nil; n++ {
		if err := b.records.add(&phonebook.Entry{ID: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.records.file.Truncate(inMemory / 2); err != nil {
		t.Fatal(err)
	}
	// What stands behind, in memory, must not be taken for what is missing.
	for range n / 2 {
		if err := b.records.add(&phonebook.Entry{ID: "behind"}); err != nil {
			t.Fatal(err)
		}
	}
	n += n / 2
	came := 0
	var failed error
	for _, err := range b.entriesFrom(0, n) {
		if failed = err; err == nil {
			came++
		}
	}
	if failed == nil || came >= n/2 {
		t.Errorf("%d entries of %d, and %v", came, n, failed)
	}
	var s spool
	s.records = b.records
	s.versions = int32(n)
	if s.moveTo(&records{}) == nil {
		t.Error("a mailbox is moved that lost bytes")
	}
}
