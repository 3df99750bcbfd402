// Package kvstore is the appliance's key-value store: a folder with one SQLite
// file for each namespace, so that one service's secrets have rights of their
// own and go with one rm. A value is text or bytes of any length.
//
// Several processes may use a store at once. Each call opens the namespace's
// file, acts in one transaction and closes it again. Reading makes no file:
// what was never written is not found. Writing makes the folder (0750) and the
// file (0600) where they are missing; root writes too, and leaves nothing
// behind that the folder's owner could not use.
//
// A value that was deleted or replaced is gone from the file once the call
// returns, and so is every copy that SQLite made of it on the way.
package kvstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"contactsync/kvstore/dbfile"
)

// DefaultDir is the store's folder on an appliance.
const DefaultDir = "/var/lib/ucware/kvstore"

// Errors that calls return, wrapped in one that names the file or the key.
var (
	ErrNotFound   = errors.New("no such key")
	ErrName       = errors.New("not a valid name") // of a namespace or a key
	ErrDamaged    = dbfile.ErrDamaged              // the file is left as it is
	ErrFull       = dbfile.ErrFull
	ErrPermission = dbfile.ErrPermission
	ErrBusy       = dbfile.ErrBusy // another process held the file for too long
)

// extension is what the name of a namespace's file ends in.
const extension = ".db"

// Store is a key-value store. Its methods are safe for concurrent use.
type Store struct {
	dir    string
	rights dbfile.Rights
}

// Entry is a key with its value.
type Entry struct {
	Key, Value string
}

// Open returns the store in the folder dir, which need not exist.
func Open(dir string) (*Store, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open key-value store: %w", dbfile.Classify(err))
	case !info.IsDir():
		return nil, fmt.Errorf("open key-value store: %s is not a folder", dir)
	}
	rights := dbfile.Rights{FolderMode: 0o750, FileMode: 0o600}
	if filepath.Clean(dir) == DefaultDir {
		rights.User = "ucservices"
	}
	return &Store{dir, rights}, nil
}

// Namespaces returns the names of all namespaces, sorted.
func (s *Store) Namespaces() ([]string, error) {
	files, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list namespaces: %w", dbfile.Classify(err))
	}
	var names []string
	for _, file := range files {
		name, isDB := strings.CutSuffix(file.Name(), extension)
		if isDB && checkNamespace(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// List returns what a namespace holds, sorted by key; nothing where there is
// no such namespace.
func (s *Store) List(namespace string) ([]Entry, error) {
	values, err := s.read(namespace)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(values))
	for key, value := range values {
		entries = append(entries, Entry{key, value})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return entries, nil
}

// Get returns the value of a key, or ErrNotFound.
func (s *Store) Get(namespace, key string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	values, err := s.read(namespace)
	if err != nil {
		return "", err
	}
	value, ok := values[key]
	if !ok {
		return "", notFound(namespace, key)
	}
	return value, nil
}

// Set gives a key its value and makes the namespace where it is missing.
func (s *Store) Set(namespace, key, value string) error {
	if err := errors.Join(checkNamespace(namespace), checkKey(key)); err != nil {
		return err
	}
	return s.Change(namespace, func(values map[string]string) error {
		values[key] = value
		return nil
	})
}

// Change lets edit alter the values of a namespace, by their keys, in one
// transaction, and makes the namespace where it is missing. Where edit returns
// an error, nothing has changed.
func (s *Store) Change(namespace string, edit func(values map[string]string) error) error {
	if err := checkNamespace(namespace); err != nil {
		return err
	}
	if err := s.create(namespace); err != nil {
		return fmt.Errorf("create namespace %s: %w", namespace, err)
	}
	return s.change(namespace, func(values map[string]string) error {
		err := edit(values)
		for key := range values {
			err = errors.Join(err, checkKey(key))
		}
		return err
	})
}

// Delete removes a key, or returns ErrNotFound. The namespace's file stays,
// with its owner and mode, even where nothing is left in it.
func (s *Store) Delete(namespace, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return s.change(namespace, func(values map[string]string) error {
		if _, ok := values[key]; !ok {
			return notFound(namespace, key)
		}
		delete(values, key)
		return nil
	})
}

func notFound(namespace, key string) error {
	return fmt.Errorf("%w: %s %s", ErrNotFound, namespace, key)
}
