// Package journaltest is a journal for tests: a socket that stands where the
// real one does for the programs of a test, and nowhere else on the machine.
//
// Each program runs in a mount namespace of its own. Only root may do that:
// elsewhere New skips the test.
package journaltest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Journal receives what programs write.
type Journal struct {
	t        testing.TB
	dir      string
	conn     *net.UnixConn
	stderr   *os.File
	caughtUp chan bool // all has been received that was written before Records

	mu   sync.Mutex
	data [][]byte      // of records
	slow time.Duration // before each record
}

// New returns a journal that listens. It skips the test where there is no root;
// where only a tool is missing, that fails it in continuous integration
// (CI=true).
func New(t testing.TB) *Journal {
	t.Helper()
	if err := Possible(); err != nil {
		if os.Geteuid() == 0 && os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "journal-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	j := &Journal{t: t, dir: dir, caughtUp: make(chan bool)}
	j.listen()
	j.stderr, err = os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.stderr.Close() })
	return j
}

// Possible returns why there can be no journal here; nil where there can.
func Possible() error {
	if os.Geteuid() != 0 {
		return errors.New("only root can put a journal's socket in its place")
	}
	if out, err := exec.Command("unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /run").CombinedOutput(); err != nil {
		return fmt.Errorf("mount namespaces are not to be had here: %w: %s", err, out)
	}
	return nil
}

func (j *Journal) listen() {
	var err error
	j.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(j.dir, "socket"), Net: "unixgram"})
	if err != nil {
		j.t.Fatal(err)
	}
	j.t.Cleanup(func() { j.conn.Close() })
	go j.receive()
}

// Close ends the journal: nobody listens at its socket any more.
func (j *Journal) Close() { j.conn.Close() }

// Slow makes the journal take its time for each record.
func (j *Journal) Slow(pause time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.slow = pause
}

// Received returns how many records the journal has dealt with.
func (j *Journal) Received() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.data)
}

// Command makes a command meet this journal: its socket in its place, and
// standard error leading to it.
func (j *Journal) Command(cmd *exec.Cmd) *exec.Cmd {
	j.t.Helper()
	const enter = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && mount --bind "$1" /run/systemd/journal && shift && exec "$@"`
	program, err := filepath.EvalSymlinks(cmd.Path) // /proc/self/exe is another one for the shell
	if err != nil {
		j.t.Fatal(err)
	}
	wrapped := exec.Command("unshare", append([]string{"--mount", "--", "sh", "-c", enter, "sh", j.dir, program}, cmd.Args[1:]...)...)
	wrapped.Env = append(cmd.Environ(), "JOURNAL_STREAM="+identity(j.t, j.stderr))
	wrapped.Dir, wrapped.Stdin, wrapped.Stdout, wrapped.Stderr = cmd.Dir, cmd.Stdin, cmd.Stdout, j.stderr
	return wrapped
}

// Stderr returns what programs wrote to standard error.
func (j *Journal) Stderr() string {
	j.t.Helper()
	text, err := os.ReadFile(j.stderr.Name())
	if err != nil {
		j.t.Fatal(err)
	}
	return string(text)
}

// identity returns a file as systemd.exec(5) names it in JOURNAL_STREAM.
func identity(t testing.TB, f *os.File) string {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
