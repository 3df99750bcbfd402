package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/kvstore"
)

var update = flag.Bool("update", false, "write testdata/mistakes.txt anew, as root")

// recorded is the list of every mistake that an administrator can make, with
// what check says of it first, and the hint. It is for people to read.
const recorded = "testdata/mistakes.txt"

const recordedHead = `What contactsync check says of each mistake that an administrator can make: the
exit status, the first line that is a failure or else a warning, and its hint.
TestEachMistake plays them; with -update it writes this file.
`

// answered is what check says of a mistake, in the words of recorded.
type answered struct {
	mu   sync.Mutex
	text map[string]string // by chapter and name
}

// add takes an answer down once it is found to be one: it names the link that
// does not hold, says what to do, and shows nobody a secret.
func (a *answered) add(w *world, name string, out result) {
	w.t.Helper()
	var c checked
	if err := json.Unmarshal([]byte(out.stdout), &c); err != nil {
		w.t.Fatalf("--json: %v\n%s%s", err, out.stdout, out.stderr)
	}
	first, found := c.first()
	switch {
	case !found:
		w.t.Errorf("nothing is wrong: %s", out.stdout)
	case first.Hint == "":
		w.t.Errorf("no hint: %s", first.Detail)
	case (first.Result == failed) != (out.status != 0):
		w.t.Errorf("exit status %d of %s", out.status, first.Detail)
	case strings.ContainsAny(first.Detail+first.Hint, "{}") || strings.Contains(first.Detail+first.Hint, "%!"):
		w.t.Errorf("a place without its words: %s\n%s", first.Detail, first.Hint)
	}
	for _, s := range secrets {
		if strings.Contains(out.stdout+out.stderr, s) {
			w.t.Errorf("%.8s… is shown: %s", s, out.stdout)
		}
	}
	text := fmt.Sprintf("%s, %s, exit status %d\n", first.Name, first.Result, out.status)
	line, _, _ := strings.Cut(first.Detail, "\n")
	text += "    " + line + "\n" + "    hint: " + strings.ReplaceAll(first.Hint, "\n", "\n    ") + "\n"
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text[name] = folded(stable(w, text))
}

// folded breaks the lines of an answer to be read.
func folded(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		words := strings.TrimLeft(strings.TrimSuffix(line, "\n"), " ")
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		b.WriteString(indent + strings.Join(wrapped(words, 130), "\n  "+indent) + "\n")
	}
	return b.String()
}

// secrets are those that a mistake may put anywhere, and how tokens begin.
var secrets = []string{secret, secret[:20], "geheim-und-lang", "falsch-und-lang", "8Q~", ldaptest.ReaderPassword, tokenStart}

// first returns the first failure, or else the first warning. The timer is none
// of these: there is no service manager in a test.
func (c checked) first() (f struct{ Name, Result, Detail, Hint string }, found bool) {
	for _, result := range []string{failed, warning} {
		for _, f := range c.Checks {
			if f.Result == result && f.Name != "timer" {
				return f, true
			}
		}
	}
	return f, false
}

// changing are the parts of an answer that are different each time, and what
// stands for them.
var changing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`127\.0\.0\.[12]:\d+`), "SERVER"},
	{regexp.MustCompile(` ?\[trace [^\]]*\]`), ""},
	{regexp.MustCompile(`(last day of the [a-z ]+ (?:is|was|is today,)|expired on|not valid before) [\dT:Z-]+`), "$1 DAY"},
	{regexp.MustCompile(`\d+(\.\d+)? (KiB|MiB|bytes) are left`), "SIZE are left"},
	{regexp.MustCompile(`(lookup [\w.-]+)[^\n]*`), "$1: no such host"},
	{regexp.MustCompile(`(process|-fp) \d+`), "$1 PID"},
	{regexp.MustCompile(`(\d+h)?\d+m\d+s`), "TIME"},
	{regexp.MustCompile(`good until [\d-]+`), "good until DAY"},
	{regexp.MustCompile(`(the file is damaged): [^\n]*`), "$1"},
	{regexp.MustCompile(`[0-9A-F]{64}`), "THUMBPRINT"},
	{regexp.MustCompile(`'(FOLDER[^']*)'`), "$1"},
}

// stable returns a text with what changes left out.
func stable(w *world, text string) string {
	text = strings.NewReplacer(w.dir, "FOLDER", nowhere, "nowhere").Replace(text)
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.name)
	}
	return text
}

// TestEachMistake makes every mistake in the list and compares what check says
// with what is recorded.
func TestEachMistake(t *testing.T) {
	parallel(t)
	all := &answered{text: map[string]string{}}
	t.Run("keys", func(t *testing.T) {
		parallel(t)
		wrongKeys(t, all)
	})
	for _, m := range blunders {
		t.Run(m.name, func(t *testing.T) {
			parallel(t)
			w := newWorld(t, "anna", "bram")
			w.add("anna", "Erika", "030 901820")
			w.tidy()
			m.make(w)
			all.add(w, m.name, w.alone("check", "--json"))
		})
	}
	t.Run("of the machine", func(t *testing.T) {
		parallel(t)
		machineMistakes(t, all)
	})
	t.Cleanup(func() { compareRecorded(t, all) })
}

// wrongKeys sets one key after the other wrong, in one world.
func wrongKeys(t *testing.T, all *answered) {
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	w.tidy()
	good := w.stored()
	for _, k := range keyMistakes(w) {
		t.Run(k.name, func(t *testing.T) {
			w := *w
			w.t = t
			w.replaceAll(good)
			for key, value := range k.values {
				if value != "" || good[key] != "" {
					w.set(key, value)
				}
			}
			all.add(&w, k.name, w.alone("check", "--json"))
		})
	}
}

// alone runs the command as a process of its own: what is a secret in another
// test is left out of all texts of this one.
func (w *world) alone(args ...string) result {
	w.t.Helper()
	cmd := w.process(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// replaceAll has these values stand in the store and no others.
func (w *world) replaceAll(values map[string]string) {
	w.t.Helper()
	store, err := kvstore.Open(w.path("kvstore"))
	if err == nil {
		err = store.Change(namespace, func(stored map[string]string) error {
			clear(stored)
			for key, value := range values {
				stored[key] = value
			}
			return nil
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// machineMistakes are those of files and users, as they lie on an appliance. It
// takes root to make them.
func machineMistakes(t *testing.T, all *answered) {
	for _, m := range machineBlunders {
		t.Run(m.name, func(t *testing.T) {
			a := newAppliance(t, "anna", "bram")
			a.tidy()
			if out := a.as("ucservices", "-v"); out.status != 0 {
				t.Fatal(out.stderr)
			}
			all.add(a.world, m.name, m.make(a))
		})
	}
}

// mounted runs the command as the service user where the phonebooks lie on a
// file system of their own, of which so many KiB are there.
func (a *appliance) mounted(kib int, args ...string) result {
	a.t.Helper()
	const small = `mount -t tmpfs -o "size=$1k,mode=2770,uid=$2,gid=$3" none "$4" && shift 4 && exec "$@"`
	inner := a.accounts.Command("ucservices", a.program, args...)
	cmd := exec.Command("unshare", append([]string{"--mount", "--", "sh", "-c", small, "sh", fmt.Sprint(kib),
		fmt.Sprint(a.accounts.ID("ucservices")), fmt.Sprint(a.accounts.ID("ucphonebooks")), a.path("phonebooks")}, inner.Args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "UCWARE_KVSTORE="+a.path("kvstore"), "UCWARE_PHONEBOOKS="+a.path("phonebooks/phonebooks.db"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		a.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// compareRecorded compares all answers with those recorded, or records them.
func compareRecorded(t *testing.T, all *answered) {
	old := readRecorded(t)
	var text strings.Builder
	text.WriteString(recordedHead)
	for _, chapter := range chapters() {
		fmt.Fprintf(&text, "\n\n%s\n%s\n", chapter.title, strings.Repeat("-", len(chapter.title)))
		for _, name := range chapter.names {
			answer, made := all.text[name]
			if !made {
				answer = old[name] // not this time, or not by this user
			}
			if answer != "" {
				fmt.Fprintf(&text, "\n%s\n  %s", name, answer)
			}
		}
	}
	if *update {
		if err := os.WriteFile(recorded, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name, answer := range all.text {
		check(t, name, answer, old[name])
	}
	if file, _ := os.ReadFile(recorded); text.String() != string(file) && !t.Failed() {
		t.Errorf("%s is not of these mistakes: go test -run TestEachMistake -update", recorded)
	}
}

// readRecorded returns the recorded answers by the names of their mistakes.
func readRecorded(t *testing.T) map[string]string {
	file, err := os.ReadFile(recorded)
	if err != nil && !*update {
		t.Fatal(err)
	}
	old := map[string]string{}
	for _, block := range strings.Split(string(file), "\n\n") {
		if name, answer, ok := strings.Cut(strings.Trim(block, "\n"), "\n  "); ok {
			old[name] = answer + "\n"
		}
	}
	return old
}
