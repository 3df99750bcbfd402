package main

import (
	"context"
	"os"
	"runtime/debug"

	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
)

// What the garbage collector tries to make do with, in bytes. The program's own
// pages and SQLite's memory, 24 MiB together, come on top and are none of its
// business.
//
// By itself the collector lets memory double before it looks for garbage,
// however little there is on the machine for anybody else. Collecting earlier
// at all times (GOGC=50) would cost a tenth of the CPU time; a limit costs it
// only where a run comes close, which those over small mailboxes never do.
const (
	memory = 32 << 20
	// The library takes a kibibyte for each member of a group while it reads
	// them. Ten thousand would set the peak of a night without changes.
	directoryMemory = 20 << 20
)

// limitMemory sets the limit and returns how to set the one before again. It
// does nothing where the environment sets what the collector is to do.
func limitMemory(limit int64) (undo func()) {
	if os.Getenv("GOMEMLIMIT") != "" || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(limit)
	return func() { debug.SetMemoryLimit(before) }
}

// frugal is a directory that is read with little memory.
type frugal struct{ syncer.Directory }

func (f frugal) Members(ctx context.Context) ([]phonebook.Member, error) {
	defer limitMemory(directoryMemory)()
	return f.Directory.Members(ctx)
}
