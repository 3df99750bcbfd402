package dbfile

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// What can be wrong with a file that is not the program's fault. Errors of
// this package, and those that Classify has seen, match one at most.
var (
	ErrDamaged    = errors.New("damaged file")
	ErrFull       = errors.New("disk full")
	ErrPermission = errors.New("permission denied")
	ErrBusy       = errors.New("in use by another process")
)

// failure is an error of one of the kinds above. Its text is err's alone.
type failure struct{ kind, err error }

func (f failure) Error() string   { return f.err.Error() }
func (f failure) Unwrap() []error { return []error{f.kind, f.err} }

// Damaged makes an error of the kind ErrDamaged; its text is that of err.
func Damaged(err error) error { return failure{ErrDamaged, err} }

// Classify returns err so that it matches the kind above that fits an error of
// SQLite or of the operating system; any other error as it is.
func Classify(err error) error {
	var known failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	if kind := kindOf(err); kind != nil {
		return failure{kind, err}
	}
	return err
}

// kindOf follows SQLite's "Result and Error Codes".
func kindOf(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return kindOfErrno(err)
	}
	switch e.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return ErrDamaged
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return ErrPermission
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol:
		return ErrBusy
	case sqlite3.ErrIoErr, sqlite3.ErrCantOpen:
		if kind := kindOfErrno(e.SystemErrno); kind != nil {
			return kind
		}
		if e.Code == sqlite3.ErrIoErr {
			return ErrDamaged // the disk's own trouble
		}
	}
	return nil
}

func kindOfErrno(err error) error {
	full := []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
	switch {
	case slices.ContainsFunc(full, func(e error) bool { return errors.Is(err, e) }):
		return ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ErrPermission
	case errors.Is(err, syscall.EIO):
		return ErrDamaged
	}
	return nil
}
