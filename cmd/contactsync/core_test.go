package main

import (
	"bytes"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/simulator"
)

// withCores lets a command write its memory to its folder when it crashes, as
// far as the shell that starts it has a say.
func withCores(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	wrapped := exec.Command("sh", append([]string{"-c", `ulimit -c unlimited && exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)...)
	wrapped.Env, wrapped.Dir = append(cmd.Environ(), "GOTRACEBACK=crash"), t.TempDir()
	return wrapped
}

// dumped tells whether the kernel wrote a process's memory when it crashed.
func dumped(cmd *exec.Cmd) bool {
	return cmd.ProcessState.Sys().(syscall.WaitStatus).CoreDump()
}

// A run that crashes while it has the secret and a token in its memory writes
// none of it anywhere, also where the shell and Go would have it do so.
func TestCrashLeavesNoMemoryBehind(t *testing.T) {
	parallel(t)
	shell := withCores(t, exec.Command("sh", "-c", "kill -ABRT $$"))
	if shell.Run(); !dumped(shell) {
		t.Skip("no process leaves its memory behind on this machine")
	}
	w := newWorld(t, "anna")
	w.set("source", "graph")
	reached := make(chan bool, 100)
	w.cloud.SetFault(simulator.Always("/contacts", func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		reached <- true
		<-r.Context().Done()
	}))
	for _, signal := range []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT, syscall.SIGSEGV} {
		t.Run(signal.String(), func(t *testing.T) {
			for len(reached) > 0 { // of the one before
				<-reached
			}
			cmd := withCores(t, w.process("-v"))
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			interrupt(t, cmd, reached, signal)
			contains(t, said.String(), "goroutine ") // it did crash
			if dumped(cmd) {
				t.Error("its memory was written")
			}
			if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if strings.Contains(said.String(), secret) || jwt.Match(said.Bytes()) {
				t.Error("the crash shows a secret or a token")
			}
		})
	}
}
