package bookdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"contactsync/internal/phonebook"
)

// sealed makes a file with some entries as a run leaves it.
func sealed(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "phonebooks.db")
	run(t, path, 200)
	if !sealOf(path).holds(path) {
		t.Fatal("a run leaves no seal")
	}
	return path
}

// run gives anna so many entries.
func run(t *testing.T, path string, size int) {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fill(db, "anna", size), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func fill(db *DB, owner string, size int) error {
	entries := make([]phonebook.Entry, size)
	for i := range entries {
		entries[i] = phonebook.Entry{ID: fmt.Sprint("id ", i), DisplayName: fmt.Sprint("Name ", i), Notes: strings.Repeat("note ", 100)}
	}
	r := phonebook.Replacement{Owner: owner, Title: "Privat", Entries: phonebook.All(entries), Len: size}
	_, err := db.Replace(context.Background(), r)
	return err
}

func shell(t *testing.T, path string, script ...string) {
	t.Helper()
	out, err := exec.Command("sqlite3", append([]string{"-bail", path}, script...)...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip("the sqlite3 shell is not installed")
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestSealHolds reads the file in several ways; the next run need not read it.
func TestSealHolds(t *testing.T) {
	path := sealed(t)
	shell(t, path, "SELECT count(*) FROM entry JOIN number ON number.entry = entry.id")
	shell(t, path, "BEGIN IMMEDIATE; ROLLBACK; PRAGMA wal_checkpoint(TRUNCATE)")
	reader, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = reader.Phonebook(context.Background(), "anna")
	if err := errors.Join(err, reader.Close()); err != nil {
		t.Fatal(err)
	}
	if !sealOf(path).holds(path) {
		t.Error("reading broke the seal")
	}
	first := sealOf(path).Read
	now = func() int64 { return time.Now().Unix() + 100 }
	defer func() { now = func() int64 { return time.Now().Unix() } }()
	run(t, path, 201)
	if s := sealOf(path); !s.holds(path) || s.Read != first {
		t.Errorf("the next run's seal is %+v, holds %v", s, s.holds(path))
	}
	if info, err := os.Stat(sealPath(path)); err != nil || info.Mode() != 0o600 {
		t.Errorf("the seal: %v, %v", info.Mode(), err)
	}
}

// TestSealBroken does to a file what makes the next run read all of it.
func TestSealBroken(t *testing.T) {
	after := func(seconds int64) func(*testing.T, string) {
		return func(t *testing.T, _ string) {
			now = func() int64 { return time.Now().Unix() + seconds }
			t.Cleanup(func() { now = func() int64 { return time.Now().Unix() } })
		}
	}
	must := func(t *testing.T, errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	content := func(path string) []byte {
		b, _ := os.ReadFile(path)
		return b
	}
	tests := map[string]func(t *testing.T, path string){
		"written in its place, with its mtime": func(t *testing.T, path string) {
			info, _ := os.Stat(path)
			must(t, os.WriteFile(path, content(path), 0o660), os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
		"one byte": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			must(t, err)
			_, err = f.WriteAt([]byte{0}, 5000)
			must(t, err, f.Close())
		},
		"restored, with its mtime": func(t *testing.T, path string) {
			info, _ := os.Stat(path)
			must(t, os.WriteFile(path+".new", content(path), 0o660), os.Chtimes(path+".new", info.ModTime(), info.ModTime()), os.Rename(path+".new", path))
		},
		"moved away and back": func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".old"), os.Rename(path+".old", path))
		},
		"written to by SQLite": func(t *testing.T, path string) { shell(t, path, "CREATE TABLE theirs(x)") },
		"written to by SQLite, not yet closed": func(t *testing.T, path string) {
			shell(t, path, ".dbconfig no_ckpt_on_close on", "CREATE TABLE theirs(x)")
		},
		"a WAL":                  func(t *testing.T, path string) { must(t, os.WriteFile(path+"-wal", []byte("x"), 0o660)) },
		"a week later":           after(week),
		"the clock was set back": after(-3600),
		"no seal":                func(t *testing.T, path string) { must(t, os.Remove(sealPath(path))) },
		"an empty seal":          func(t *testing.T, path string) { must(t, os.Truncate(sealPath(path), 0)) },
		"half a seal":            func(t *testing.T, path string) { must(t, os.Truncate(sealPath(path), 30)) },
		"a seal but for its end": func(t *testing.T, path string) {
			must(t, os.Truncate(sealPath(path), int64(len(sealOf(path).text())-2)))
		},
		"another seal":          func(t *testing.T, path string) { must(t, os.WriteFile(sealPath(path), []byte(seal{}.text()), 0o600)) },
		"a seal for everybody":  func(t *testing.T, path string) { must(t, os.Chmod(sealPath(path), 0o666)) },
		"a seal with two names": func(t *testing.T, path string) { must(t, os.Link(sealPath(path), path+".too")) },
		"a link to the seal": func(t *testing.T, path string) {
			must(t, os.Rename(sealPath(path), path+".too"), os.Symlink(path+".too", sealPath(path)))
		},
		"a pipe for a seal": func(t *testing.T, path string) {
			must(t, os.Remove(sealPath(path)), syscall.Mkfifo(sealPath(path), 0o600))
		},
		"a folder for a seal": func(t *testing.T, path string) {
			must(t, os.Remove(sealPath(path)), os.MkdirAll(sealPath(path)+"/x", 0o700))
		},
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			path := sealed(t)
			do(t, path)
			if sealOf(path).holds(path) {
				t.Error("the seal holds")
			}
		})
	}
}

// TestSealGoesOn opens and closes a file whose seal was broken by what does no
// harm, and expects another.
func TestSealGoesOn(t *testing.T) {
	path := sealed(t)
	shell(t, path, "CREATE TABLE theirs(x)")
	run(t, path, 201)
	if !sealOf(path).holds(path) {
		t.Error("there is no new seal")
	}
}

// TestNoSealWhileTheWALHolds leaves the WAL to a reader that does not let go.
func TestNoSealWhileTheWALHolds(t *testing.T) {
	path := sealed(t)
	reader, err := OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tx, err := reader.readers.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := countEntries(tx, 1); err != nil {
		t.Fatal(err)
	}
	run(t, path, 201)
	if sealOf(path).holds(path) {
		t.Error("there is a seal")
	}
}
