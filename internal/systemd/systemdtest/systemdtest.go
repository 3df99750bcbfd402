// Package systemdtest answers in systemd's place on a real message bus.
package systemdtest

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// Address is the environment variable that names the system bus.
const Address = "DBUS_SYSTEM_BUS_ADDRESS"

// Properties are those of an interface.
type Properties map[string]any

// Unit is a unit's object on the bus: its interfaces without what all their
// names begin with, as Unit, Timer, Service.
type Unit map[string]Properties

// GetAll implements org.freedesktop.DBus.Properties.
func (u Unit) GetAll(name string) (map[string]dbus.Variant, *dbus.Error) {
	all := map[string]dbus.Variant{}
	for key, value := range u[strings.TrimPrefix(name, "org.freedesktop.systemd1.")] {
		all[key] = dbus.MakeVariant(value)
	}
	return all, nil
}

// Start starts a message bus on which systemd has units, and returns the bus's
// address. Both end with the test.
func Start(t testing.TB, units map[string]Unit) (address string) {
	t.Helper()
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address", "--address=unix:dir="+t.TempDir())
	out, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		daemon.Process.Kill()
		daemon.Wait()
	})
	if address, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for name, unit := range units {
		path := dbus.ObjectPath("/org/freedesktop/systemd1/unit/" + systemd.PathBusEscape(name))
		if err := conn.Export(unit, path, "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.RequestName("org.freedesktop.systemd1", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return address
}
