package bookdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"contactsync/internal/fault"
	"contactsync/kvstore/dbfile"
)

// Lock makes sure that one run at a time writes the phonebooks at path, and
// returns a function that lets the next one in; so does the end of the process
// in whatever way. Where a run is under way, the error is of the class
// fault.Unavailable and names its process.
//
// The lock is one on a file beside the database, never on the database itself:
// closing any descriptor of that would drop the locks that SQLite holds on it
// (POSIX, fcntl).
func Lock(path string) (release func(), err error) {
	d := &DB{path: path}
	if err := create(path); err != nil {
		return nil, d.explain("create the phonebooks", err)
	}
	f, err := openLock(filepath.Join(filepath.Dir(path), "contactsync.lock"))
	if err != nil {
		return nil, d.explain("lock the phonebooks", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, heldBy(f)
		}
		return nil, d.explain("lock the phonebooks", err)
	}
	// For whoever comes meanwhile. The content says nothing once the lock is
	// gone, so it need not be removed; nor must the file, which others may
	// have opened already.
	pid := fmt.Sprintf("%d\n", os.Getpid())
	if err := errors.Join(f.Truncate(0), writeAt(f, pid)); err != nil {
		f.Close()
		return nil, d.explain("lock the phonebooks", err)
	}
	return func() { f.Close() }, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// openLock opens the lock file and makes it where it is missing. Readers of
// the phonebooks have no right to it, and so cannot keep a run from starting.
func openLock(name string) (*os.File, error) {
	if ok, err := dbfile.Exists(name); err != nil {
		return nil, err
	} else if !ok {
		nothing := func(string) error { return nil }
		if err := (dbfile.Rights{FileMode: 0o600}).File(name, nothing); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW, 0)
}

func heldBy(f *os.File) error {
	content := make([]byte, 32)
	n, _ := f.ReadAt(content, 0)
	hint := "wait until it has ended"
	pid := strings.TrimSpace(string(content[:n]))
	if pid == "" { // it has only just begun
		return fault.New(fault.Unavailable, hint, "another run is under way")
	}
	return fault.New(fault.Unavailable, hint+", or look at it with: ps -fp "+pid, "another run is under way (process %s)", pid)
}
