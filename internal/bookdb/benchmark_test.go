package bookdb_test

import (
	"flag"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
)

// BenchmarkReplace measures a phonebook of 1,000 entries with three numbers
// each. cpu-ns/entry is the processor time that an entry takes, whatever else
// the machine does; it holds Go's garbage collection too.
func BenchmarkReplace(b *testing.B) {
	const size = 1000
	all, other := entries(size), entries(size)
	for i := range other {
		other[i].Surname = "Other"
	}
	// measure runs do b.N times, and prepare before each, which is not measured.
	measure := func(b *testing.B, prepare, do func()) {
		var cpu time.Duration
		for b.Loop() {
			b.StopTimer()
			prepare()
			b.StartTimer()
			start := processorTime(b)
			do()
			cpu += processorTime(b) - start
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/entry")
		b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N*size), "cpu-ns/entry")
	}
	b.Run("new", func(b *testing.B) {
		db, _ := open(b)
		measure(b, func() {
			if err := db.Delete(ctx, "anna"); err != nil {
				b.Fatal(err)
			}
		}, func() { replace(b, db, replacement("anna", all)) })
	})
	b.Run("changed", func(b *testing.B) {
		db, _ := open(b)
		replace(b, db, replacement("anna", other))
		measure(b, func() { all, other = other, all }, func() { replace(b, db, replacement("anna", other)) })
	})
	b.Run("unchanged", func(b *testing.B) {
		db, _ := open(b)
		replace(b, db, replacement("anna", all))
		measure(b, func() {}, func() { replace(b, db, replacement("anna", all)) })
	})
	// One entry in a hundred is another; besides, one is gone and the one that
	// was gone last time is there again.
	b.Run("delta", func(b *testing.B) {
		db, _ := open(b)
		r := replacement("anna", all)
		r.State = "0"
		replace(b, db, r)
		n := 0
		measure(b, func() {
			n++
			changed := []phonebook.Entry{all[(n-1)%(size/2)]}
			for i := range size / 100 {
				e := all[size/2+(i*37+n)%(size/2)]
				e.Notes = fmt.Sprint("night ", n)
				changed = append(changed, e)
			}
			r = replacement("anna", changed)
			r.Since, r.State, r.Gone = fmt.Sprint(n-1), fmt.Sprint(n), []string{all[n%(size/2)].ID}
		}, func() { replace(b, db, r) })
	})
	b.Run("full", func(b *testing.B) {
		db, _ := open(b)
		r := replacement("anna", all)
		r.Full = true
		replace(b, db, r)
		measure(b, func() {}, func() { replace(b, db, r) })
	})
	b.Run("read", func(b *testing.B) {
		db, _ := open(b)
		replace(b, db, replacement("anna", all))
		measure(b, func() {}, func() {
			if _, _, err := db.Phonebook(ctx, "anna"); err != nil {
				b.Fatal(err)
			}
		})
	})
}

var bookSize = flag.Int("size", 100, "entries of each phonebook in BenchmarkNight")

// BenchmarkNight measures the store's whole part of a night on which nothing
// happened in 1,000 phonebooks: opening, a look at the states, a confirmation
// of twenty at a time, closing.
func BenchmarkNight(b *testing.B) {
	const books, atOnce = 1000, 20
	db, path := open(b)
	owners := make([]string, books)
	for i := range owners {
		owners[i] = fmt.Sprint("member", i)
		r := replacement(owners[i], entriesFrom(i**bookSize, *bookSize))
		r.State = "0"
		replace(b, db, r)
	}
	db.Close()
	var cpu time.Duration
	n := 0
	for b.Loop() {
		start := processorTime(b)
		db, err := bookdb.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		n++
		for some := range slices.Chunk(owners, atOnce) {
			known, err := db.Known(ctx, some)
			if err != nil || known[some[0]].State != fmt.Sprint(n-1) {
				b.Fatal(known, err)
			}
			rs := make([]phonebook.Replacement, atOnce)
			for i, owner := range some {
				rs[i] = phonebook.Replacement{Owner: owner, Title: "Privat", SyncedAt: syncedAt, Since: fmt.Sprint(n - 1), State: fmt.Sprint(n)}
			}
			answers, err := db.Confirm(ctx, rs)
			if err != nil || answers[0].Entries != *bookSize {
				b.Fatal(answers, err)
			}
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		cpu += processorTime(b) - start
	}
	b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/night")
}

// processorTime returns what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
