package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/journal/journaltest"
)

// newJournal returns a journal to which some runs of a test speak in the place
// of standard error, or nil where there can be none.
func newJournal(t *testing.T) *journaltest.Journal {
	t.Helper()
	if err := journaltest.Possible(); err != nil {
		if os.Geteuid() == 0 && os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		return nil
	}
	return journaltest.New(t)
}

// spoken starts the command as a process. What it says in the journal, with all
// fields, the function that waits for its end returns behind standard error.
func (w *world) spoken(cmd *exec.Cmd) (wait func() result) {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if w.voice != nil {
		cmd = w.voice.Command(cmd)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return func() result {
		w.t.Helper()
		cmd.Wait()
		r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
		if w.voice != nil {
			records := w.voice.Records()
			check(w.t, "the journal has entries", len(records) > 0, true)
			check(w.t, "standard error beside the journal", w.voice.Stderr(), "")
			r.stderr = w.voice.Stderr() + written(records)
		}
		return r
	}
}

// written returns entries as text: a line for each field, more where its value
// has more.
func written(records []journaltest.Record) string {
	var text strings.Builder
	for _, record := range records {
		for _, name := range slices.Sorted(maps.Keys(record)) {
			text.WriteString(name + "=" + record[name] + "\n")
		}
	}
	return text.String()
}

// says checks that people are told what a report says of a failure, whatever
// the voice.
func (w *world) says(out result, why, hint string) {
	w.t.Helper()
	if why == "" {
		return
	}
	first, _, _ := strings.Cut(why, "\n")
	contains(w.t, out.stderr, first, "hint: "+hint)
	if w.voice != nil {
		contains(w.t, out.stderr, "\nHINT="+hint+"\n", "\nPRIORITY=3\n")
	}
}

// What looks for the secret in all that a run says finds it in the journal,
// where it stands in a field, and on a console. Here it is somebody's name.
func TestSecretWouldBeFound(t *testing.T) {
	parallel(t)
	w := newWorld(t, secret, "eyJ0eXAi")
	for name, voice := range map[string]*journaltest.Journal{"console": nil, "journal": newJournal(t)} {
		if name == "journal" && voice == nil {
			continue
		}
		w.voice = voice
		out := w.spoken(w.process("--dry-run", "-v"))()
		check(t, "exit status", out.status, 0)
		check(t, "secret found in the "+name, strings.Contains(out.stdout+out.stderr, secret), true)
		check(t, "token found in the "+name, strings.Contains(out.stdout+out.stderr, "eyJ"), true)
		if voice != nil {
			contains(t, out.stderr, "MEMBER="+secret, "MESSAGE=dry run: "+secret)
		}
	}
}
