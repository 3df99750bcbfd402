package main

import (
	"context"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/simulator/terminal"
)

// stored returns what is stored.
func stored(namespace, key string) string {
	var value strings.Builder
	run(context.Background(), []string{"kvstore", "get", namespace, key}, nil, &value, io.Discard)
	return value.String()
}

func TestSecretTypedAtATerminalIsNotShown(t *testing.T) {
	t.Setenv("UCWARE_KVSTORE", t.TempDir())
	master, slave := terminal.Open(t)
	go terminal.Type(t, master, slave, "hush-hush\n")
	if status := run(context.Background(), []string{"kvstore", "set", "ns", "client_secret"}, slave, slave, slave); status != 0 {
		t.Fatalf("exit status %d", status)
	}
	if shown := terminal.Shown(t, master, slave); strings.Contains(shown, "hush") || !strings.Contains(shown, "not shown") {
		t.Errorf("the terminal shows %q", shown)
	}
	if value := stored("ns", "client_secret"); value != "hush-hush\n" {
		t.Errorf("stored %q", value)
	}
}

// Who changes his mind leaves the key as it was, and a terminal that shows what
// is typed.
func TestStoppedAtATerminal(t *testing.T) {
	t.Setenv("UCWARE_KVSTORE", t.TempDir())
	for name, end := range map[string]struct {
		act    func(master, slave *os.File)
		status int
		words  string
	}{
		"Return": {func(master, slave *os.File) { terminal.Type(t, master, slave, "\n") }, exitUsage, "nothing was typed, so the key stays as it is"},
		"a signal": {func(master, slave *os.File) {
			terminal.Type(t, master, slave, "half")
			syscall.Kill(os.Getpid(), syscall.SIGINT)
		}, exitTryAgain, "stopped by a signal, so the key stays as it is"},
	} {
		master, slave := terminal.Open(t)
		go end.act(master, slave)
		if status := run(context.Background(), []string{"kvstore", "set", "ns", "client_secret"}, slave, slave, slave); status != end.status {
			t.Errorf("%s: exit status %d", name, status)
		}
		if echoes, err := terminal.Echoes(slave); !echoes || err != nil {
			t.Errorf("%s: the terminal shows no more what is typed (%v)", name, err)
		}
		if shown := terminal.Shown(t, master, slave); !strings.Contains(shown, end.words) {
			t.Errorf("%s: the terminal shows %q", name, shown)
		}
		if value := stored("ns", "client_secret"); value != "" {
			t.Errorf("%s: stored %q", name, value)
		}
	}
}
