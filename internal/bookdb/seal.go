package bookdb

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// seal says how a run left the phonebooks' file: whole, with nothing in its
// WAL, and then untouched. It lies beside the file, so that the next run need
// not read all of it (quick_check takes 3 s for a million entries).
//
// What proves that nobody wrote to the file since is its ctime: every write
// sets it, and so do a rename over it, a copy, chmod and touch, and no program
// can set it to a time of its choice, as cp -p, tar and rsync do the mtime. A
// backup that was restored, a file that was moved, and one that SQLite wrote to
// for somebody else (with the first checkpoint, before which its WAL is not
// empty) therefore have another. To have the same one again by a clock that was
// set back, it would have to be right by the nanosecond. Where a kernel was
// killed or the power failed, the seal is younger than what it is about, which
// the checkpoint brought to the disk (fsync). An image of the whole disk that
// is restored brings both back.
//
// What a disk loses by itself shows nowhere. SQLite finds it where it reads
// such a page, which ends the run in good order, and once in a week all is read
// whatever the seal says.
//
// Who may write to the folder may also write to the file, so that a seal is
// worth as much as the file. One that is not the service user's is not read.
type seal struct {
	Inode        uint64
	Size         int64 // bytes
	Mtime, Ctime int64 // nanoseconds since 1970
	Read         int64 // when the whole file was last read: seconds since 1970
}

// sealFormat has a version first. What is cut off at its end makes it older.
const sealFormat = "1 %d %d %d %d %d\n"

// week is for how long a seal is good, in seconds.
const week = 7 * 24 * 3600

// settled is how long ago a file has to have been written to for its next
// ctime to be another: longer than a tick of any kernel's.
const settled = 20 * time.Millisecond

// now returns the time in seconds since 1970; tests have it run ahead.
var now = func() int64 { return time.Now().Unix() }

// sealPath names the seal as the lock is named: after the program.
func sealPath(path string) string { return filepath.Join(filepath.Dir(path), "contactsync.seal") }

// sealOf returns the seal beside a file, or one that holds for none.
func sealOf(path string) (s seal) {
	// Without waiting for the other end of a pipe.
	f, err := os.OpenFile(sealPath(path), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return seal{}
	}
	defer f.Close()
	if ours, err := isOurs(f); err != nil || !ours {
		return seal{}
	}
	text, err := io.ReadAll(io.LimitReader(f, 200))
	if err == nil {
		_, err = fmt.Sscanf(string(text), sealFormat, &s.Inode, &s.Size, &s.Mtime, &s.Ctime, &s.Read)
	}
	if err != nil {
		return seal{}
	}
	return s
}

func (s seal) text() string {
	return fmt.Sprintf(sealFormat, s.Inode, s.Size, s.Mtime, s.Ctime, s.Read)
}

// holds reports whether the file is as the seal says, and was read as a whole
// not long ago.
func (s seal) holds(path string) bool {
	age := now() - s.Read
	is, ok := look(path)
	is.Read = s.Read
	return ok && is == s && age >= 0 && age < week
}

// look returns what a seal of the file would say now; false where its WAL
// holds something, or where its file system is too coarse in its times.
func look(path string) (s seal, ok bool) {
	if info, err := os.Lstat(path + "-wal"); err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return seal{}, false
	}
	var is syscall.Stat_t
	if err := syscall.Lstat(path, &is); err != nil {
		return seal{}, false
	}
	s = seal{Inode: is.Ino, Size: is.Size, Mtime: is.Mtim.Nano(), Ctime: is.Ctim.Nano()}
	return s, is.Ctim.Nsec != 0
}

// renew writes the seal of a file that has just been closed. A failure does no
// harm: the next run then reads the file.
func (s seal) renew(path string) {
	is, ok := look(path)
	if !ok {
		return
	}
	if young := settled - time.Since(time.Unix(0, is.Ctime)); young > 0 {
		time.Sleep(min(young, settled))
	}
	after, ok := look(path)
	if !ok || after != is || breakSeal(path) != nil {
		return
	}
	is.Read = s.Read
	f, err := os.OpenFile(sealPath(path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	// Half of a seal is none.
	defer f.Close()
	if f.Chmod(0o600) == nil {
		f.WriteString(is.text())
	}
}

// breakSeal sees to it that the next run reads the whole file.
func breakSeal(path string) error {
	err := os.Remove(sealPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
