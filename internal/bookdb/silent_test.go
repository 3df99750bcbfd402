//go:build libsqlite3

package bookdb

import (
	"database/sql"
	"path/filepath"
	"testing"
)

// The triggers fire for whoever opens the file while the writer's connection
// is being opened, in this process too.
func TestTriggersOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	open := func() *sql.DB {
		db, err := sql.Open("sqlite3", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	ours, theirs := open(), open()
	err := withoutTriggers(func() error {
		opened := make(chan error)
		go func() { opened <- theirs.Ping() }()
		if err := <-opened; err != nil {
			return err
		}
		return ours.Ping()
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Exec(`CREATE TABLE a(x); CREATE TABLE fired(by);
		CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO fired VALUES (new.x); END`); err != nil {
		t.Fatal(err)
	}
	for db, by := range map[*sql.DB]string{ours: "us", theirs: "them"} {
		if _, err := db.Exec("INSERT INTO a VALUES (?)", by); err != nil {
			t.Fatal(err)
		}
	}
	var who string
	if err := theirs.QueryRow("SELECT group_concat(by) FROM fired").Scan(&who); err != nil || who != "them" {
		t.Errorf("the trigger fired for %q, want them alone; %v", who, err)
	}
}
