package main

import (
	"os"
	"strings"
	"testing"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/simulator"
)

// Whatever keeps a run from working leaves every phonebook as it was, ends
// with the right status and says what to do.
func TestWhatKeepsARunFromWorking(t *testing.T) {
	parallel(t)
	tests := map[string]struct {
		spoil  func(*world)
		status int
		words  []string // in the error and the hint
	}{
		"wrong secret":            {func(w *world) { w.set("client_secret", "another~value") }, 78, []string{"secret", "Certificates & secrets"}},
		"expired secret":          {func(w *world) { w.tenant.Change(func() { w.app.Expired = true }) }, 78, []string{"expired"}},
		"unknown application":     {func(w *world) { w.set("client_id", "00000000-1111-2222-3333-444444444444") }, 78, []string{"client_id"}},
		"unknown tenant":          {func(w *world) { w.set("tenant_id", "00000000-1111-2222-3333-444444444444") }, 78, []string{"tenant_id"}},
		"sign-in is down":         {func(w *world) { w.set("authority", "https://127.0.0.1:1") }, 75, []string{"127.0.0.1:1"}},
		"service is down":         {func(w *world) { w.set("source", "graph"); w.set("graph_url", "https://127.0.0.1:1/v1.0") }, 75, []string{"127.0.0.1:1"}},
		"authority of a stranger": {func(w *world) { w.set("ca_file", w.ldap.CAFile) }, 78, []string{"ca_file"}},
		"directory is down":       {func(w *world) { w.ldap.Stop() }, 75, []string{"ldap"}},
		"wrong bind":              {func(w *world) { w.set("ldap_bind_dn", ldaptest.ReaderDN); w.set("ldap_bind_password", "wr0ng~word") }, 78, []string{"ldap_bind"}},
		"no group":                {func(w *world) { w.ldap.Replace(ldaptest.GroupDN("telefonie"), "description") }, 78, []string{"ews_synccontacts=true"}},
		"no settings":             {func(w *world) { os.Remove(w.path("kvstore/contactsync.db")) }, 78, []string{"tenant_id", "client_id", "client_secret"}},
		"malformed settings": {func(w *world) { w.set("client_id", "x"); w.set("workers", "many"); w.set("ldap_url", "http://ldap") }, 78,
			[]string{"client_id", "workers", "ldap_url"}},
		"damaged store":      {func(w *world) { w.damage("kvstore/contactsync.db") }, 74, []string{"contactsync.db"}},
		"consent missing":    {func(w *world) { w.set("source", "graph"); w.tenant.Change(func() { w.app.Roles = nil }) }, 78, []string{"Contacts.Read"}},
		"login page between": {func(w *world) { w.cloud.SetFault(simulator.Always("/", simulator.LoginPage)) }, 78, []string{"prox"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.add("anna", "Erika", "030 901820")
			w.sync(0)
			before := w.book("anna")
			w.add("anna", "Never", "030 901821")
			tt.spoil(w)
			r := w.sync(tt.status)
			contains(t, r.Error+" "+r.Hint, tt.words...)
			if r.Hint == "" {
				t.Errorf("no hint for %q", r.Error)
			}
			check(t, "phonebook", w.names("anna"), "Erika")
			check(t, "last successful run", w.book("anna").SyncedAt, before.SyncedAt)
			out := w.run("-v")
			check(t, "exit status without --json", out.status, tt.status)
			contains(t, out.stderr, "contactsync: error: ", "contactsync: hint: ")
		})
	}
}

// damage overwrites the middle of a file.
func (w *world) damage(name string) {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	copy(data[len(data)/4:], strings.Repeat("garbage!", len(data)/16))
	if err := os.WriteFile(w.path(name), data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func TestDamagedPhonebooksAreLeftAsTheyAre(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.damage("phonebooks.db")
	before, err := os.ReadFile(w.path("phonebooks.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := w.sync(74)
	contains(t, r.Error, "phonebooks.db")
	after, err := os.ReadFile(w.path("phonebooks.db"))
	if err != nil || string(before) != string(after) {
		t.Errorf("the damaged file was touched (%v)", err)
	}
}

func TestWrongUsage(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for _, args := range [][]string{
		{"frobnicate"}, {"--frobnicate"}, {"members", "more"}, {"members", "--frobnicate"}, {"phonebook"}, {"phonebook", "frobnicate"},
		{"phonebook", "export"}, {"phonebook", "export", "--user", "nobody"}, {"phonebook", "export", "--user", "anna", "--format", "xls"},
		{"phonebook", "export", "--user", "anna", "--format", "csv", "--delimiter", "ab"}, {"phonebook", "export", "--user", "anna", "--format", "vcard", "--vcard-version", "2.1"},
		{"--user"}, {"--user", "nobody"},
	} {
		out := w.run(args...)
		check(t, "exit status of "+strings.Join(args, " "), out.status, 2)
		check(t, "output of "+strings.Join(args, " "), out.stdout, "")
		contains(t, out.stderr, "contactsync: error: ", "contactsync: hint: ")
	}
}

// A word that is nearly a command or an option is taken for a slip.
func TestMistypedCommands(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for line, hint := range map[string]string{
		"Check":                 "perhaps this was meant: contactsync check\n",
		"chekc":                 "perhaps this was meant: contactsync check\n",
		"staus":                 "perhaps this was meant: contactsync status\n",
		"dry-run":               "perhaps this was meant: contactsync --dry-run\n",
		"allow_empty":           "perhaps this was meant: contactsync --allow-empty\n",
		"phonebook lists":       "perhaps this was meant: contactsync phonebook list\n",
		"status nagios":         "perhaps this was meant: contactsync status --nagios\n",
		"phonebook export anna": "contactsync phonebook export --user UID",
		"anna":                  "contactsync --help\n",
	} {
		out := w.run(strings.Fields(line)...)
		check(t, "exit status of "+line, out.status, 2)
		contains(t, out.stderr, "contactsync: error: unknown command or argument: ", hint)
	}
}
