package main

import (
	"os"
	"runtime/debug"
)

// memory is what the garbage collector tries to make do with, in bytes. The
// program's own pages and SQLite's memory, 24 MiB together, come on top
// and are none of its business.
//
// By itself the collector lets memory double before it looks for garbage,
// however little there is on the machine for anybody else. Collecting earlier
// at all times (GOGC=50) would cost a tenth of the CPU time; a limit costs it
// only where a run comes close, which those over small mailboxes never do.
const memory = 32 << 20

// limitMemory sets the limit, unless the environment sets what the collector
// is to do.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == "" {
		debug.SetMemoryLimit(memory)
	}
}
