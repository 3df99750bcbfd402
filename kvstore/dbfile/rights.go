package dbfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"contactsync/internal/words"
)

// Rights says who may use a file and the folder that it lies in. They hold for
// what is made new, whatever the umask; what exists keeps the owner and the
// mode that somebody gave it.
type Rights struct {
	FolderMode fs.FileMode // may hold fs.ModeSetgid
	FileMode   fs.FileMode

	// User owns a folder that root makes within a folder of root's. Elsewhere
	// root gives what it makes to the owner of the folder around it. Empty, or
	// nobody known to the machine: root.
	User string
	// Group is the group of a folder that is made, where the machine knows it
	// and the process may give it. Empty: the group of User or of the folder
	// around.
	Group string
}

// Folder makes the folder dir where it is missing, and the folders above it
// with mode 0755.
func (r Rights) Folder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return words.Errorf(words.NotAFolder, dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Classify(err)
	}
	parent := filepath.Dir(dir)
	if err := (Rights{FolderMode: 0o755}).Folder(parent); err != nil {
		return err
	}
	return Classify(r.makeFolder(dir, parent))
}

// makeFolder makes dir under another name first, so that nobody meets it
// before it has its owner and mode.
func (r Rights) makeFolder(dir, parent string) error {
	tmp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".")
	if err != nil {
		return err
	}
	defer os.Remove(tmp) // fails where all went well
	uid, gid, err := r.folderOwner(parent)
	if err != nil {
		return err
	}
	if err := os.Chown(tmp, uid, gid); err != nil && os.Geteuid() == 0 {
		return err // others may not be in the group, and do without it
	}
	// After the change of owner, which takes the setgid bit away.
	if err := os.Chmod(tmp, r.FolderMode); err != nil {
		return err
	}
	err = os.Rename(tmp, dir)
	if errors.Is(err, fs.ErrExist) { // somebody else was faster
		return nil
	}
	return err
}

// folderOwner returns who is to own a new folder in parent; -1 leaves it.
func (r Rights) folderOwner(parent string) (uid, gid int, err error) {
	uid, gid = -1, -1
	if os.Geteuid() == 0 {
		if uid, gid, err = owner(parent); err != nil {
			return 0, 0, err
		}
		if u, err := user.Lookup(r.User); err == nil && uid == 0 {
			uid, _ = strconv.Atoi(u.Uid)
			gid, _ = strconv.Atoi(u.Gid)
		}
	}
	if g, err := user.LookupGroup(r.Group); err == nil {
		gid, _ = strconv.Atoi(g.Gid)
	}
	return uid, gid, nil
}

func owner(path string) (uid, gid int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid), nil
}

// File makes the file path in an existing folder, filled by fill, which gets
// the name of an empty file elsewhere. The file appears under its name at once,
// complete and with its owner and mode; a file that is there, or that somebody
// else made meanwhile, stays as it is. Root gives it to the owner and the group
// of the folder.
//
// Where the journal or the WAL of a file that is gone still lies there, the
// error is ErrDamaged with a hint: SQLite would apply it to the new file.
func (r Rights) File(path string, fill func(tmp string) error) error {
	content, err := filled(fill)
	if err != nil {
		return Classify(err)
	}
	return AsOwner(path, func() error { return r.makeFile(path, content) })
}

// filled returns what fill makes of an empty file. That one lies where nobody
// else may look: in the folder of the file to be made, others could put a link
// in its place, and fill would write through it.
func filled(fill func(tmp string) error) ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbfile-")
	if err != nil { // TMPDIR may be another user's
		dir, err = os.MkdirTemp("/tmp", "dbfile-")
	}
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(dir)
	// The mode that it was to have, whatever the umask is.
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	tmp := filepath.Join(dir, "file")
	defer os.Remove(tmp) // RemoveAll needs a file descriptor for a folder with something in it
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, err
	}
	if err := fill(tmp); err != nil {
		return nil, err
	}
	return os.ReadFile(tmp)
}

func (r Rights) makeFile(path string, content []byte) error {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".")
	if err != nil {
		return Classify(err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	err = errors.Join(err, r.adopt(f, folder), f.Sync(), f.Close())
	if err != nil {
		return Classify(err)
	}
	if err := leftover(path); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces a file.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return Classify(err)
	}
	return nil
}

// leftover returns an error where a file that is gone has left something that
// SQLite would apply to a new one of its name. It does not remove it: somebody
// who made the new file faster may be using it already.
func leftover(path string) error {
	for _, suffix := range []string{"-journal", "-wal"} {
		info, err := os.Lstat(path + suffix)
		if err != nil || info.Size() == 0 {
			continue
		}
		// In this order: what lay there before the file did was not left by it.
		if there, err := Exists(path); there || err != nil {
			return err
		}
		return DamagedWithHint(words.Say(words.RemoveOrRestore, path+suffix, path),
			words.Errorf(words.LeftOfGone, path+suffix))
	}
	return nil
}

// adopt gives f the owner and the mode of a file in folder. It works on the
// open file: a name could be made to stand for something else meanwhile.
func (r Rights) adopt(f *os.File, folder string) error {
	if os.Geteuid() == 0 {
		uid, gid, err := owner(folder)
		if err != nil {
			return err
		}
		if err := f.Chown(uid, gid); err != nil {
			return err
		}
	}
	return f.Chmod(r.FileMode)
}
