package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/bookdb"
	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

func TestContactsLandInThePhonebooks(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.set("default_area_code", "30")
	w.add("anna", "Erika", "030/90 18 20")
	w.add("anna", "Zoë", "901820")
	w.add("bram", "Jan", "+31 20 624 1111")

	r := w.sync(0)
	check(t, "source", r.Source, "graph")
	check(t, "anna", r.of("anna"), "ok [2,2,0,0]")
	check(t, "bram", r.of("bram"), "ok [1,1,0,0]")
	if r.Requests == 0 || r.Bytes == 0 || r.Started == "" || r.Finished < r.Started {
		t.Errorf("report %+v", r)
	}
	b := w.book("anna")
	check(t, "title", b.Title, "Privat")
	check(t, "names", w.names("anna"), "Erika, Zoë")
	check(t, "number", b.Entries[1].Numbers[0], phonebook.Number{Kind: phonebook.Business, Number: "+4930901820", AsTyped: "901820"})

	r = w.sync(0)
	check(t, "second run", r.of("anna"), "unchanged [2,0,0,0]")

	id := w.add("anna", "Bert", "030 1")
	w.mailbox("anna").UpdateContact(w.mailbox("anna").Items(w.mailbox("anna").Contacts)[0].ID, func(c *simulator.Contact) { c.DisplayName = "Erika M." })
	check(t, "third run", w.sync(0).of("anna"), "ok [3,1,1,0]")
	w.mailbox("anna").DeleteContact(id)
	check(t, "fourth run", w.sync(0).of("anna"), "ok [2,0,0,1]")
	check(t, "names", w.names("anna"), "Erika M., Zoë")
}

func TestVerboseLinesAndSummary(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	w.revoke("bram")
	out := w.run("-v")
	check(t, "exit status", out.status, 1)
	check(t, "standard output", out.stdout, "")
	contains(t, out.stderr, "anna", "1 entry: 1 added", "failed     bram", "hint: ", "source: graph (the app has the permission Contacts.Read)", "2 members: 1 ok, 1 failed; 1 entry")
	out = w.run("-q")
	contains(t, out.stderr, "bram")
	if strings.Contains(out.stderr, "anna") || strings.Contains(out.stderr, "members:") {
		t.Errorf("-q prints more than errors: %s", out.stderr)
	}
}

func TestOneMembersFailureStaysHisOwn(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "chris")
	for _, uid := range []string{"anna", "bram", "chris"} {
		w.add(uid, "Old", "030 901820")
	}
	w.sync(0)
	for _, uid := range []string{"anna", "bram", "chris"} {
		w.add(uid, "New", "030 901821")
	}
	w.revoke("bram")
	r := w.sync(1)
	check(t, "anna", r.of("anna"), "ok [2,1,0,0]")
	check(t, "bram", r.of("bram"), "failed [0,0,0,0]")
	check(t, "chris", r.of("chris"), "ok [2,1,0,0]")
	check(t, "bram's phonebook", w.names("bram"), "Old")
	check(t, "the run has no error of its own", r.Error, "")
	if r.Members[1].Hint == "" || r.Members[1].Error == "" {
		t.Errorf("no word on why: %+v", r.Members[1])
	}
}

// revoke takes a member's licence away: the mailbox cannot be read any more.
func (w *world) revoke(uid string) {
	m := w.mailbox(uid)
	w.tenant.Change(func() { m.NoMailbox = true })
}

func TestEmptyMailboxEmptiesNothing(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	id := w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.mailbox("anna").DeleteContact(id)
	w.mailbox("anna").Forget() // so that nobody reports the deletion
	r := w.sync(1)
	check(t, "result", r.of("anna"), "kept [1,0,0,0]")
	check(t, "again", w.sync(1).of("anna"), "kept [1,0,0,0]")
	contains(t, r.Members[0].Hint, "--allow-empty")
	check(t, "phonebook", w.names("anna"), "Erika")
	check(t, "with --allow-empty", w.sync(0, "--allow-empty").of("anna"), "ok [0,0,0,1]")
	check(t, "phonebook", w.names("anna"), "")
	check(t, "an empty one is no alarm", w.sync(0).of("anna"), "unchanged [0,0,0,0]")
}

// A service that reports each contact as deleted does not suddenly answer with
// none.
func TestLastContactDeleted(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		w := newWorld(t, "anna")
		w.set("source", source)
		id := w.add("anna", "Erika", "030 901820")
		w.sync(0)
		w.mailbox("anna").DeleteContact(id)
		contains(t, w.run("--dry-run").stderr, "the phonebook keeps its 1 entry, unless the service reports each contact to the next run as deleted")
		check(t, "over "+source, w.sync(0).of("anna"), "ok [0,0,0,1]")
	}
}

func TestSkippingContactsWithoutNumberIsNoEmptyMailbox(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Nameless Number", "")
	w.sync(0)
	w.set("skip_without_number", "true")
	check(t, "result", w.sync(0).of("anna"), "ok [0,0,0,1]")
}

func TestPutsRightWhatWasScribbled(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.add("anna", "Zoë", "030 901821")
	w.sync(0)
	before := w.book("anna").Entries
	w.sql(`UPDATE entry SET display_name = 'Mickey Mouse' WHERE display_name = 'Erika';
		DELETE FROM number WHERE number = '+4930901821';
		INSERT INTO entry (phonebook, display_name) SELECT id, 'Added by hand' FROM phonebook;
		INSERT INTO phonebook (owner, title) VALUES ('anna', 'Privat');
		INSERT INTO entry (phonebook, display_name) SELECT id, 'Her own' FROM phonebook WHERE managed_by IS NULL;`)
	check(t, "result", w.sync(0).of("anna"), "ok [2,0,2,1]")
	if after := w.book("anna").Entries; !reflect.DeepEqual(before, after) {
		t.Errorf("entries are %v, were %v", after, before)
	}
	check(t, "her own phonebook", w.sql(`SELECT display_name FROM entry JOIN phonebook p ON p.id = entry.phonebook WHERE p.managed_by IS NULL`), "Her own")
}

// sql runs the sqlite3 shell, a program that knows nothing of ours, on the
// phonebooks.
func (w *world) sql(commands string) string {
	w.t.Helper()
	out, err := exec.Command("sqlite3", "-batch", w.path("phonebooks.db"), commands).CombinedOutput()
	if err != nil {
		w.t.Fatalf("sqlite3: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestRenamesThePhonebook(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.set("phonebookname", "Outlook")
	check(t, "result", w.sync(0).of("anna"), "ok [1,0,0,0]")
	check(t, "title", w.book("anna").Title, "Outlook")
	check(t, "phonebooks", w.sql("SELECT count(*) FROM phonebook"), "1")
}

// An outage in the middle of a run ends it, instead of taking every member's
// tries and waits.
func TestOutageEndsTheRun(t *testing.T) {
	parallel(t)
	var members []string
	for i := range 40 {
		members = append(members, fmt.Sprintf("u%02d", i))
	}
	w := newWorld(t, members...)
	w.cloud.SetFault(func(r *http.Request) simulator.Fault {
		if w.cloud.Count("/contacts") < 10 {
			return nil
		}
		return simulator.Broken(http.StatusServiceUnavailable, "3600")
	})
	r := w.sync(75)
	contains(t, r.Error, "in a row")
	if n := len(r.Members); n < 9 || n > 30 {
		t.Errorf("%d members in the report", n)
	}
}

func TestOneRefusalDoesNotFlipTheSource(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.tenant.Change(func() {
		delete(w.app.Roles, simulator.GraphResource)
		w.app.RBAC = true
		w.app.Scope = func(m *simulator.Mailbox) bool { return m.Mail != address("bram") }
	})
	w.add("anna", "Erika", "030 901820")
	check(t, "first run", w.sync(1).Source, "graph")
	check(t, "the refused one alone", w.sync(1, "--user", "bram").Source, "graph")
	check(t, "later", w.sync(1).Source, "graph")
	w.set("source", "ews")
	check(t, "by the settings", w.sync(1).Source, "ews")
	w.set("source", "")
	check(t, "a named source leaves no trace", w.sync(1).Source, "graph")
	// Nobody is let in any more: the next run decides anew, whatever else is
	// wrong with one of them.
	w.revoke("bram")
	w.tenant.Change(func() { w.app.Roles[simulator.GraphResource] = []string{"User.ReadBasic.All"} })
	w.tenant.Change(func() { w.app.RBAC = false; w.app.Scope = nil })
	check(t, "Graph is closed", w.sync(78).Source, "graph")
	check(t, "decided anew", w.sync(1).Source, "ews")
}

func TestFullDiskBehindTheOutput(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	for _, args := range [][]string{{"--json"}, {"members"}, {"phonebook", "list"}} {
		cmd := w.process(args...)
		cmd.Stdout = full
		cmd.Run()
		check(t, strings.Join(args, " "), cmd.ProcessState.ExitCode(), 74)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	out := w.run("--dry-run")
	check(t, "exit status", out.status, 0)
	contains(t, out.stdout, "anna\t+ Erika")
	if _, err := os.Stat(w.path("phonebooks.db")); err == nil {
		t.Error("a dry run made the phonebooks' file")
	}
	w.sync(0)
	before, err := os.ReadFile(w.path("phonebooks.db"))
	if err != nil {
		t.Fatal(err)
	}
	w.add("anna", "Zoë", "030 901821")
	out = w.run("--dry-run")
	check(t, "what would change", out.stdout, "anna\t+ Zoë\t+4930901821 (business)\n")
	after, err := os.ReadFile(w.path("phonebooks.db"))
	if err != nil || string(before) != string(after) {
		t.Errorf("a dry run wrote into the file (%v)", err)
	}
	check(t, "names", w.names("anna"), "Erika")
}

func TestFullRewritesAndChangesNothing(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	before := w.book("anna").Entries
	w.sync(0, "--full")
	if after := w.book("anna").Entries; !reflect.DeepEqual(before, after) {
		t.Errorf("entries are %v, were %v", after, before)
	}
}

func TestOnlySomeUsers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "chris")
	r := w.sync(0, "--user", "anna", "--user", "chris")
	check(t, "members", len(r.Members), 2)
	check(t, "bram", r.of("bram"), "missing")
	out := w.run("--json", "--user", "anna", "--user", "nobody")
	check(t, "unknown user", out.status, 2)
	check(t, "no document for wrong usage", out.stdout, "")
	contains(t, out.stderr, "nobody", "hint: ")
}

func TestOneRunAtATime(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	release, err := bookdb.Lock(w.path("phonebooks.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := w.sync(75)
	if r.Error == "" || r.Hint == "" {
		t.Errorf("report %+v", r)
	}
	release()
	w.sync(0)
}

func TestSignalEndsTheRunCleanly(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.set("workers", "1")
	w.add("anna", "Erika", "030 901820")
	w.add("bram", "Jan", "030 901820")
	reached := make(chan bool, 1)
	w.cloud.SetFault(func(r *http.Request) simulator.Fault {
		// The first mailbox is read, the second never answers.
		if !strings.Contains(r.URL.Path, w.mailbox("bram").ObjectID) {
			return nil
		}
		return func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
			reached <- true
			<-r.Context().Done()
		}
	})
	cmd := w.process("--json")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	interrupt(t, cmd, reached, syscall.SIGTERM)
	check(t, "exit status", cmd.ProcessState.ExitCode(), 75)
	contains(t, stdout.String(), `"stopped after 1 of 2 members"`, `"user":"anna"`)
	w.cloud.SetFault(nil)
	check(t, "anna is done", w.names("anna"), "Erika")
	check(t, "bram is not", w.run("phonebook", "export", "--user", "bram").status, 2)
	w.sync(0)
	check(t, "the next run does the rest", w.names("bram"), "Jan")
}

// interrupt starts a command, sends it a signal once it has reached something,
// and waits for its end.
func interrupt(t *testing.T, cmd *exec.Cmd, reached <-chan bool, signal os.Signal) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
}

// process returns the command as a process of its own.
func (w *world) process(args ...string) *exec.Cmd {
	program, err := theProgram()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "UCWARE_KVSTORE="+w.path("kvstore"), "UCWARE_PHONEBOOKS="+w.path("phonebooks.db"))
	return cmd
}

func TestWaitsWhenTheServiceAsks(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.set("source", source)
			w.add("anna", "Erika", "030 901820")
			part := map[string]string{"graph": "/contacts", "ews": "/EWS"}[source]
			w.cloud.SetFault(simulator.Times(2, part, simulator.Broken(http.StatusServiceUnavailable, "1")))
			check(t, "result", w.sync(0).of("anna"), "ok [1,1,0,0]")
		})
	}
}

func TestSignInNameThatDiffersFromTheAddress(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	// Somebody else signs in with the name that is Bram's address.
	w.tenant.AddMailbox(simulator.Mailbox{Mail: "other@example.org", UPN: address("bram")})
	bram := w.tenant.AddMailbox(simulator.Mailbox{Mail: address("bram"), UPN: "b.devries@example.org"})
	bram.AddContact(bram.Contacts, simulator.Contact{DisplayName: "Jan"})
	w.ldap.Add(ldaptest.Person("bram", address("bram")))
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"), ldaptest.PersonDN("bram"))
	for _, source := range []string{"graph", "ews"} {
		w.set("source", source)
		w.sync(0, "--full")
		check(t, "over "+source, w.names("bram"), "Jan")
	}
}

func TestSourceAuto(t *testing.T) {
	parallel(t)
	tests := map[string]struct {
		change func(*simulator.App)
		status int
		source string
		text   string
	}{
		"Graph by permission":   {func(*simulator.App) {}, 0, "graph", "Contacts.Read"},
		"Graph by RBAC":         {func(a *simulator.App) { a.Roles = nil; a.RBAC = true }, 0, "graph", "not refused"},
		"EWS where Graph isn't": {func(a *simulator.App) { delete(a.Roles, simulator.GraphResource) }, 0, "ews", "full_access_as_app"},
		"neither":               {func(a *simulator.App) { a.Roles = nil }, 78, "", "neither"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.add("anna", "Erika", "030 901820")
			w.tenant.Change(func() { tt.change(w.app) })
			out := w.run("-v")
			check(t, "exit status", out.status, tt.status)
			contains(t, out.stderr, tt.source, tt.text)
		})
	}
}

// The same mailbox gives the same entries by both sources, but for their ids.
func TestBothSourcesGiveTheSame(t *testing.T) {
	parallel(t)
	w := newWorldWith(t, simulator.Options{MaxPage: 37}, "anna")
	w.fill("anna", 500)
	for _, key := range []string{"include_notes=true", "contact_folders=all", "default_area_code=30"} {
		k, v, _ := strings.Cut(key, "=")
		w.set(k, v)
	}
	books := map[string][]phonebook.Entry{}
	for _, source := range []string{"graph", "ews"} {
		w.set("source", source)
		w.sync(0)
		for _, e := range w.book("anna").Entries {
			e.ID = ""
			books[source] = append(books[source], e)
		}
		phonebook.Sort(books[source])
	}
	check(t, "entries", len(books["ews"]), len(books["graph"]))
	if len(books["graph"]) < 400 {
		t.Fatalf("only %d entries", len(books["graph"]))
	}
	for i := range min(len(books["graph"]), len(books["ews"])) {
		if !reflect.DeepEqual(books["graph"][i], books["ews"][i]) {
			t.Fatalf("entry %d\nover graph %+v\nover ews   %+v", i, books["graph"][i], books["ews"][i])
		}
	}
}

// fill fills a member's mailbox with contacts as messy as life, in the folder
// Contacts, in one below it, and in one of Outlook's own.
func (w *world) fill(uid string, contacts int) {
	random := rand.New(rand.NewPCG(1, 2))
	m := w.mailbox(uid)
	customers := m.AddFolder(m.Contacts, "Kunden & Co.", "", false)
	hidden := m.AddFolder(m.Contacts, "Recipient Cache", "IPF.Contact.RecipientCache", true)
	for range contacts {
		m.AddContact(m.Contacts, simulator.RandomContact(random))
	}
	for range contacts / 10 {
		m.AddContact(customers, simulator.RandomContact(random))
		m.AddContact(hidden, simulator.Contact{DisplayName: "Hidden"})
		m.AddList(m.Contacts, "A list")
	}
}

func TestServerOfOnesOwn(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.ownServer(secret)
	r := w.sync(0)
	check(t, "source", r.Source, "ews")
	check(t, "names", w.names("anna"), "Erika")
	w.set("ews_password", "wr0ng~value")
	r = w.sync(78)
	contains(t, r.Error+r.Hint, "ews_password")
	check(t, "names", w.names("anna"), "Erika")
}
