// Package coredump keeps secrets out of core dumps.
package coredump

import "golang.org/x/sys/unix"

// Forbid keeps the kernel from writing the memory of this process to a file when
// it crashes, and others of the same user from reading it (PR_SET_DUMPABLE,
// prctl(2)).
func Forbid() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// Forbidden tells whether it did.
func Forbidden() bool {
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	return err == nil && dumpable == 0
}
