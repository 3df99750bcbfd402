package bookdb_test

import (
	"os"
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
	lock := filepath.Join(filepath.Dir(path), "contactsync.lock")
	must(t, os.Mkdir(lock, 0o700))
	free("an empty folder")
	must(t, os.Mkdir(filepath.Join(lock, "something"), 0o700))
	wantFault(t, bookdb.Held(path), fault.Damage)
	_, err := bookdb.Lock(path)
	wantFault(t, err, fault.Damage)
	wantHint(t, "a folder", err, "sudo mv "+lock)
	if held := bookdb.Held(path); held.Error() != err.Error() {
		t.Errorf("%v, but a run: %v", held, err)
	}
	must(t, os.RemoveAll(lock))
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
