//go:build libsqlite3

package bookdb

/*
#cgo LDFLAGS: -lsqlite3
#include <sqlite3.h>

// silence is called by SQLite for a connection that has just been opened.
// Closing it needs no lock that keeps readers out, as a checkpoint would.
static int silence(sqlite3 *db, const char **message, const void *api) {
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
	return sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
}
static int silence_new(void) { return sqlite3_auto_extension((void (*)(void))silence); }
static void silence_no_more(void) { sqlite3_cancel_auto_extension((void (*)(void))silence); }
*/
import "C"

import "sync"

var silencing sync.Mutex

// withoutTriggers runs open, which opens the writer's connection, so that the
// triggers of the schema do not fire on it: they are there for other programs,
// and would cost as much as the writing itself. The driver has no option for
// it, but SQLite calls an automatic extension for each new connection. One
// that somebody else in this process opens at the same moment is silent too;
// it only reads, or has no triggers.
//
// Nothing depends on it but speed: a replacement clears the marks that its own
// triggers would set.
func withoutTriggers(open func() error) error {
	silencing.Lock()
	defer silencing.Unlock()
	if C.silence_new() == C.SQLITE_OK {
		defer C.silence_no_more()
	}
	return open()
}
