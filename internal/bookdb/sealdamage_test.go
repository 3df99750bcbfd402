//go:build libsqlite3

package bookdb

import (
	"context"
	"errors"
	"os"
	"testing"

	"contactsync/internal/fault"
)

// forge makes the seal one of the file as it is.
func forge(t *testing.T, path string) {
	t.Helper()
	s, ok := look(path)
	s.Read = now()
	if !ok || os.WriteFile(sealPath(path), []byte(s.text()), 0o600) != nil {
		t.Fatal("no seal can be forged")
	}
}

// intact expects what Intact says of a file, and that it leaves the seal alone.
func intact(t *testing.T, path string, want bool) {
	t.Helper()
	before, _ := os.ReadFile(sealPath(path))
	reader, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	err = reader.Intact()
	if want != (err == nil) || err != nil && fault.ClassOf(err) != fault.Damage {
		t.Errorf("intact: %v", err)
	}
	if after, _ := os.ReadFile(sealPath(path)); len(before) == 0 || string(after) != string(before) {
		t.Errorf("the seal is %q and was %q", after, before)
	}
}

// TestDamageUnderASeal damages a page as a disk does, which shows nowhere. The
// run that meets it changes nothing, and the next one refuses the file.
func TestDamageUnderASeal(t *testing.T) {
	path := sealed(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The last page holds entries; what stands in front says which kind it is.
	copy(content[len(content)-4096:], "garbage!")
	if err := os.WriteFile(path, content, 0o660); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(path); err == nil {
		db.Close()
		t.Fatal("the page makes no difference: this test shows nothing")
	}
	intact(t, path, false)
	forge(t, path)
	intact(t, path, true)
	db, err := Open(path)
	if err != nil {
		t.Fatalf("under its seal the file was read: %v", err)
	}
	if err := db.SetState(context.Background(), "key", "value"); err != nil {
		t.Fatalf("elsewhere in the file: %v", err)
	}
	err = fill(db, "ben", 1)
	var f *fault.Error
	if !errors.As(err, &f) || f.Class != fault.Damage {
		t.Fatalf("what met the damage: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(content) {
		t.Error("the damaged file was changed")
	}
	os.Remove(path + "-wal") // it would be a reason by itself
	if _, err := os.Stat(sealPath(path)); err == nil {
		t.Error("the seal is still there")
	}
	_, err = Open(path)
	if !errors.As(err, &f) || f.Class != fault.Damage {
		t.Errorf("the next run: %v", err)
	}
}
