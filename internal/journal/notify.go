package journal

import (
	"strings"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Status tells the service manager in a line what is being done, for
// `systemctl status`. Without a service manager that listens (NOTIFY_SOCKET,
// sd_notify(3)) it does nothing, and a notification that gets lost stops
// nobody.
func Status(line string) { notify("STATUS=" + oneLine(line)) }

// Stopping tells the service manager that the service is about to end, and in
// a line how.
func Stopping(line string) { notify(daemon.SdNotifyStopping + "\nSTATUS=" + oneLine(line)) }

func notify(state string) { _, _ = daemon.SdNotify(false, state) }

// oneLine keeps a text in its assignment: the next line would be another.
func oneLine(text string) string { return strings.ReplaceAll(clean(text), "\n", " ") }
