// Package bookdb is the Store on SQLite: phonebooks.db, which the phones and
// the UCC client read.
//
// The file is in WAL mode: whoever reads waits for no sync, and sees the
// phonebook of before a sync or that of after it. Replace writes only the rows
// that changed, and knows them by a hash that stands beside each entry. It does
// not take the hash's word for it where somebody else wrote to a phonebook:
// triggers in the schema, which work for every SQLite client, note which one,
// and its rows are then read back and compared.
//
// Phonebooks that members made themselves (managed_by NULL) lie in the same
// file and are never touched.
//
// Text columns that have nothing to say hold the empty string and JSON columns
// "[]", so that readers meet no NULL but the one in number.number, which means
// that what was typed is no telephone number.
package bookdb

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"contactsync/internal/fault"
	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// DefaultPath is the phonebooks' file on an appliance.
const DefaultPath = "/var/lib/ucware/phonebooks/phonebooks.db"

// managedBy marks our phonebooks.
const managedBy = "contactsync"

// DB is the phonebooks' file. Its methods are safe for concurrent use; writes
// take turns.
type DB struct {
	path string

	mu      sync.Mutex // guards what follows, and a write from begin to commit
	writer  *writer    // nil: opened for reading
	seal    seal       // of the file when it was opened for writing
	written bool       // something was committed
	damaged bool       // damage was met

	opening sync.Mutex // guards readers: who reads does not wait for a write
	readers *sql.DB    // nil: the file does not exist, or was not needed yet
}

// Open opens the file at path for reading and writing, makes it and its folder
// where they are missing, and brings its schema up to date. A damaged file, one
// of another program and one of a newer version are refused (fault.Damage) and
// left as they are. To find out it reads the whole file, but for one that the
// last run left whole and that nobody wrote to since; see seal.
func Open(path string) (*DB, error) {
	d := &DB{path: path}
	if err := create(path); err != nil {
		return nil, d.explain("create the phonebooks", err)
	}
	err := dbfile.AsOwner(path, func() (err error) {
		d.writer, d.seal, err = openWriter(path)
		return err
	})
	if err != nil {
		return nil, d.explain("open the phonebooks", err)
	}
	return d, nil
}

// OpenReader opens the file at path for reading. It makes and changes nothing;
// where there is no file, there are no phonebooks yet. Of Replace, it allows
// the dry run.
func OpenReader(path string) (*DB, error) {
	d := &DB{path: path}
	if _, err := d.reader(); err != nil {
		return nil, err
	}
	return d, nil
}

// Close releases the file. Nobody must be using d any more.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening.Lock()
	defer d.opening.Unlock()
	var err error
	if d.readers != nil {
		err = d.readers.Close()
	}
	if d.writer != nil {
		err = errors.Join(err, d.closeWriter())
	}
	d.readers, d.writer = nil, nil
	return d.explain("close the phonebooks", err)
}

// closeWriter leaves a seal behind where the file is whole and nothing waits
// in its WAL. In a damaged file it changes nothing any more.
func (d *DB) closeWriter() error {
	if d.damaged {
		return d.writer.close()
	}
	err := errors.Join(d.writer.checkpoint(), d.writer.close())
	if err != nil || !d.written {
		return err
	}
	return dbfile.AsOwner(d.path, func() error {
		d.seal.renew(d.path)
		return nil
	})
}

// notice takes note of damage: nothing is to be written to the file any more,
// and the next run is to read all of it.
func (d *DB) notice(err error) {
	if errors.Is(dbfile.Classify(err), dbfile.ErrDamaged) && d.writer != nil && !d.damaged {
		d.damaged = true
		dbfile.AsOwner(d.path, func() error { return breakSeal(d.path) })
	}
}

// create makes the folder and the file where they are missing.
func create(path string) error {
	if ok, err := dbfile.Exists(path); ok || err != nil {
		return err
	}
	rights := dbfile.Rights{FolderMode: 0o770 | fs.ModeSetgid, FileMode: 0o660, Group: "ucphonebooks"}
	if filepath.Clean(path) == DefaultPath {
		rights.User = "ucservices"
	}
	if err := rights.Folder(filepath.Dir(path)); err != nil {
		return err
	}
	return rights.File(path, dbfile.Fill(script()...))
}

// openWriter opens a file that is whole for writing.
//
// Whoever opens a file for writing rolls back the journal that lies beside it,
// and SQLite then deletes the file that the journal names as its super-journal,
// whatever that is. Members of the folder's group could put such a journal
// there, so it must not come to that: inspect refuses a file with a journal,
// and its handle stays open, for as long as which nobody can roll one back.
func openWriter(path string) (*writer, seal, error) {
	inspector, seal, err := inspect(path)
	if err == nil && !inWAL(inspector) {
		if err = toWAL(path, inspector); err == nil {
			inspector, seal, err = inspect(path)
		}
	}
	if err != nil {
		return nil, seal, err
	}
	defer inspector.Close()
	w, err := newWriter(path)
	return w, seal, err
}

// inspect checks the file without being able to change a byte of it. In
// particular it does not move into a damaged file what its WAL holds, as the
// last writer to close it does. It returns the handle with which it did so, and
// when the whole file was read.
func inspect(path string) (*sql.DB, seal, error) {
	db, err := dbfile.Open(path, readOnly)
	if err != nil {
		return nil, seal{}, err
	}
	var s seal
	if _, err = schemaOf(db); err == nil {
		if s = sealOf(path); !s.holds(path) {
			s = seal{Read: now()}
			err = dbfile.Check(db)
		}
	}
	if err != nil {
		db.Close()
		return nil, seal{}, err
	}
	return db, s, nil
}

// readOnly are the options of whoever only reads. query_only alone would not
// keep SQLite from rolling back a journal.
var readOnly = dbfile.Options{"mode": "ro", "_query_only": "true", "_busy_timeout": busyTimeout, "_stmt_cache_size": "8"}

// reader returns the handle for reading; nil where there is no file.
func (d *DB) reader() (*sql.DB, error) {
	d.opening.Lock()
	defer d.opening.Unlock()
	if d.readers != nil {
		return d.readers, nil
	}
	if ok, err := dbfile.Exists(d.path); !ok {
		return nil, d.explain("read the phonebooks", err)
	}
	err := dbfile.AsOwner(d.path, func() (err error) {
		d.readers, err = openReaders(d.path)
		return err
	})
	return d.readers, d.explain("read the phonebooks", err)
}

func openReaders(path string) (*sql.DB, error) {
	db, err := dbfile.Open(path, readOnly)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	s, err := schemaOf(db)
	if err == nil && s.version == 0 {
		err = dbfile.Damaged(words.Errorf(words.HoldsNoBooks))
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// explain says what an administrator should do about an error of SQLite or of
// the file system.
func (d *DB) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	var told outside
	if errors.As(err, &told) {
		return told.error
	}
	class, hint := fault.Member, ""
	err = dbfile.Classify(err)
	switch {
	case errors.Is(err, dbfile.ErrDamaged):
		class, hint = fault.Damage, d.hintDamaged(err)
	case errors.Is(err, dbfile.ErrFull):
		class, hint = fault.Damage, words.Say(words.FreeSpace, filepath.Dir(d.path))
	case errors.Is(err, dbfile.ErrPermission):
		class, hint = fault.Permission, whoMay(d.path)
	case errors.Is(err, dbfile.ErrBusy):
		class, hint = fault.Unavailable, words.FileBusy
	default:
		return fmt.Errorf("%s in %s: %w", what, d.path, err)
	}
	if better := dbfile.Hint(err); better != "" {
		hint = better
	}
	return fault.New(class, hint, "%s in %s: %w", what, d.path, err)
}

// hintDamaged says what to do about a file that cannot be used, if it is the
// right one at all.
func (d *DB) hintDamaged(err error) string {
	if errors.Is(err, dbfile.ErrLink) {
		return words.NameRealFile
	}
	if filepath.Clean(d.path) != DefaultPath {
		return words.RightPhonebooks
	}
	return words.RestorePhonebooks
}

// whoMay says how somebody who may not use the file comes to do so: the owner
// of its folder, to whom it belongs by rights, by its mode.
func whoMay(path string) string {
	folder := filepath.Dir(path)
	var is syscall.Stat_t
	switch err := syscall.Stat(folder, &is); {
	case err == nil && int(is.Uid) == os.Geteuid():
		return fmt.Sprintf("sudo chmod 2770 %s; %s", folder, FileCommand(dbfile.UserName(os.Geteuid()), path))
	case errors.Is(err, fs.ErrNotExist):
		return FolderCommand(folder)
	}
	return words.RunAsService
}

// FileCommand returns the command that gives the phonebooks' file, and what lies
// beside it, the owner and the mode that it is to have. The shell that looks for
// them is root's: others may see nothing in the folder.
func FileCommand(owner, path string) string {
	return fmt.Sprintf("sudo sh -c 'chown %[1]s %[2]s* && chmod 660 %[2]s*'", owner, path)
}

// FolderCommand returns the command that makes the phonebooks' folder, or gives
// one that is there the owner, the group and the mode that it is to have.
func FolderCommand(folder string) string {
	return "sudo install -d -m 2770 -o ucservices -g ucphonebooks " + folder
}
