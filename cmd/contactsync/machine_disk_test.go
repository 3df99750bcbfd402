package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// inNamespace is set where a test runs in a mount namespace of its own.
const inNamespace = "TEST_IS_IN_A_NAMESPACE"

// alone runs the test in a process with a mount namespace of its own, so that
// what it mounts is seen by nobody else and goes with it. It returns false
// where that has been done. Only root may do so.
func alone(t *testing.T) (inside bool) {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit) && os.Getenv("CI") != "true":
		t.Skipf("mount namespaces are not to be had here: %v", err)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("it did not run:\n%s", out)
	default:
		t.Logf("%s", out)
	}
	return false
}

// newSmallMachine returns a machine on which phonebooks and temporary files
// lie on small file systems of their own.
func newSmallMachine(t *testing.T, source string) *machine {
	t.Helper()
	m := newMachine(t, source)
	m.books = m.path("disk/phonebooks.db")
	if err := os.Mkdir(m.path("disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{m.path("disk"), m.temp} {
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=16m"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	}
	return m
}

// leaving fills the file system of the phonebooks, or of temporary files, but
// for some bytes.
func leaving(where string, bytes func(*machine) int64) func(*machine) func() {
	return func(m *machine) (mend func()) {
		free := bytes(m)
		var fs syscall.Statfs_t
		name := filepath.Join(m.path(where), filler)
		err := syscall.Statfs(m.path(where), &fs)
		if err == nil {
			err = os.WriteFile(name, make([]byte, int64(fs.Bfree)*fs.Bsize-free), 0o600)
		}
		if err != nil {
			m.t.Fatal(err)
		}
		return func() { os.Remove(name) }
	}
}

func kilobytes(n int64) func(*machine) int64 { return func(*machine) int64 { return n << 10 } }

// walBytes returns how large the WAL would become, since somebody keeps it from
// being emptied: a run in a copy shows it.
func (m *machine) walBytes() int64 {
	m.t.Helper()
	copied := m.path("copy.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(copied + suffix)
	}
	text, err := os.ReadFile(m.books)
	if err == nil {
		err = os.WriteFile(copied, text, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	stop := m.reading(copied)
	defer stop()
	m.sync("--phonebooks", copied)
	info, err := os.Stat(copied + "-wal")
	if err != nil {
		m.t.Fatal(err)
	}
	return info.Size()
}

// A disk can be full before a run and in each phase of it.
func TestFullDisk(t *testing.T) {
	parallel(t)
	if !alone(t) {
		return
	}
	room := []string{"full", "free some space on the file system of ", "/disk"}
	temporary := []string{"temporary file", "no space left", "free some space in ", "TMPDIR"}
	faults := []machineFault{
		{name: "before the run", spoil: leaving("disk", kilobytes(0)), status: 74, words: room},
		{name: "early in the transaction", spoil: leaving("disk", kilobytes(8)), status: 74, words: room},
		{name: "late in the transaction", spoil: leaving("disk", func(m *machine) int64 { return m.walBytes() * 3 / 4 }), status: 74, words: room},
		{name: "in the checkpoint", spoil: func(m *machine) func() {
			for i := range 100 {
				m.put("chris", fmt.Sprint("more ", m.turn, i), i)
			}
			return leaving("disk", func(m *machine) int64 { return m.walBytes() + 64<<10 })(m)
		}, status: 74, words: room, written: true},
		{name: "while contacts are laid aside", args: []string{"--full"}, spoil: leaving("tmp", kilobytes(0)), status: 1, words: temporary},
		{name: "while contacts are laid aside once more", args: []string{"--full"}, spoil: leaving("tmp", kilobytes(700)), status: 1, words: temporary},
		{name: "read-only", spoil: remounted("disk", syscall.MS_RDONLY), status: 77, words: []string{"the file system is read-only: mount "}},
		{name: "temporary files read-only", args: []string{"--full"}, spoil: remounted("tmp", syscall.MS_RDONLY), status: 1, words: []string{"read-only", "TMPDIR"}},
	}
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			m := newSmallMachine(t, source)
			m.set("include_notes", "true")
			m.sync()
			for _, f := range faults {
				t.Run(f.name, func(t *testing.T) { m.in(t).suffer(f) })
			}
		})
	}
}

// A disk can be full at the very first run: for the phonebooks' file, or for
// what it has to hold. Nothing is left that the next run stumbles over.
func TestFullDiskAtTheFirstRun(t *testing.T) {
	parallel(t)
	if !alone(t) {
		return
	}
	m := newSmallMachine(t, "graph")
	refused := 0
	for kb, status := int64(0), 74; status != 0; kb += 32 {
		m.forget()
		mend := leaving("disk", kilobytes(kb))(m)
		out, r := m.start()()
		status = out.status
		m.nothingSeen(out)
		if status != 0 {
			refused++
			m.explained(machineFault{status: 74, words: []string{"free some space on the file system of ", "/disk"}}, out, r)
			check(t, fmt.Sprintf("%d KB: a file half made", kb), m.halfMade(), "")
		}
		mend() // before which there may be no room for the index that a reader needs
		for uid, text := range m.held(m.books) {
			if text != none && text != m.wanted()[uid] {
				t.Errorf("%d KB: %s's phonebook is\n%.1000s", kb, uid, text)
			}
		}
		m.sync()
		m.same(fmt.Sprintf("%d KB: after the next run", kb), m.held(m.books), m.wanted())
	}
	t.Logf("%d disks were too full", refused)
	if refused == 0 {
		t.Error("no disk was too full")
	}
}

// halfMade returns what lies beside the phonebooks and is none of a run's files.
func (m *machine) halfMade() string {
	m.t.Helper()
	files, err := os.ReadDir(filepath.Dir(m.books))
	if err != nil {
		m.t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		switch name := file.Name(); name {
		case filler, "phonebooks.db", "phonebooks.db-wal", "phonebooks.db-shm", "contactsync.lock", "contactsync.seal":
		default:
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// remounted changes how a file system is mounted.
func remounted(where string, flags uintptr) func(*machine) func() {
	return func(m *machine) (mend func()) {
		mount := func(flags uintptr) {
			if err := syscall.Mount("none", m.path(where), "tmpfs", syscall.MS_REMOUNT|flags, "size=16m"); err != nil {
				m.t.Fatal(err)
			}
		}
		mount(flags)
		return func() { mount(0) }
	}
}
