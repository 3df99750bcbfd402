package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"contactsync/internal/journal/journaltest"
	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
	"contactsync/kvstore"
)

// secret is the client secret in every test; it must never be seen.
const secret = "s3cr3t~Value.That-nobody-may-see"

// tokenStart is how each token of the simulator begins.
const tokenStart = "eyJ0eXAi"

// nowhere ends the name of a host that no name server is asked for: a label has
// at most 63 characters (RFC 1035, section 2.3.4).
const nowhere = "too-long-to-be-the-name-of-anything-in-the-domain-name-system-xx.example"

// raced tells whether the race detector watches.
var raced bool

// parallel lets a test run beside others, unless the race detector watches: the
// library that reads the command line writes to its package's variables.
func parallel(t *testing.T) {
	if !raced {
		t.Parallel()
	}
}

// world is what a run of the command meets: a tenant in the cloud, a real
// slapd, and the appliance's files in a folder of the test.
type world struct {
	t      *testing.T
	tenant *simulator.Tenant
	app    *simulator.App
	cloud  *simulator.Server
	ldap   *ldaptest.Server
	dir    string
	voice  *journaltest.Journal // of processes; nil: standard error
}

// newWorld returns a world with the members in the group "telefonie", each
// with an empty mailbox at example.org, and with all keys set.
func newWorld(t *testing.T, members ...string) *world {
	return newWorldWith(t, simulator.Options{}, members...)
}

func newWorldWith(t *testing.T, o simulator.Options, members ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), tenant: simulator.NewTenant("example.org")}
	t.Cleanup(w.leftBehind)
	w.app = w.tenant.AddApp(simulator.App{Secret: secret, Roles: map[string][]string{
		simulator.GraphResource: {"Contacts.Read", "User.ReadBasic.All"},
		simulator.EWSResource:   {"full_access_as_app"},
	}})
	var entries []ldaptest.Entry
	var dns []string
	for _, uid := range members {
		w.tenant.AddMailbox(simulator.Mailbox{Mail: address(uid), DisplayName: uid})
		entries = append(entries, ldaptest.Person(uid, address(uid)))
		dns = append(dns, ldaptest.PersonDN(uid))
	}
	w.ldap = ldaptest.NewServer(t, ldaptest.Options{}, append(entries, ldaptest.SyncedGroup("telefonie", dns...))...)
	cloud, err := simulator.Start(w.tenant, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	w.cloud = cloud
	w.trust()
	w.set("tenant_id", w.tenant.ID)
	w.set("client_id", w.app.ClientID)
	w.set("client_secret", secret)
	w.set("authority", cloud.Authority())
	w.set("graph_url", cloud.GraphURL())
	w.set("ews_url", cloud.EWSURL())
	w.set("ca_file", w.path("ca.pem"))
	w.set("ldap_url", w.ldap.URL)
	return w
}

func address(uid string) string { return uid + "@example.org" }

// trust writes the authorities of both servers into one file.
func (w *world) trust() {
	ca, err := os.ReadFile(w.ldap.CAFile)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path("ca.pem"), append(ca, w.cloud.CAPEM...), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// set sets a key; an empty value deletes it.
func (w *world) set(key, value string) {
	w.t.Helper()
	store, err := kvstore.Open(w.path("kvstore"))
	if err != nil {
		w.t.Fatal(err)
	}
	if value == "" {
		err = store.Delete(namespace, key)
	} else {
		err = store.Set(namespace, key, value)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// ownServer has the mailboxes lie on an Exchange server of one's own.
func (w *world) ownServer(password string) {
	w.t.Helper()
	w.tenant.AddMailbox(simulator.Mailbox{Mail: "svc@example.org", UPN: "svc@example.org", Password: secret, MayImpersonate: true})
	w.set("office365", "false")
	w.set("ews_username", "svc@example.org")
	w.set("ews_password", password)
	for _, key := range []string{"tenant_id", "client_id", "client_secret", "authority", "graph_url"} {
		w.set(key, "")
	}
}

// mailbox returns the mailbox of a member.
func (w *world) mailbox(uid string) *simulator.Mailbox { return w.tenant.Mailbox(address(uid)) }

// add puts a contact with a business number into a member's mailbox.
func (w *world) add(uid, name, number string) (id string) {
	m := w.mailbox(uid)
	return m.AddContact(m.Contacts, simulator.Contact{DisplayName: name, Phones: map[string]string{"BusinessPhone": number}})
}

// result is what a user sees of a run.
type result struct {
	status         int
	stdout, stderr string
}

// run runs the command as a user does.
func (w *world) run(args ...string) result { return w.runContext(w.t.Context(), args...) }

func (w *world) runContext(ctx context.Context, args ...string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(ctx, w.line(args...), strings.NewReader(""), &stdout, &stderr)
	return w.seen(args, result{status, stdout.String(), stderr.String()})
}

// seen looks for the secret and for tokens in what a run said.
func (w *world) seen(args []string, r result) result {
	w.t.Helper()
	if strings.Contains(r.stdout+r.stderr, secret) || strings.Contains(r.stdout+r.stderr, "eyJ") {
		w.t.Errorf("contactsync %s shows a secret or a token", strings.Join(args, " "))
	}
	return r
}

// line returns a command line. Its files are not named by the environment,
// which tests that run side by side share.
func (w *world) line(args ...string) []string {
	return append([]string{"contactsync", "--store", w.path("kvstore"), "--phonebooks", w.path("phonebooks.db")}, args...)
}

// report is the JSON document of a sync.
type report struct {
	Started, Finished string
	Source            string
	Members           []struct {
		User, Mail, Result               string
		Entries, Added, Updated, Removed int
		Error, Hint                      string
	}
	Requests, Bytes int64
	Error, Hint     string
}

// of returns the result of a member in a few words: result and counts.
func (r report) of(uid string) string {
	for _, m := range r.Members {
		if m.User == uid {
			b, _ := json.Marshal([]int{m.Entries, m.Added, m.Updated, m.Removed})
			return m.Result + " " + string(b)
		}
	}
	return "missing"
}

// sync synchronises with --json and expects an exit status.
func (w *world) sync(status int, args ...string) report {
	w.t.Helper()
	out := w.run(append([]string{"--json"}, args...)...)
	if out.status != status {
		w.t.Fatalf("exit status %d, want %d\n%s%s", out.status, status, out.stdout, out.stderr)
	}
	var r report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		w.t.Fatalf("--json: %v in %q", err, out.stdout)
	}
	return r
}

// book returns a member's phonebook as the command exports it.
func (w *world) book(uid string) phonebook.Phonebook {
	w.t.Helper()
	return w.bookIn(w.path("phonebooks.db"), uid)
}

// bookIn returns a member's phonebook in another file.
func (w *world) bookIn(file, uid string) phonebook.Phonebook {
	w.t.Helper()
	out := w.run("--phonebooks", file, "phonebook", "export", "--user", uid)
	if out.status != 0 {
		w.t.Fatalf("export: %s", out.stderr)
	}
	var b phonebook.Phonebook
	if err := json.Unmarshal([]byte(out.stdout), &b); err != nil {
		w.t.Fatal(err)
	}
	return b
}

// names returns the display names in a member's phonebook, in its order.
func (w *world) names(uid string) string {
	w.t.Helper()
	var names []string
	for _, e := range w.book(uid).Entries {
		names = append(names, e.DisplayName)
	}
	return strings.Join(names, ", ")
}

// check compares what is with what should be.
func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// contains checks that text holds all the words.
func contains(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not contain %q", text, word)
		}
	}
}
