package main

import (
	"os/exec"
	"strings"
	"testing"
)

// inner lists what each of our packages may import of ours. Arrows point
// inward: adapters know the domain and never each other, and only commands
// know everybody.
var inner = map[string]string{
	"contactsync/kvstore":            "contactsync/kvstore/dbfile contactsync/internal/words",
	"contactsync/internal/phonebook": "",
	"contactsync/internal/words":     "",
	"contactsync/internal/fault":     "contactsync/internal/words",
	"contactsync/internal/transport": "contactsync/internal/fault contactsync/internal/words",
	"contactsync/internal/syncer":    "contactsync/internal/phonebook contactsync/internal/fault contactsync/internal/words",
	"contactsync/internal/settings":  "contactsync/internal/transport contactsync/internal/fault contactsync/internal/words contactsync/internal/typo",
	"contactsync/internal/export":    "contactsync/internal/phonebook contactsync/internal/fault contactsync/internal/words",
	"contactsync/internal/ldapdir":   "contactsync/internal/phonebook contactsync/internal/fault contactsync/internal/transport contactsync/internal/words contactsync/internal/typo",
	"contactsync/internal/entra":     "contactsync/internal/fault contactsync/internal/transport contactsync/internal/words",
	"contactsync/internal/graph":     "contactsync/internal/phonebook contactsync/internal/fault contactsync/internal/transport contactsync/internal/words",
	"contactsync/internal/ews":       "contactsync/internal/phonebook contactsync/internal/fault contactsync/internal/transport contactsync/internal/words",
	"contactsync/internal/bookdb":    "contactsync/internal/phonebook contactsync/internal/fault contactsync/kvstore/dbfile contactsync/internal/words",
	"contactsync/internal/journal":   "contactsync/internal/words",
	"contactsync/internal/simulator": "",
	"contactsync/internal/systemd":   "",
	"contactsync/internal/prompt":    "contactsync/internal/words",
	"contactsync/cmd/kvstore":        "contactsync/kvstore contactsync/kvstore/dbfile contactsync/internal/prompt contactsync/internal/coredump contactsync/internal/words",
}

func TestImportsPointInward(t *testing.T) {
	parallel(t)
	out, err := exec.Command("go", "list", "-tags", "libsqlite3", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "contactsync/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg := words[0]
		allowed, ok := inner[pkg]
		if !ok {
			continue
		}
		seen++
		for _, imported := range words[1:] {
			if strings.HasPrefix(imported, "contactsync/") && !strings.Contains(" "+allowed+" ", " "+imported+" ") {
				t.Errorf("%s imports %s; it may import only [%s]", pkg, imported, allowed)
			}
		}
	}
	if seen != len(inner) {
		t.Errorf("%d of the packages above exist, want %d", seen, len(inner))
	}
}

// What is for tests and the demo alone must not be in the programs that are
// shipped.
func TestNoSimulatorInThePrograms(t *testing.T) {
	parallel(t)
	for _, program := range []string{"contactsync", "kvstore"} {
		out, err := exec.Command("go", "list", "-tags", "libsqlite3", "-deps", "contactsync/cmd/"+program).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, pkg := range []string{"contactsync/internal/simulator", "gldap", "net/http/httptest", "testing\n"} {
			if strings.Contains(string(out), pkg) {
				t.Errorf("%s contains %s", program, pkg)
			}
		}
	}
}
