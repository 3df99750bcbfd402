package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/coredump/coredumptest"
)

// A crash while a secret is being typed or piped in writes it nowhere, also
// where the shell and Go would have it do so.
func TestCrashLeavesNoMemoryBehind(t *testing.T) {
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "kvstore") // by which name it is the command
	if err := os.Symlink(itself, program); err != nil {
		t.Fatal(err)
	}
	cmd := coredumptest.Command(t, exec.Command(program, "--store", filepath.Join(t.TempDir(), "store"), "set", "contactsync", "client_secret"))
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// More than a pipe holds, so that some of it has been read.
	if _, err := in.Write([]byte(strings.Repeat("s3cr3t~Value", 20_000))); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if !strings.Contains(said.String(), "goroutine ") || strings.Contains(said.String(), "s3cr3t") {
		t.Errorf("it did not crash, or it shows the secret: %s", said.String())
	}
	if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); coredumptest.Dumped(cmd) || len(left) > 0 {
		t.Errorf("its memory was written: %v", left)
	}
}
