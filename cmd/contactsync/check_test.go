package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/simulator"
	"contactsync/internal/systemd"
	"contactsync/internal/systemd/systemdtest"
)

// checked is the JSON document of `contactsync check`.
type checked struct {
	OK     bool
	Checks []struct{ Name, Result, Detail, Hint string }
}

// checked runs `contactsync check --json` and expects an exit status.
func (w *world) checked(status int, args ...string) checked {
	w.t.Helper()
	out := w.run(append([]string{"check", "--json"}, args...)...)
	var c checked
	if err := json.Unmarshal([]byte(out.stdout), &c); err != nil || out.status != status || out.stderr != "" || c.OK != (status == 0) {
		w.t.Fatalf("exit status %d, want %d; --json: %v\n%s%s", out.status, status, err, out.stdout, out.stderr)
	}
	return c
}

// results returns the result of each link, of those with several lines the
// worst.
func (c checked) results() map[string]string {
	results := map[string]string{}
	for _, f := range c.Checks {
		rank := func(result string) int { return slices.Index([]string{"", passed, skipped, warning, failed}, result) }
		if rank(f.Result) > rank(results[f.Name]) {
			results[f.Name] = f.Result
		}
	}
	return results
}

// text returns all that is said of a link with a result.
func (c checked) text(name, result string) (text string) {
	for _, f := range c.Checks {
		if f.Name == name && f.Result == result {
			text += f.Detail + "\n" + f.Hint + "\n"
		}
	}
	return text
}

// tidy leaves nothing to warn of.
func (w *world) tidy() {
	w.tenant.Change(func() { delete(w.app.Roles, simulator.EWSResource) })
	w.set("client_secret_expires", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
}

// grant gives the app these permissions of Microsoft Graph, and no others.
func (w *world) grant(roles ...string) {
	w.tenant.Change(func() { w.app.Roles = map[string][]string{simulator.GraphResource: roles} })
}

// late has the service's clock so much behind ours.
func (w *world) late(by time.Duration) {
	w.cloud.SetFault(simulator.Always("/", func(rw http.ResponseWriter, r *http.Request, service http.Handler) {
		rw.Header().Set("Date", time.Now().Add(-by).UTC().Format(http.TimeFormat))
		service.ServeHTTP(rw, r)
	}))
}

// closed returns an address at which nobody listens.
func (w *world) closed() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	defer l.Close()
	return "https://" + l.Addr().String()
}

// unencrypted returns the https address of a server that speaks no TLS.
func (w *world) unencrypted() string {
	srv := httptest.NewServer(http.NotFoundHandler())
	w.t.Cleanup(srv.Close)
	return strings.Replace(srv.URL, "http:", "https:", 1)
}

// crowd puts further members into the group, with a mailbox or without.
func (w *world) crowd(n int, licensed bool) {
	var entries []ldaptest.Entry
	dns := []string{ldaptest.PersonDN("anna"), ldaptest.PersonDN("bram")}
	for i := range n {
		uid := fmt.Sprintf("c%04d", i)
		w.tenant.AddMailbox(simulator.Mailbox{Mail: address(uid), NoMailbox: !licensed})
		entries = append(entries, ldaptest.Person(uid, address(uid)))
		dns = append(dns, ldaptest.PersonDN(uid))
	}
	w.ldap.Add(entries...)
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", dns...)
}

// mistake is something that is wrong, and what check says of it. All other
// links hold. The next run ends with check's exit status, or with that of run.
type mistake struct {
	spoil   func(*world)
	status  int
	run     int
	name    string   // of the link
	result  string   // failed or warning; empty: the link holds
	words   []string // in what is said of it
	skipped string   // names of the links of which nothing can be said
}

const (
	allOnline = "permissions source mailbox"
	consent   = "/adminconsent?client_id="
)

var mistakes = map[string]mistake{
	"nothing": {spoil: func(*world) {}},
	"nothing, by RBAC": {spoil: func(w *world) { w.grant("User.ReadBasic.All"); w.tenant.Change(func() { w.app.RBAC = true }) }, name: "permissions",
		words: []string{"the token shows none", "RBAC for Applications"}},
	"nothing, on a server of one's own": {spoil: func(w *world) { w.ownServer(secret) }, skipped: "secret token permissions"},
	"a certificate that ends soon": {spoil: func(w *world) { w.byCertificate() }, name: "secret", result: warning,
		words: []string{"last day of the certificate is", "in 20 days", "openssl req"}},

	"a certificate that is not there": {spoil: func(w *world) { w.set("client_secret", ""); w.set("client_certificate", w.path("none.pem")) }, status: 78, name: "secret", result: failed,
		words: []string{"none.pem"}, skipped: "token " + allOnline},

	"damaged store": {spoil: func(w *world) { w.set("note", strings.Repeat("x", 20000)); w.damage("kvstore/contactsync.db") }, status: 74, name: "store", result: failed,
		words: []string{"contactsync.db", "restore the file from a backup"}, skipped: "keys secret dns tls clock token directory groups members " + allOnline},
	"no keys at all": {spoil: func(w *world) {
		os.RemoveAll(w.path("kvstore"))
		w.set("ldap_url", w.ldap.URL)
		w.set("ca_file", w.path("ca.pem"))
		w.set("authority", w.cloud.Authority())
		w.set("graph_url", w.cloud.GraphURL())
		w.set("ews_url", w.cloud.EWSURL())
	}, status: 78, name: "keys", result: failed,
		words: []string{"tenant_id: missing", "client_id: missing", "client_secret: missing", " set contactsync KEY VALUE"}, skipped: "secret token " + allOnline},
	"a key of the directory": {spoil: func(w *world) { w.set("ldap_base_dn", "nonsense") }, status: 78, name: "keys", result: failed,
		words: []string{"ldap_base_dn", "no distinguished name", "set contactsync ldap_base_dn VALUE"}, skipped: "directory groups members mailbox"},
	"a key that only a run reads": {spoil: func(w *world) { w.set("default_region", "XX") }, status: 78, name: "keys", result: failed, words: []string{"default_region"}},
	"the secret's id":             {spoil: func(w *world) { w.set("client_secret", w.app.SecretID) }, status: 78, name: "keys", result: failed, words: []string{"the secret's id", "Client secrets"}, skipped: "secret token " + allOnline},
	"a misspelt key":              {spoil: func(w *world) { w.set("worker", "8") }, name: "keys", result: warning, words: []string{"perhaps workers is meant", "kvstore --store", "delete contactsync worker"}},
	"a file that is not there":    {spoil: func(w *world) { w.set("ca_file", w.path("none.pem")) }, status: 78, name: "keys", result: failed, words: []string{"ca_file"}, skipped: "tls clock token dns directory groups members " + allOnline},

	"no last day of the secret": {spoil: func(w *world) { w.set("client_secret_expires", "") }, name: "secret", result: warning, words: []string{"nobody noted", "set contactsync client_secret_expires YYYY-MM-DD"}},
	"a secret near its end":     {spoil: func(w *world) { w.expires(59) }, name: "secret", result: warning, words: []string{"in 59 days", "Client secrets"}},
	"a secret not so near":      {spoil: func(w *world) { w.expires(61) }},
	"a secret past its end":     {spoil: func(w *world) { w.expires(-3) }, name: "secret", result: warning, words: []string{"was "}},

	"an unknown name": {spoil: func(w *world) { w.set("graph_url", "https://graph."+nowhere+"/v1.0") }, status: 75, name: "dns", result: failed,
		words: []string{"graph." + nowhere + " (Microsoft Graph)", "graph_url", "proxy_url"}, skipped: "tls source mailbox"},
	"an unknown name of the sign-in": {spoil: func(w *world) { w.set("authority", "https://login."+nowhere) }, status: 75, name: "dns", result: failed,
		words: []string{"login." + nowhere + " (the sign-in)", "authority"}, skipped: "tls token " + allOnline},
	"an unknown name of the directory": {spoil: func(w *world) { w.set("ldap_url", "ldap://ldap."+nowhere) }, status: 75, name: "dns", result: failed,
		words: []string{"ldap." + nowhere + " (the directory)", "ldap_url"}, skipped: "directory groups members mailbox"},
	"an unknown name of the proxy": {spoil: func(w *world) { w.set("proxy_url", "http://proxy."+nowhere+":3128") }, status: 75, name: "dns", result: failed,
		words: []string{"proxy." + nowhere + " (the proxy)", "proxy_url"}, skipped: "tls clock token " + allOnline},
	"an unknown name that nobody needs": {spoil: func(w *world) { w.set("ews_url", "https://ews."+nowhere+"/EWS/Exchange.asmx") }, skipped: "dns tls"},

	"a strange certificate": {spoil: func(w *world) { w.set("ca_file", w.ldap.CAFile) }, status: 78, name: "tls", result: failed,
		words: []string{`issued by "CN=Simulated Tenant CA"`, "ca_file"}, skipped: "clock token " + allOnline},
	"nobody listens": {spoil: func(w *world) { w.set("authority", w.closed()) }, status: 75, name: "tls", result: failed,
		words: []string{"connection refused", "firewall"}, skipped: "token " + allOnline},
	"no TLS there":   {spoil: func(w *world) { w.set("graph_url", w.unencrypted()+"/v1.0") }, status: 78, name: "tls", result: failed, words: []string{"no TLS server"}, skipped: "source mailbox"},
	"a strict proxy": {spoil: func(w *world) { a, _ := connectProxy(w.t, "svc", secret); w.set("proxy_url", a) }, status: 78, name: "tls", result: failed, words: []string{"proxy_username"}, skipped: "clock token " + allOnline},

	"a clock that is a little off": {spoil: func(w *world) { w.late(time.Minute) }},
	"a clock ahead":                {spoil: func(w *world) { w.late(3 * time.Minute) }, name: "clock", result: warning, words: []string{"3m", "ahead", "timedatectl set-ntp true"}},
	"a clock far behind":           {spoil: func(w *world) { w.late(-time.Hour) }, name: "clock", result: warning, words: []string{"behind", "timedatectl set-ntp true"}},
	"a clock behind, with a certificate": {spoil: func(w *world) { w.behind(9*time.Minute + 30*time.Second) }, name: "clock", result: warning,
		words: []string{"9m", "behind"}},
	"a clock far behind, with a certificate": {spoil: func(w *world) { w.behind(16*time.Minute + 30*time.Second) }, status: 78, name: "clock token", result: failed,
		words: []string{"16m", "behind", "AADSTS700024"}, skipped: allOnline},

	"a wrong secret":    {spoil: func(w *world) { w.set("client_secret", "wr0ng~value") }, status: 78, name: "token", result: failed, words: []string{"AADSTS7000215", "column Value"}, skipped: allOnline},
	"an expired secret": {spoil: func(w *world) { w.tenant.Change(func() { w.app.Expired = true }) }, status: 78, name: "token", result: failed, words: []string{"AADSTS7000222", "has expired"}, skipped: allOnline},
	"another tenant":    {spoil: func(w *world) { w.set("tenant_id", "12345678-90ab-cdef-1234-567890abcdef") }, status: 78, name: "token", result: failed, words: []string{"AADSTS90002", "Directory (tenant) ID"}, skipped: allOnline},
	"a busy sign-in":    {spoil: func(w *world) { w.cloud.SetFault(simulator.Always("/oauth2/", simulator.SignInThrottled("3600"))) }, status: 75, name: "token", result: failed, words: []string{"AADSTS90055"}, skipped: allOnline},

	"no permission": {spoil: func(w *world) { w.grant() }, status: 78, name: "permissions", result: failed,
		words: []string{"API permissions", "Contacts.Read", "Grant admin consent", consent, "Test-ServicePrincipalAuthorization"}, skipped: "source mailbox"},
	"a permission taken away": {spoil: func(w *world) { w.sync(0); w.grant("User.ReadBasic.All") }, status: 78, name: "permissions", result: failed, words: []string{"mailboxes are refused", consent}, skipped: "source mailbox"},
	"that for EWS taken away": {spoil: func(w *world) { w.onlyEWS(); w.sync(0); w.grant() }, status: 78, name: "permissions", result: failed, words: []string{"mailboxes are refused", consent}, skipped: "source mailbox"},
	"only EWS left, after a run over Graph": {spoil: func(w *world) {
		w.sync(0)
		w.onlyEWS()
	}, status: 78, name: "source", result: failed, words: []string{"Contacts.Read"}, skipped: "mailbox"},
	"no permission, only Graph": {spoil: func(w *world) { w.grant("User.ReadBasic.All"); w.set("source", "graph") }, status: 78, name: "permissions", result: failed, words: []string{consent}, skipped: "source mailbox"},
	"no permission to look up":  {spoil: func(w *world) { w.grant("Contacts.Read") }, name: "permissions", result: warning, words: []string{"User.ReadBasic.All", "sign-in name"}},
	"permission to change": {spoil: func(w *world) { w.grant("Contacts.ReadWrite", "User.ReadBasic.All") }, name: "permissions", result: warning,
		words: []string{"Contacts.ReadWrite may also change", "New-ManagementRoleAssignment", "'Application Contacts.Read'", "New-ManagementScope"}},
	"permission for mail": {spoil: func(w *world) { w.grant("Contacts.Read", "User.ReadBasic.All", "Mail.Read", "Mail.Send") }, name: "permissions", result: warning, words: []string{"not needed: Mail.Read, Mail.Send"}},
	"permission for EWS that is not needed": {spoil: func(w *world) {
		w.tenant.Change(func() { w.app.Roles[simulator.EWSResource] = []string{"full_access_as_app"} })
	}, name: "permissions", result: warning, words: []string{"remove full_access_as_app"}},

	"only EWS": {spoil: (*world).onlyEWS, name: "source", result: warning, words: []string{"2027-04-01", "Contacts.Read", "User.ReadBasic.All", consent, "by itself"}},
	"only EWS, as the tenant has no Graph": {spoil: func(w *world) {
		w.onlyEWS()
		w.cloud.SetFault(signInFor(simulator.GraphResource, signInRefused("AADSTS500011: not in the tenant")))
	}, name: "source", result: warning, words: []string{"full_access_as_app", "2027-04-01"}},
	"only EWS, by the settings": {spoil: func(w *world) { w.onlyEWS(); w.set("source", "ews") }, name: "source", result: warning,
		words: []string{"2027-04-01", "set contactsync source auto"}},

	"directory down":       {spoil: func(w *world) { w.ldap.Stop() }, status: 75, name: "directory", result: failed, words: []string{"connection refused"}, skipped: "groups members mailbox"},
	"directory's password": {spoil: func(w *world) { w.bind("wrong") }, status: 78, name: "directory", result: failed, words: []string{"ldap_bind_password"}, skipped: "groups members mailbox"},
	"directory's certificate": {spoil: func(w *world) { w.strangeDirectory() }, status: 78, name: "directory", result: failed, words: []string{"unknown authority", "ca_file", "issued by"},
		skipped: "groups members mailbox"},
	"directory's certificate by ldaps": {spoil: func(w *world) { w.strangeDirectory(); w.set("ldap_url", w.ldap.TLSURL) }, status: 78, name: "directory", result: failed, words: []string{"unknown authority", "ca_file", "issued by"},
		skipped: "groups members mailbox"},
	"directory's base": {spoil: func(w *world) { w.set("ldap_base_dn", "ou=elsewhere,"+ldaptest.BaseDN) }, status: 78, name: "groups", result: failed, words: []string{"ldap_base_dn"}, skipped: "members mailbox"},
	"no group": {spoil: func(w *world) { w.ldap.Delete(ldaptest.GroupDN("telefonie")) }, status: 78, name: "groups", result: failed,
		words: []string{"none matches", "ews_synccontacts=true"}, skipped: "members mailbox"},
	"nobody": {spoil: func(w *world) {
		w.set("ldap_group_filter", "(cn=empty)")
		w.ldap.Add(ldaptest.SyncedPosixGroup("empty"))
		w.set("ldap_member_attribute", "memberUid")
	}, name: "members", result: warning,
		skipped: "mailbox"},
	"a member without an address": {spoil: func(w *world) { w.ldap.Replace(ldaptest.PersonDN("bram"), "mail") }, name: "members", result: warning, words: []string{"bram: has no mail address"}},

	"a mailbox missing":      {spoil: func(w *world) { w.mail("bram", "gone@example.org") }, status: 1, name: "mailbox", result: failed, words: []string{"bram: ", "gone@example.org", "primary address"}},
	"a mailbox unlicensed":   {spoil: func(w *world) { w.revoke("bram") }, status: 1, name: "mailbox", result: failed, words: []string{"bram: ", "licence"}},
	"a mailbox out of scope": {spoil: func(w *world) { w.leaveOut("bram") }, status: 1, name: "mailbox", result: failed, words: []string{"bram: ", "scope", "Test-ServicePrincipalAuthorization -Identity "}},
	"all out of scope":       {spoil: func(w *world) { w.leaveOut("anna", "bram") }, status: 78, name: "mailbox", result: failed, words: []string{"anna: ", "bram: ", "scope"}},
	"the account's password": {spoil: func(w *world) { w.ownServer("wrong") }, status: 78, name: "mailbox", result: failed, words: []string{"anna: ", "ews_password"}, skipped: "secret token permissions"},

	"phonebooks damaged":            {spoil: func(w *world) { w.sync(0); w.damage("phonebooks.db") }, status: 74, name: "phonebooks", result: failed, words: []string{"phonebooks.db", "backup"}},
	"one page of the phonebooks":    {spoil: (*world).oneLeaf, status: 74, name: "phonebooks", result: failed, words: []string{"phonebooks.db", "file is damaged", "backup"}},
	"a folder in the lock's place":  {spoil: (*world).folderForLock, status: 74, name: "lock", result: failed, words: []string{"contactsync.lock is not the lock file", "sudo mv "}},
	"phonebooks of a newer version": {spoil: func(w *world) { w.sync(0); w.sql("PRAGMA user_version = 99") }, status: 74, name: "phonebooks", result: failed, words: []string{"version 99"}},
	"another run":                   {spoil: (*world).otherRun, run: 75, name: "lock", result: warning, words: []string{fmt.Sprintf("process %d", os.Getpid())}},
}

// expires sets the last day of the secret.
func (w *world) expires(days int) {
	w.set("client_secret_expires", time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly))
}

func (w *world) onlyEWS() {
	w.tenant.Change(func() { w.app.Roles = map[string][]string{simulator.EWSResource: {"full_access_as_app"}} })
}

// oneLeaf overwrites the first page of the table of entries that holds nothing
// but entries; the index by which they are counted stays whole.
func (w *world) oneLeaf() {
	for i := range 200 {
		w.add("anna", fmt.Sprint("Contact ", i), "030 901820")
	}
	w.sync(0)
	file := w.path("phonebooks.db")
	data, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	const page, tableLeaf = 4096, 0x0d // file format, section 1.6
	for at := page; at < len(data); at += page {
		if data[at] == tableLeaf && strings.Contains(string(data[at:at+page]), "Contact 1") {
			copy(data[at:], strings.Repeat("garbage!", page/8))
			if err := os.WriteFile(file, data, 0o660); err != nil {
				w.t.Fatal(err)
			}
			return
		}
	}
	w.t.Fatal("there is no such page")
}

// folderForLock has a folder that is not empty in the place of the lock file.
func (w *world) folderForLock() {
	if err := os.MkdirAll(w.path("contactsync.lock/something"), 0o700); err != nil {
		w.t.Fatal(err)
	}
}

// signInFor has a fault where a token for a service is asked for.
func signInFor(resource string, fault simulator.Fault) func(*http.Request) simulator.Fault {
	return func(r *http.Request) simulator.Fault {
		if strings.HasSuffix(r.URL.Path, "/token") && strings.HasPrefix(r.PostFormValue("scope"), resource+"/") {
			return fault
		}
		return nil
	}
}

// behind has this machine's clock be behind, and the app sign in by certificate.
func (w *world) behind(by time.Duration) {
	w.certify(time.Now().AddDate(0, 0, 200))
	w.set("client_secret", "")
	w.clock(by)
	w.late(-by)
}

// otherRun holds the lock of a run until the test ends.
func (w *world) otherRun() {
	w.sync(0)
	release, err := bookdb.Lock(w.path("phonebooks.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(release)
}

func TestCheckFindsEachMistake(t *testing.T) {
	parallel(t)
	for name, m := range mistakes {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			w := newWorld(t, "anna", "bram")
			w.add("anna", "Erika", "030 901820")
			w.tidy()
			m.spoil(w)
			before := w.everything()
			c := w.checked(m.status)
			if after := w.everything(); after != before {
				t.Errorf("it changed something:\n%s\nwas\n%s", after, before)
			}
			skips := strings.Fields(m.skipped + " timer")
			for link, result := range c.results() {
				want := passed
				switch {
				case slices.Contains(strings.Fields(m.name), link) && m.result != "":
					want = m.result
				case slices.Contains(skips, link):
					want = skipped
				case link == "permissions" && strings.Contains(name, "only EWS"):
					want = warning
				}
				check(t, link, result, want)
			}
			if m.name != "" {
				if m.result == "" {
					m.result = passed
				}
				text := ""
				for _, name := range strings.Fields(m.name) {
					text += c.text(name, m.result)
				}
				contains(t, text, m.words...)
			}
			if m.status != 75 { // a run would try again and again
				check(t, "exit status of a run", w.run("-q").status, cmp.Or(m.run, m.status))
			}
		})
	}
}

// everything returns all files in the world's folder, with what is in them and
// when they were written.
func (w *world) everything() string {
	var all strings.Builder
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		// What whoever reads makes beside a database, and what holds no data.
		if strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, "-wal") && info.Size() == 0 {
			return nil
		}
		fmt.Fprintln(&all, path, info.Mode())
		if d.Type().IsRegular() {
			fmt.Fprintln(&all, info.ModTime(), info.Size())
			text, err := os.ReadFile(path)
			fmt.Fprintf(&all, "%x\n", sha256.Sum256(text))
			return err
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all.String()
}

func TestCheckInTheOrderOfTheChain(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.tidy()
	var names, want []string
	for _, c := range w.checked(0).Checks {
		names = append(names, c.Name)
	}
	for _, l := range chain {
		want = append(want, l.name)
	}
	check(t, "names", strings.Join(slices.Compact(names), " "), strings.Join(want, " "))
}

func TestCheckOfSomeMembers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.tidy()
	w.revoke("bram")
	c := w.checked(0, "--user", "anna")
	lacks(t, c.text("mailbox", passed)+c.text("mailbox", failed), "bram")
	out := w.run("check", "--json", "--user", "nobody")
	check(t, "exit status", out.status, 2)
	check(t, "output", out.stdout, "")
	contains(t, out.stderr, "--user nobody", "members lists who is")
	check(t, "wrong usage", w.run("check", "more").status, 2)
}

// A hint that a thousand members need stands there once.
func TestCheckOfManyMembers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.tidy()
	w.add("anna", "Erika", "030 901820")
	w.crowd(30, true)
	out := w.run("check")
	check(t, "exit status", out.status, 0)
	contains(t, out.stdout, "✓ mailbox      32 mailboxes can be read, with 1 contact\n")
	check(t, "lines of mailboxes", strings.Count(out.stdout, " mailbox "), 1)
	check(t, "lines of mailboxes with -v", strings.Count(w.run("-v", "check").stdout, "✓ mailbox "), 32)

	boxes := w.tenant.Mailboxes()
	w.tenant.Change(func() {
		for _, m := range boxes {
			m.NoMailbox = m.Mail != address("anna") && m.Mail != address("bram")
		}
	})
	out = w.run("check")
	check(t, "exit status", out.status, 1)
	check(t, "lines of failures", strings.Count(out.stdout, "✗ mailbox "), similar)
	contains(t, out.stdout, "and 20 more in the same way")
	check(t, "hints", strings.Count(out.stdout, "has no mailbox in Exchange Online"), 1)
	check(t, "lines of failures with -v", strings.Count(w.run("-v", "check").stdout, "✗ mailbox "), 30)
	check(t, "findings in JSON", len(w.checked(1).of("mailbox")), 32)
}

// of returns the details of a link.
func (c checked) of(name string) (details []string) {
	for _, f := range c.Checks {
		if f.Name == name {
			details = append(details, f.Detail)
		}
	}
	return details
}

// A password that is tried for each member locks the account.
func TestCheckTriesAWrongPasswordOnce(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.crowd(30, true)
	w.tidy()
	w.ownServer("wrong")
	c := w.checked(78)
	check(t, "lines", len(c.of("mailbox")), 2)
	contains(t, c.text("mailbox", skipped), "31 more members")
}

func TestCheckInText(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret", "wr0ng~value")
	out := w.run("check")
	check(t, "standard error", out.stderr, "")
	contains(t, out.stdout, "✓ store ", "! secret ", "✗ token ", "– source       not tested, because of: token\n",
		"\n    kvstore --store "+w.path("kvstore")+" set contactsync client_secret_expires YYYY-MM-DD\n", " 1 failed, ")
	for line := range strings.Lines(out.stdout) {
		if line = strings.TrimSuffix(line, "\n"); width(line) > 80 && !strings.HasPrefix(line, "    ") && strings.Contains(line[15:], " ") {
			t.Errorf("longer than 80 columns: %s", line)
		}
	}
	out = w.run("-q", "check")
	check(t, "exit status with -q", out.status, 78)
	check(t, "lines without a failure", strings.Count(out.stdout, "✗ "), 1)
	lacks(t, out.stdout, "✓", "!  ", "–", "failed, ")
}

// A command is whole, whatever stands within quotes.
func TestCheckBreaksNoCommand(t *testing.T) {
	parallel(t)
	for _, command := range []string{
		"sudo sh -c 'chown ucservices /a/b* ; chmod 660 /a/b*'", "sudo chmod 750 '/a (b), c'; sudo chmod 600 '/a (b), c/d'", "sudo install -m 644 '/a b; c' /etc/ucware/d",
	} {
		for _, line := range []string{command, "mend it: " + command, "mend it: " + command + "; it's the member's, and then go on"} {
			check(t, line, slices.Contains(wordsOf(line, 40), command), true)
		}
	}
}

func TestCheckWithoutUTF8(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret", "wr0ng~value")
	cmd := w.process("check")
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	out, _ := cmd.Output()
	check(t, "exit status", cmd.ProcessState.ExitCode(), 78)
	contains(t, string(out), "+ store ", "! secret ", "x token ", "- source ")
	lacks(t, string(out), "✓", "✗", "–")
}

func TestCheckOfTheTimer(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.tidy()
	next := time.Date(2026, 11, 23, 1, 23, 45, 0, time.UTC)
	for name, tt := range map[string]struct {
		unit systemdtest.Properties
		next time.Time
		want []string
	}{
		"active":   {systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"}, next, []string{"✓ timer ", "the next run begins at 2026-11-23 02:23 CET"}},
		"inactive": {systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "inactive"}, next, []string{"! timer ", "is not active", "systemctl enable --now contactsync.timer"}},
		"disabled": {systemdtest.Properties{"LoadState": "loaded", "UnitFileState": "disabled", "ActiveState": "active"}, next, []string{"! timer ", "after a restart", "systemctl enable --now contactsync.timer"}},
		"masked":   {systemdtest.Properties{"LoadState": "masked", "UnitFileState": "masked", "ActiveState": "inactive"}, next, []string{"! timer ", "is masked", "systemctl unmask contactsync.timer"}},
		"misspelt": {systemdtest.Properties{"LoadState": "bad-setting", "UnitFileState": "enabled", "ActiveState": "active"}, next, []string{"! timer ", "(bad-setting)", "systemd-analyze verify contactsync.timer"}},
		"missing":  {systemdtest.Properties{"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive"}, next, []string{"! timer ", "no contactsync.timer", "apt reinstall"}},
	} {
		t.Run(name, func(t *testing.T) {
			address := systemdtest.Start(t, map[string]systemdtest.Unit{systemd.TimerUnit: {
				"Unit": tt.unit, "Timer": {"NextElapseUSecRealtime": uint64(tt.next.UnixMicro()), "LastTriggerUSec": uint64(0)}}})
			cmd := w.process("check")
			cmd.Env = append(cmd.Env, systemdtest.Address+"="+address, "TZ=Europe/Berlin")
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			contains(t, string(out), tt.want...)
		})
	}
}

// A token that no run needs is not waited for.
func TestCheckWaitsForNoSpareToken(t *testing.T) {
	parallel(t)
	for _, tt := range []struct{ source, spare string }{
		{"graph", simulator.EWSResource}, {"auto", simulator.EWSResource}, {"ews", simulator.GraphResource},
	} {
		t.Run(tt.source, func(t *testing.T) {
			parallel(t)
			w := newWorld(t, "anna")
			w.set("source", tt.source)
			var asked atomic.Int32
			w.cloud.SetFault(signInFor(tt.spare, func(rw http.ResponseWriter, r *http.Request, service http.Handler) {
				asked.Add(1)
				simulator.SignInThrottled("5")(rw, r, service)
			}))
			check(t, "token", w.checked(0).results()["token"], passed)
			check(t, "questions", asked.Load(), 1)
		})
	}
}

// flat returns text as if there were no ends of lines.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestCheckOfRights(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	a.tidy()
	out := a.as("root", "check")
	check(t, "exit status of root", out.status, 77)
	contains(t, flat(out.stdout), "✗ store ", "this runs as root", "sudo -u ucservices contactsync ", " check – keys not tested", "– token ")

	before := a.everything()
	out = a.as("ucservices", "check")
	check(t, "exit status of ucservices", out.status, 0)
	contains(t, flat(out.stdout), "✓ phonebooks ", "is made by the first run")
	check(t, "changes", a.everything() == before, true)

	check(t, "a run", a.as("ucservices").status, 0)
	before = a.everything()
	contains(t, flat(a.as("ucservices", "check").stdout), "✓ phonebooks ", "1 phonebook and can be written")
	check(t, "changes", a.everything() == before, true)

	book := a.path("phonebooks/phonebooks.db")
	for name, spoil := range map[string]func() error{
		"a file without rights":   func() error { return os.Chmod(book, 0o440) },
		"root's file":             func() error { return os.Chown(book, 0, 0) },
		"a folder without rights": func() error { return os.Chmod(a.path("phonebooks"), 0o550) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		out = a.as("ucservices", "check")
		check(t, "exit status with "+name, out.status, 77)
		contains(t, flat(out.stdout), "✗ phonebooks ", "hint: sudo ", "✓ mailbox ")
		for _, err := range []error{os.Chown(book, a.accounts.ID("ucservices"), a.accounts.ID("ucphonebooks")), os.Chmod(book, 0o660), os.Chmod(a.path("phonebooks"), os.ModeSetgid|0o770)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	check(t, "all put right", a.as("ucservices", "check").status, 0)
}

// The file system of the phonebooks is full, or nearly so.
func TestCheckOfAFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	m := newSmallMachine(t, "graph")
	m.tidy()
	check(t, "a small disk", m.checkedAt(m.books, 0).text("phonebooks", warning) != "", true)
	if err := os.WriteFile(m.path("disk/filler"), make([]byte, 17<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	contains(t, m.checkedAt(m.books, 74).text("phonebooks", failed), "are left in", "free some space")
}

// checkedAt is checked with another file of phonebooks.
func (w *world) checkedAt(file string, status int) (c checked) {
	w.t.Helper()
	out := w.run("--phonebooks", file, "check", "--json")
	if err := json.Unmarshal([]byte(out.stdout), &c); err != nil || out.status != status {
		w.t.Fatalf("exit status %d, want %d: %v\n%s%s", out.status, status, err, out.stdout, out.stderr)
	}
	return c
}

// A member's failure does not hide one that concerns everybody.
func TestCheckExitsWithTheWorst(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.tidy()
	w.sync(0)
	w.revoke("bram")
	w.checked(1)
	w.damage("phonebooks.db")
	r := w.checked(74).results()
	check(t, "mailbox", r["mailbox"], failed)
	check(t, "phonebooks", r["phonebooks"], failed)
}

// Whatever the settings, the hints that a table above does not reach are whole:
// each place in a portal has its words.
func TestCheckFillsInEveryPlace(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.grant()
	w.set("source", "graph")
	out := w.run("-v", "check")
	lacks(t, out.stdout, "{", "}", "%!")
}

func TestCheckInGerman(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.grant()
	cmd := w.process("check")
	cmd.Env = append(cmd.Env, "LC_ALL=de_DE.UTF-8")
	out, _ := cmd.Output()
	check(t, "exit status", cmd.ProcessState.ExitCode(), 78)
	contains(t, flat(string(out)), "App-Registrierungen → die App → API-Berechtigungen", "Administratorzustimmung erteilen", consent)
}

// What the directory and the services say gives a terminal no orders.
func TestCheckOfStrangeNames(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "cn", "telefonie", "a\x1b[31m")
	w.mail("bram", "b\x1b]0;x\a@example.org")
	for text := range strange {
		w.cloud.SetFault(simulator.Always("/oauth2/", signInRefused(strange[text])))
		out := w.run("check")
		check(t, "exit status with "+text, out.status, 78)
		harmless(t, text, out.stdout)
	}
	w.cloud.SetFault(nil)
	out := w.run("check")
	check(t, "exit status", out.status, 1)
	harmless(t, "a strange address", out.stdout)
}

func TestCheckStopsAtASignal(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	ctx, stop := context.WithCancel(t.Context())
	w.cloud.SetFault(simulator.Always("/contacts", func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		stop()
		<-r.Context().Done()
	}))
	out := w.runContext(ctx, "check")
	check(t, "exit status", out.status, 75)
	contains(t, out.stderr, "stopped by a signal")
	lacks(t, out.stdout, "mailbox  ", "checks: ")
}
