package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kvstore": main})
}

// TestScripts runs testdata/*.txtar, which drive the program as a shell would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("UCWARE_KVSTORE", env.Getenv("WORK")+"/store")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}

// status N PROGRAM ARGS runs a program and expects the exit status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [argument...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := exitStatus(err); got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain Grüße 🤝":     "plain Grüße 🤝",
		`DOMAIN\user`:       `DOMAIN\user`,
		"a\nb\tc\r\x00\x7f": "a␊b␉c␍␀␡",
		"\x1b[2J":           "␛[2J",
		"\u009b2J":          "\ufffd2J",        // the one-byte form of ESC [
		"a\u202eb\u2028c":   "a\ufffdb\ufffdc", // direction, line separator
		"\xff":              "\ufffd",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got := visibleLines("a\n\tb\x1b"); got != "a\n\tb␛" {
		t.Errorf("visibleLines: %q", got)
	}
}
