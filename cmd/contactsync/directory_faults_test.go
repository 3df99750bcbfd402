package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/simulator"
)

// directoryFault is something that goes wrong in the directory or on the way to
// it, while two mailboxes have changed. Phonebooks of leavers are deleted, so
// that a list which is too short would cost somebody his own.
type directoryFault struct {
	spoil  func(*world)
	mend   func(*world)
	status int      // 0: the phonebooks are new, else they are old
	words  []string // in the error and its hint
}

// wrongPassword is not the directory's, and nobody's business either.
const wrongPassword = "wr0ng~Password"

var directoryFaults = map[string]directoryFault{
	"down":                        {func(w *world) { w.ldap.Stop() }, func(w *world) { w.ldap.Start() }, 75, []string{"connect to the directory", "check that"}},
	"silent from the start":       {silentAtOnce, direct, 75, []string{"directory", "the next run tries again"}},
	"silent in the middle":        {silentNearTheEnd, direct, 75, []string{"directory", "the next run tries again"}},
	"broken off":                  {brokenOff, direct, 75, []string{"directory", "the next run tries again"}},
	"slow":                        {slowly, direct, 0, nil},
	"wrong password":              {func(w *world) { w.bind(wrongPassword) }, func(w *world) { w.bind(ldaptest.ReaderPassword) }, 78, []string{"ldap_bind_dn", "ldap_bind_password"}},
	"somebody else's certificate": {func(w *world) { w.strangeDirectory() }, func(w *world) { w.trust() }, 78, []string{"ca_file"}},
	"referral":                    {func(w *world) { w.refer() }, func(w *world) { w.set("ldap_base_dn", "ou=groups,"+ldaptest.BaseDN) }, 78, []string{"ldap://branch.example.org", "ldap_base_dn"}},
	"base that is not there":      {func(w *world) { w.set("ldap_base_dn", "ou=elsewhere,"+ldaptest.BaseDN) }, func(w *world) { w.set("ldap_base_dn", "") }, 78, []string{"ldap_base_dn"}},
	"groups beyond the size limit": {func(w *world) { w.move(ldaptest.Options{SizeLimit: 1}, "another") }, func(w *world) { w.move(ldaptest.Options{}, "another") }, 78,
		[]string{"size limit exceeded", "olcLimits"}},
	"members beyond the size limit": {func(w *world) { w.move(ldaptest.Options{SizeLimit: 1}) }, func(w *world) { w.move(ldaptest.Options{}) }, 0, nil},
	"nobody may read":               {func(w *world) { w.move(ldaptest.Options{Access: ldaptest.Nobody}) }, func(w *world) { w.move(ldaptest.Options{}) }, 78, []string{"ldap_bind_dn"}},
	"a group that contains itself": {func(w *world) {
		w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.GroupDN("telefonie"), ldaptest.PersonDN("anna"), ldaptest.PersonDN("bram"))
	}, func(*world) {}, 0, nil},
}

// silentAtOnce has the directory never answer, silentNearTheEnd not answer
// wholly, and brokenOff hang up instead.
func silentAtOnce(w *world) { w.set("ldap_url", "ldap://"+ldaptest.Silent(w.t, w.ldap.URL, 0)) }

func silentNearTheEnd(w *world) {
	w.set("ldap_url", "ldap://"+ldaptest.Silent(w.t, w.ldap.URL, w.almost()))
}

func brokenOff(w *world) {
	limit := int64(w.almost())
	w.through(func(r io.Reader) io.Reader { return io.LimitReader(r, limit) })
}

// almost returns how many bytes of the directory's answers are just too few.
func (w *world) almost() int {
	var all atomic.Int64
	w.through(func(r io.Reader) io.Reader { return io.TeeReader(r, counter{&all}) })
	if out := w.run("members"); out.status != 0 {
		w.t.Fatal(out.stderr)
	}
	return int(all.Load()) - 200
}

// counter counts what is written to it.
type counter struct{ *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) { c.Add(int64(len(p))); return len(p), nil }

// slowly has the directory take its time.
func slowly(w *world) { w.through(func(r io.Reader) io.Reader { return slow{r} }) }

// through has the directory's answers go through something.
func (w *world) through(answers func(io.Reader) io.Reader) {
	w.set("ldap_url", "ldap://"+ldaptest.Relay(w.t, w.ldap.URL, answers))
}

// direct undoes all of these.
func direct(w *world) { w.set("ldap_url", w.ldap.URL) }

// slow hands on a few bytes at a time.
type slow struct{ r io.Reader }

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.r.Read(p[:min(len(p), 8)])
}

// bind has the directory ask who is there.
func (w *world) bind(password string) {
	w.set("ldap_bind_dn", ldaptest.ReaderDN)
	w.set("ldap_bind_password", password)
}

// strangeDirectory leaves out the directory's authority.
func (w *world) strangeDirectory() {
	if err := os.WriteFile(w.path("ca.pem"), w.cloud.CAPEM, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// refer adds a part of the directory that another server holds.
func (w *world) refer() {
	w.ldap.Add(ldaptest.Entry{DN: "ou=branch," + ldaptest.BaseDN, Attributes: []ldaptest.Attribute{
		{Name: "objectClass", Values: []string{"referral", "extensibleObject"}}, {Name: "ou", Values: []string{"branch"}},
		{Name: "ref", Values: []string{"ldap://branch.example.org/ou=branch,dc=example,dc=org"}}}})
}

// move moves anna and bram to another server, with further groups.
func (w *world) move(o ldaptest.Options, groups ...string) {
	dns := []string{ldaptest.PersonDN("anna"), ldaptest.PersonDN("bram")}
	entries := []ldaptest.Entry{ldaptest.Person("anna", address("anna")), ldaptest.Person("bram", address("bram")), ldaptest.SyncedGroup("telefonie", dns...)}
	for _, cn := range groups {
		entries = append(entries, ldaptest.SyncedGroup(cn, dns...))
	}
	w.ldap = ldaptest.NewServer(w.t, o, entries...)
	w.trust()
	direct(w)
}

// Whatever goes wrong in the directory, nobody loses a phonebook or a contact,
// the run says what happened and what to do, and the next one heals it. The
// runs wait together.
func TestDirectoryFaults(t *testing.T) {
	parallel(t)
	ends := map[string]func(*testing.T){}
	for i, name := range slices.Sorted(maps.Keys(directoryFaults)) {
		f := directoryFaults[name]
		w := newWorld(t, "anna", "bram")
		if i%2 == 1 {
			w.voice = newJournal(t)
		}
		w.set("leavers", "delete")
		w.add("anna", "Erika", "030 901820")
		w.add("bram", "Jan", "030 901821")
		w.sync(0)
		before := w.books()
		w.add("anna", "Zoë", "030 901822")
		w.add("bram", "Piet", "030 901823")
		f.spoil(w)
		wait := w.start("--json", "-v")
		ends[name] = func(t *testing.T) {
			out := wait()
			check(t, "exit status", out.status, f.status)
			for _, word := range []string{secret, tokenStart, ldaptest.ReaderPassword, wrongPassword} {
				if strings.Contains(out.stdout+out.stderr, word) {
					t.Errorf("the run shows %q", word)
				}
			}
			var r report
			if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
				t.Fatalf("--json: %v in %q\n%s", err, out.stdout, out.stderr)
			}
			contains(t, r.Error+" "+r.Hint, f.words...)
			w.says(out, r.Error, r.Hint)
			if (r.Error == "") != (f.status == 0) || (r.Hint == "") != (f.status == 0) {
				t.Errorf("error %q, hint %q", r.Error, r.Hint)
			}
			if f.status != 0 {
				check(t, "phonebooks", fmt.Sprint(w.books()), fmt.Sprint(before))
				f.mend(w)
				w.sync(0)
			}
			check(t, "anna's phonebook", w.names("anna"), "Erika, Zoë")
			check(t, "bram's phonebook", w.names("bram"), "Jan, Piet")
		}
	}
	for name, end := range ends {
		t.Run(name, end)
	}
}

// User ids and addresses with whatever a directory allows lead to their own
// mailboxes and phonebooks, over both services.
func TestStrangeMembers(t *testing.T) {
	parallel(t)
	members := map[string]string{ // user id and address
		"o'brien":            "o'brien@example.org",
		"o''brien":           "o''brien@example.org",
		"müller":             "müller@example.org",
		"(*)":                "star*(x)@example.org",
		`back\slash`:         `"back\\slash"@example.org`,
		`"quoted"`:           `"a.b"@example.org`,
		"plus+und&so?x=1#f%": "plus+und&so=x%41#f@example.org",
		"komma, hans":        "komma.hans@example.org",
		"<tag>":              "a&amp;b@example.org",
	}
	w := newWorld(t, "anna")
	var dns []string
	for uid, mail := range members {
		m := w.tenant.AddMailbox(simulator.Mailbox{Mail: mail})
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: "of " + uid, Phones: map[string]string{"BusinessPhone": "030 901820"}})
		w.ldap.Add(ldaptest.Person(uid).With("displayName", mail))
		dns = append(dns, ldaptest.PersonDN(uid))
	}
	w.set("ldap_mail_attribute", "displayName") // mail itself takes only ASCII
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", dns...)
	for n, source := range []string{"graph", "ews"} {
		w.set("source", source)
		r := w.sync(0)
		check(t, "members", len(r.Members), len(members))
		w.sync(0)
		for uid, mail := range members {
			check(t, uid+" over "+source, w.names(uid), "of "+uid+strings.Repeat(", zu Hause", n))
			m := w.tenant.Mailbox(mail)
			m.AddContact(m.Contacts, simulator.Contact{DisplayName: "zu Hause", Phones: map[string]string{"BusinessPhone": "030 901821"}})
		}
	}
}

var (
	manyMembers = flag.Int("members", 20_000, "in the group of TestManyMembers; 100,000 in make soak")
	manySynced  = flag.Int("synced", 5_000, "of them that get a phonebook; all in make soak")
)

// A group of tens of thousands comes whole, and each of them gets a phonebook;
// the next night finds that nothing changed. The group names them by user id,
// which a directory of that size answers a hundred at a time; by DN, one by
// one, it takes three times as long.
func TestManyMembers(t *testing.T) {
	parallel(t)
	many := *manyMembers
	var entries []ldaptest.Entry
	var uids []string
	for i := range many {
		uid := fmt.Sprintf("user%06d", i)
		entries = append(entries, ldaptest.Person(uid, address(uid)))
		uids = append(uids, uid)
	}
	w := newWorld(t, "anna")
	w.ldap = ldaptest.NewServer(t, ldaptest.Options{}, append(entries, ldaptest.SyncedPosixGroup("everybody", uids...))...)
	w.trust()
	direct(w)
	w.set("ldap_group_filter", "(&(objectClass=posixGroup)(description=ews_synccontacts=true))")
	w.set("ldap_member_attribute", "memberUid")
	out := w.run("members", "--json")
	check(t, "exit status", out.status, 0)
	var members []struct{ User, Mail, Problem string }
	if err := json.Unmarshal([]byte(out.stdout), &members); err != nil {
		t.Fatal(err)
	}
	check(t, "members", len(members), many)
	for i, m := range members {
		if want := fmt.Sprintf("user%06d", i); m.User != want || m.Mail != address(want) || m.Problem != "" {
			t.Fatalf("member %d is %+v", i, m)
		}
	}
	many = min(many, *manySynced)
	uids = uids[:many]
	w.ldap.Replace(ldaptest.GroupDN("everybody"), "memberUid", uids...)
	contacts := 0
	for i, uid := range uids { // one in ten has contacts
		w.tenant.AddMailbox(simulator.Mailbox{Mail: address(uid)})
		if i%10 == 0 {
			w.add(uid, "Erika of "+uid, "030 901820")
			w.add(uid, "Jan of "+uid, "030 901821")
			contacts += 2
		}
	}
	for _, night := range []string{"ok", "unchanged"} {
		r := w.night(t)
		check(t, "members", len(r.Members), many)
		entries := 0
		for _, m := range r.Members {
			entries += m.Entries
			if m.Result != night {
				t.Fatalf("%+v, want %s", m, night)
			}
		}
		check(t, "entries", entries, contacts)
		last := uids[(many-1)/10*10]
		check(t, "the last phonebook with contacts", w.names(last), "Erika of "+last+", Jan of "+last)
	}
}

// night makes a run as a process, and prints what it took.
func (w *world) night(t *testing.T) (r report) {
	t.Helper()
	cmd := w.process("--json")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	cmd.Run()
	took := time.Since(began)
	check(t, "exit status", cmd.ProcessState.ExitCode(), 0)
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("--json: %v in %.1000q\n%s", err, stdout.String(), stderr.String())
	}
	t.Logf("%d members, %d requests: %s, of which %s on a processor", len(r.Members), r.Requests,
		took.Round(time.Millisecond), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Round(time.Millisecond))
	return r
}
