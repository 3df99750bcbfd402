package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"contactsync/internal/simulator"
)

// checked is the JSON document of `contactsync check`.
type checked struct {
	OK     bool
	Checks []struct{ Name, Result, Detail, Hint string }
}

// check runs `contactsync check --json` and expects an exit status.
func (w *world) check(status int, args ...string) checked {
	w.t.Helper()
	out := w.run(append([]string{"check", "--json"}, args...)...)
	if out.status != status {
		w.t.Errorf("exit status %d, want %d\n%s%s", out.status, status, out.stdout, out.stderr)
	}
	var c checked
	if err := json.Unmarshal([]byte(out.stdout), &c); err != nil {
		w.t.Fatalf("--json: %v in %q", err, out.stdout)
	}
	return c
}

func TestCheckTry(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	fmt.Println(w.run("check"))
	w.tenant.Change(func() { w.app.Roles[simulator.GraphResource] = []string{"Mail.Read"} })
	fmt.Println(w.run("check"))
	w.tenant.Change(func() { w.app.Roles = nil })
	fmt.Println(w.run("check"))
	w.set("client_secret", "wrong")
	w.set("ldap_base_dn", "foo")
	fmt.Println(w.run("check"))
	time.Sleep(0)
	_ = strings.Join
}
