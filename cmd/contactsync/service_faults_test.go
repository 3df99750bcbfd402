package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"contactsync/internal/journal/journaltest"
	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// serviceFault is something that goes wrong in the service or on the way to it
// while two mailboxes are read that have changed. Nobody waits for long here:
// what is asked to come back later is asked to do so at once or in an hour, and
// where our own choice counts there is one more try, after a second.
type serviceFault struct {
	name  string
	over  string          // the source that has it; empty: both
	alone bool            // happens to an answer as a whole, not to a part of a batch
	fault simulator.Fault // strikes Bram's mailbox, from a request between its pages on
	times int             // so many requests; 0: all
	then  simulator.Fault // strikes those that follow
	all   bool            // strikes both mailboxes, from the first request on
	at    string          // strikes the requests to this path instead, from the first on
	own   bool            // happens to an Exchange server of one's own too

	spoil func(*world) // happens before the run
	once  func(*world) // happens when the fault strikes
	mend  func(*world) // undoes both

	status int      // 0: both phonebooks are new, 1: Bram's is old, else both are
	words  []string // in the error and its hint
}

// serviceFaults lists the faults. Some of them remember what they did, so that
// each list is good for one service. Elsewhere is the address of another.
func serviceFaults(elsewhere string) []serviceFault {
	const (
		blink   = 20 * time.Millisecond
		blocked = "EWS is blocked by policy for this user or tenant"
	)
	var (
		outage = simulator.Broken(http.StatusServiceUnavailable, "3600")
		garble = simulator.Rewrite(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("</t:"), []byte("<t:")) })
		shout  = simulator.Rewrite(bytes.ToUpper)
		halve  = simulator.Rewrite(func(b []byte) []byte { return b[:len(b)/2] })
		moved  = simulator.EWSMessage("ErrorMailboxMoveInProgress", "Mailbox move in progress.")
		moving = simulator.GraphError(http.StatusConflict, "ErrorMailboxMoveInProgress", "Mailbox move in progress.")
	)
	return []serviceFault{
		{name: "429", own: true, fault: simulator.Throttled("0.02"), times: 3},
		{name: "429 without Retry-After", fault: simulator.Throttled(""), times: 1},
		{name: "429 for long", fault: simulator.Throttled("3600"), status: 1, words: []string{"429", "the next run tries again"}},
		{name: "429 again and again", fault: simulator.Throttled("0.02"), status: 1, words: []string{"429", "tried 6 times", "the next run tries again"}},
		{name: "503", fault: simulator.Broken(http.StatusServiceUnavailable, "0.02"), times: 3},
		{name: "503 for long", own: true, fault: outage, status: 1, words: []string{"503", "the next run tries again"}},
		{name: "503 for long for all", all: true, fault: outage, status: 75, words: []string{"no phonebook could be brought up to date", "503", "the next run tries again"}},
		{name: "504", fault: simulator.Broken(http.StatusGatewayTimeout, ""), times: 1},
		{name: "500 with HTML", own: true, fault: simulator.Broken(http.StatusInternalServerError, ""), times: 1},

		{name: "cut inside a page", own: true, fault: simulator.CutAfter(100), times: 1},
		{name: "cut inside a page, then 503", fault: simulator.CutAfter(100), times: 1, then: outage, status: 1, words: []string{"503"}},
		{name: "cut inside a batch", over: "graph", at: "$batch", fault: simulator.CutAfter(100), times: 1},
		{name: "slow drip", fault: simulator.Drip(50, time.Millisecond), times: 2},
		{name: "truncated gzip", own: true, alone: true, fault: simulator.HalfZipped, times: 1},
		{name: "truncated gzip, then 503", alone: true, fault: simulator.HalfZipped, times: 1, then: outage, status: 1, words: []string{"503"}},
		{name: "truncated gzip of a batch", over: "graph", at: "$batch", fault: simulator.HalfZipped, times: 1},

		{name: "a page again and again", fault: simulator.Repeated(), status: 1, words: []string{"the next run tries again"}},
		{name: "links to another host", over: "graph", fault: simulator.Elsewhere(elsewhere), status: 1, words: []string{"leads to " + elsewhere}},
		{name: "50 MB", fault: simulator.Padded(50 << 20), times: 1},
		{name: "more than 128 MB", alone: true, fault: simulator.Padded(129 << 20), times: 1, status: 1, words: []string{"more than 128 MiB"}},
		{name: "half a document", own: true, alone: true, fault: halve, times: 1},
		{name: "half a document, then 503", alone: true, fault: halve, times: 1, then: outage, status: 1, words: []string{"503"}},
		{name: "half a batch", over: "graph", at: "$batch", fault: halve, times: 1},
		{name: "JSON of somebody else's", over: "graph", fault: shout, times: 1},
		{name: "XML of somebody else's", over: "ews", fault: shout, status: 1, words: []string{"text/xml", "instead of EWS", "ews_url"}},
		{name: "XML that is none", over: "ews", fault: garble, status: 1, words: []string{"makes no sense", "the next run tries again"}},
		{name: "another content type", fault: simulator.ContentType("text/plain"), times: 2},
		{name: "login page", own: true, fault: simulator.LoginPage, status: 1, words: []string{"text/html", "login page"}},
		{name: "login page for all", all: true, fault: simulator.LoginPage, status: 78, words: []string{"text/html", "login page"}},
		{name: "403 with HTML for all", all: true, fault: simulator.Broken(http.StatusForbidden, ""), status: 78, words: []string{"403"}},

		{name: "echo of the request", own: true, fault: echo, status: 1, words: []string{"no <"}},
		{name: "echo of the sign-in", at: "/oauth2/", fault: echo, status: 78, words: []string{"sign in", "no <", "••••"}},
		{name: "busy sign-in", at: "/oauth2/", fault: simulator.SignInThrottled("3600"), status: 75, words: []string{"sign in", "the next run tries again"}},
		{name: "sign-in out of order", at: "/oauth2/", fault: simulator.Broken(http.StatusBadGateway, ""), times: 1},
		{name: "token that expires in the middle", once: func(w *world) { w.clock(2 * time.Hour) }, mend: func(w *world) { w.clock(0) }},
		{name: "clock behind", spoil: func(w *world) { w.clock(30 * time.Minute) }, mend: func(w *world) { w.clock(0) }},
		{name: "clock ahead", spoil: func(w *world) { w.clock(-30 * time.Minute) }, mend: func(w *world) { w.clock(0) }},
		{name: "clock behind, with a certificate", spoil: func(w *world) { w.byCertificate(); w.clock(30 * time.Minute) },
			mend: (*world).bySecret, status: 78, words: []string{"AADSTS700024", "timedatectl"}},

		{name: "ErrorServerBusy", own: true, over: "ews", fault: simulator.EWSBusy(blink), times: 3},
		{name: "ErrorServerBusy with 503", over: "ews", fault: simulator.EWSBusyUnavailable(blink), times: 3},
		{name: "ErrorServerBusy with 200", over: "ews", fault: simulator.EWSBusyMessage(blink), times: 3},
		{name: "ErrorServerBusy for long", over: "ews", fault: simulator.EWSBusy(time.Hour), status: 1, words: []string{"ErrorServerBusy", "the next run tries again"}},
		{name: "ErrorServerBusy with 503 for long", over: "ews", fault: simulator.EWSBusyUnavailable(time.Hour), status: 1, words: []string{"503", "the next run tries again"}},
		{name: "ErrorServerBusy with 200 for long", over: "ews", fault: simulator.EWSBusyMessage(time.Hour), status: 1, words: []string{"ErrorServerBusy", "the next run tries again"}},
		{name: "EWS blocked by policy", over: "ews", fault: simulator.EWSBlocked(blocked), status: 1, words: []string{"blocked by policy", "EwsAllowedAppIDs"}},
		{name: "EWS blocked by policy for all", over: "ews", all: true, fault: simulator.EWSBlocked(blocked), status: 78, words: []string{"blocked by policy", "EwsAllowedAppIDs"}},
		{name: "mailbox on the move over EWS", over: "ews", fault: moved, times: 1},
		{name: "mailbox on the move over EWS, then 503", over: "ews", fault: moved, times: 1, then: outage, status: 1, words: []string{"503"}},
		{name: "mailbox on the move", over: "graph", fault: moving, times: 1},
		{name: "mailbox on the move for long", over: "graph", fault: moving, status: 1, words: []string{"ErrorMailboxMoveInProgress", "being moved", "the next run tries again"}},

		{name: "mailbox missing", spoil: func(w *world) { w.mail("bram", "gone@example.org") }, mend: func(w *world) { w.mail("bram", address("bram")) },
			status: 1, words: []string{"gone@example.org", "primary address"}},
		{name: "mailbox unlicensed", spoil: func(w *world) { w.revoke("bram") }, mend: (*world).restore, status: 1, words: []string{"licence"}},
		{name: "mailbox out of scope", spoil: func(w *world) { w.leaveOut("bram") }, mend: func(w *world) { w.leaveOut() },
			status: 1, words: []string{"ErrorAccessDenied", "leaves this mailbox out"}},
		{name: "all mailboxes out of scope", spoil: func(w *world) { w.leaveOut("anna", "bram") }, mend: func(w *world) { w.leaveOut() },
			status: 78, words: []string{"ErrorAccessDenied", "leaves this mailbox out"}},
		{name: "mailbox deleted between two pages", once: func(w *world) { w.revoke("bram") }, mend: (*world).restore, status: 1, words: []string{"licence"}},
	}
}

// clock sets the service's clock so much ahead of ours.
func (w *world) clock(ahead time.Duration) {
	w.tenant.SetClock(func() time.Time { return time.Now().Add(ahead) })
}

// byCertificate has the app sign in with a certificate, bySecret with the
// secret and at the right time.
func (w *world) byCertificate() {
	thumbprint := w.certificate("app.pem")
	w.tenant.Change(func() { w.app.Thumbprints = []string{thumbprint} })
	w.set("client_certificate", w.path("app.pem"))
	w.set("client_secret", "")
}

func (w *world) bySecret() {
	w.set("client_certificate", "")
	w.set("client_secret", secret)
	w.clock(0)
}

// mail changes a member's address in the directory.
func (w *world) mail(uid, mail string) { w.ldap.Replace(ldaptest.PersonDN(uid), "mail", mail) }

// restore gives Bram the licence back.
func (w *world) restore() {
	m := w.mailbox("bram")
	w.tenant.Change(func() { m.NoMailbox = false })
}

// leaveOut leaves only these members out of the app's scope.
func (w *world) leaveOut(uids ...string) {
	w.tenant.Change(func() {
		w.app.Scope = func(m *simulator.Mailbox) bool {
			return !slices.ContainsFunc(uids, func(uid string) bool { return m.Mail == address(uid) })
		}
	})
}

// serviceWay is a way to read a mailbox, and a request in the middle of it.
type serviceWay struct {
	name, source, path string
	args               []string
	middle             int64  // so many of Bram's requests are answered well
	own                string // how one signs in to a server of one's own; empty: in the cloud
}

var serviceWays = []serviceWay{
	{"graph", "graph", "/v1.0/", nil, 5, ""},
	{"graph in a batch", "graph", "/v1.0/", nil, 1, ""},
	{"graph in full", "graph", "/v1.0/", []string{"--full"}, 8, ""},
	{"ews", "ews", "/EWS/", nil, 2, ""},
	{"ews in full", "ews", "/EWS/", []string{"--full"}, 4, ""},
	{"own server by NTLM", "ews", "/EWS/", nil, 4, "NTLM"},
	{"own server by Basic", "ews", "/EWS/", nil, 3, "Basic"},
}

// suffers tells whether a fault happens there.
func (way serviceWay) suffers(f serviceFault) bool {
	if way.own != "" {
		return f.own
	}
	return (f.over == "" || f.over == way.source) && !(f.alone && way.name == "graph in a batch")
}

// patient is a world that suffers one fault after the other.
type patient struct {
	*world
	way    serviceWay
	faults []serviceFault
	other  *simulator.Server    // nobody's business
	hearer *journaltest.Journal // of every second run
}

// newPatient returns a world whose phonebooks are as its mailboxes are.
func newPatient(t *testing.T, way serviceWay) *patient {
	t.Helper()
	p := &patient{world: newWorldWith(t, simulator.Options{MaxPage: 5}, "anna", "bram"), way: way}
	p.set("source", way.source)
	if way.own != "" {
		p.exchange(way.own)
	}
	for i := range 60 {
		p.add([]string{"anna", "bram"}[i%2], fmt.Sprint("contact ", i), fmt.Sprint("030 9018", 100+i))
	}
	p.sync(0)
	p.other = p.another()
	p.faults = serviceFaults(p.other.Authority())
	p.hearer = newJournal(t)
	return p
}

// Whatever goes wrong in the service, each phonebook is the old one or the new
// one, the run says what happened and what to do, and the next one heals it.
// The waits of several runs pass together.
func TestServiceFaults(t *testing.T) {
	parallel(t)
	var patients []*patient
	for _, way := range serviceWays {
		patients = append(patients, newPatient(t, way))
	}
	for n, f := range patients[0].faults {
		t.Run(f.name, func(t *testing.T) {
			ends := map[string]func(*testing.T){}
			for i, p := range patients {
				if p.way.suffers(f) {
					ends[p.way.name] = p.in(t).heard((n+i)%2).suffer(p.faults[n], n)
				}
			}
			for name, end := range ends {
				t.Run(name, end)
			}
		})
	}
}

// in returns the patient for a subtest.
func (p *patient) in(t *testing.T) *patient {
	w, sub := *p.world, *p
	w.t, sub.world = t, &w
	return &sub
}

// heard has the run speak to the journal every second turn: each fault where
// one way of reading has it, and on a console where another has.
func (p *patient) heard(turn int) *patient {
	if turn%2 == 1 {
		p.voice = p.hearer
	}
	return p
}

// another starts a second service. Its certificate is good, so that it would
// see a request.
func (w *world) another() *simulator.Server {
	w.t.Helper()
	other, err := simulator.Start(w.tenant, simulator.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { other.Close() })
	ca, err := os.ReadFile(w.path("ca.pem"))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path("ca.pem"), append(ca, other.CAPEM...), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return other
}

// suffer changes both mailboxes for the nth time and starts a run that suffers
// a fault. The function that it returns waits for the end, looks at what is
// left, and has the next run heal it.
func (p *patient) suffer(f serviceFault, n int) (end func(*testing.T)) {
	before := p.books()
	p.changeMailboxes(n)
	if f.spoil != nil {
		f.spoil(p.world)
	}
	strikes := p.strike(f)
	wait := p.start(append([]string{"--json", "-v"}, p.way.args...)...)
	return func(t *testing.T) {
		p := p.in(t)
		out := wait()
		p.cloud.SetFault(nil)
		if f.mend != nil {
			f.mend(p.world)
		}
		if f.spoil == nil && strikes.Load() == 0 {
			t.Error("the fault never struck")
		}
		p.explained(out, f)
		during := p.books()
		p.sync(0)
		p.compare(f, before, during, p.books())
		check(t, "requests to another host", len(p.other.Requests()), 0)
	}
}

// compare says what the phonebooks should have been during a fault.
func (p *patient) compare(f serviceFault, before, during, after map[string][]phonebook.Entry) {
	p.t.Helper()
	p.fresh(after)
	for _, uid := range []string{"anna", "bram"} {
		want, age := after[uid], "new"
		if f.status > 1 || f.status == 1 && uid == "bram" {
			want, age = before[uid], "old"
		}
		if reflect.DeepEqual(before[uid], after[uid]) {
			p.t.Errorf("%s's mailbox did not change", uid)
		}
		if !reflect.DeepEqual(during[uid], want) {
			p.t.Errorf("%s's phonebook is not the %s one:\n%v\nwant\n%v", uid, age, during[uid], want)
		}
	}
}

// books returns the entries of both phonebooks.
func (w *world) books() map[string][]phonebook.Entry {
	w.t.Helper()
	return map[string][]phonebook.Entry{"anna": w.book("anna").Entries, "bram": w.book("bram").Entries}
}

// changeMailboxes changes, adds and deletes more contacts in each mailbox than
// five pages hold.
func (w *world) changeMailboxes(n int) {
	for _, uid := range []string{"anna", "bram"} {
		w.changeMailbox(uid, n)
	}
}

func (w *world) changeMailbox(uid string, n int) {
	m := w.mailbox(uid)
	items := m.Items(m.Contacts)
	m.DeleteContact(items[0].ID)
	for i, it := range items[1:26] {
		m.UpdateContact(it.ID, func(c *simulator.Contact) { c.DisplayName = fmt.Sprintf("%s %d, %d", uid, n, i) })
	}
	w.add(uid, fmt.Sprint("new ", n), fmt.Sprint("030 9019", 100+n))
}

// strike has the fault strike, and counts how often it does.
func (p *patient) strike(f serviceFault) (strikes *atomic.Int64) {
	strikes = new(atomic.Int64)
	var asked atomic.Int64
	path := f.at
	if f.all {
		path = p.way.path
	}
	p.cloud.SetFault(func(r *http.Request) simulator.Fault {
		switch {
		case path != "" && !strings.Contains(r.URL.Path, path):
			return nil
		case path == "" && (!p.about("bram", r) || asked.Add(1) <= p.way.middle):
			return nil
		}
		nth := strikes.Add(1)
		if nth == 1 && f.once != nil {
			f.once(p.world)
		}
		if f.times > 0 && nth > int64(f.times) {
			return f.then
		}
		return f.fault
	})
	return strikes
}

// about tells whether a request, or a part of a batch, is about a member's
// mailbox.
func (w *world) about(uid string, r *http.Request) bool {
	return strings.Contains(r.URL.Path, w.mailbox(uid).ObjectID) || r.Header.Get("X-AnchorMailbox") == address(uid)
}

// start starts the command as a process of its own.
func (w *world) start(args ...string) (wait func() result) {
	w.t.Helper()
	return w.spoken(w.process(args...))
}

// explained checks what a run with --json says of a fault.
func (p *patient) explained(out result, f serviceFault) {
	p.t.Helper()
	check(p.t, "exit status", out.status, f.status)
	if strings.Contains(out.stdout+out.stderr, secret) || strings.Contains(out.stdout+out.stderr, "eyJ") {
		p.t.Error("the run shows a secret or a token")
	}
	var r report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		p.t.Fatalf("--json: %v in %q\n%s", err, out.stdout, out.stderr)
	}
	why, hint := r.Error, r.Hint
	if f.status <= 1 {
		check(p.t, "error of the run", r.Error, "")
		check(p.t, "anna", strings.Fields(r.of("anna"))[0], "ok")
		check(p.t, "bram", strings.Fields(r.of("bram"))[0], []string{"ok", "failed"}[f.status])
		for _, m := range r.Members {
			if m.User == "bram" {
				why, hint = m.Error, m.Hint
			}
		}
	}
	contains(p.t, why+" "+hint, f.words...)
	p.says(out, why, hint)
	if (why == "") != (f.status == 0) || (hint == "") != (f.status == 0) {
		p.t.Errorf("error %q, hint %q", why, hint)
	}
}

// fresh compares phonebooks with those that are read in full into a new file.
func (w *world) fresh(books map[string][]phonebook.Entry) {
	w.t.Helper()
	file := w.path("fresh.db")
	if out := w.run("--phonebooks", file, "--full"); out.status != 0 {
		w.t.Fatalf("the full run: %s", out.stderr)
	}
	for uid, entries := range books {
		if want := w.bookIn(file, uid).Entries; !reflect.DeepEqual(entries, want) {
			w.t.Errorf("%s's phonebook: %v\nread anew: %v", uid, entries, want)
		}
	}
}

// Contacts that come, change and go while they are read leave a phonebook in
// which nobody else is missing or twice, and the next run has them right.
func TestContactsChangeBetweenPages(t *testing.T) {
	parallel(t)
	for n, way := range serviceWays {
		t.Run(way.name, func(t *testing.T) {
			p := newPatient(t, way)
			p.changeMailboxes(n)
			m := p.mailbox("bram")
			items := m.Items(m.Contacts)
			touched := map[string]bool{"Came": true}
			p.strike(serviceFault{once: func(*world) {
				for i, it := range []*simulator.Item{items[0], items[1], items[len(items)-2], items[len(items)-1]} {
					touched[it.DisplayName] = true
					if i%2 == 0 {
						m.DeleteContact(it.ID)
					} else {
						m.UpdateContact(it.ID, func(c *simulator.Contact) { c.DisplayName += " (changed)"; touched[c.DisplayName] = true })
					}
				}
				p.add("bram", "Came", "030 901820")
			}})
			p.explained(p.start(append([]string{"--json"}, way.args...)...)(), serviceFault{})
			during := p.books()
			p.cloud.SetFault(nil)
			check(t, "contacts that changed", len(touched), 7)
			p.sync(0)
			after := p.books()
			p.fresh(after)
			check(t, "bram's other contacts", others(during["bram"], touched), others(after["bram"], touched))
			check(t, "anna's contacts", others(during["anna"], nil), others(after["anna"], nil))
		})
	}
}

// others returns the names of the entries that are not among those left out.
func others(entries []phonebook.Entry, out map[string]bool) string {
	var names []string
	for _, e := range entries {
		if !out[e.DisplayName] {
			names = append(names, e.DisplayName)
		}
	}
	return strings.Join(names, "\n")
}

// A page that never ends, byte by byte, is waited for some minutes, and a
// signal ends that at once.
func TestPageThatNeverEnds(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			w := newWorld(t, "anna", "bram")
			w.set("source", source)
			w.add("anna", "Erika", "030 901820")
			w.add("bram", "Jan", "030 901820")
			w.sync(0)
			w.add("anna", "Zoë", "030 901821")
			w.add("bram", "Piet", "030 901821")
			dripping := make(chan bool, 100)
			drip := simulator.Drip(1, time.Hour)
			w.cloud.SetFault(func(r *http.Request) simulator.Fault {
				if !w.about("bram", r) {
					return nil
				}
				return func(rw http.ResponseWriter, r *http.Request, service http.Handler) {
					dripping <- true
					drip(rw, r, service)
				}
			})
			cmd := w.process("--json", "--full")
			interrupt(t, cmd, dripping, syscall.SIGTERM)
			check(t, "exit status", cmd.ProcessState.ExitCode(), 75)
			check(t, "bram's phonebook", w.names("bram"), "Jan")
			if got := w.names("anna"); got != "Erika" && got != "Erika, Zoë" {
				t.Errorf("anna's phonebook: %s", got)
			}
			w.cloud.SetFault(nil)
			w.sync(0)
			check(t, "anna's phonebook healed", w.names("anna"), "Erika, Zoë")
			check(t, "bram's phonebook healed", w.names("bram"), "Jan, Piet")
		})
	}
}
