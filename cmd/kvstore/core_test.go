package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// withCores returns a command that may write its memory to its folder when it
// crashes, as far as the shell that starts it has a say.
func withCores(t *testing.T, name string, args ...string) *exec.Cmd {
	cmd := exec.Command("sh", append([]string{"-c", `ulimit -c unlimited && exec "$@"`, "sh", name}, args...)...)
	cmd.Env, cmd.Dir = append(os.Environ(), "GOTRACEBACK=crash"), t.TempDir()
	return cmd
}

func dumped(cmd *exec.Cmd) bool { return cmd.ProcessState.Sys().(syscall.WaitStatus).CoreDump() }

// A crash while a secret is being typed or piped in writes it nowhere, also
// where the shell and Go would have it do so.
func TestCrashLeavesNoMemoryBehind(t *testing.T) {
	shell := withCores(t, "sh", "-c", "kill -ABRT $$")
	if shell.Run(); !dumped(shell) {
		t.Skip("no process leaves its memory behind on this machine")
	}
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "kvstore") // by which name it is the command
	if err := os.Symlink(itself, program); err != nil {
		t.Fatal(err)
	}
	cmd := withCores(t, program, "--store", filepath.Join(t.TempDir(), "store"), "set", "contactsync", "client_secret")
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
	if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); dumped(cmd) || len(left) > 0 {
		t.Errorf("its memory was written: %v", left)
	}
}
