package bookdb_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"

	"contactsync/internal/bookdb"
)

// night is a run of all members.
func night(status int, err string) bookdb.Run {
	return bookdb.Run{Started: syncedAt, Finished: "2026-01-02T03:04:06Z", Source: "graph", Status: status, Error: err, Hint: "hint"}
}

func outcomes(users ...string) (all []bookdb.Outcome) {
	for _, user := range users {
		all = append(all, bookdb.Outcome{User: user, Mail: user + "@example.org", Result: "unchanged"})
	}
	return all
}

func record(t *testing.T, db *bookdb.DB, r bookdb.Run, some bool, members []bookdb.Outcome) {
	t.Helper()
	if err := db.Record(ctx, r, some, slices.Values(members)); err != nil {
		t.Fatal(err)
	}
}

// recorded returns what is known: the runs' errors, the members with their
// results, the leavers.
func recorded(t *testing.T, db *bookdb.DB) string {
	t.Helper()
	r, err := db.Recorded(ctx)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%q %q %q", r.All.Error, r.Some.Error, r.Whole.Error)
	for _, m := range r.Members {
		text += fmt.Sprintf(" %s=%s/%d", m.User, m.Result, m.Entries)
	}
	for _, b := range r.Leavers {
		text += fmt.Sprintf(" -%s/%d", b.Owner, b.Entries)
	}
	return text
}

func wantRecorded(t *testing.T, db *bookdb.DB, want string) {
	t.Helper()
	if got := recorded(t, db); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRecord(t *testing.T) {
	db, path := open(t)
	for i, owner := range []string{"anna", "ben", "carla"} {
		replace(t, db, replacement(owner, entries(i+1)))
	}
	wantRecorded(t, db, `"" "" ""`)

	// Some members, before there was ever a run of all: nobody is a leaver yet.
	record(t, db, night(75, "busy"), true, outcomes("anna"))
	record(t, db, night(75, "stopped"), false, outcomes("ben"))
	wantRecorded(t, db, `"stopped" "busy" "" anna=unchanged/1 ben=unchanged/2`)

	bad := outcomes("anna", "ben")
	bad[0] = bookdb.Outcome{User: "anna", Mail: "a@example.org", Result: "failed", Error: "broken", Hint: "mend it"}
	record(t, db, night(1, ""), false, bad)
	wantRecorded(t, db, `"" "busy" "" anna=failed/1 ben=unchanged/2 -carla/3`)
	r, err := db.Recorded(ctx)
	if err != nil || r.All != night(1, "") || r.Whole != r.All || r.Members[0].Outcome != (bookdb.Outcome{
		User: "anna", Mail: "a@example.org", Result: "failed", Entries: 1, Error: "broken", Hint: "mend it"}) || r.Members[0].SyncedAt != syncedAt {
		t.Errorf("%+v, %v", r, err)
	}

	// One of them again, and one who joined and has no phonebook.
	record(t, db, night(0, ""), true, outcomes("anna", "dora"))
	wantRecorded(t, db, `"" "" "" anna=unchanged/1 ben=unchanged/2 dora=unchanged/0 -carla/3`)
	// A failure says nothing of members that it did not come to.
	record(t, db, night(78, "wrong secret"), false, nil)
	wantRecorded(t, db, `"wrong secret" "" "" anna=unchanged/1 ben=unchanged/2 dora=unchanged/0 -carla/3`)
	// Who left and who came, as many.
	record(t, db, night(0, ""), false, outcomes("carla", "anna", "emil"))
	wantRecorded(t, db, `"" "" "" anna=unchanged/1 carla=unchanged/3 emil=unchanged/0 -ben/2`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := bookdb.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	wantRecorded(t, reader, `"" "" "" anna=unchanged/1 carla=unchanged/3 emil=unchanged/0 -ben/2`)
}

// A night in which nothing changes writes the pages of the run itself.
func TestRecordWritesWhatDiffers(t *testing.T) {
	db, path := open(t)
	var users []string
	for i := range 5000 {
		users = append(users, fmt.Sprintf("user%04d", (i*7)%5000))
	}
	all := outcomes(users...)
	record(t, db, night(0, ""), false, all)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	written := func(members []bookdb.Outcome) (pages int64) {
		t.Helper()
		db := reopen(t, path)
		record(t, db, night(0, ""), false, members)
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return info.Size() / (4096 + 24)
	}
	if pages := written(all); pages > 2 {
		t.Errorf("a night without changes wrote %d pages", pages)
	}
	all[77].Entries++
	if pages := written(all); pages > 3 {
		t.Errorf("a night with a change wrote %d pages", pages)
	}
	for i := range all {
		all[i].Entries++
	}
	if pages := written(all); pages < 50 {
		t.Errorf("a night with every member changed wrote %d pages: this test sees nothing", pages)
	}
}

// A file of a version without records, and none.
func TestNothingRecorded(t *testing.T) {
	path, _ := version1(t)
	db, err := bookdb.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if r, err := db.Recorded(ctx); err != nil || !reflect.DeepEqual(r, bookdb.Record{}) {
		t.Errorf("%+v, %v", r, err)
	}
	none, err := bookdb.OpenReader(path + "x")
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if r, err := none.Recorded(ctx); err != nil || !reflect.DeepEqual(r, bookdb.Record{}) {
		t.Errorf("%+v, %v", r, err)
	}
	wantRecorded(t, reopen(t, path), `"" "" ""`)
}
