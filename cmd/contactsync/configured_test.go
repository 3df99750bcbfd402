package main

import (
	"os"
	"strings"
	"testing"
)

func TestConfigured(t *testing.T) {
	parallel(t)
	w := &world{t: t, dir: t.TempDir()}
	unconfigured := func(when string) {
		t.Helper()
		out := w.run("configured")
		check(t, when, out.status, 1)
		check(t, when+": standard output", out.stdout, "")
		check(t, when+": lines", strings.Count(out.stderr, "\n"), 1)
		contains(t, out.stderr, "not configured yet", "nothing is done", "client_secret", "ews_url", "kvstore --store "+w.path("kvstore")+" set contactsync KEY")
		lacks(t, out.stderr, "dpkg-reconfigure", "sudo")
	}
	unconfigured("no store")
	if _, err := os.Stat(w.path("kvstore")); err == nil {
		t.Error("the question made a store")
	}
	w.set("office365", "false")
	w.set("ldap_url", "ldaps://ldap.example.org")
	w.set("tenant_id", " \n")
	unconfigured("keys that give no access")
	for _, key := range accessKeys {
		w.set(key, "x")
		out := w.run("configured")
		check(t, key, out.status, 0)
		check(t, key+": output", out.stdout+out.stderr, "")
		w.set(key, "")
	}
	check(t, "wrong usage", w.run("configured", "more").status, 2)
}

// What stands in the way is for the run to say, with its exit status.
func TestConfiguredWhereTheStoreCannotBeRead(t *testing.T) {
	parallel(t)
	w := &world{t: t, dir: t.TempDir()}
	w.set("note", strings.Repeat("x", 20000))
	w.damage("kvstore/contactsync.db")
	check(t, "damaged store", w.run("configured").status, 0)
	check(t, "the run", w.run().status, 74)
	check(t, "no store's folder", w.run("--store", w.path("kvstore/contactsync.db"), "configured").status, 0)
}
