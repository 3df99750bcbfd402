package bookdb

import (
	"database/sql"
	"errors"
	"strings"

	"contactsync/kvstore/dbfile"
)

func inWAL(q querier) bool {
	var mode string
	return q.QueryRow("PRAGMA journal_mode").Scan(&mode) == nil && strings.EqualFold(mode, "wal")
}

// toWAL brings a file into WAL mode, which a backup may have lost (VACUUM INTO
// makes files without), and closes inspector, the handle that found it whole.
//
// Nobody may be able to plant a journal that this rolls back; see openWriter.
// Without WAL a handle keeps others from it only while it reads, or where it
// never lets go of its lock again (locking_mode EXCLUSIVE). So the one that
// writes takes such a lock while inspector still reads. It needs no journal of
// its own: what it changes are a few bytes of one page.
func toWAL(path string, inspector *sql.DB) (err error) {
	defer inspector.Close()
	reading, err := inspector.Begin()
	if err != nil {
		return err
	}
	defer reading.Rollback()
	if _, err := schemaOf(reading); err != nil {
		return err
	}
	db, err := dbfile.Open(path, dbfile.Options{
		"_busy_timeout": busyTimeout, "_locking_mode": "EXCLUSIVE", "_journal_mode": "MEMORY",
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := schemaOf(db); err != nil {
		return err
	}
	if err := reading.Rollback(); err != nil {
		return err
	}
	var mode string
	return db.QueryRow("PRAGMA journal_mode = WAL").Scan(&mode)
}
