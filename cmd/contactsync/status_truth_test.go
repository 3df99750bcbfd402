package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/words"
)

// What stands below a failed run is of other runs, unless it is its own.
func TestWhoseResultsStandBelow(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.set("source", "graph")
	w.sync(0)
	w.nothingGranted()
	w.sync(78)
	out := w.run("status")
	contains(t, out.stdout, "\n               failed: ", "\nanna  failed ", "\nbram  failed ")
	lacks(t, out.stdout, words.FromOtherRuns, words.NotComeTo)
	w.set("client_secret", "another~value.That-nobody-may-see-either")
	w.sync(78)
	contains(t, w.run("status").stdout, "\n\n"+words.FromOtherRuns+"\nUSER")
	w.set("client_secret", secret)
	w.mail("anna", "")
	w.mail("bram", "")
	w.sync(78)
	out = w.run("status")
	contains(t, out.stdout, "anna  skipped", "bram  skipped")
	lacks(t, out.stdout, words.FromOtherRuns, words.NotComeTo)

	ok, bad := bookdb.Member{Outcome: bookdb.Outcome{Result: "ok"}}, bookdb.Member{Outcome: bookdb.Outcome{Result: "failed"}}
	stopped := standing{Record: bookdb.Record{All: bookdb.Run{Source: "graph", Error: "stopped after 1 of 2 members"}, Members: []bookdb.Member{ok, bad}}}
	check(t, "of a run that was stopped", stopped.whose(), words.NotComeTo)
}

// A user id that is as long as it may be leaves the lines 80 columns wide.
func TestStatusOfLongUserIDs(t *testing.T) {
	parallel(t)
	long := strings.Repeat("long-", 7) + "uid"
	w := newWorld(t, "anna", "fourteen-chars", "fifteen-columns", long)
	for _, user := range []string{"fourteen-chars", "fifteen-columns", long} {
		w.revoke(user)
	}
	w.sync(1)
	out := w.run("status").stdout
	const text = "               read mailbox "
	contains(t, out, "\nfourteen-chars read mailbox ", "\nfifteen-columns\n"+text, "\n"+long+"\n"+text)
	_, problems, _ := strings.Cut(out, "\n\n") // of the table every cell is whole
	_, problems, _ = strings.Cut(problems, "\n\n")
	fits(t, problems)
	if !strings.Contains(problems, long) {
		t.Errorf("no problems in %s", out)
	}
}

// Monitoring hears that nobody watches the secret's end, unless that is nothing
// for who asks.
func TestNagiosHearsThatTheEndIsNotWatched(t *testing.T) {
	parallel(t)
	for name, tt := range map[string]struct {
		spoil  func(*world)
		answer string
		shown  []string
	}{
		"no certificate": {func(w *world) {
			w.certify(time.Now().AddDate(1, 0, 0))
			if err := os.Remove(w.path("app.pem")); err != nil {
				w.t.Fatal(err)
			}
		}, "nobody watches until when the app can sign in: ", []string{"left out: ", "app.pem", "hint: "}},
		"damaged store": {func(w *world) {
			w.set("note", strings.Repeat("x", 20000))
			w.damage("kvstore/contactsync.db")
		}, "nobody watches until when the app can sign in: read settings: ", []string{"left out: read settings:\n", "the file is damaged", "hint: "}},
		"no day": {func(w *world) { w.set("client_secret_expires", "31.03.2027") },
			`nobody watches until when the app can sign in: client_secret_expires: "31.03.2027" does not fit`,
			[]string{`secret's end   client_secret_expires: "31.03.2027" does not fit; want a date`, "hint: ", "set contactsync client_secret_expires YYYY-MM-DD\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.sync(0)
			check(t, "exit status when all is well", w.run("status", "--nagios").status, 0)
			tt.spoil(w)
			out := w.run("status", "--nagios")
			check(t, "exit status", out.status, 1)
			contains(t, out.stdout, "CONTACTSYNC WARNING - "+tt.answer)
			check(t, "lines", strings.Count(out.stdout, "\n"), 1)
			out = w.run("status")
			contains(t, out.stdout, tt.shown...)
			lacks(t, out.stdout, "nobody noted it")
		})
	}
}

// Whatever is wrong with a command line, monitoring hears UNKNOWN: it would
// take 2 for CRITICAL.
func TestNagiosHearsOfWrongUsage(t *testing.T) {
	parallel(t)
	for _, args := range [][]string{
		{"--store", "", "status", "--nagios"}, {"--phonebooks", "", "status", "--nagios"}, {"-v", "-q", "status", "-nagios"},
		{"--nonsense", "status", "--nagios"}, {"status", "--nagios", "--nonsense"}, {"status", "--nagios", "more"},
	} {
		var out strings.Builder
		status := run(t.Context(), append([]string{"contactsync"}, args...), nil, &out, io.Discard)
		check(t, "exit status of "+strings.Join(args, " "), status, 3)
		contains(t, out.String(), "CONTACTSYNC UNKNOWN - ", "; hint: ")
	}
	check(t, "of another command", run(t.Context(), []string{"contactsync", "check", "--nagios"}, nil, io.Discard, io.Discard), 2)
}
