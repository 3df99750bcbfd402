//go:build libsqlite3

package bookdb_test

import (
	"os"
	"testing"
)

// TestClosingLocksNobodyOut sees that a writer that closes as the last leaves
// the WAL there, emptied: to remove it, SQLite would lock readers out.
func TestClosingLocksNobodyOut(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(100)))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path + "-wal")
	if err != nil || info.Size() != 0 {
		t.Errorf("the WAL after closing: %v", err)
	}
}
