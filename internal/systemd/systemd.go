// Package systemd asks the service manager about its units, over D-Bus. It
// needs no privileges: everybody may read what systemctl show prints.
package systemd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
)

// TimerUnit is the unit that starts the nightly run.
const TimerUnit = "contactsync.timer"

// ErrNone says that there is nobody to ask: the machine was not booted with
// systemd, as most containers, or has no system bus.
var ErrNone = errors.New("systemd cannot be asked on this machine")

// patience is how long to wait for an answer: monitoring gives up after ten
// seconds.
const patience = 3 * time.Second

// Timer is what the service manager knows of a timer.
type Timer struct {
	Load    string    // "loaded"; or "not-found", "masked", "bad-setting" …: how the unit's file was read
	Enabled bool      // it is started when the machine is
	Active  bool      // it is started now; otherwise there is no next time
	Next    time.Time // when it starts its service next; zero where it will not
	Service Service   // which it starts
}

// Service is what the service manager knows of a service that ends by itself.
type Service struct {
	Load    string    // as a timer's
	Retries bool      // it failed, and waits to be started again (Restart=)
	Began   time.Time // its last run, since the machine was started; zero: there was none
	Failed  bool      // that run did
	Status  int       // that run's exit status, or the number of the signal that ended it
}

// Loaded is the Load of a unit that is well.
const Loaded = "loaded"

// TimerOf returns what the service manager knows of a timer; see timers in
// org.freedesktop.systemd1(5). The error wraps ErrNone where nobody can be
// asked.
func TimerOf(ctx context.Context, unit string) (t Timer, err error) {
	err = ask(ctx, unit, func(m manager) error {
		state, err := m.properties(unit, "Unit")
		if err != nil {
			return err
		}
		t.Load, _ = state["LoadState"].(string)
		t.Enabled = state["UnitFileState"] == "enabled"
		t.Active = state["ActiveState"] == "active"
		if t.Load != Loaded {
			return nil
		}
		times, err := m.properties(unit, "Timer")
		if err != nil {
			return err
		}
		if t.Active {
			t.Next = moment(times["NextElapseUSecRealtime"])
		}
		if service, ok := times["Unit"].(string); ok {
			t.Service, err = m.service(service)
		}
		return err
	})
	return t, err
}

func (m manager) service(unit string) (s Service, err error) {
	state, err := m.properties(unit, "Unit")
	if err != nil {
		return s, err
	}
	s.Load, _ = state["LoadState"].(string)
	s.Retries = state["ActiveState"] == "activating" && state["SubState"] == "auto-restart"
	if s.Load != Loaded {
		return s, nil
	}
	run, err := m.properties(unit, "Service")
	s.Began = moment(run["ExecMainStartTimestamp"])
	switch run["Result"] {
	case nil, "success", "exec-condition": // the last: it had nothing to do
	default:
		s.Failed = true
	}
	status, _ := run["ExecMainStatus"].(int32)
	s.Status = int(status)
	return s, err
}

// manager is the service manager while somebody asks it.
type manager struct {
	ctx  context.Context
	conn *dbus.Conn
}

// ask has do ask the service manager about a unit. The error wraps ErrNone where
// nobody can be asked.
func ask(ctx context.Context, unit string, do func(manager) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := dbus.NewSystemConnectionContext(ctx)
	if err != nil {
		return askError(unit, absent(err))
	}
	defer conn.Close()
	return do(manager{ctx, conn})
}

// properties returns those that a unit has of a kind, such as Unit or Timer.
func (m manager) properties(unit, kind string) (map[string]any, error) {
	all, err := m.conn.GetUnitTypePropertiesContext(m.ctx, unit, kind)
	if err != nil {
		return nil, askError(unit, err)
	}
	return all, nil
}

func askError(unit string, err error) error { return fmt.Errorf("ask systemd about %s: %w", unit, err) }

// absent returns ErrNone where a connection failed because nobody is there.
func absent(err error) error {
	_, booted := os.Stat("/run/systemd/system") // sd_booted(3)
	if booted != nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	return err
}

// moment returns a time of systemd's: microseconds since 1970, in UTC; zero
// where it is none.
func moment(usec any) time.Time {
	n, ok := usec.(uint64)
	if !ok || n == 0 || int64(n) < 0 { // the largest number is never
		return time.Time{}
	}
	return time.UnixMicro(int64(n)).UTC()
}
