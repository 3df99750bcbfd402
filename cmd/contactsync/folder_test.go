package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// atHome is as with the phonebooks where an appliance has them: what lies in
// the folder lib is seen as /var/lib.
func (a *appliance) atHome(lib, user, command string) result {
	a.t.Helper()
	const there = `mount --bind "$1" /var/lib && if [ "$2" = root ]; then exec sh -c "$4"; fi
exec setpriv --reuid="$2" --regid="$2" --init-groups -- sh -c "$4" sh "$3"`
	cmd := a.accounts.Command("root", "sh", "-c", there, "sh", lib, user, a.program, command)
	cmd.Env = append(os.Environ(), asProgram+"=1", "UCWARE_KVSTORE="+a.path("kvstore"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Run()
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// Whoever follows the hints about the phonebooks' folder is done, and so are
// those who read it.
func TestPhonebooksFolder(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	a.tidy()
	a.add("anna", "Erika", "030 901820")
	lib := filepath.Join(a.accounts.Dir, "lib")
	books := filepath.Join(lib, "ucware", "phonebooks")
	if err := os.MkdirAll(filepath.Dir(books), 0o755); err != nil {
		t.Fatal(err)
	}
	const install = "sudo install -d -m 2770 -o ucservices -g ucphonebooks /var/lib/ucware/phonebooks"
	// follow types the hint that stands in a text. What sudo does not start is the
	// administrator's own shell, which cannot look into the folder to expand a *.
	follow := func(text string) {
		t.Helper()
		command := regexp.MustCompile(`sudo (install|sh|chmod) [^\n]*`).FindString(text)
		if out := a.atHome(lib, "root", "set -f; "+strings.ReplaceAll(command, "sudo ", "")); command == "" || out.status != 0 {
			t.Errorf("%q: %s\n%s", command, out.stderr, text)
		}
	}
	works := func() {
		t.Helper()
		check(t, "exit status of the run", a.atHome(lib, "ucservices", `"$1" -q`).status, 0)
		contains(t, a.atHome(lib, "asterisk", `"$1" lookup 030901820`).stdout, "Erika")
		contains(t, flat(a.atHome(lib, "ucservices", `"$1" check`).stdout), "✓ phonebooks ", "1 phonebook and can be written")
	}

	for _, made := range []string{"", "mkdir /var/lib/ucware/phonebooks"} {
		a.atHome(lib, "root", "rm -rf /var/lib/ucware/phonebooks; "+made)
		out := a.atHome(lib, "ucservices", `"$1"`)
		check(t, "exit status", out.status, 77)
		contains(t, out.stderr, "hint: "+install+"\n")
		contains(t, flat(a.atHome(lib, "ucservices", `"$1" check`).stdout), "✗ phonebooks ", install)
		follow(out.stderr)
		works()
	}

	for _, spoilt := range []string{
		"chown ucservices:root .; chmod 00755 .; rm -f *", // as mkdir and chown leave it
		"chgrp root . *; chmod 00755 .",
		"chmod 00770 .",
		"chgrp root phonebooks.db",
		"chmod 640 phonebooks.db",
	} {
		a.atHome(lib, "root", "cd /var/lib/ucware/phonebooks; "+spoilt)
		out := a.atHome(lib, "ucservices", `"$1" check`)
		check(t, "exit status after "+spoilt, out.status, 0)
		contains(t, flat(out.stdout), "! phonebooks ", " instead of ucphonebooks and ", "who reads phonebooks needs the group's rights: "+install)
		follow(out.stdout)
		works()
	}

	for _, spoilt := range []string{
		"chown root phonebooks.db; chmod 600 phonebooks.db", // as sudo cp leaves it
		"chown root phonebooks.db; chmod 640 phonebooks.db",
		"chown asterisk phonebooks.db; chmod 600 phonebooks.db",
		"chmod 400 phonebooks.db",
		"chmod 2440 .",
	} {
		a.atHome(lib, "root", "cd /var/lib/ucware/phonebooks; "+spoilt)
		out := a.atHome(lib, "ucservices", `"$1"`)
		check(t, "exit status after "+spoilt, out.status, 77)
		follow(out.stderr)
		works()
	}

	elsewhere := a.atHome(lib, "ucservices", `"$1" --phonebooks /var/lib/other/books/p.db`)
	contains(t, elsewhere.stderr, "hint: sudo install -d -m 2770 -o ucservices -g ucphonebooks /var/lib/other/books\n")
}
