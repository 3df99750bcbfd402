package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"contactsync/internal/simulator/accounts"
)

func exitStatus(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Sprint(exit.ExitCode())
	}
	if err != nil {
		return err.Error()
	}
	return "0"
}

// TestUsers lets the service user, root and others work on one store in turn.
func TestUsers(t *testing.T) {
	for _, first := range []string{"ucservices", "root"} {
		t.Run("made by "+first, func(t *testing.T) {
			a := accounts.New(t)
			a.User("ucservices", "ucphonebooks")
			a.User("asterisk", "ucphonebooks")
			program := a.Install("", "kvstore")
			parent := filepath.Join(a.Dir, "ucware")
			if err := os.Mkdir(parent, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(parent, a.ID("ucservices"), a.ID("ucservices")); err != nil {
				t.Fatal(err)
			}
			store := filepath.Join(parent, "kvstore")
			run := func(user string, args ...string) (output, status string) {
				args = append([]string{"-c", `umask 077; exec "$@"`, "sh", program, "--store", store}, args...)
				out, err := a.Command(user, "sh", args...).CombinedOutput()
				return strings.TrimSpace(string(out)), exitStatus(err)
			}
			want := func(status, output, user string, args ...string) {
				t.Helper()
				if gotOutput, gotStatus := run(user, args...); gotStatus != status || !strings.Contains(gotOutput, output) {
					t.Errorf("%s: kvstore %v: status %s, %s; want %s, %s", user, args, gotStatus, gotOutput, status, output)
				}
			}
			want("0", "", first, "set", "contactsync", "key", "one")
			want("0", "one", "ucservices", "get", "contactsync", "key")
			want("0", "", "root", "set", "contactsync", "key", "two")
			want("0", "", "ucservices", "set", "contactsync", "other", strings.Repeat("long", 10_000))
			want("0", "", "root", "delete", "contactsync", "other")
			want("0", "", "root", "set", "roots", "key", "three")
			want("0", "", "ucservices", "set", "roots", "key", "four")
			want("0", "four", "root", "get", "roots", "key")
			for _, args := range [][]string{{"list"}, {"list", "contactsync"}, {"get", "contactsync", "key"}, {"set", "contactsync", "key", "x"}, {"set", "new", "key", "x"}, {"delete", "contactsync", "key"}} {
				want("77", "sudo -u ucservices kvstore --store "+store+" …", "asterisk", args...)
			}
			file := filepath.Join(store, "contactsync.db")
			a.Command("root", "chmod", "0", file).Run()
			want("77", "sudo chmod 600 "+store+"/*.db", "ucservices", "get", "contactsync", "key")
			a.Command("root", "chmod", "600", file).Run()
			for name, rights := range map[string]string{"": "ucservices ucservices 750", "contactsync.db": "ucservices ucservices 600", "roots.db": "ucservices ucservices 600"} {
				out, err := a.Command("root", "stat", "-c", "%U %G %a", filepath.Join(store, name)).Output()
				if got := strings.TrimSpace(string(out)); got != rights || err != nil {
					t.Errorf("%s: %s, want %s", name, got, rights)
				}
			}
			if files, _ := os.ReadDir(store); len(files) != 2 {
				t.Errorf("in the folder: %v", files)
			}
		})
	}
}

// TestDefaultFolder lets root make the store where the appliance has it, on a
// machine on which nobody made /var/lib/ucware.
func TestDefaultFolder(t *testing.T) {
	a := accounts.New(t)
	a.User("ucservices")
	program := a.Install("", "kvstore")
	const script = `mount -t tmpfs none /var/lib && umask 077 && unset UCWARE_KVSTORE && printf value | "$1" set ns key &&
		stat -c '%U %G %a' /var/lib/ucware /var/lib/ucware/kvstore /var/lib/ucware/kvstore/ns.db`
	out, err := a.Command("root", "sh", "-c", script, "sh", program).CombinedOutput()
	const want = "root root 755\nucservices ucservices 750\nucservices ucservices 600\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: %s\nwant %s", err, out, want)
	}
}

func TestFullDisk(t *testing.T) {
	a := accounts.New(t)
	program := a.Install("", "kvstore")
	const script = `mount -t tmpfs -o size=200k none /mnt && export UCWARE_KVSTORE=/mnt && "$1" set ns key value &&
		head -c 1000000 /dev/zero | "$1" set ns long; echo "status $?"; "$1" get ns key; ls -A /mnt`
	out, err := a.Command("root", "sh", "-c", script, "sh", program).CombinedOutput()
	for _, want := range []string{"hint: free some space", "status 74", "value\nns.db\n"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s\nwant %s", err, out, want)
		}
	}
}

// TestSomebodysOwnStore: whose store it is, is nobody's but his.
func TestSomebodysOwnStore(t *testing.T) {
	a := accounts.New(t)
	a.User("anna")
	a.User("bram")
	program := a.Install("", "kvstore")
	store := filepath.Join(a.Dir, "store")
	if err := errors.Join(os.Mkdir(store, 0o700), os.Chown(store, a.ID("anna"), a.ID("anna"))); err != nil {
		t.Fatal(err)
	}
	out, _ := a.Command("bram", program, "--store", store, "list").CombinedOutput()
	if want := "sudo -u anna kvstore --store " + store + " …"; !strings.Contains(string(out), want) || strings.Contains(string(out), "ucservices") {
		t.Errorf("%s\nwant %s", out, want)
	}
}

func TestReadOnlyFileSystem(t *testing.T) {
	a := accounts.New(t)
	program := a.Install("", "kvstore")
	const script = `unset INVOCATION_ID; mount -t tmpfs -o ro none /mnt; "$1" --store /mnt set ns key value; echo "status $?"`
	out, err := a.Command("root", "sh", "-c", script, "sh", program).CombinedOutput()
	for _, want := range []string{"hint: the file system is read-only: mount ", "status 77"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s\nwant %s", err, out, want)
		}
	}
}

// TestKilledRoot kills root in the middle of writing. The service user, whose
// file it is, must be able to go on, also where root's journal is left behind.
func TestKilledRoot(t *testing.T) {
	a := accounts.New(t)
	a.User("ucservices")
	program := a.Install("", "kvstore")
	store := filepath.Join(a.Dir, "store")
	if err := errors.Join(os.Mkdir(store, 0o750), os.Chown(store, a.ID("ucservices"), a.ID("ucservices"))); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "UCWARE_KVSTORE="+store)
	command := func(user string, args ...string) *exec.Cmd {
		cmd := a.Command(user, program, args...)
		cmd.Env = env
		return cmd
	}
	journals := 0
	for n := range 15 {
		if out, err := command("ucservices", "set", "ns", "key", fmt.Sprint(n)).CombinedOutput(); err != nil {
			t.Fatalf("round %d: %v: %s", n, err, out)
		}
		root := command("root", "set", "ns", "long")
		root.Stdin = strings.NewReader(strings.Repeat(fmt.Sprint(n), 1<<19))
		if err := root.Start(); err != nil {
			t.Fatal(err)
		}
		// As soon as there is a journal, or after a while without one.
		for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); {
			if _, err := os.Stat(filepath.Join(store, "ns.db-journal")); err == nil {
				break
			}
		}
		root.Process.Kill()
		root.Wait()
		if _, err := os.Stat(filepath.Join(store, "ns.db-journal")); err == nil {
			journals++
		}
		out, err := command("ucservices", "get", "ns", "key").CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != fmt.Sprint(n) {
			t.Fatalf("round %d: %.80s, %v", n, got, err)
		}
	}
	if journals == 0 {
		t.Error("root was never killed in the middle: this test shows nothing")
	}
}
