package main

import (
	"os"
	"strings"
	"testing"
)

// Whoever may read a file with a secret in it beyond the service is told of at
// each run, which goes on.
func TestLoosenedRights(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	file, folder, key := w.path("kvstore/contactsync.db"), w.path("kvstore"), w.path("app.pem")
	thumbprint := w.certificate("app.pem")
	w.tenant.Change(func() { w.app.Thumbprints = []string{thumbprint} })
	for _, tt := range []struct {
		name, path string
		mode       os.FileMode
		words      []string
	}{
		{"file for everybody", file, 0o644, []string{file + " can be read or changed by everybody", "hint: sudo chmod 600 " + file + "; who may have read the secret?", "make another one in ", w.path("kvstore") + " secret"}},
		{"file for its group", file, 0o640, []string{file + " can be read or changed by its group"}},
		{"folder for everybody", folder, 0o755, []string{folder + " can be entered or changed by everybody", "hint: sudo chmod 750 " + folder}},
		{"folder for its group to write", folder, 0o770, []string{folder + " can be entered or changed by its group"}},
		{"key for everybody", key, 0o644, []string{key + ", the key of client_certificate, can be read or changed by everybody", "hint: sudo chmod 640 " + key, "openssl req"}},
		{"key for its group", key, 0o640, nil},
		{"as it is", file, 0o600, nil},
	} {
		info, err := os.Stat(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if tt.path == key {
			w.set("client_certificate", key)
		}
		if err := os.Chmod(tt.path, tt.mode); err != nil {
			t.Fatal(err)
		}
		out, checked := w.run(), w.run("check")
		check(t, "exit status with the "+tt.name, out.status, 0)
		contains(t, out.stderr, tt.words...)
		contains(t, strings.Join(strings.Fields(checked.stdout), " "), tt.words[:min(1, len(tt.words))]...)
		if tt.words == nil {
			lacks(t, out.stderr+checked.stdout, "chmod")
		}
		if err := os.Chmod(tt.path, info.Mode()); err != nil {
			t.Fatal(err)
		}
		if tt.path == key {
			w.set("client_certificate", "")
		}
	}
}

// The owner of a store that cannot read it is told to change its mode, and of
// nobody who has nothing to do with it.
func TestStoreOfSomebodyElseIsNotTheServices(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	for _, path := range []string{"kvstore", "kvstore/contactsync.db", "phonebooks"} {
		if err := os.Chown(a.path(path), a.accounts.ID("nosy"), a.accounts.ID("nosy")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(a.path("kvstore/contactsync.db"), 0); err != nil {
		t.Fatal(err)
	}
	out := a.as("nosy")
	check(t, "exit status", out.status, 77)
	contains(t, out.stderr, "hint: sudo chmod 750 "+a.path("kvstore")+"; sudo chmod 600 "+a.path("kvstore/contactsync.db"))
	lacks(t, out.stderr, "ucservices")
}

// A certificate authority's file need be no secret.
func TestClosedCAFile(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	if err := os.Chmod(a.path("ca.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := a.as("ucservices")
	check(t, "exit status", out.status, 78)
	contains(t, out.stderr, `ca.pem" is closed to the user that this runs as`, "hint: certificates are no secret", "sudo chmod a+r FILE")
	lacks(t, out.stderr, "set the key", "kvstore set")
	if err := os.Mkdir(a.path("closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	a.set("ca_file", a.path("closed/ca.pem"))
	contains(t, a.as("ucservices").stderr, "hint: its folder is closed to the user; put a copy where everybody may go", "sudo install -D -m 644 "+a.path("closed/ca.pem")+" /etc/ucware/contactsync-ca.pem")
}
