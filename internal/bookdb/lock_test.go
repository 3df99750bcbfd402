package bookdb_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
)

// TestLockReplaced lays something else in the place of the lock file.
func TestLockReplaced(t *testing.T) {
	const precious = "precious"
	plants := map[string]func(name, victim string) error{
		"nothing":       func(string, string) error { return nil },
		"hard link":     func(name, victim string) error { return os.Link(victim, name) },
		"symbolic link": func(name, victim string) error { return os.Symlink(victim, name) },
		"dangling link": func(name, victim string) error { return os.Symlink(victim+"x", name) },
		"pipe":          func(name, victim string) error { return syscall.Mkfifo(name, 0o600) },
		"folder":        func(name, victim string) error { return os.Mkdir(name, 0o700) },
		"for everybody": func(name, victim string) error {
			return errors.Join(os.WriteFile(name, nil, 0o600), os.Chmod(name, 0o660))
		},
		"without rights": func(name, victim string) error { return os.WriteFile(name, nil, 0) },
	}
	for name, plant := range plants {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "phonebooks.db")
			db := reopen(t, path)
			replace(t, db, replacement("anna", entries(1)))
			lock := filepath.Join(filepath.Dir(path), "contactsync.lock")
			victim := filepath.Join(filepath.Dir(path), "victim")
			if err := errors.Join(os.WriteFile(victim, []byte(precious), 0o600), plant(lock, victim)); err != nil {
				t.Fatal(err)
			}
			release, err := bookdb.Lock(path)
			if err != nil {
				t.Fatal(err)
			}
			defer release()
			if content, _ := os.ReadFile(victim); string(content) != precious {
				t.Errorf("somebody else's file holds %q", content)
			}
			if _, err := os.Stat(victim + "x"); err == nil {
				t.Error("a file was made through a link")
			}
			if info, err := os.Lstat(lock); err != nil || !info.Mode().IsRegular() {
				t.Errorf("the lock is %v, %v", info, err)
			}
			_, err = bookdb.Lock(path)
			wantFault(t, err, fault.Unavailable)
		})
	}
}

// TestLockWithoutDescriptors takes the lock where no file can be opened: what
// another run holds has to stay in its place.
func TestLockWithoutDescriptors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks.db")
	release, err := bookdb.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	_, err = bookdb.Lock(path)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EMFILE) {
		t.Errorf("without descriptors: %v", err)
	}
	_, err = bookdb.Lock(path)
	wantFault(t, err, fault.Unavailable)
}

// TestLockOfAReader lets a reader of the phonebooks hold a lock file of his
// own, and try to take the lock.
func TestLockOfAReader(t *testing.T) {
	h := newHouse(t)
	h.must("ucservices", "write")
	lock := filepath.Join(filepath.Dir(h.path), "contactsync.lock")
	held := start(t, h.Command("asterisk", "sh", "-c", `umask 077; exec 9>"$1"; flock 9; echo held; read line; true`, "sh", lock))
	held.line()
	h.must("ucservices", "lock")
	out, err := h.Command("root", "stat", "-c", "%U %a", lock).Output()
	if string(out) != "ucservices 600\n" || err != nil {
		t.Errorf("the lock file: %s, %v", out, err)
	}
	h.mustNot("asterisk", "lock")
	if after, err := h.Command("root", "stat", "-c", "%U %a", lock).Output(); string(after) != string(out) || err != nil {
		t.Errorf("a reader replaced the lock file: %s, %v", after, err)
	}
	h.must("root", "lock")
	held.finish()
}
