package bookdb_test

import (
	"os"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
)

// TestNoFilesForTheWAL lays links and folders where SQLite wants its files.
func TestNoFilesForTheWAL(t *testing.T) {
	plants := map[string]func(name string) error{
		"link":          func(name string) error { return os.Symlink("/etc/passwd", name) },
		"dangling link": func(name string) error { return os.Symlink("nowhere", name) },
		"folder":        func(name string) error { return os.Mkdir(name, 0o777) },
	}
	for what, plant := range plants {
		for _, suffix := range []string{"-wal", "-shm"} {
			t.Run(what+" as "+suffix, func(t *testing.T) {
				db, path := open(t)
				replace(t, db, replacement("anna", entries(1)))
				db.Close()
				os.Remove(path + suffix)
				if err := plant(path + suffix); err != nil {
					t.Fatal(err)
				}
				_, err := bookdb.Open(path)
				wantFault(t, err, fault.Damage)
				_, err = bookdb.OpenReader(path)
				wantFault(t, err, fault.Damage)
			})
		}
	}
}
