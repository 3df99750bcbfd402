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
			systemd.Timer{Loaded: true, Enabled: true, Active: true, Next: next},
		},
		"is tried again": {
			systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next), "Unit": systemd.ServiceUnit},
			systemd.Timer{Loaded: true, Active: true, Next: next, Retries: true},
		},
		"is under way": {
			systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next), "Unit": "other.service"},
			systemd.Timer{Loaded: true, Active: true, Next: next},
		},
		"never": {
			systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "disabled", "ActiveState": "active"},
			systemdtest.Properties{"NextElapseUSecRealtime": uint64(math.MaxUint64)},
			systemd.Timer{Loaded: true, Active: true},
		},
		"stopped": {
			systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "inactive"},
			systemdtest.Properties{"NextElapseUSecRealtime": usec(next)},
			systemd.Timer{Loaded: true, Enabled: true},
		},
		"not there": {
			systemdtest.Properties{"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive"},
			nil,
			systemd.Timer{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(systemdtest.Address, systemdtest.Start(t, map[string]systemdtest.Unit{
				systemd.TimerUnit:   {"Unit": tt.unit, "Timer": tt.timer},
				systemd.ServiceUnit: {"Unit": {"ActiveState": "activating", "SubState": "auto-restart"}},
				"other.service":     {"Unit": {"ActiveState": "activating", "SubState": "start"}},
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
