package bookdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"contactsync/internal/fault"
	"contactsync/internal/words"
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
	return func() {
		// Closing it would leave the lock to a process that was forked at this
		// moment, until that one has closed its copy.
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
		f.Close()
	}, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// openLock opens the lock file and makes it where it is missing. Readers of
// the phonebooks have no right to it, but in a folder that they may write to
// they can lay something of their own in its place: a file that they hold the
// lock of, or a link to one that is not to be overwritten. Whatever is not as
// we make it is replaced, once, and never written to. Somebody who goes on
// doing so can still keep a run from starting, or let two start; these then
// take turns at the database itself.
func openLock(name string) (*os.File, error) {
	f, err := openOwnLock(name)
	if err == nil || outOfMeans(err) || !mayReplace(name) {
		return f, err
	}
	if err := os.Remove(name); errors.Is(err, syscall.ENOTEMPTY) {
		return nil, inTheWay(name)
	} else if err != nil {
		return nil, err
	}
	return openOwnLock(name)
}

// inTheWay is the error where a folder that holds something stands in the lock
// file's place: what that is, somebody has to look at.
func inTheWay(name string) error {
	return dbfile.DamagedWithHint(words.Say(words.MoveAway, name), words.Errorf(words.NotOurLock, name))
}

// outOfMeans tells whether the machine kept the file from being opened: that
// says nothing of the file, which another run may hold.
func outOfMeans(err error) bool {
	return slices.ContainsFunc([]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO},
		func(e error) bool { return errors.Is(err, e) })
}

// openOwnLock returns an error where name is not a lock file of ours.
func openOwnLock(name string) (*os.File, error) {
	if ok, err := dbfile.Exists(name); err != nil {
		return nil, err
	} else if !ok {
		nothing := func(string) error { return nil }
		if err := (dbfile.Rights{FileMode: 0o600}).File(name, nothing); err != nil {
			return nil, err
		}
	}
	// Without waiting for the other end of a pipe.
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := checkLock(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// checkLock looks at the open file: its name could stand for another by now.
func checkLock(f *os.File) error {
	ours, err := isOurs(f)
	if err == nil && !ours {
		err = dbfile.DamagedWithHint(words.Say(words.Remove, f.Name()), words.Errorf(words.NotOurLock, f.Name()))
	}
	return err
}

// isOurs reports whether an open file is one that a run made for itself: of
// the service user's, and for nobody else.
func isOurs(f *os.File) (bool, error) {
	var file, folder syscall.Stat_t
	err := errors.Join(syscall.Fstat(int(f.Fd()), &file), syscall.Stat(filepath.Dir(f.Name()), &folder))
	return err == nil && file.Mode&syscall.S_IFMT == syscall.S_IFREG && file.Nlink == 1 && file.Mode&0o077 == 0 &&
		(file.Uid == folder.Uid || int(file.Uid) == os.Geteuid()), err
}

// mayReplace reports whether what stands in the place of the lock file is ours
// to remove: a reader of the phonebooks who tries to run a sync is not to.
func mayReplace(name string) bool {
	var folder syscall.Stat_t
	err := syscall.Stat(filepath.Dir(name), &folder)
	return err == nil && (os.Geteuid() == 0 || os.Geteuid() == int(folder.Uid))
}

func heldBy(f *os.File) error {
	content := make([]byte, 32)
	n, _ := f.ReadAt(content, 0)
	pid := strings.TrimSpace(string(content[:n]))
	if pid == "" { // it has only just begun
		return fault.New(fault.Unavailable, words.WaitForRun, words.AnotherRun)
	}
	return fault.New(fault.Unavailable, words.Say(words.WaitOrLook, pid), words.AnotherProcess, pid)
}
