// Package coredumptest runs commands that may leave a core dump when they crash.
package coredumptest

import (
	"os/exec"
	"syscall"
	"testing"
)

// Command returns a command that may write its memory to its folder, a new one,
// when it crashes, as far as the shell that starts it and Go have a say. Where
// this machine keeps every process from that, the test is skipped.
func Command(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	shell := wrapped(t, exec.Command("sh", "-c", "kill -ABRT $$"))
	if _ = shell.Run(); !Dumped(shell) {
		t.Skip("no process leaves its memory behind on this machine")
	}
	return wrapped(t, cmd)
}

func wrapped(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	shell := exec.Command("sh", append([]string{"-c", `ulimit -c unlimited && exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)...)
	shell.Env, shell.Dir = append(cmd.Environ(), "GOTRACEBACK=crash"), t.TempDir()
	return shell
}

// Dumped tells whether the kernel wrote a process's memory when it crashed.
func Dumped(cmd *exec.Cmd) bool {
	return cmd.ProcessState.Sys().(syscall.WaitStatus).CoreDump()
}
