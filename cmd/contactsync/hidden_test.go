package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"contactsync/internal/systemd"
	"contactsync/internal/systemd/systemdtest"
)

// underSystemd returns what a process needs to ask about the service.
func underSystemd(t *testing.T, service systemdtest.Properties) (variable string) {
	return systemdtest.Address + "=" + systemdtest.Start(t, map[string]systemdtest.Unit{
		systemd.TimerUnit:   {"Unit": {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"}},
		systemd.ServiceUnit: {"Service": service},
	})
}

// inTmp returns the world's folder, without links; it skips a test whose folder
// lies where a service sees it.
func inTmp(w *world) string {
	w.t.Helper()
	home, err := filepath.EvalSymlinks(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	if !strings.HasPrefix(home, "/tmp/") {
		w.t.Skip("the files of this test are not below /tmp")
	}
	return home
}

// The service does not see what a check by hand finds in order.
func TestFilesThatTheServiceDoesNotSee(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.tidy()
	thumbprint := w.certificate("app.pem")
	w.tenant.Change(func() { w.app.Thumbprints = []string{thumbprint} })
	w.set("client_certificate", w.path("app.pem"))
	w.set("client_secret", "")
	home := inTmp(w)
	checked := func(service systemdtest.Properties) string {
		t.Helper()
		cmd := w.process("check")
		cmd.Env = append(cmd.Env, underSystemd(t, service))
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return flat(string(out))
	}
	contains(t, checked(systemdtest.Properties{"ProtectHome": "yes", "PrivateTmp": true}),
		"! keys ca_file: a run by hand can read "+w.path("ca.pem")+", but the one at night cannot: contactsync.service sees nothing below /tmp",
		"sudo install -D -m 644 "+home+"/ca.pem /etc/ucware/contactsync-ca.pem ",
		" set contactsync ca_file /etc/ucware/contactsync-ca.pem",
		"! keys client_certificate: a run by hand can read "+w.path("app.pem"),
		"sudo install -D -m 640 -g ucservices "+home+"/app.pem /etc/ucware/contactsync.pem ",
		" set contactsync client_certificate /etc/ucware/contactsync.pem",
		"! store a run by hand can use "+w.path("kvstore"), "! phonebooks a run by hand can use "+w.path("phonebooks.db"))
	for _, seen := range []string{
		checked(systemdtest.Properties{"ProtectHome": "yes", "PrivateTmp": false}),
		flat(w.run("check").stdout), // no systemd, no service
	} {
		lacks(t, seen, "sees nothing below", "install -")
	}
}

// A run by the service that cannot open such a file says why.
func TestRunThatDoesNotSeeItsFile(t *testing.T) {
	parallel(t)
	for key, file := range map[string]string{"ca_file": "gone/ca.pem", "client_certificate": "gone/app.pem"} {
		t.Run(key, func(t *testing.T) {
			w := newWorld(t, "anna")
			inTmp(w)
			w.sync(0)
			w.set(key, w.path(file))
			run := func(env ...string) string {
				t.Helper()
				cmd := w.process("--json")
				cmd.Env = append(append(cmd.Env, underSystemd(t, systemdtest.Properties{"ProtectHome": "yes", "PrivateTmp": true})), env...)
				out, _ := cmd.Output()
				check(t, "exit status", cmd.ProcessState.ExitCode(), 78)
				return string(out)
			}
			lacks(t, run(), "contactsync.service")
			contains(t, run("INVOCATION_ID=0123456789abcdef"), `"hint":"contactsync.service sees nothing below /tmp, whatever the rights of `+w.path(file)+" are")
			contains(t, w.standing().Hint, "contactsync.service sees nothing below /tmp")
			// Where it does see the file, something else is the matter.
			if err := os.MkdirAll(w.path("gone"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(w.path(file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			lacks(t, run("INVOCATION_ID=0123456789abcdef"), "contactsync.service")
		})
	}
}
