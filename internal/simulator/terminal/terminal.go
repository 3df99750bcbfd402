// Package terminal gives tests a pseudo-terminal to drive a program by: what a
// person would see on it, and what he would type.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Open returns both ends of a pseudo-terminal: the program has the slave, the
// person the master. They are closed when the test ends. It skips the test
// where there are no pseudo-terminals.
func Open(t testing.TB) (master, slave *os.File) {
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

// Echoes tells whether the terminal shows what is typed.
func Echoes(slave *os.File) (bool, error) {
	state, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	return err == nil && state.Lflag&unix.ECHO != 0, err
}

// Type types a text once the terminal does not show any more what is typed, as
// a person who is asked for a secret.
func Type(t testing.TB, master, slave *os.File, text string) {
	for {
		echoes, err := Echoes(slave)
		if err != nil {
			t.Error(err)
			return
		}
		if !echoes {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := io.WriteString(master, text); err != nil {
		t.Error(err)
	}
}

// Shown returns what the terminal has shown by now. The program must have ended.
func Shown(t testing.TB, master, slave *os.File) string {
	t.Helper()
	const end = "THE END OF THE TEST"
	fmt.Fprint(slave, end)
	var shown strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(buf[:n])
		if text, ok := strings.CutSuffix(shown.String(), end); ok {
			return text
		}
	}
}
