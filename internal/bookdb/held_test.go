package bookdb_test

import (
	"path/filepath"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
)

// TestHeld looks at a lock while it is free, held, and left behind.
func TestHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks.db")
	free := func(when string) {
		t.Helper()
		if err := bookdb.Held(path); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	free("no file")
	release, err := bookdb.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, bookdb.Held(path), fault.Unavailable)
	release()
	free("after the run")
	// Whoever looks keeps nobody out.
	for range 100 {
		free("again")
		release, err := bookdb.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
}
