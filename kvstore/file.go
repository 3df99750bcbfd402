package kvstore

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// A namespace's file says in its header what it is: "uckv".
const (
	applicationID = 0x75636b76
	version       = 1
)

// schema makes an empty namespace. With auto_vacuum the file shrinks when a
// large value goes.
var schema = []string{
	"PRAGMA auto_vacuum = FULL",
	fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, version),
	"CREATE TABLE value(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
}

func (s *Store) path(namespace string) string {
	return filepath.Join(s.dir, namespace+extension)
}

// create makes the folder and the namespace's file where they are missing.
func (s *Store) create(namespace string) error {
	if ok, err := dbfile.Exists(s.path(namespace)); ok || err != nil {
		return err
	}
	if err := s.rights.Folder(s.dir); err != nil {
		return err
	}
	return s.rights.File(s.path(namespace), dbfile.Fill(schema...))
}

// read returns all values of a namespace.
func (s *Store) read(namespace string) (values map[string]string, err error) {
	err = s.transact(namespace, "deferred", func(tx *sql.Tx) error {
		values, err = load(tx)
		return err
	})
	return values, err
}

// change lets edit alter a namespace's values and writes them back.
//
// All of them, not only the one that changed: SQLite moves values between
// pages as they grow and go, and its secure_delete clears what is deleted, but
// not every copy that such a move has left in a page's unused space. Emptying
// the table clears each of its pages wholly, within the same transaction.
func (s *Store) change(namespace string, edit func(values map[string]string) error) error {
	return s.transact(namespace, "immediate", func(tx *sql.Tx) error {
		values, err := load(tx)
		if err != nil {
			return err
		}
		before := maps.Clone(values)
		if err := edit(values); err != nil || maps.Equal(values, before) {
			return err
		}
		if tx == nil {
			return words.Errorf(words.RemovedMeanwhile)
		}
		if _, err := tx.Exec("DELETE FROM value"); err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if _, err := tx.Exec("INSERT INTO value VALUES(?, ?)", key, []byte(values[key])); err != nil {
				return err
			}
		}
		return nil
	})
}

// transact runs do in a transaction on the namespace's file, which takes its
// lock as SQLite's BEGIN says: deferred to read, immediate to write. Where
// there is no such file, tx is nil: nothing is stored.
func (s *Store) transact(namespace, lock string, do func(tx *sql.Tx) error) error {
	if err := checkNamespace(namespace); err != nil {
		return err
	}
	path := s.path(namespace)
	if ok, err := dbfile.Exists(path); err != nil {
		return err
	} else if !ok {
		return do(nil)
	}
	err := dbfile.AsOwner(path, func() error { return transactOn(path, lock, do) })
	if errors.Is(err, dbfile.ErrLink) {
		return dbfile.DamagedWithHint(words.StoreIsLink, err)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("%s: %w", path, dbfile.Classify(err))
	}
	return err
}

func transactOn(path, lock string, do func(tx *sql.Tx) error) (err error) {
	db, err := dbfile.Open(path, dbfile.Options{"_secure_delete": "true", "_txlock": lock, "_busy_timeout": "30000"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Exec("PRAGMA temp_store = MEMORY"); err != nil {
		return err
	}
	return within(db, do)
}

func within(db *sql.DB, do func(tx *sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := check(tx); err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// check refuses a file that is damaged or something else altogether.
func check(tx *sql.Tx) error {
	if err := dbfile.Check(tx); err != nil {
		return err
	}
	var id, v int
	err := tx.QueryRow("SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&id, &v)
	switch {
	case err != nil:
		return err
	case id != applicationID:
		return dbfile.DamagedWithHint(words.ForeignStore,
			words.Errorf(words.NotAStore))
	case v != version:
		return dbfile.DamagedWithHint(words.NewerStore,
			words.Errorf(words.StoreTooNew, v))
	}
	return nil
}

func load(tx *sql.Tx) (map[string]string, error) {
	values := map[string]string{}
	if tx == nil {
		return values, nil
	}
	rows, err := tx.Query("SELECT key, value FROM value")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, rows.Err()
}
