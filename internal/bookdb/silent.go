//go:build libsqlite3

package bookdb

/*
#cgo LDFLAGS: -lsqlite3
#include <sqlite3.h>

static __thread int silencing; // this thread opens the writer's connection

// silence is called by SQLite for a connection that has just been opened.
// Closing it needs no lock that keeps readers out, as a checkpoint would.
static int silence(sqlite3 *db, const char **message, const void *api) {
	if (!silencing)
		return SQLITE_OK;
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
	return sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
}
static int silence_new(void) {
	silencing = 1;
	return sqlite3_auto_extension((void (*)(void))silence);
}
static void silence_no_more(void) { silencing = 0; }
*/
import "C"

import "runtime"

// withoutTriggers runs open, which opens the writer's connection, so that the
// triggers of the schema do not fire on it: they are there for other programs,
// and would cost as much as the writing itself. The driver has no option for
// it, but SQLite calls an automatic extension for each new connection: ours
// looks at the thread, which is the one that database/sql opens the connection
// in, since it is the first.
//
// Nothing depends on it but speed: a replacement clears the marks that its own
// triggers would set.
func withoutTriggers(open func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.silence_new() // registering it again does nothing
	defer C.silence_no_more()
	return open()
}
