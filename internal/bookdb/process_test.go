package bookdb_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// roleKey is set in the environment of a copy of this program that is to be
// another process of the test. Its argument is the path of the file.
const roleKey = "BOOKDB_TEST_ROLE"

var roles = map[string]func(path string) error{
	"write":   func(path string) error { return writeStates(path, 1) },
	"rewrite": func(path string) error { return writeStates(path, 1<<30) },
	"read":    readOnce,
	"migrate": migrate,
	"watch":   watchStates,
	"lock": func(path string) error {
		_, err := bookdb.Lock(path)
		return err
	},
}

func TestMain(m *testing.M) {
	role := os.Getenv(roleKey)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s\n", err, fault.HintOf(err))
		os.Exit(fault.ClassOf(err).ExitStatus())
	}
	os.Exit(0)
}

// state returns one of two phonebooks that differ in every entry and in their
// number of entries.
func state(n int) []phonebook.Entry {
	all := entries(300 + 50*(n%2))
	for i := range all {
		all[i].Surname = fmt.Sprint("State ", n%2)
		all[i].Numbers = all[i].Numbers[n%2:]
	}
	return all
}

var states = [][]phonebook.Entry{state(0), state(1)}

// writeStates replaces anna's phonebook by the two states in turn.
func writeStates(path string, times int) error {
	db, err := bookdb.Open(path)
	if err != nil {
		return err
	}
	for n := range times {
		r := replacement("anna", states[n%2])
		r.Title = fmt.Sprint("State ", n%2)
		if _, err := db.Replace(ctx, r); err != nil {
			return err
		}
		if n == 0 {
			fmt.Println("written")
		}
	}
	return db.Close()
}

// migrate brings a file up to date; it says so before it begins.
func migrate(path string) error {
	fmt.Println("opening")
	db, err := bookdb.Open(path)
	if err != nil {
		return err
	}
	return db.Close()
}

// checkState reads the phonebook and reports an error where it is neither.
func checkState(db *bookdb.DB) error {
	p, ok, err := db.Phonebook(ctx, "anna")
	if err != nil || !ok {
		return fmt.Errorf("read: %v, %w", ok, err)
	}
	for n, want := range states {
		if p.Title == fmt.Sprint("State ", n) && reflect.DeepEqual(p.Entries, want) {
			return nil
		}
	}
	return fmt.Errorf("a reader saw neither of the two states, but %d entries of %q", len(p.Entries), p.Title)
}

func readOnce(path string) error {
	db, err := bookdb.OpenReader(path)
	if err != nil {
		return err
	}
	return errors.Join(checkState(db), db.Close())
}

// watchStates reads until its standard input ends, and says so after the first
// time.
func watchStates(path string) error {
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	db, err := bookdb.OpenReader(path)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if err := checkState(db); err != nil {
			return err
		}
		if n == 0 {
			fmt.Println("reading")
		}
		select {
		case <-ended:
			return db.Close()
		default:
		}
	}
}

// process is another process of the test.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
	err   strings.Builder
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd}
	stdout, err1 := cmd.StdoutPipe()
	stdin, err2 := cmd.StdinPipe()
	cmd.Stderr = &p.err
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	p.stdin, p.lines = stdin, bufio.NewReader(stdout)
	return p
}

func startRole(t *testing.T, role, path string) *process {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", path)
	cmd.Env = append(os.Environ(), roleKey+"="+role)
	return start(t, cmd)
}

// line waits for a line of the process's output.
func (p *process) line() string {
	p.t.Helper()
	text, err := p.lines.ReadString('\n')
	if err != nil {
		p.cmd.Wait()
		p.t.Fatalf("the other process ended early: %s", p.err.String())
	}
	return strings.TrimSpace(text)
}

func (p *process) send(text string) { io.WriteString(p.stdin, text+"\n") }

// finish ends the process's input and expects it to succeed.
func (p *process) finish() {
	p.t.Helper()
	p.stdin.Close()
	io.Copy(io.Discard, p.lines)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the other process: %v: %s", err, p.err.String())
	}
}

// TestReadersSeeOneStateOrTheOther reads in another process without a pause
// while this one replaces the phonebook again and again. Beside it, the sqlite3
// shell reads with no patience at all for a lock.
func TestReadersSeeOneStateOrTheOther(t *testing.T) {
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the sqlite3 shell is not installed")
		}
		t.Skip("the sqlite3 shell is not installed")
	}
	path := filepath.Join(t.TempDir(), "phonebooks.db")
	if err := writeStates(path, 1); err != nil {
		t.Fatal(err)
	}
	watcher := startRole(t, "watch", path)
	watcher.line()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
				out, err := exec.Command(tool, path, ".timeout 0", "SELECT count(*), count(DISTINCT surname) FROM entry").CombinedOutput()
				if got := strings.TrimSpace(string(out)); got != "300|1" && got != "350|1" {
					t.Errorf("the shell saw %s, %v", got, err)
				}
			}
		}
	}()
	if err := writeStates(path, 40); err != nil {
		t.Error(err)
	}
	close(stop)
	<-stopped
	watcher.finish()
}

// TestLongReadTransaction keeps a read transaction open in another process
// over several replacements: neither waits for the other, and the reader goes
// on seeing what stood there when it began.
func TestLongReadTransaction(t *testing.T) {
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the sqlite3 shell is not installed")
		}
		t.Skip("the sqlite3 shell is not installed")
	}
	db, path := open(t)
	replace(t, db, replacement("anna", states[0]))
	reader := start(t, exec.Command(tool, path))
	const query = "SELECT count(*), (SELECT count(*) FROM number), min(surname), max(surname) FROM entry;"
	reader.send("BEGIN; " + query)
	before := reader.line()
	if want := "300|900|State 0|State 0"; before != want {
		t.Fatalf("the reader sees %s, want %s", before, want)
	}
	for n := range 4 {
		replace(t, db, replacement("anna", states[(n+1)%2]))
		replace(t, db, replacement("ben", entries(n)))
		reader.send(query)
		if got := reader.line(); got != before {
			t.Errorf("within one transaction the reader saw %s, then %s", before, got)
		}
	}
	replace(t, db, replacement("anna", states[1]))
	reader.send("COMMIT; SELECT count(*), min(surname), max(surname) FROM entry WHERE phonebook = 1;")
	if got := reader.line(); got != "350|State 1|State 1" {
		t.Errorf("after its transaction the reader sees %s", got)
	}
	reader.finish()
}

// TestKilled kills a writer at any moment.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "phonebooks.db")
	for range 15 {
		writer := startRole(t, "rewrite", path)
		writer.line()
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		writer.cmd.Process.Kill()
		writer.cmd.Wait()
		if err := readOnce(path); err != nil {
			t.Fatal(err)
		}
	}
	if got := shell(t, path, "PRAGMA integrity_check; SELECT count(*) FROM number WHERE entry NOT IN (SELECT id FROM entry)"); got != "ok\n0" {
		t.Errorf("after the kills: %s", got)
	}
}
