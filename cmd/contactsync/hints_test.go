package main

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Options that cannot be meant are refused before anything is read or made.
func TestOptionsThatContradict(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for _, tt := range []struct {
		args  []string
		words string
	}{
		{[]string{"-v", "-q"}, "-v and -q contradict each other"},
		{[]string{"-q", "-v", "members"}, "-v and -q contradict each other"},
		{[]string{"--phonebooks", ""}, "--phonebooks is empty"},
		{[]string{"--phonebooks", "", "phonebook", "list"}, "--phonebooks is empty"},
		{[]string{"--store", "", "check"}, "--store is empty"},
	} {
		out := w.run(tt.args...)
		check(t, "exit status of "+tt.words, out.status, 2)
		check(t, "output", out.stdout, "")
		contains(t, out.stderr, "contactsync: error: "+tt.words, "contactsync: hint: ")
	}
	if _, err := os.Stat(w.path("phonebooks.db")); err == nil {
		t.Error("something was made")
	}
}

// An option that stands behind the command, where only its own do, is not
// answered by the help that lists it.
func TestOptionsBehindTheCommand(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for line, hint := range map[string]string{
		"check -v":            "options such as -v stand before the command: contactsync -v check\n",
		"status -q":           "options such as -q stand before the command: contactsync -q status\n",
		"lookup -v 030901820": "contactsync -v lookup\n",
		"lookup 030901820 -v": "contactsync -v lookup\n",
		"phonebook list -v":   "contactsync -v phonebook list\n",
		"members --store /x":  "options such as --store FOLDER stand before the command: contactsync --store FOLDER members\n",
		"check --dry-run":     "this lists what there is: contactsync --help\n",
		"--nonsense":          "this lists what there is: contactsync --help\n",
	} {
		out := w.run(strings.Fields(line)...)
		check(t, "exit status of "+line, out.status, 2)
		contains(t, out.stderr, "flag provided but not defined: -", "contactsync: hint: ", hint)
	}
}

// A machine without a network is told so, and not to look for a misspelt name.
func TestNoNetwork(t *testing.T) {
	parallel(t)
	if os.Geteuid() != 0 {
		t.Skip("only root can take the network away")
	}
	w := newWorld(t, "anna")
	w.set("ldap_url", w.ldap.SocketURL)
	offline := func(key, value string) report {
		t.Helper()
		w.set(key, value)
		cmd := w.process("--json")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, _ := cmd.Output()
		var r report
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		check(t, "exit status", cmd.ProcessState.ExitCode(), 75)
		contains(t, r.Hint, "this machine has no network")
		lacks(t, r.Hint, "spelling")
		return r
	}
	contains(t, offline("authority", "https://192.0.2.1").Error, "192.0.2.1")
	contains(t, offline("ldap_url", "ldap://directory.example.org").Error, "directory.example.org")
}

// The tenant of somebody else has none of our people.
func TestNobodyIsKnown(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	for _, uid := range []string{"anna", "bram"} {
		w.ldap.Replace("uid="+uid+",ou=people,dc=example,dc=org", "mail", uid+"@elsewhere.example")
	}
	w.set("source", "graph")
	const hint = "is this the right tenant?"
	out := w.run()
	check(t, "exit status", out.status, 1)
	contains(t, out.stderr, hint, "tenant_id", w.tenant.ID)
	check(t, "how often it is said", strings.Count(out.stderr, hint), 1)
	w.ldap.Replace("uid=bram,ou=people,dc=example,dc=org", "mail", "bram@example.org")
	lacks(t, w.run().stderr, hint)
}

// Who wonders why a night took long is told the key.
func TestWhichSettingChanged(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.set("include_notes", "true")
	contains(t, w.run().stderr, "reading the mailbox in full", "a setting changed that decides what is read or written: include_notes")
	lacks(t, w.run().stderr, "in full")
}

// Whoever takes one file for the other is not told to move the secret away, and
// nothing happens to it.
func TestOneFileForTheOther(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.sync(0)
	for _, args := range [][]string{{"phonebook", "list"}, {}, {"lookup", "030 901820"}, {"--dry-run"}} {
		out := w.run(append([]string{"--phonebooks", w.path("kvstore/contactsync.db")}, args...)...)
		check(t, "exit status", out.status, 74)
		contains(t, out.stderr, "hint: this is no file of contactsync", "is --phonebooks (or UCWARE_PHONEBOOKS) right? leave the file as it is")
		lacks(t, out.stderr, "move it away", "remove")
	}
	if err := os.Symlink(w.path("phonebooks.db"), w.path("kvstore/contactsync2.db")); err != nil {
		t.Fatal(err)
	}
	out := w.run("--phonebooks", w.path("kvstore/contactsync2.db"), "phonebook", "list")
	contains(t, out.stderr, "is a symbolic link", "hint: name the real file in --phonebooks or UCWARE_PHONEBOOKS")
	w.sync(0)
}
