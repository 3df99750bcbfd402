package bookdb_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/simulator/accounts"
)

// house is a machine with the service user, a reader of phonebooks and a
// stranger, and an empty folder of the service user's.
type house struct {
	*accounts.Accounts
	t             *testing.T
	program, path string
}

func newHouse(t *testing.T) *house {
	a := accounts.New(t)
	a.User("ucservices", "ucphonebooks")
	a.User("asterisk", "ucphonebooks")
	a.User("stranger")
	folder := filepath.Join(a.Dir, "ucware")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, a.ID("ucservices"), a.ID("ucservices")); err != nil {
		t.Fatal(err)
	}
	return &house{a, t, a.Install("", "bookdb"), filepath.Join(folder, "phonebooks", "phonebooks.db")}
}

// as returns a command that plays a role as a user, with a umask that would
// leave others nothing.
func (h *house) as(user, role string) *exec.Cmd {
	cmd := h.Command(user, "sh", "-c", `umask 077; exec "$@"`, "sh", h.program, h.path)
	cmd.Env = append(os.Environ(), roleKey+"="+role)
	return cmd
}

func (h *house) must(user, role string) {
	h.t.Helper()
	if out, err := h.as(user, role).CombinedOutput(); err != nil {
		h.t.Errorf("%s cannot %s: %v: %s", user, role, err, out)
	}
}

func (h *house) mustNot(user, role string) {
	h.t.Helper()
	out, err := h.as(user, role).CombinedOutput()
	if code := exitCode(err); code != fault.Permission.ExitStatus() {
		h.t.Errorf("%s may %s, or fails for another reason: %v: %s", user, role, err, out)
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

func TestRights(t *testing.T) {
	for _, first := range []string{"ucservices", "root"} {
		t.Run("made by "+first, func(t *testing.T) {
			h := newHouse(t)
			h.must(first, "write")
			folder := filepath.Dir(h.path)
			for path, want := range map[string]string{folder: "ucservices ucphonebooks 2770", h.path: "ucservices ucphonebooks 660"} {
				out, err := h.Command("root", "stat", "-c", "%U %G %a", path).Output()
				if got := strings.TrimSpace(string(out)); got != want || err != nil {
					t.Errorf("%s: %s, want %s", filepath.Base(path), got, want)
				}
			}
			// While no sync runs, whoever comes first makes the WAL's files,
			// and whoever comes next must be able to use them.
			for _, user := range []string{"asterisk", "ucservices", "asterisk", "root", "ucservices"} {
				h.must(user, "read")
			}
			h.must("root", "write")
			h.must("ucservices", "write")
			h.mustNot("stranger", "read")
			h.mustNot("stranger", "write")
		})
	}
}

func TestReadersWhileASyncRuns(t *testing.T) {
	for _, writer := range []string{"ucservices", "root"} {
		t.Run(writer, func(t *testing.T) {
			h := newHouse(t)
			h.must("ucservices", "write")
			// A reader is there first, and so owns the WAL's files.
			early := start(t, h.as("asterisk", "watch"))
			early.line()
			sync := start(t, h.as(writer, "rewrite"))
			sync.line()
			late := start(t, h.as("asterisk", "watch"))
			late.line()
			for range 5 {
				h.must("asterisk", "read")
				h.must("ucservices", "read")
			}
			sync.cmd.Process.Kill() // unshare and setpriv have become the program itself
			sync.cmd.Wait()
			early.finish()
			late.finish()
			h.must("asterisk", "read") // what a killed sync has left, too
			h.must("ucservices", "write")
		})
	}
}

// TestShellOfAReader reads as Asterisk's ODBC does: with SQLite alone.
func TestShellOfAReader(t *testing.T) {
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the sqlite3 shell is not installed")
		}
		t.Skip("the sqlite3 shell is not installed")
	}
	h := newHouse(t)
	h.must("ucservices", "write")
	out, err := h.Command("asterisk", tool, h.path, "SELECT count(*) FROM entry").CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != fmt.Sprint(len(states[0])) {
		t.Errorf("asterisk reads %s, %v", got, err)
	}
}

func TestFullDisk(t *testing.T) {
	h := newHouse(t)
	disk := filepath.Join(h.Dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	h.path = filepath.Join(disk, "phonebooks.db")
	cmd := h.Command("root", "sh", "-c", `mount -t tmpfs -o size=300k none "$1" && shift && exec "$@"`, "sh", disk, h.program, h.path)
	cmd.Env = append(os.Environ(), roleKey+"=rewrite")
	out, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.ExitCode(); status != fault.Damage.ExitStatus() || !strings.Contains(string(out), "full") {
		t.Errorf("on a full disk: %v: %s", err, out)
	}
}

// TestReadOnlyFileSystem is the service's sandbox, where ReadWritePaths= does not
// name the folder, or named it before it was there; or it is a broken disk.
func TestReadOnlyFileSystem(t *testing.T) {
	h := newHouse(t)
	disk := filepath.Join(h.Dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	h.path = filepath.Join(disk, "phonebooks", "phonebooks.db")
	for hint, invocation := range map[string]string{"ReadWritePaths=": "1", "mount shows": ""} {
		cmd := h.Command("root", "sh", "-c", `mount -t tmpfs -o ro none "$1" && shift && exec "$@"`, "sh", disk, h.program, h.path)
		cmd.Env = append(os.Environ(), roleKey+"=rewrite", "INVOCATION_ID="+invocation)
		out, err := cmd.CombinedOutput()
		if status := cmd.ProcessState.ExitCode(); status != fault.Permission.ExitStatus() || !strings.Contains(string(out), hint) {
			t.Errorf("on a read-only file system: %v: %s", err, out)
		}
	}
}
