package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"contactsync/internal/simulator"
)

// TestBar: who looks at a terminal sees how far a run is and what it waits for,
// in lines that fit, and at the end nothing of it is left.
func TestBar(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "cees")
	w.set("source", "graph")
	w.set("workers", "1")
	w.fill("anna", 300)
	w.revoke("bram")
	w.cloud.SetFault(simulator.Times(2, "/v1.0/", simulator.Throttled("6")))
	y := w.atTerminal().start()
	y.sees(`\r0 of 3 members waiting [1-6]s before try 2 of 6: 127.0.0.1:[0-9]+ answers 429 .*…\x1b`)
	y.resize(30)
	y.sees(`\r0 of 3 members waiting [1-6]s…\x1b`)
	y.resize(400)
	y.sees(`0 of 3 members \[ +\] waiting [1-6]s before try [2-3] of 6: 127.0.0.1:[0-9]+ answers 429 Too Many Requests\x1b`)
	y.sees(`hint: `)
	status, screen := y.end()
	check(t, "exit status", status, 1)
	lines := strings.Split(stripped(screen), "\n")
	for i, pattern := range []string{
		`^failed     bram          read mailbox bram@example.org: .*on-premise$`,
		`^ {25}hint: the user has no mailbox in Exchange Online: .*false$`,
		`^source: graph \(the settings say so\)$`,
		`^3 members: 2 ok, 1 failed; 300 entries; [0-9]+ requests, .*s$`,
		`^$`,
	} {
		if i >= len(lines) || !regexp.MustCompile(pattern).MatchString(lines[i]) {
			t.Errorf("line %d of the screen does not match %s:\n%s", i+1, pattern, strings.Join(lines, "\n"))
		}
	}
	contains(t, screen, "\x1b[31mfailed   \x1b[0m  bram", "\x1b[2mhint: ", "\x1b[32m2 ok\x1b[0m", "\x1b[31m1 failed\x1b[0m")
}

// Ctrl+C ends a run and takes the bar away.
func TestBarInterrupted(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("source", "graph")
	w.cloud.SetFault(simulator.Always("/v1.0/", simulator.Throttled("60")))
	y := w.atTerminal().start()
	y.sees("waiting [0-9]+s before try 2 of 6")
	if _, err := y.master.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	status, screen := y.end()
	check(t, "exit status", status, 75)
	check(t, "screen", stripped(screen), "contactsync: error: stopped after 0 of 1 members\n"+
		"contactsync: hint: every phonebook is whole; the next run does the rest\n")
}

// There is no bar, and where it says so no colour, for who asked for other
// lines, or where the terminal cannot show any.
func TestNoBar(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("source", "graph")
	w.add("anna", "Jan", "030 901820")
	for _, c := range []struct {
		name string
		cmd  func(*exec.Cmd)
		bar  bool
		dyed bool
	}{
		{"nothing else", func(*exec.Cmd) {}, true, true},
		{"-v", func(c *exec.Cmd) { c.Args = append(c.Args, "-v") }, false, true},
		{"-q", func(c *exec.Cmd) { c.Args = append(c.Args, "-q") }, false, false},
		{"--json", func(c *exec.Cmd) { c.Args = append(c.Args, "--json") }, false, true},
		{"--json to a file", func(c *exec.Cmd) { c.Args = append(c.Args, "--json"); c.Stdout = nil }, true, true},
		{"TERM=dumb", func(c *exec.Cmd) { c.Env = append(c.Env, "TERM=dumb") }, false, false},
		{"no TERM", func(c *exec.Cmd) { c.Env = append(c.Env, "TERM=") }, false, false},
		{"NO_COLOR", func(c *exec.Cmd) { c.Env = append(c.Env, "NO_COLOR=1") }, true, false},
		{"changes through a pipe", func(c *exec.Cmd) { c.Args = append(c.Args, "--dry-run", "--full"); c.Stdout = &bytes.Buffer{} }, false, true},
		{"errors in a file", func(c *exec.Cmd) { c.Stderr = nil }, false, false},
		{"in the background", func(c *exec.Cmd) {
			c.Args = []string{"sh", "-mc", c.Path + " & wait $!"}
			c.Path, _ = exec.LookPath("sh")
		}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.cloud.SetFault(simulator.Times(1, "/v1.0/", simulator.Throttled("3"))) // long enough for a bar
			y := w.atTerminal()
			y.resize(120)
			c.cmd(y.cmd)
			status, screen := y.start().end()
			check(t, "exit status", status, 0)
			check(t, "bar", strings.Contains(y.text(), "0 of 1 member [ "), c.bar)
			check(t, "orders to the cursor", strings.Contains(y.text(), "\x1b[K"), c.bar)
			check(t, "colours", strings.Contains(y.text(), "\x1b[32m"), c.dyed)
			check(t, "left of the bar", strings.Contains(screen, "0 of 1"), false)
		})
	}
}
