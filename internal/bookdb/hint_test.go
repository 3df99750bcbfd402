package bookdb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/kvstore"
)

// TestHintsSpareFiles: somebody who follows a hint loses nothing. A file of
// another program, such as the one with the secrets, is to be left alone, and
// whoever gives up a damaged one is told whose phonebooks go with it.
func TestHintsSpareFiles(t *testing.T) {
	folder := t.TempDir()
	store, err := kvstore.Open(folder)
	must(t, err)
	must(t, store.Set("contactsync", "client_secret", "value"))
	others := filepath.Join(folder, "others.db")
	shell(t, others, "CREATE TABLE invoice(id)")
	numbered := filepath.Join(folder, "numbered.db")
	shell(t, numbered, "CREATE TABLE invoice(id); PRAGMA user_version = 2")
	view := filepath.Join(folder, "view.db")
	db := reopen(t, view)
	db.Close()
	shell(t, view, "DROP TABLE number; CREATE VIEW number AS SELECT 1")
	for name, path := range map[string]string{
		"key-value store": filepath.Join(folder, "contactsync.db"), "another program's": others, "another's of version 2": numbered, "a view": view,
	} {
		for how, open := range map[string]func(string) (*bookdb.DB, error){"writing": bookdb.Open, "reading": bookdb.OpenReader} {
			_, err := open(path)
			wantFault(t, err, fault.Damage)
			wantHint(t, name+", "+how, err, "this is no file of contactsync", "is --phonebooks", "leave the file as it is")
			if strings.Contains(fault.HintOf(err), "move it away") {
				t.Errorf("%s, %s: %s", name, how, fault.HintOf(err))
			}
		}
	}

	damaged := filepath.Join(folder, "damaged.db")
	must(t, os.WriteFile(damaged, []byte("this was a database once"), 0o660))
	_, err = bookdb.Open(damaged)
	wantHint(t, "damaged", err, "is --phonebooks", "restore the file from a backup", "not contactsync's do not come back")
}

// TestLinkIsNamed: whoever moved the file elsewhere names it.
func TestLinkIsNamed(t *testing.T) {
	db, path := open(t)
	db.Close()
	link := filepath.Join(t.TempDir(), "phonebooks.db")
	must(t, os.Symlink(path, link))
	_, err := bookdb.Open(link)
	wantFault(t, err, fault.Damage)
	if !strings.Contains(err.Error(), link+" is a symbolic link") {
		t.Error(err)
	}
	wantHint(t, "link", err, "name the real file in --phonebooks or UCWARE_PHONEBOOKS")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantHint(t *testing.T, name string, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(fault.HintOf(err), word) {
			t.Errorf("%s: %v\nhint: %s\nwant %q", name, err, fault.HintOf(err), word)
		}
	}
}
