package bookdb_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
)

// plantedJournal returns a journal that makes SQLite delete a file as the
// journal's super-journal ("The Rollback Journal" in SQLite's file format).
func plantedJournal(victim string) []byte {
	sum := uint32(0)
	for _, b := range []byte(victim) {
		sum += uint32(b)
	}
	journal := append(make([]byte, 512), victim...)
	journal[0] = 1 // else it is not hot
	journal = binary.BigEndian.AppendUint32(journal, uint32(len(victim)))
	journal = binary.BigEndian.AppendUint32(journal, sum)
	return append(journal, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"...)
}

// plant lays a journal beside path and returns the file that is not to be
// deleted by it.
func plant(t *testing.T, path string) (victim string, journal []byte) {
	t.Helper()
	victim = filepath.Join(t.TempDir(), "victim")
	journal = plantedJournal(victim)
	if err := errors.Join(os.WriteFile(victim, []byte("of somebody else's"), 0o666), os.WriteFile(path+"-journal", journal, 0o666)); err != nil {
		t.Fatal(err)
	}
	return victim, journal
}

func TestPlantedJournal(t *testing.T) {
	opens := map[string]func(path string) error{
		"reading": func(path string) error {
			_, err := bookdb.OpenReader(path)
			return err
		},
		"writing": func(path string) error {
			_, err := bookdb.Open(path)
			return err
		},
	}
	for name, open1 := range opens {
		t.Run(name, func(t *testing.T) {
			db, path := open(t)
			replace(t, db, replacement("anna", entries(2)))
			db.Close()
			victim, _ := plant(t, path)
			err := open1(path)
			wantFault(t, err, fault.Damage)
			if !strings.Contains(fault.HintOf(err), "-journal") {
				t.Errorf("the hint does not name the journal: %s", fault.HintOf(err))
			}
			for _, file := range []string{victim, path + "-journal"} {
				if _, err := os.Stat(file); err != nil {
					t.Errorf("opening deleted a file: %v", err)
				}
			}
			os.Remove(path + "-journal")
			wantBook(t, reopen(t, path), "anna", entries(2))
		})
	}
}

// TestJournalPlantedWhileOpening plants the journal and takes it away again
// while the file is being opened, so that it comes to lie there at any moment.
func TestJournalPlantedWhileOpening(t *testing.T) {
	db, path := open(t)
	replace(t, db, replacement("anna", entries(2)))
	db.Close()
	t.Run("WAL", func(t *testing.T) { plantWhileOpening(t, path) })
	backup := filepath.Join(t.TempDir(), "backup.db")
	shell(t, path, "VACUUM INTO '"+backup+"'")
	t.Run("backup", func(t *testing.T) { plantWhileOpening(t, backup) })
}

func plantWhileOpening(t *testing.T, path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	victim, journal := plant(t, path)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				os.WriteFile(path+"-journal.new", journal, 0o666)
				os.Rename(path+"-journal.new", path+"-journal")
				time.Sleep(200 * time.Microsecond)
				os.Remove(path + "-journal")
				time.Sleep(time.Millisecond)
			}
		}
	}()
	opened := 0
	for range 300 {
		for _, suffix := range []string{"-wal", "-shm"} {
			os.Remove(path + suffix)
		}
		os.WriteFile(path, content, 0o660)
		db, err := bookdb.Open(path)
		if err != nil { // not always as one would like: the journal may vanish while SQLite looks at it
			continue
		}
		opened++
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	<-stopped
	if _, err := os.Stat(victim); err != nil {
		t.Errorf("opening deleted a file: %v", err)
	}
	if opened == 0 {
		t.Error("the file was never opened: this test shows nothing")
	}
}

// TestRemovedWithoutItsWAL removes the file of a killed run alone. What its
// WAL holds must not become part of the next file.
func TestRemovedWithoutItsWAL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks.db")
	writer := startRole(t, "rewrite", path)
	writer.line()
	writer.cmd.Process.Kill()
	writer.cmd.Wait()
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("the killed run left no WAL: %v", err)
	}
	os.Remove(path)
	_, err := bookdb.Open(path)
	wantFault(t, err, fault.Damage)
	if !strings.Contains(fault.HintOf(err), path+"-wal") {
		t.Errorf("the hint does not name the WAL: %s", fault.HintOf(err))
	}
	os.Remove(path + "-wal")
	replace(t, reopen(t, path), replacement("anna", entries(2)))
	if got := shell(t, path, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}
