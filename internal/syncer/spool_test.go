package syncer

import (
	"fmt"
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
			s.drop(id)
			delete(want, id)
			continue
		}
		e := phonebook.Entry{ID: id, DisplayName: fmt.Sprint("version ", i), Numbers: []phonebook.Number{{Kind: "home", AsTyped: fmt.Sprint(i)}}, Notes: notes}
		if err := s.put(e); err != nil {
			t.Fatal(err)
		}
		want[id] = e
	}
	if s.file == nil || len(s.rest) == 0 {
		t.Fatal("nothing went into a file, or everything")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("the file has a name: %v %v", left, err)
	}
	if s.live != len(want) {
		t.Errorf("%d entries, want %d", s.live, len(want))
	}
	got := map[string]phonebook.Entry{}
	for e, err := range s.entries() {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := got[e.ID]; twice {
			t.Errorf("%s comes twice", e.ID)
		}
		got[e.ID] = e
		if _, ok := s.gone[e.ID]; ok {
			t.Errorf("%s is gone and there", e.ID)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the entries are not the last versions")
	}
	if err := s.close(); err != nil || s.live != 0 {
		t.Errorf("after close: %d entries, %v", s.live, err)
	}
}

func TestSpoolWithoutRoom(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	var s spool
	defer s.close()
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
func TestSpoolThatLostBytes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var s spool
	defer s.close()
	for i := 0; s.file == nil; i++ {
		if err := s.put(phonebook.Entry{ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.file.Truncate(inMemory / 2); err != nil {
		t.Fatal(err)
	}
	n := 0
	var failed error
	for _, err := range s.entries() {
		if failed = err; err == nil {
			n++
		}
	}
	if failed == nil || n >= s.live {
		t.Errorf("%d entries of %d, and %v", n, s.live, failed)
	}
}
