package bookdb_test

import (
	"os"
	"path/filepath"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
)

// TestBackupWithoutWAL goes on with a backup as SQLite makes them.
func TestBackupWithoutWAL(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(3)))
	backup := filepath.Join(t.TempDir(), "backup.db")
	shell(t, path, "VACUUM INTO '"+backup+"'")
	if mode := shell(t, backup, "PRAGMA journal_mode"); mode != "delete" {
		t.Fatalf("the backup is in mode %s: this test shows nothing", mode)
	}
	reader, err := bookdb.OpenReader(backup)
	if err != nil {
		t.Fatal(err)
	}
	wantBook(t, reader, "anna", entries(3))
	reader.Close()

	restored := reopen(t, backup)
	if mode := shell(t, backup, "PRAGMA journal_mode"); mode != "wal" {
		t.Errorf("the file is in mode %s", mode)
	}
	replace(t, restored, replacement("anna", entries(5)))
	wantBook(t, restored, "anna", entries(5))
	if _, err := os.Stat(backup + "-journal"); err == nil {
		t.Error("a journal is left")
	}
}

// TestForeignFileKeepsItsMode sees that nothing is changed in a file that is
// not ours.
func TestForeignFileKeepsItsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	shell(t, path, "CREATE TABLE t(x); PRAGMA user_version = 1")
	before, _ := os.ReadFile(path)
	_, err := bookdb.Open(path)
	wantFault(t, err, fault.Damage)
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}
