// Package accounts lets a test run programs as users and groups that the
// machine does not have, without changing anything on the machine.
//
// Each program gets a mount namespace of its own in which copies of /etc/passwd
// and /etc/group, with the test's users in them, lie over the real ones. Only
// root may do that: elsewhere New skips the test.
package accounts

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Accounts is a set of users and groups beside those of the machine.
type Accounts struct {
	// Dir is a folder of root's that every user may enter, unlike the folders
	// of testing. It goes when the test ends.
	Dir string

	t             testing.TB
	passwd, group []string       // lines
	gids          map[string]int // of the groups added
	next          int            // id of the next user or group
}

// New returns an empty set. It skips the test where users cannot be made up;
// in continuous integration (CI=true), that fails the test unless it is only
// for want of root.
func New(t testing.TB) *Accounts {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can run programs as other users")
	}
	for _, tool := range []string{"unshare", "mount", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "running programs as other users needs "+tool)
		}
	}
	if out, err := exec.Command("unshare", "--mount", "mount", "--bind", "/etc/group", "/etc/group").CombinedOutput(); err != nil {
		missing(t, fmt.Sprintf("mount namespaces are not to be had here: %v: %s", err, out))
	}
	a := &Accounts{t: t, gids: map[string]int{}, next: 64100}
	var err error
	if a.Dir, err = os.MkdirTemp("", "accounts-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(a.Dir) })
	a.must(os.Chmod(a.Dir, 0o755))
	a.passwd, a.group = lines(t, "/etc/passwd"), lines(t, "/etc/group")
	a.save()
	return a
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func (a *Accounts) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func lines(t testing.TB, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

// User adds a user with a group of the same name, as a member of further
// groups, which are added where they are missing. A real user of that name is
// hidden.
func (a *Accounts) User(name string, groups ...string) {
	a.t.Helper()
	for _, group := range append([]string{name}, groups...) {
		a.Group(group)
	}
	gid := a.gids[name]
	a.passwd = append(without(a.passwd, name), fmt.Sprintf("%s:x:%d:%d::/nonexistent:/bin/sh", name, gid, gid))
	for i, line := range a.group {
		for _, group := range groups {
			switch {
			case !strings.HasPrefix(line, group+":"):
			case strings.HasSuffix(line, ":"): // the first member
				a.group[i] = line + name
			default:
				a.group[i] = line + "," + name
			}
		}
	}
	a.save()
}

// Group adds a group, where it was not added before.
func (a *Accounts) Group(name string) {
	a.t.Helper()
	if _, ok := a.gids[name]; ok {
		return
	}
	a.gids[name] = a.next
	a.group = append(without(a.group, name), fmt.Sprintf("%s:x:%d:", name, a.next))
	a.next++
	a.save()
}

// ID returns the id of an added group, or of an added user: the group of the
// same name has the same id.
func (a *Accounts) ID(name string) int { return a.gids[name] }

func without(lines []string, name string) (rest []string) {
	for _, line := range lines {
		if !strings.HasPrefix(line, name+":") {
			rest = append(rest, line)
		}
	}
	return rest
}

func (a *Accounts) save() {
	a.t.Helper()
	for name, lines := range map[string][]string{"passwd": a.passwd, "group": a.group} {
		path := filepath.Join(a.Dir, name)
		a.must(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
		a.must(os.Chmod(path, 0o644)) // whatever the umask is
	}
}

// Command returns a command that runs a program as an added user with all his
// groups, or, where user is "root", as root among the added users. The program
// must be where the user can reach it: see Install.
func (a *Accounts) Command(user, program string, args ...string) *exec.Cmd {
	a.t.Helper()
	const enter = `mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group && shift 2 && exec "$@"`
	line := []string{"--mount", "--", "sh", "-c", enter, "sh", filepath.Join(a.Dir, "passwd"), filepath.Join(a.Dir, "group")}
	if user != "root" {
		id, ok := a.gids[user]
		if !ok {
			a.t.Fatalf("user %s was not added", user)
		}
		line = append(line, "setpriv", fmt.Sprintf("--reuid=%d", id), fmt.Sprintf("--regid=%d", id), "--init-groups", "--")
	}
	cmd := exec.Command("unshare", append(append(line, program), args...)...)
	cmd.Dir = "/"
	return cmd
}

// Install copies a program to where every user can run it, under a name, and
// returns its path. An empty path stands for the running test itself, which
// testing builds where nobody else may look.
func (a *Accounts) Install(path, name string) string {
	a.t.Helper()
	if path == "" {
		path = "/proc/self/exe"
	}
	in, err := os.Open(path)
	a.must(err)
	defer in.Close()
	target := filepath.Join(a.Dir, name)
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	a.must(err)
	_, err = io.Copy(out, in)
	a.must(err)
	a.must(out.Chmod(0o755))
	a.must(out.Close())
	return target
}
