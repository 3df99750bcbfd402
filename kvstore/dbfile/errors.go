package dbfile

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"contactsync/internal/words"
)

// What can be wrong with a file that is not the program's fault. Errors of
// this package, and those that Classify has seen, match one at most.
var (
	ErrDamaged    = errors.New("damaged file")
	ErrFull       = errors.New("disk full")
	ErrPermission = errors.New("permission denied")
	ErrBusy       = errors.New("in use by another process")
)

// ErrLink tells of a damaged file that it is a link: SQLite would look for the
// file's journal and WAL beside the link's target, and others beside the link.
var ErrLink = errors.New("symbolic link")

// failure is an error of one of the kinds above. Its text is err's alone.
type failure struct {
	kind, err error
	hint      string // what to do about it, where this is more than the kind says
}

func (f failure) Error() string   { return f.err.Error() }
func (f failure) Unwrap() []error { return []error{f.kind, f.err} }

// Damaged makes an error of the kind ErrDamaged; its text is that of err.
func Damaged(err error) error { return failure{kind: ErrDamaged, err: err} }

// DamagedWithHint is Damaged for a damage of which it is known what to do.
func DamagedWithHint(hint string, err error) error { return failure{ErrDamaged, err, hint} }

// Hint returns what an administrator should do about err; an empty string
// where that is no more than its kind says.
func Hint(err error) string {
	var known failure
	errors.As(err, &known)
	return known.hint
}

// readOnly returns what to do where there is no writing, whatever the rights
// are. In a service's sandbox that is also so where a folder is missing; systemd
// tells its services their invocation (systemd.exec(5)).
func readOnly() string {
	if os.Getenv("INVOCATION_ID") != "" {
		return words.ReadOnlyService
	}
	return words.ReadOnly
}

// Classify returns err so that it matches the kind above that fits an error of
// SQLite or of the operating system; any other error as it is.
func Classify(err error) error {
	var known failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	var e sqlite3.Error
	if errors.As(err, &e) && e.ExtendedCode == sqlite3.ErrReadonlyRollback {
		return DamagedWithHint(words.MoveJournalAway, words.Errorf(words.JournalBeside, err))
	}
	if errors.Is(err, syscall.EROFS) || errors.As(err, &e) && e.SystemErrno == syscall.EROFS {
		return failure{ErrPermission, err, readOnly()}
	}
	for _, few := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, few) || errors.As(err, &e) && e.SystemErrno == few {
			return failure{ErrBusy, err, words.FilesOpen}
		}
	}
	if kind := kindOf(err); kind != nil {
		return failure{kind: kind, err: err}
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
		switch {
		case e.Code == sqlite3.ErrIoErr: // the disk's own trouble
			return ErrDamaged
		case e.SystemErrno == syscall.ELOOP, e.SystemErrno == syscall.EISDIR:
			return ErrDamaged // a link or a folder stands where a file should
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
