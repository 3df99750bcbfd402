package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/simulator"
)

// What the documents have people type is run here as it stands there.

// document returns a document, without the marks of a manual page.
func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`\e`, `\`, `\&`, "", `\(aq`, "'", `\(dq`, `"`).Replace(string(text))
}

// example returns the example in a document that holds a text: what stands
// between two lines of ``` or between .Bd and .Ed.
func example(t *testing.T, path, holds string) string {
	t.Helper()
	block := regexp.MustCompile("(?ms)^(?:```[a-z]*|\\.Bd.*?)\n(.*?)^(?:```|\\.Ed)$")
	for _, found := range block.FindAllStringSubmatch(document(t, path), -1) {
		if strings.Contains(found[1], holds) {
			return found[1]
		}
	}
	t.Fatalf("%s has no example with %q", path, holds)
	return ""
}

// inDocuments are those with the commands for the directory.
var inDocuments = []string{"README.md", "man/de/contactsync-einrichtung.7"}

// emptyDirectory gives a world a slapd as Debian installs it: with nothing in
// it, an administrator who signs in with a password, and readers who do not.
// The commands of ldap-utils in the returned folder are the real ones, but ask
// that slapd, and nobody for the password.
func (w *world) emptyDirectory() (bin string) {
	w.t.Helper()
	const admin, password = "cn=admin," + ldaptest.BaseDN, "the administrator's"
	server := ldaptest.NewServer(w.t, ldaptest.Options{
		Access: "access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact=" + admin + " write by * read",
	}, ldaptest.Entry{DN: admin, Attributes: []ldaptest.Attribute{
		{Name: "objectClass", Values: []string{"organizationalRole", "simpleSecurityObject"}},
		{Name: "cn", Values: []string{"admin"}}, {Name: "userPassword", Values: []string{password}},
	}})
	server.Delete("ou=people,"+ldaptest.BaseDN, "ou=groups,"+ldaptest.BaseDN)
	w.set("ldap_url", server.SocketURL)
	w.ldap = server
	bin = w.t.TempDir()
	for _, name := range []string{"ldapadd", "ldapmodify", "ldapsearch"} {
		real, err := exec.LookPath(name)
		if err != nil {
			w.t.Skip("the documents' commands need the package ldap-utils")
		}
		script := "#!/bin/bash\nset -f\nfor word; do case $word in -W) set -- \"$@\" -w \"" + password + "\" ;; ldapi:///) set -- \"$@\" " + server.SocketURL + " ;; *) set -- \"$@\" \"$word\" ;; esac; shift; done\nexec " + real + " \"$@\"\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
	return bin
}

// pasted runs an example as a shell does into which it is pasted, of a manual
// page with the indentation that man shows it with, and returns what it prints.
func pasted(t *testing.T, bin, path, holds string) string {
	t.Helper()
	commands := example(t, path, holds)
	if strings.HasPrefix(path, "man/") {
		commands = regexp.MustCompile("(?m)^").ReplaceAllString(commands, "     ")
	}
	cmd := exec.Command("bash", "-e")
	cmd.Stdin = strings.NewReader(commands)
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
	return string(out)
}

func TestDocumentedGroup(t *testing.T) {
	parallel(t)
	for _, path := range inDocuments {
		t.Run(filepath.Base(path), func(t *testing.T) {
			w := newWorld(t, "somebody")
			bin := w.emptyDirectory()
			pasted(t, bin, path, "ldapadd")
			check(t, "members", w.run("members").stdout, "USER  MAIL              GROUPS     PROBLEM\nanna  anna@example.org  telefonie\n")

			w.ldap.Replace(ldaptest.GroupDN("telefonie"), "description", "Telefone")
			check(t, "without the parameter", w.run("members").status, 78)
			pasted(t, bin, path, "add: description")
			check(t, "with it again", w.run("members").status, 0)

			w.ldap.Add(ldaptest.Person("bram", address("bram")))
			out := pasted(t, bin, path, "add: member")
			contains(t, out, "member: "+ldaptest.PersonDN("anna"), "member: "+ldaptest.PersonDN("bram"))
			contains(t, w.run("members").stdout, "anna@example.org", "bram@example.org")
		})
	}
}

// asterisk returns what Asterisk makes of the documented query: func_odbc puts
// the arguments into it, and SQL_ESC doubles their quotes.
func asterisk(t *testing.T, path string, args ...string) string {
	t.Helper()
	_, query, found := strings.Cut(example(t, path, "readsql"), "readsql = ")
	if !found {
		t.Fatalf("%s: no readsql", path)
	}
	for i, arg := range args {
		query = strings.ReplaceAll(query, "'${SQL_ESC(${ARG"+string(rune('1'+i))+"})}'", "'"+strings.ReplaceAll(arg, "'", "''")+"'")
	}
	if strings.Contains(query, "$") || strings.Contains(query, ";") { // which begins a comment there
		t.Errorf("%s: %s", path, query)
	}
	return strings.TrimSpace(query)
}

func TestDocumentedQuery(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.mailbox("anna").AddContact(w.mailbox("anna").Contacts, simulator.Contact{DisplayName: "Nobody calls"})
	w.add("anna", "Muster, Erika", "030 90182012")
	w.add("bram", "O'Hara", "030 90182012")
	w.sync(0)
	for _, path := range []string{"README.md", "man/phonebooks.5", "man/de/phonebooks.5"} {
		for _, c := range []struct{ user, number, want string }{
			{"anna", "+493090182012", "Muster, Erika"},
			{"bram", "+493090182012", "O'Hara"},
			{"anna", "+49309018201", ""},
			{"anna", "", ""},
			{"dora", "+493090182012", ""},
			{"dora", "' OR '1'='1", ""},
			{"' OR 1=1 --", "' UNION SELECT as_typed FROM number --", ""},
		} {
			check(t, path+": "+c.user+" called by "+c.number, w.sql(asterisk(t, path, c.user, c.number)), c.want)
		}
		contains(t, w.sql("EXPLAIN QUERY PLAN "+asterisk(t, path, "anna", "+493090182012")), "INDEX number_number (number=?)")
		check(t, path+": the whole", strings.Contains(document(t, "README.md"), example(t, path, "ODBC_NAME")), true)
	}
}

// What the table of troubles quotes is what contactsync says then.
func TestDocumentedSymptoms(t *testing.T) {
	parallel(t)
	const stranger = "00000000-1111-2222-3333-444444444444"
	blocked := simulator.Always("/EWS/", simulator.EWSBlocked("EWS is disabled for this user or tenant"))
	symptoms := map[string]func(*world){
		"AADSTS7000215": func(w *world) { w.set("client_secret", "8Q~another") },
		"AADSTS7000222": func(w *world) { w.tenant.Change(func() { w.app.Expired = true }) },
		"AADSTS700016":  func(w *world) { w.set("client_id", stranger) },
		"AADSTS90002":   func(w *world) { w.set("tenant_id", stranger) },
		"Microsoft Graph answers 403 ErrorAccessDenied": func(w *world) { w.set("source", "graph"); w.tenant.Change(func() { w.app.Roles = nil }) },
		"404 MailboxNotEnabledForRESTAPI":               func(w *world) { w.revoke("anna") },
		"EWS is switched off":                           func(w *world) { w.set("source", "ews"); w.cloud.SetFault(blocked) },
		"search groups below …: none matches …":         func(w *world) { w.ldap.Replace(ldaptest.GroupDN("telefonie"), "description") },
		"connect to the directory: …":                   func(w *world) { w.ldap.Stop() },
		"certificate signed by unknown authority":       func(w *world) { w.set("ca_file", w.ldap.CAFile) },
		"not configured yet":                            func(w *world) { os.Remove(w.path("kvstore/contactsync.db")) },
		"kept":                                          (*world).suddenlyEmpty,
	}
	readme := document(t, "README.md")
	_, table, _ := strings.Cut(readme, "## When something is wrong")
	table, _, _ = strings.Cut(table, "\n## ")
	for symptom, spoil := range symptoms {
		t.Run(symptom, func(t *testing.T) {
			if !strings.Contains(table, "`"+symptom+"`") {
				t.Errorf("README.md does not have `%s`", symptom)
			}
			w := newWorld(t, "anna")
			spoil(w)
			out := w.run("-v")
			said := out.stderr + out.stdout + w.run("configured").stderr
			said = strings.ReplaceAll(said, filepath.Dir(w.dir), "FOLDER") // has the symptom in its name
			for part := range strings.SplitSeq(symptom, "…") {
				contains(t, said, part)
			}
		})
	}
}

// The manuals have the exit statuses of secret that its tests meet.
func TestDocumentedStatusesOfSecret(t *testing.T) {
	parallel(t)
	for path, begins := range map[string]string{"man/contactsync.8": "The exit status is 0, 2", "man/de/contactsync.8": "Der Status ist 0, 2"} {
		_, said, found := strings.Cut(document(t, path), begins)
		check(t, path+": found", found, true)
		said, _, _ = strings.Cut(said, "\n.It ")
		for _, status := range []string{"74", "75", "77", "78"} {
			check(t, path+": "+status, regexp.MustCompile(`\b`+status+`\b`).MatchString(said), true)
		}
	}
}

// What the page of the consent may end with is told where people look it up.
func TestDocumentedEndOfConsent(t *testing.T) {
	parallel(t)
	for path, granted := range map[string]string{"README.md": "*Granted for", "man/contactsync.8": "Granted for",
		"man/de/contactsync.8": "Gewährt für", "man/de/contactsync-einrichtung.7": "Gewährt für"} {
		text := document(t, path)
		check(t, path, strings.Contains(text, "AADSTS500113") && strings.Contains(text, granted), true)
	}
}

// One thing has one name in German, too: the portal's own only where its place
// is named.
func TestGermanNames(t *testing.T) {
	parallel(t)
	for _, path := range []string{"man/de/contactsync.8", "man/de/contactsync-einrichtung.7", "debian/po/de.po"} {
		text := strings.Join(strings.Fields(regexp.MustCompile(`"?\n"?`).ReplaceAllString(document(t, path), " ")), " ")
		text = strings.NewReplacer("Zertifikate & Geheimnisse", "", "Geheime Clientschlüssel", "", "Neuer geheimer Clientschlüssel", "", ".Em RBAC for Applications", "").Replace(text)
		if other := regexp.MustCompile(`.{0,40}(\bGeheimnis|Clientschlüssel|RBAC for).{0,20}`).FindAllString(text, -1); other != nil {
			t.Errorf("%s: %q", path, other)
		}
	}
}

// suddenlyEmpty gives anna a mailbox that once had a contact.
func (w *world) suddenlyEmpty() {
	id := w.add("anna", "Erika", "030 90182012")
	w.sync(0)
	w.mailbox("anna").DeleteContact(id)
	w.mailbox("anna").Forget()
}
