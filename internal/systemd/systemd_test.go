package systemd_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"contactsync/internal/systemd"
	"contactsync/internal/systemd/systemdtest"
)

func TestTimer(t *testing.T) {
	next := time.Date(2026, 11, 23, 1, 23, 45, 6000, time.UTC)
	usec := func(t time.Time) uint64 { return uint64(t.UnixMicro()) }
	for name, tt := range map[string]struct {
		unit, timer systemdtest.Properties
		want        systemd.Timer
	}{
		"waits": {
			systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next)},
			systemd.Timer{Load: "loaded", Enabled: true, Active: true, Next: next},
		},
		"is tried again": {
			systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next), "Unit": systemd.ServiceUnit},
			systemd.Timer{Load: "loaded", Active: true, Next: next, Service: systemd.Service{
				Load: "loaded", Retries: true, Began: next.Add(-24 * time.Hour), Failed: true, Status: 75}},
		},
		"is under way": {
			systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next), "Unit": "other.service"},
			systemd.Timer{Load: "loaded", Active: true, Next: next, Service: systemd.Service{Load: "loaded", Began: next}},
		},
		"is skipped": {
			systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next), "Unit": "skipped.service"},
			systemd.Timer{Load: "loaded", Active: true, Next: next, Service: systemd.Service{Load: "loaded"}},
		},
		"starts nothing": {
			systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next), "Unit": "masked.service"},
			systemd.Timer{Load: "loaded", Active: true, Next: next, Service: systemd.Service{Load: "masked"}},
		},
		"never": {
			systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "disabled", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": uint64(math.MaxUint64)},
			systemd.Timer{Load: "loaded", Active: true},
		},
		"stopped": {
			systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "inactive"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next)},
			systemd.Timer{Load: "loaded", Enabled: true},
		},
		"not there": {
			systemdtest.Properties{"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive"},
			nil,
			systemd.Timer{Load: "not-found"},
		},
		"misspelt": {
			systemdtest.Properties{"LoadState": "bad-setting", "UnitFileState": "enabled", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next)},
			systemd.Timer{Load: "bad-setting", Enabled: true, Active: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(systemdtest.Address, systemdtest.Start(t, map[string]systemdtest.Unit{
				systemd.TimerUnit: {"Unit": tt.unit, "Timer": tt.timer},
				systemd.ServiceUnit: {"Unit": {"LoadState": "loaded", "ActiveState": "activating", "SubState": "auto-restart"},
					"Service": {"Result": "exit-code", "ExecMainStatus": int32(75), "ExecMainStartTimestamp": usec(next.Add(-24 * time.Hour))}},
				"other.service": {"Unit": {"LoadState": "loaded", "ActiveState": "activating", "SubState": "start"},
					"Service": {"Result": "success", "ExecMainStatus": int32(0), "ExecMainStartTimestamp": usec(next)}},
				"skipped.service": {"Unit": {"LoadState": "loaded", "ActiveState": "inactive"},
					"Service": {"Result": "exec-condition", "ExecMainStatus": int32(0)}},
				"masked.service": {"Unit": {"LoadState": "masked"}},
			}))
			got, err := systemd.TimerOf(t.Context(), systemd.TimerUnit)
			if err != nil || got != tt.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestNoSystemd(t *testing.T) {
	t.Setenv(systemdtest.Address, "unix:path="+t.TempDir()+"/nobody")
	if _, err := systemd.TimerOf(t.Context(), systemd.TimerUnit); !errors.Is(err, systemd.ErrNone) {
		t.Errorf("error: %v", err)
	}
}
