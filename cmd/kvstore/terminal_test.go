package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty returns both ends of a pseudo-terminal.
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// typist types once the terminal shows no more what is typed.
func typist(t *testing.T, master, slave *os.File, text string) {
	for {
		state, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
		if err != nil {
			t.Error(err)
			return
		}
		if state.Lflag&unix.ECHO == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := io.WriteString(master, text); err != nil {
		t.Error(err)
	}
}

func TestSecretTypedAtATerminalIsNotShown(t *testing.T) {
	t.Setenv("UCWARE_KVSTORE", t.TempDir())
	master, slave := pty(t)
	go typist(t, master, slave, "hush-hush\n")
	if status := run(context.Background(), []string{"kvstore", "set", "ns", "client_secret"}, slave, slave, slave); status != 0 {
		t.Fatalf("exit status %d", status)
	}
	fmt.Fprint(slave, "THE END")
	var shown strings.Builder
	buf := make([]byte, 256)
	for !strings.Contains(shown.String(), "THE END") {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(buf[:n])
	}
	if strings.Contains(shown.String(), "hush") || !strings.Contains(shown.String(), "not shown") {
		t.Errorf("the terminal shows %q", shown.String())
	}
	var value strings.Builder
	if run(context.Background(), []string{"kvstore", "get", "ns", "client_secret"}, nil, &value, io.Discard); value.String() != "hush-hush\n" {
		t.Errorf("stored %q", value.String())
	}
}
