package main

import (
	"strings"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/kvstore"
)

// lacks checks that text holds none of the words.
func lacks(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(text, word) {
			t.Errorf("%q contains %q", text, word)
		}
	}
}

// On the appliance a command is that of the service user; elsewhere it names
// the files of the run.
func TestCommandsInHints(t *testing.T) {
	parallel(t)
	home := &program{store: kvstore.DefaultDir + "/", phonebooks: bookdb.DefaultPath}
	check(t, "members", home.command("members"), "sudo -u ucservices contactsync members")
	check(t, "kvstore", home.kvstore(), "sudo -u ucservices kvstore")
	check(t, "renewal", home.renewal(), "sudo -u ucservices contactsync secret")
	away := &program{store: "/tmp/a b", phonebooks: "/tmp/p.db"}
	check(t, "members elsewhere", away.command("members"), "contactsync --store '/tmp/a b' --phonebooks /tmp/p.db members")
	check(t, "kvstore elsewhere", away.kvstore(), "kvstore --store '/tmp/a b'")
	check(t, "renewal elsewhere", away.renewal(), "contactsync --store '/tmp/a b' secret")
}

func TestHintsNameTheFilesOfTheRun(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	files := "contactsync --store " + w.path("kvstore") + " --phonebooks " + w.path("phonebooks.db")
	kv := "hint: set the key with: kvstore --store " + w.path("kvstore") + " set contactsync "
	for _, tt := range []struct {
		key, value string
		status     int
		args       []string
		want       []string
	}{
		{status: 2, args: []string{"--user", "nobody"}, want: []string{"hint: " + files + " members lists who is"}},
		{status: 2, args: []string{"phonebook", "export", "--user", "anna"},
			want: []string{"user anna has no synchronised phonebook, or no run has been made yet", "hint: " + files + " phonebook list shows who has one"}},
		{"default_region", "Germany", 78, nil, []string{`default_region: "Germany" is no country code (ISO 3166, such as DE`, kv + "default_region VALUE"}},
		{"client_secret_expires", "soon", 0, nil, []string{`warning: client_secret_expires: "soon" does not fit`, "hint: the day stands in ", "kvstore --store " + w.path("kvstore") + " set contactsync client_secret_expires YYYY-MM-DD"}},
		{"client_secret", "", 78, nil, []string{"client_secret: missing", "hint: store it with: contactsync --store " + w.path("kvstore") + " secret (it is asked for, and tried out first)"}},
		{"client_secret", "another~secret", 78, nil, []string{"AADSTS7000215", "contactsync --store " + w.path("kvstore") + " secret"}},
	} {
		if tt.key != "" {
			w.set(tt.key, tt.value)
		}
		out := w.run(tt.args...)
		check(t, tt.key+" "+strings.Join(tt.args, " "), out.status, tt.status)
		contains(t, out.stderr, tt.want...)
		lacks(t, out.stderr, "dpkg-reconfigure", "sudo", "{renewal}")
		switch {
		case tt.key == "client_secret":
			w.set(tt.key, secret)
		case tt.key != "":
			w.set(tt.key, "")
		}
	}
}

// Of a key without effect a run says how to get rid of it.
func TestKeysWithoutEffect(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.tenant.Change(func() { w.app.Thumbprints = []string{w.certificate("app.pem")} })
	w.set("client_certificate", w.path("app.pem"))
	w.set("colour's", "blue")
	w.set("proxy_username", "anna")
	deletes := "hint: delete the key: kvstore --store " + w.path("kvstore") + " delete contactsync "
	out := w.run()
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "client_secret: has no effect", deletes+"client_secret\n", "colour's: unknown key", deletes+`'colour'\''s'`+"\n",
		"proxy_url: is not set", "hint: set the key with: kvstore --store "+w.path("kvstore")+" set contactsync proxy_url VALUE")
}

// What the help shows can be typed as it stands there.
func TestHelpNamesTheServiceUser(t *testing.T) {
	parallel(t)
	out := newWorld(t, "anna").run("--help").stdout
	for _, command := range []string{"kvstore list contactsync", "contactsync secret", "contactsync check", "contactsync -v"} {
		contains(t, out, "\n      sudo -u ucservices "+command)
		lacks(t, out, "\n      "+command)
	}
}

// Who is a member is the directory's matter.
func TestMembersBeforeMicrosoftIsSetUp(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for _, key := range []string{"tenant_id", "client_id", "client_secret"} {
		w.set(key, "")
	}
	w.set("default_region", "Germany")
	out := w.run("members")
	check(t, "exit status", out.status, 0)
	contains(t, out.stdout, "anna")
	w.set("ldap_base_dn", "example.org")
	out = w.run("members")
	check(t, "exit status of a wrong key of the directory", out.status, 78)
	contains(t, out.stderr, "ldap_base_dn: \"example.org\"", "set contactsync ldap_base_dn VALUE")
	lacks(t, out.stderr, "tenant_id", "default_region")
}

func TestDryRunSaysSo(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	contains(t, w.run("--dry-run").stderr, " (dry run: nothing was changed)\n")
	lacks(t, w.run("-v").stderr, "dry run")
}
