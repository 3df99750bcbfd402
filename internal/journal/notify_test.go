package journal

import (
	"net"
	"testing"
)

func TestAStatusIsOneLine(t *testing.T) {
	t.Chdir(t.TempDir()) // a socket's path is short
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "notify", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", "notify")
	Status("x\nMAINPID=1\x1b")
	Stopping("y\nMAINPID=1")
	for _, want := range []string{"STATUS=x MAINPID=1\uFFFD", "STOPPING=1\nSTATUS=y MAINPID=1"} {
		buffer := make([]byte, 100)
		n, err := conn.Read(buffer)
		if got := string(buffer[:n]); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}
