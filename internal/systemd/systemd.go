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
	Loaded  bool      // there is such a unit
	Enabled bool      // it is started when the machine is
	Active  bool      // it is started now; otherwise there is no next time
	Next    time.Time // when it starts its service next; zero where it will not
	Retries bool      // its service failed, and waits to be started again (Restart=)
}

// TimerOf returns what the service manager knows of a timer; see timers in
// org.freedesktop.systemd1(5). The error wraps ErrNone where nobody can be
// asked.
func TimerOf(ctx context.Context, unit string) (t Timer, err error) {
	err = ask(ctx, unit, func(m manager) error {
		state, err := m.properties(unit, "Unit")
		if err != nil {
			return err
		}
		t.Loaded = state["LoadState"] == "loaded"
		t.Enabled = state["UnitFileState"] == "enabled"
		t.Active = state["ActiveState"] == "active"
		if !t.Loaded {
			return nil
		}
		times, err := m.properties(unit, "Timer")
		if err != nil {
			return err
		}
		if t.Active {
			t.Next = moment(times["NextElapseUSecRealtime"])
		}
		service, ok := times["Unit"].(string)
		if !ok {
			return nil
		}
		state, err = m.properties(service, "Unit")
		t.Retries = state["ActiveState"] == "activating" && state["SubState"] == "auto-restart"
		return err
	})
	return t, err
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
