package accounts_test

import (
	"os"
	"strings"
	"testing"

	"contactsync/internal/simulator/accounts"
)

func TestCommand(t *testing.T) {
	real, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	a := accounts.New(t)
	a.User("ucservices")
	a.User("asterisk", "ucphonebooks", "other")
	a.User("ucc", "ucphonebooks")
	for user, want := range map[string]string{
		"ucservices": "ucservices",
		"asterisk":   "asterisk ucphonebooks other",
		"ucc":        "ucc ucphonebooks",
	} {
		out, err := a.Command(user, "id", "-Gn").CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s is in the groups %q, %v; want %q", user, got, err, want)
		}
	}
	if out, err := a.Command("root", "getent", "passwd", "asterisk").CombinedOutput(); err != nil {
		t.Errorf("root does not know the users: %v %s", err, out)
	}
	if after, _ := os.ReadFile("/etc/passwd"); string(after) != string(real) {
		t.Error("/etc/passwd of the machine has changed")
	}
}

func TestInstall(t *testing.T) {
	a := accounts.New(t)
	a.User("ucservices")
	program := a.Install("", "program")
	out, err := a.Command("ucservices", program, "-test.list", "TestInstall").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "TestInstall") {
		t.Errorf("the copy does not run: %v %s", err, out)
	}
}
