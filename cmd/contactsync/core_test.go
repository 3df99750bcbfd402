package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/coredump/coredumptest"
	"contactsync/internal/simulator"
)

// A run that crashes while it has the secret and a token in its memory writes
// none of it anywhere, also where the shell and Go would have it do so.
func TestCrashLeavesNoMemoryBehind(t *testing.T) {
	parallel(t)
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
			cmd := coredumptest.Command(t, w.process("-v"))
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			interrupt(t, cmd, reached, signal)
			contains(t, said.String(), "goroutine ") // it did crash
			if coredumptest.Dumped(cmd) {
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
