package dbfile

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"contactsync/internal/coredump"
)

// AsOwner runs do so that root makes, reads and writes files as the owner of
// path's folder would, where path is his too or is not there yet. Everybody
// else, and root where the files are not that owner's, just runs do.
//
// SQLite gives the files that it makes beside a database of somebody else's to
// him, but only after making them as root: killed in between, root would leave
// a journal behind that keeps the owner from his own database. And a folder's
// owner cannot lay a link there that makes root write elsewhere.
//
// The change is the thread's (setfsuid(2)), so do must not leave the work to
// another goroutine.
func AsOwner(path string, do func() error) error {
	uid, gid, other := otherOwner(path)
	if !other {
		return do()
	}
	reach := func() error {
		_, err := os.Stat(filepath.Dir(path) + "/.")
		return err
	}
	if as(uid, gid, reach) != nil { // his folder stands in one that he may not enter
		return do()
	}
	return as(uid, gid, do)
}

// as runs do with the rights of a user and a group on files.
func as(uid, gid int, do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	discreet := coredump.Forbidden()
	again := func() {
		// A change of the user or the group makes the kernel forget, and go by
		// fs.suid_dumpable (prctl(2), PR_SET_DUMPABLE).
		if discreet {
			coredump.Forbid()
		}
	}
	defer again()
	// Neither can fail for root. The group goes first and comes back last,
	// while the user is still root.
	syscall.Setfsgid(gid)
	defer syscall.Setfsgid(os.Getegid())
	syscall.Setfsuid(uid)
	defer syscall.Setfsuid(os.Geteuid())
	again()
	return do()
}

// otherOwner returns whose files root deals with at path; false where that is
// nobody else.
func otherOwner(path string) (uid, gid int, other bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	uid, gid, err := owner(filepath.Dir(path))
	if err != nil || uid == 0 {
		return 0, 0, false
	}
	if info, err := os.Lstat(path); err == nil && int(info.Sys().(*syscall.Stat_t).Uid) != uid {
		return 0, 0, false
	}
	return uid, gid, true
}
