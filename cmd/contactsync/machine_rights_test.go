package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

// Files and folders whose owner or mode somebody changed keep a run from
// working, or do not matter to it; it says which, and what to type.
func TestRightsTakenAway(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna", "bram")
	const books = "phonebooks/phonebooks.db"
	tests := []struct {
		name, path string
		owner      string // whose it becomes
		mode       fs.FileMode
		status     int
		words      []string
	}{
		{"phonebooks.db that nobody may write", books, "ucservices", 0o400, 77, []string{books, "chmod 660 "}},
		{"phonebooks.db that nobody may read", books, "ucservices", 0, 77, []string{books, "chmod 660 "}},
		{"phonebooks.db of a reader, for himself", books, "asterisk", 0o600, 77, []string{books, "chown ucservices "}},
		{"phonebooks' folder in which nothing can be made", "phonebooks", "ucservices", fs.ModeSetgid | 0o550, 0, nil},
		{"phonebooks' folder that nobody may enter", "phonebooks", "ucservices", fs.ModeSetgid | 0o660, 77, []string{"phonebooks", "sudo chmod 2770 "}},
		{"phonebooks' folder of somebody else", "phonebooks", "nosy", 0o700, 77, []string{"phonebooks"}},
		{"key-value store that nobody may read", store, "ucservices", 0, 77, []string{store, "chmod 600"}},
		{"key-value store of somebody else", store, "nosy", 0o600, 77, []string{store, "chown ucservices"}},
		{"key-value store that nobody may write", store, "ucservices", 0o400, 0, nil},
		{"key-value store's folder that nobody may enter", "kvstore", "ucservices", 0o600, 77, []string{"kvstore", "750"}},
		{"key-value store's folder of somebody else", "kvstore", "nosy", 0o700, 77, []string{"kvstore"}},
	}
	count := 0
	entries := func() (n string) {
		t.Helper()
		for _, uid := range []string{"anna", "bram"} {
			out := a.as("ucservices", "phonebook", "export", "--user", uid, "--format", "csv")
			check(t, "exit status of the export", out.status, 0)
			n += fmt.Sprintln(out.stdout)
		}
		return n
	}
	next := func() {
		count++
		a.add("anna", fmt.Sprint("Erika ", count), "030 901820")
		a.add("bram", fmt.Sprint("Jan ", count), "030 901821")
	}
	sync := func() { t.Helper(); check(t, "exit status", a.as("ucservices", "-q").status, 0) }
	next()
	sync()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := entries()
			next()
			info, err := os.Stat(a.path(tt.path))
			if err != nil {
				t.Fatal(err)
			}
			set := func(owner string, mode fs.FileMode) {
				t.Helper()
				if err := os.Chown(a.path(tt.path), a.accounts.ID(owner), -1); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(a.path(tt.path), mode); err != nil {
					t.Fatal(err)
				}
			}
			set(tt.owner, tt.mode)
			out := a.as("ucservices", "--json")
			set("ucservices", info.Mode())
			var r report
			if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
				t.Fatal(err)
			}
			t.Log(out.status, r.Error, "|", r.Hint)
			check(t, "exit status", out.status, tt.status)
			contains(t, r.Error+" "+r.Hint, tt.words...)
			check(t, "a hint", r.Hint != "", tt.status != 0)
			check(t, "phonebooks are the old ones", entries() == before, tt.status != 0)
			sync()
			check(t, "phonebooks are the old ones after the next run", entries() == before, false)
		})
	}
}
