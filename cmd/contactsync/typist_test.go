package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"contactsync/internal/simulator/terminal"
)

// typist runs the command on a terminal of his own and looks at it.
type typist struct {
	t              *testing.T
	master, slave  *os.File
	cmd            *exec.Cmd
	mu             sync.Mutex
	shown          strings.Builder
	changed, ended chan struct{}
}

// atTerminal prepares the command in the foreground of a terminal.
func (w *world) atTerminal(args ...string) *typist {
	w.t.Helper()
	y := &typist{t: w.t, changed: make(chan struct{}, 1), ended: make(chan struct{})}
	y.master, y.slave = terminal.Open(w.t)
	y.resize(80)
	y.cmd = w.process(args...)
	y.cmd.Env = append(y.cmd.Env, "TERM=xterm", "NO_COLOR=")
	y.cmd.Stdin, y.cmd.Stdout, y.cmd.Stderr = y.slave, y.slave, y.slave
	y.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return y
}

func (y *typist) resize(columns uint16) {
	y.t.Helper()
	if err := unix.IoctlSetWinsize(int(y.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: 24}); err != nil {
		y.t.Fatal(err)
	}
}

func (y *typist) start() *typist {
	y.t.Helper()
	if err := y.cmd.Start(); err != nil {
		y.t.Fatal(err)
	}
	y.slave.Close()
	go func() {
		defer close(y.ended)
		buffer := make([]byte, 4096)
		for {
			n, err := y.master.Read(buffer)
			y.mu.Lock()
			y.shown.Write(buffer[:n])
			y.mu.Unlock()
			select {
			case y.changed <- struct{}{}:
			default:
			}
			if err != nil {
				return // nobody has the other end any more
			}
		}
	}()
	return y
}

func (y *typist) text() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.shown.String()
}

// sees waits until the terminal has shown what a pattern describes.
func (y *typist) sees(pattern string) {
	y.t.Helper()
	for re := regexp.MustCompile(pattern); !re.MatchString(y.text()); {
		select {
		case <-y.changed:
		case <-y.ended:
			if !re.MatchString(y.text()) {
				y.t.Fatalf("%s was never seen in %q", pattern, y.text())
			}
		}
	}
}

// end waits for the command's end and returns its status, and what stands on
// the terminal.
func (y *typist) end() (status int, screen string) {
	y.t.Helper()
	<-y.ended
	_ = y.cmd.Wait()
	return y.cmd.ProcessState.ExitCode(), onScreen(y.text())
}

// onScreen returns what stands on a terminal that got a text: the lines, with
// what was written over what.
func onScreen(text string) string {
	var lines []string
	var line []rune
	at := 0
	for i, r := 0, []rune(text); i < len(r); i++ {
		switch {
		case r[i] == '\r':
			at = 0
		case r[i] == '\n':
			lines, line, at = append(lines, strings.TrimRight(string(line), " ")), nil, 0
		case strings.HasPrefix(string(r[i:min(i+3, len(r))]), "\x1b[K"):
			line = line[:min(at, len(line))]
			i += 2
		default:
			for len(line) <= at {
				line = append(line, ' ')
			}
			line[at] = r[i]
			at++
		}
	}
	return strings.Join(append(lines, string(line)), "\n")
}

// stripped returns a text without colours.
func stripped(text string) string {
	return regexp.MustCompile(`\x1b\[[0-9]*m`).ReplaceAllString(text, "")
}
