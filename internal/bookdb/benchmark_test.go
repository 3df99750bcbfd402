package bookdb_test

import (
	"syscall"
	"testing"
	"time"
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

// processorTime returns what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
