package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"contactsync/internal/journal/journaltest"
	"contactsync/internal/ldapdir/ldaptest"
)

// journalled runs the command as a service: standard error leads to the
// journal. It returns what the journal got.
func (w *world) journalled(status int, args ...string) []journaltest.Record {
	w.t.Helper()
	j := journaltest.New(w.t)
	cmd := j.Command(w.process(args...))
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	cmd.Run()
	check(w.t, "exit status", cmd.ProcessState.ExitCode(), status)
	check(w.t, "standard error", j.Stderr(), "")
	check(w.t, "standard output", stdout.String(), "")
	return w.noSecret(j.Records())
}

func (w *world) noSecret(records []journaltest.Record) []journaltest.Record {
	w.t.Helper()
	for _, r := range records {
		for name, value := range r {
			if strings.Contains(value, secret) || strings.Contains(value, "eyJ") {
				w.t.Errorf("%s shows a secret or a token", name)
			}
		}
	}
	return records
}

// fields returns the values of a record's fields; ∅ where there is none.
func fields(r journaltest.Record, names ...string) string {
	var values []string
	for _, name := range names {
		value, ok := r[name]
		if !ok {
			value = "∅"
		}
		values = append(values, value)
	}
	return strings.Join(values, " ")
}

// of returns the record of a member, or with an empty name that of the run.
func of(t *testing.T, records []journaltest.Record, member string) journaltest.Record {
	t.Helper()
	for _, r := range records {
		if r["MEMBER"] == member && r["RESULT"] != "" {
			return r
		}
	}
	t.Errorf("no record of %q in %q", member, records)
	return nil
}

var memberFields = []string{"PRIORITY", "RESULT", "ENTRIES", "ADDED", "UPDATED", "REMOVED"}

func TestServiceWritesFields(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "chris", "dora")
	for _, uid := range []string{"anna", "bram", "chris"} {
		w.add(uid, "Erika", "030 901820")
	}
	emptied := w.add("dora", "Erika", "030 901820")
	w.sync(0)
	w.add("anna", "Zoë", "030 901821")
	w.revoke("bram")
	w.mailbox("dora").DeleteContact(emptied)
	w.mailbox("dora").Forget() // so that nobody reports the deletion
	w.ldap.Replace(ldaptest.PersonDN("chris"), "mail")

	records := w.journalled(1)
	check(t, "records, with a note on why dora was read in full", len(records), 6)
	anna, bram, chris, dora, end := of(t, records, "anna"), of(t, records, "bram"), of(t, records, "chris"), of(t, records, "dora"), of(t, records, "")
	check(t, "anna", fields(anna, memberFields...), "6 ok 2 1 0 0")
	check(t, "anna in words", anna["MESSAGE"], "anna: ok: 2 entries: 1 added, 0 updated, 0 removed")
	check(t, "anna has", fields(anna, "ERROR", "HINT", "SYSLOG_IDENTIFIER"), "∅ ∅ contactsync")
	check(t, "bram", fields(bram, memberFields...), "3 failed ∅ ∅ ∅ ∅")
	check(t, "bram in words", bram["MESSAGE"], "bram: failed: "+bram["ERROR"]+"\nhint: "+bram["HINT"])
	if bram["ERROR"] == "" || bram["HINT"] == "" {
		t.Errorf("no word on why: %q", bram)
	}
	check(t, "chris", fields(chris, memberFields...), "5 skipped ∅ ∅ ∅ ∅")
	check(t, "dora", fields(dora, memberFields...), "4 kept 1 0 0 0")
	contains(t, dora["MESSAGE"], "dora: kept: ", "hint: ", "--allow-empty")
	check(t, "the run", fields(end, "PRIORITY", "RESULT", "MEMBERS", "FAILED", "SOURCE"), "4 incomplete 4 2 graph")
	contains(t, end["MESSAGE"], "4 members: 1 ok, 1 kept, 1 failed, 1 skipped", "source: graph (")
	if end["REQUESTS"] == "" || end["REQUESTS"] == "0" || end["BYTES"] == "" {
		t.Errorf("the run: %q", end)
	}
}

func TestServiceWhereAllIsWell(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	records := w.journalled(0)
	check(t, "anna", fields(of(t, records, "anna"), memberFields...), "6 ok 0 0 0 0")
	records = w.journalled(0)
	check(t, "anna", fields(of(t, records, "anna"), memberFields...), "6 unchanged 0 0 0 0")
	check(t, "the run", fields(of(t, records, ""), "PRIORITY", "RESULT", "MEMBERS", "FAILED"), "6 ok 1 0")
	check(t, "records with -q", len(w.journalled(0, "-q")), 0)
	records = w.journalled(0, "--dry-run")
	contains(t, of(t, records, "anna")["MESSAGE"], "dry run: ")
	contains(t, of(t, records, "")["MESSAGE"], "dry run: ")
}

func TestServiceWhereTheRunFails(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_id", "x")
	w.set("workers", "many")
	w.set("phonebook_name", "x")
	records := w.journalled(78)
	check(t, "records", len(records), 2)
	check(t, "the warning", records[0]["PRIORITY"], "4")
	contains(t, records[0]["MESSAGE"], "phonebook_name", "phonebookname")
	end := of(t, records, "")
	check(t, "the run", fields(end, "PRIORITY", "RESULT", "MEMBERS", "SOURCE"), "3 failed 0 ∅")
	contains(t, end["MESSAGE"], "client_id", "\nworkers", "\nhint: ", "kvstore --store "+w.path("kvstore"))
	contains(t, end["HINT"], "kvstore --store "+w.path("kvstore")+" set contactsync KEY")
	records = w.journalled(2, "--frobnicate")
	check(t, "wrong usage", records[0]["PRIORITY"], "3")
}

// Names come from a directory that others write to.
func TestServiceAndNamesThatPretend(t *testing.T) {
	parallel(t)
	name := "x\nPRIORITY=0\nRESULT=ok\x1b[2J\n" + secret[:5]
	w := newWorld(t, name)
	w.revoke(name)
	for _, r := range w.journalled(1) {
		if r["PRIORITY"] == "0" || strings.ContainsAny(r["MESSAGE"]+r["MEMBER"], "\x1b") {
			t.Errorf("%q", r)
		}
		contains(t, r["RESULT"], "e") // incomplete or failed, not ok
	}
}

// A console is no journal, and where there is no journal nothing is lost.
func TestServiceWithoutAJournal(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.revoke("bram")
	j := journaltest.New(t)
	j.Close()
	cmd := j.Command(w.process())
	cmd.Run()
	check(t, "exit status", cmd.ProcessState.ExitCode(), 1)
	contains(t, j.Stderr(), "contactsync: note: anna: ok", "contactsync: error: bram: failed: ", "contactsync: hint: ", "contactsync: warning: 2 members: 1 ok, 1 failed")

	cmd = w.process("-v")
	cmd.Env = append(cmd.Env, "JOURNAL_STREAM=1:1")
	out, _ := cmd.CombinedOutput()
	contains(t, string(out), "failed     bram", "source: graph (")
}

func TestConfiguredSpeaksInALineOfTheService(t *testing.T) {
	parallel(t)
	w := &world{t: t, dir: t.TempDir()}
	j := journaltest.New(t)
	cmd := j.Command(w.process("configured"))
	cmd.Run()
	check(t, "exit status", cmd.ProcessState.ExitCode(), 1)
	contains(t, j.Stderr(), "not configured yet")
	check(t, "records", len(j.Records()), 0)
	if _, err := os.Stat(w.path("kvstore")); err == nil {
		t.Error("a store was made")
	}
}
