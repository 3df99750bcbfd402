package journal

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// socket is where the journal listens, as "Native Journal Protocol" says.
const socket = "/run/systemd/journal/socket"

// Flush waits until the journal has dealt with all that this process wrote, or
// for as long as given. A process must not end before: whose process has gone
// already, the journal files under no unit, and `journalctl -u` shows nothing
// of it.
//
// The journal takes one datagram after the other and ignores an empty one. As
// long as that has not been taken, the kernel counts it as unsent.
func Flush(patience time.Duration) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	end := time.Now().Add(patience)
	_ = conn.SetWriteDeadline(end)
	if _, err := conn.Write(nil); err != nil {
		return
	}
	for time.Now().Before(end) && unsent(conn) {
		time.Sleep(time.Millisecond)
	}
}

// unsent tells whether something that was written has not been received.
func unsent(conn *net.UnixConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	bytes := 0
	err = raw.Control(func(fd uintptr) { bytes, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return err == nil && bytes > 0
}
