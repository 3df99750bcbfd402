package dbfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"contactsync/kvstore/dbfile"
)

// TestFolderOfSomebodyElse sees that root gives away what it makes.
func TestFolderOfSomebodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for others")
	}
	top := filepath.Join(t.TempDir(), "top")
	if err := errors.Join(os.Mkdir(top, 0o755), os.Chown(top, 64123, 64124)); err != nil {
		t.Fatal(err)
	}
	rights := dbfile.Rights{FolderMode: 0o770 | fs.ModeSetgid, FileMode: 0o640, User: "nobody"}
	folder := filepath.Join(top, "a", "b", "c")
	file := filepath.Join(folder, "x.db")
	if err := errors.Join(rights.Folder(folder), rights.File(file, dbfile.Fill("CREATE TABLE t(x)"))); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]fs.FileMode{
		filepath.Join(top, "a"):      0o755 | fs.ModeDir,
		filepath.Join(top, "a", "b"): 0o755 | fs.ModeDir,
		folder:                       0o770 | fs.ModeDir | fs.ModeSetgid,
		file:                         0o640,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		if stat.Uid != 64123 || stat.Gid != 64124 || info.Mode() != mode {
			t.Errorf("%s: owner %d, group %d, mode %v", path, stat.Uid, stat.Gid, info.Mode())
		}
	}
}

// TestMadeOnce lets many make the same folder and file at once: all succeed,
// one file remains, and nobody ever sees it without its table.
func TestMadeOnce(t *testing.T) {
	rights := dbfile.Rights{FolderMode: 0o750, FileMode: 0o600}
	folder := filepath.Join(t.TempDir(), "a", "b")
	file := filepath.Join(folder, "x.db")
	var filled atomic.Int32
	fill := func(tmp string) error {
		filled.Add(1)
		return dbfile.Fill("CREATE TABLE t(x)")(tmp)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := errors.Join(rights.Folder(folder), rights.File(file, fill)); err != nil {
				t.Error(err)
				return
			}
			db, err := dbfile.Open(file, dbfile.Options{"_busy_timeout": "30000"})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if _, err := db.Exec("INSERT INTO t VALUES(1)"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db, err := dbfile.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil || n != 16 {
		t.Errorf("%d of 16 rows, %v (made %d times)", n, err, filled.Load())
	}
	for _, dir := range []string{folder, filepath.Dir(folder)} {
		if files, _ := os.ReadDir(dir); len(files) != 1 {
			t.Errorf("in %s: %v", dir, files)
		}
	}
}

func TestFillThatFails(t *testing.T) {
	folder := t.TempDir()
	rights := dbfile.Rights{FileMode: 0o600}
	if err := rights.File(filepath.Join(folder, "x.db"), dbfile.Fill("no SQL")); err == nil {
		t.Error("no error")
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left in the folder: %v", files)
	}
}

// TestSwappedForALink puts links in the place of every file that appears in
// the folder while one is being made, as others may who can write there.
// Nothing is written through them.
func TestSwappedForALink(t *testing.T) {
	folder := t.TempDir()
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fill := func(tmp string) error {
		files, _ := os.ReadDir(folder)
		for _, file := range files {
			name := filepath.Join(folder, file.Name())
			if err := errors.Join(os.Remove(name), os.Symlink(victim, name)); err != nil {
				t.Error(err)
			}
		}
		if filepath.Dir(tmp) == folder {
			t.Error("the file is filled where others may write")
		}
		info, err := os.Stat(filepath.Dir(tmp))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the file is filled in a folder of mode %v, %v", info.Mode(), err)
		}
		return dbfile.Fill("CREATE TABLE t(x)")(tmp)
	}
	if err := (dbfile.Rights{FileMode: 0o660}).File(filepath.Join(folder, "x.db"), fill); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(victim); err != nil || info.Size() != 0 {
		t.Errorf("somebody else's file was written to: %v, %v", info.Size(), err)
	}
}

// TestLeftover makes a file beside what one that is gone has left.
func TestLeftover(t *testing.T) {
	for _, suffix := range []string{"-journal", "-wal"} {
		file := filepath.Join(t.TempDir(), "x.db")
		rights := dbfile.Rights{FileMode: 0o600}
		fill := dbfile.Fill("CREATE TABLE t(x)")
		os.WriteFile(file+suffix, []byte("old"), 0o600)
		err := rights.File(file, fill)
		if !errors.Is(err, dbfile.ErrDamaged) || !strings.Contains(dbfile.Hint(err), file+suffix) {
			t.Errorf("%s: %v, hint %q", suffix, err, dbfile.Hint(err))
		}
		if content, _ := os.ReadFile(file + suffix); string(content) != "old" {
			t.Errorf("%s was changed", suffix)
		}
		if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 1 {
			t.Errorf("in the folder: %v", files)
		}
		os.Truncate(file+suffix, 0)
		if err := rights.File(file, fill); err != nil {
			t.Errorf("an empty %s: %v", suffix, err)
		}
		os.WriteFile(file+suffix, []byte("new"), 0o600) // of somebody who is writing to it
		if err := rights.File(file, fill); err != nil {
			t.Errorf("a file that is there already: %v", err)
		}
	}
}

// TestAsOwner makes a file in a folder of somebody else's as him, and leaves
// root what he was afterwards.
func TestAsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root acts for others")
	}
	top, err := os.MkdirTemp("", "dbfile-") // unlike t.TempDir, one that others can be let into
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(top)
	folder, roots := filepath.Join(top, "his"), filepath.Join(top, "roots")
	err = errors.Join(os.Chmod(top, 0o755), os.Mkdir(folder, 0o700), os.Chown(folder, 64123, 64124), os.WriteFile(roots, nil, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "file")
	err = dbfile.AsOwner(file, func() error {
		if _, err := os.ReadFile(roots); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("as the owner, root reads his own file: %v", err)
		}
		return os.WriteFile(file, nil, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 64123 || stat.Gid != 64124 {
		t.Errorf("owner %d, group %d", stat.Uid, stat.Gid)
	}
	for range 50 { // on whatever threads
		done := make(chan error)
		go func() {
			_, err := os.ReadFile(roots)
			done <- err
		}()
		if err := <-done; err != nil {
			t.Fatalf("afterwards root has no right: %v", err)
		}
	}
}
