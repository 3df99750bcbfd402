package main

import (
	"context"
	"os"
	"runtime/debug"
	"sync/atomic"

	"contactsync/internal/ldapdir"
	"contactsync/internal/phonebook"
)

// What the garbage collector tries to make do with, in bytes. The program's own
// pages and SQLite's memory, 20 MiB together, come on top and are none of its
// business.
//
// By itself the collector lets memory double before it looks for garbage,
// however little there is on the machine for anybody else. Collecting earlier
// at all times (GOGC=50) would cost a tenth of the CPU time; a limit costs it
// only where a run comes close. What is known of each member for as long as
// the run takes has to be given in addition: it is half a kibibyte each in the
// end. On a quiet night half of it does while they are not many; the others get
// half as much again as they take, because without it the collector took two
// thirds of the CPU time with 100,000. A run that reads much makes garbage all
// the time: with 10,000 members the collector took a fifth of the CPU time
// until each had busyMemory.
const (
	memory       = 23 << 20
	memberMemory = 256
	notMany      = 10_000
	manyMemory   = 512
	busyMemory   = 768
	// The library takes a kibibyte for each member of a group while it reads
	// them. Ten thousand would set the peak of a night without changes.
	directoryMemory = 20 << 20
)

// sparing tells whether the process is ours alone. Tests share theirs with the
// simulator, and the collector would do nothing else.
var sparing bool

// beSparing sets the limit, unless the environment sets what the collector is
// to do.
func beSparing() {
	sparing = os.Getenv("GOMEMLIMIT") == "" && os.Getenv("GOGC") == ""
	limitMemory(memory)
}

func limitMemory(limit int64) {
	if sparing {
		debug.SetMemoryLimit(limit)
	}
}

// frugal is a directory that is read with little memory.
type frugal struct{ *ldapdir.Directory }

// Members implements syncer.Directory.
func (f frugal) Members(ctx context.Context) ([]phonebook.Member, error) {
	limitMemory(directoryMemory)
	members, err := f.Directory.Members(ctx)
	limitMemory(memory + memberMemory*int64(len(members)) + manyMemory*int64(max(0, len(members)-notMany)))
	return members, err
}

// appetite gives the collector more room once so many contacts have come that
// this is no quiet night: more than one a member.
type appetite struct{ members, contacts atomic.Int64 }

func (a *appetite) begin(members int) { a.members.Store(int64(members)) }

func (a *appetite) came(contacts int) {
	members, all := a.members.Load(), a.contacts.Add(int64(contacts))
	if all > members && all-int64(contacts) <= members {
		limitMemory(memory + busyMemory*members)
	}
}
