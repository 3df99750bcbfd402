package bookdb

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"contactsync/internal/fault"
	"contactsync/kvstore/dbfile"
)

// TestWaitsOnlyOnce lets another program hold a write transaction. The first
// write waits long (here less, so that the test need not), the later ones do
// not.
func TestWaitsOnlyOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks.db")
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := patience(t, db); got != busyTimeout {
		t.Errorf("the first write waits for %s ms, want %s", got, busyTimeout)
	}
	other, err := dbfile.Open(path, dbfile.Options{"_txlock": "immediate"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.writer.exec("PRAGMA busy_timeout = 10"); err != nil {
		t.Fatal(err)
	}
	err = db.SetState(context.Background(), "key", "value")
	var f *fault.Error
	if !errors.As(err, &f) || f.Class != fault.Unavailable {
		t.Errorf("while another program writes: %v", err)
	}
	if got := patience(t, db); got != impatient {
		t.Errorf("later writes wait for %s ms, want %s", got, impatient)
	}
	tx.Rollback()
	if err := db.SetState(context.Background(), "key", "value"); err != nil {
		t.Error(err)
	}
}

func patience(t *testing.T, db *DB) (milliseconds string) {
	t.Helper()
	if err := db.writer.conn.QueryRowContext(context.Background(), "PRAGMA busy_timeout").Scan(&milliseconds); err != nil {
		t.Fatal(err)
	}
	return milliseconds
}
