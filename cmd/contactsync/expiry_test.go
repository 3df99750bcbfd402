package main

import (
	"testing"
	"time"
)

func TestEndOfTheSecret(t *testing.T) {
	parallel(t)
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.Truncate(24*time.Hour).AddDate(0, 0, n) }
	for _, tt := range []struct {
		name string
		last time.Time
		want string
	}{
		{"nobody noted it", time.Time{}, ""},
		{"far away", day(61), ""},
		{"60 days before", day(60), "the last day of the client secret is 2027-01-20, in 60 days"},
		{"tomorrow", day(1), "the last day of the client secret is 2026-11-22, in 1 day"},
		{"today", day(0), "the last day of the client secret is today, 2026-11-21"},
		{"over", day(-1), "the last day of the client secret was 2026-11-20"},
	} {
		check(t, tt.name, ending(tt.last, now), tt.want)
	}
}

func TestRunWarnsOfTheSecretsEnd(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret_expires", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	out := w.run()
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "warning: the last day of the client secret is", "hint: make another one", w.path("kvstore")+" set contactsync client_secret_expires YYYY-MM-DD")
	lacks(t, out.stderr, "dpkg-reconfigure", "sudo")
}
