// Package dbfile makes and opens SQLite files that several users and several
// processes share. It knows who is to own them, how they come into being
// without a moment at which somebody meets half of one, and what SQLite's
// errors mean to whoever looks after the machine.
//
// What SQLite keeps beside a file, its journal, WAL and shared memory, gets the
// file's mode from SQLite whatever the umask is. Its owner and group are the
// file's too where whoever opens the file does so within AsOwner.
package dbfile

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"contactsync/internal/words"
)

// Options are parameters of the driver, such as _busy_timeout, for Open.
type Options map[string]string

// Open opens the SQLite file at path, which must exist, for reading and
// writing, or only for reading where the process may not write. It never makes
// a file, and it reads nothing yet: a damaged file shows at the first
// statement. The handle uses one connection at a time.
//
// A path that is no regular file (a link is also an ErrLink), or an empty one,
// is refused as ErrDamaged:
// Rights.File never leaves an empty file, so somebody has lost what was in it.
// So is one beside which a link or a folder stands where SQLite keeps files.
func Open(path string, opts Options) (*sql.DB, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, Classify(err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, Damaged(words.Errorf(words.IsLink, path, ErrLink))
	case !info.Mode().IsRegular():
		return nil, Damaged(words.Errorf(words.NotRegular, path))
	case info.Size() == 0:
		return nil, Damaged(words.Errorf(words.EmptyFile, path))
	}
	for _, suffix := range []string{"-journal", "-wal", "-shm"} {
		if info, err := os.Lstat(path + suffix); err == nil && !info.Mode().IsRegular() {
			return nil, DamagedWithHint(words.Say(words.Remove, path+suffix), words.Errorf(words.NotRegular, path+suffix))
		}
	}
	return open(path, opts)
}

func open(path string, opts Options) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"mode": {"rw"}}
	for name, value := range opts {
		query.Set(name, value)
	}
	// Escaped, because SQLite ends a URI's path at "?" and "#".
	dsn := "file:" + (&url.URL{Path: abs}).EscapedPath() + "?" + query.Encode()
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Fill returns a function for Rights.File that runs the statements of script,
// in the order given, on the new file. Nothing is journalled: nobody knows the
// file yet.
func Fill(script ...string) func(path string) error {
	return func(path string) (err error) {
		db, err := open(path, Options{"_journal_mode": "MEMORY"})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		for _, statements := range script {
			if _, err := db.Exec(statements); err != nil {
				return Classify(err)
			}
		}
		return nil
	}
}

// Check reads the whole file and returns ErrDamaged where its structure is
// broken. It needs time in proportion to the file's size.
func Check(q interface {
	QueryRow(query string, args ...any) *sql.Row
}) error {
	var first string
	if err := q.QueryRow("PRAGMA quick_check(1)").Scan(&first); err != nil {
		return Classify(err)
	}
	if first != "ok" {
		// SQLite's own words begin with a line of asterisks.
		return Damaged(words.Errorf(words.FileDamaged, strings.TrimPrefix(first, "*** in database main ***\n")))
	}
	return nil
}

// Exists reports whether something stands at path. Where the process may not
// know, the error is ErrPermission.
func Exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, Classify(err)
}
