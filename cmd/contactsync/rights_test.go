package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/simulator/accounts"
	"contactsync/internal/systemd/systemdtest"
)

// asProgram makes the test binary behave as the command.
const asProgram = "TEST_IS_CONTACTSYNC"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Setenv("LC_ALL", "C.UTF-8") // the tests expect English
	os.Unsetenv("INVOCATION_ID")   // nor are they a service
	os.Setenv(systemdtest.Address, "unix:path=/nonexistent/bus")
	status := m.Run()
	os.RemoveAll(programs)
	os.Exit(status)
}

var programs string // folder of what theProgram built

// theProgram returns the path of the command, built as users have it: without
// the race detector, which makes each process ten times as slow.
var theProgram = sync.OnceValues(func() (path string, err error) {
	if programs, err = os.MkdirTemp("", "contactsync"); err != nil {
		return "", err
	}
	path = filepath.Join(programs, "contactsync")
	if out, err := exec.Command("go", "build", "-tags", "libsqlite3", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// appliance is the command and its files as they lie on an appliance: with a
// service user, and somebody who only reads phonebooks.
type appliance struct {
	*world
	accounts *accounts.Accounts
	program  string
}

func newAppliance(t *testing.T, members ...string) *appliance {
	a := &appliance{accounts: accounts.New(t)}
	a.accounts.User("ucservices", "ucphonebooks")
	a.accounts.User("asterisk", "ucphonebooks")
	a.accounts.User("nosy")
	a.program = a.accounts.Install("", "contactsync")
	a.world = newWorld(t, members...)
	a.move(a.accounts.Dir)
	return a
}

// move moves the world's files to where every user may go, and gives them to
// whom they belong on an appliance.
func (a *appliance) move(to string) {
	a.t.Helper()
	must := func(err error) {
		if err != nil {
			a.t.Fatal(err)
		}
	}
	uid, group := a.accounts.ID("ucservices"), a.accounts.ID("ucphonebooks")
	ca, err := os.ReadFile(a.path("ca.pem"))
	must(err)
	must(os.CopyFS(filepath.Join(to, "kvstore"), os.DirFS(a.path("kvstore"))))
	a.dir = to
	must(os.WriteFile(a.path("ca.pem"), ca, 0o644))
	must(os.Mkdir(a.path("phonebooks"), 0o700))
	must(os.Chown(a.path("kvstore"), uid, uid))
	must(os.Chmod(a.path("kvstore"), 0o750))
	must(os.Chown(a.path("kvstore/contactsync.db"), uid, uid))
	must(os.Chmod(a.path("kvstore/contactsync.db"), 0o600))
	must(os.Chown(a.path("phonebooks"), uid, group))
	must(os.Chmod(a.path("phonebooks"), os.ModeSetgid|0o770))
	a.set("ca_file", a.path("ca.pem"))
}

// as runs the command as a user.
func (a *appliance) as(user string, args ...string) result {
	a.t.Helper()
	cmd := a.accounts.Command(user, a.program, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "UCWARE_KVSTORE="+a.path("kvstore"), "UCWARE_PHONEBOOKS="+a.path("phonebooks/phonebooks.db"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		a.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func TestRightsOfRealUsers(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	a.add("anna", "Erika", "030 901820")

	for user, words := range map[string]string{"root": "this runs as root", "asterisk": "this runs as asterisk", "nosy": "this runs as nosy"} {
		out := a.as(user, "-v", "--user", "anna")
		check(t, "exit status of "+user, out.status, 77)
		contains(t, out.stderr, words, "belongs to ucservices", "hint: sudo -u ucservices contactsync --store "+a.path("kvstore"), " -v --user anna")
	}
	if files, _ := os.ReadDir(a.path("phonebooks")); len(files) > 0 {
		t.Errorf("the wrong users left %v", files)
	}

	out := a.as("ucservices", "-v")
	check(t, "exit status of ucservices", out.status, 0)
	contains(t, out.stderr, "anna", "1 added")

	for _, user := range []string{"asterisk", "ucservices"} {
		out = a.as(user, "phonebook", "export", "--user", "anna")
		check(t, user+" reads phonebooks", out.status, 0)
		contains(t, out.stdout, "Erika")
	}
	out = a.as("nosy", "phonebook", "export", "--user", "anna")
	check(t, "a stranger reads phonebooks", out.status, 77)
	contains(t, out.stderr, "hint: sudo -u ucservices contactsync --store "+a.path("kvstore"), " phonebook export --user anna; ", "ucphonebooks")
	for _, user := range []string{"asterisk", "nosy"} {
		cmd := a.accounts.Command(user, "/bin/cat", a.path("kvstore/contactsync.db"))
		if text, err := cmd.CombinedOutput(); err == nil || strings.Contains(string(text), secret) {
			t.Errorf("%s reads the key-value store: %s", user, text)
		}
	}

	// Whoever read last may have made the files beside the database; the
	// service must still be able to write.
	a.add("anna", "Zoë", "030 901821")
	check(t, "exit status of the second run", a.as("ucservices", "-v").status, 0)
	contains(t, a.as("asterisk", "phonebook", "export", "--user", "anna").stdout, "Zoë")
}

// A backup that root brought back must not send anybody in a circle.
func TestFilesThatBelongToSomebodyElse(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	a.add("anna", "Erika", "030 901820")
	check(t, "first run", a.as("ucservices").status, 0)
	book := a.path("phonebooks/phonebooks.db")
	if err := os.Chown(book, 0, 0); err != nil {
		t.Fatal(err)
	}
	out := a.as("ucservices", "-v")
	check(t, "root's file", out.status, 77)
	contains(t, out.stderr, "hint: sudo sh -c 'chown ucservices "+book+"*")
	// One that belongs to a reader and that the service may write is fine.
	if err := os.Chown(book, a.accounts.ID("asterisk"), a.accounts.ID("ucphonebooks")); err != nil {
		t.Fatal(err)
	}
	out = a.as("ucservices", "-v")
	check(t, "a reader's file", out.status, 0)
	// A place of one's own needs no folder of one's own, but one to write in.
	out = a.as("nosy", "--store", "/tmp/nowhere", "--phonebooks", "/usr/phonebooks.db")
	check(t, "a folder of root's", out.status, 77)
	contains(t, out.stderr, "--phonebooks")
	if strings.Contains(out.stderr, "sudo -u root") {
		t.Errorf("the hint is to become root: %s", out.stderr)
	}
}
