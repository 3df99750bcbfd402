package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/systemd"
	"contactsync/internal/systemd/systemdtest"
	"contactsync/kvstore"
)

// shownStatus is the document of `contactsync status --json`.
type shownStatus struct {
	LastRun       string `json:"last_run"`
	NextRun       string `json:"next_run"`
	SecretExpires string `json:"secret_expires"`
	LastSuccess   string `json:"last_success"`
	Result        string
	Source        string
	Error, Hint   string
	Members       []struct {
		User, Mail, Result               string
		Entries, Added, Updated, Removed int
		Error, Hint                      string
		SyncedAt                         string `json:"synced_at"`
	}
	Leavers []struct {
		Owner, Phonebook string
		Entries          int
		SyncedAt         string `json:"synced_at"`
	}
}

func (w *world) standing() (s shownStatus) {
	w.t.Helper()
	out := w.run("status", "--json")
	check(w.t, "exit status", out.status, 0)
	decoder := json.NewDecoder(strings.NewReader(out.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		w.t.Fatalf("%v in %s", err, out.stdout)
	}
	return s
}

// members returns each with result and entries.
func (s shownStatus) members() string {
	var text []string
	for _, m := range s.Members {
		text = append(text, fmt.Sprintf("%s %s %d", m.User, m.Result, m.Entries))
	}
	return strings.Join(text, ", ")
}

// fits checks that no line is wider than 80 columns, unless it is a command.
func fits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if width(strings.TrimSuffix(line, "\n")) > 80 && !strings.Contains(line, "contactsync --store") && !strings.Contains(line, "kvstore --store") {
			t.Errorf("too wide: %s", line)
		}
	}
}

func TestStatus(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "清水")
	out := w.run("status")
	check(t, "before the first run", out.status, 0)
	contains(t, out.stdout, "none is recorded yet", "contactsync --store "+w.path("kvstore"), "nobody noted it")
	check(t, "members before the first run", w.standing().members(), "")
	if _, err := os.Stat(w.path("phonebooks.db")); err == nil {
		t.Error("status made the file")
	}

	w.add("anna", "Erika", "030 901820")
	w.add("bram", "Jan", "030 901821")
	w.set("client_secret_expires", "2099-12-31")
	w.sync(0)
	s := w.standing()
	check(t, "members", s.members(), "anna ok 1, bram ok 1, 清水 ok 0")
	check(t, "synced_at", s.Members[0].SyncedAt, w.book("anna").SyncedAt)
	check(t, "result, source and end", s.Result+" "+s.Source+" "+s.SecretExpires+s.Error+s.Hint, "ok graph 2099-12-31")
	check(t, "last success", s.LastSuccess, s.LastRun)
	if at, err := time.Parse(time.RFC3339, s.LastRun); err != nil || time.Since(at) > time.Hour || time.Since(at) < -time.Second {
		t.Errorf("last_run %q: %v", s.LastRun, err)
	}
	out = w.run("status")
	contains(t, out.stdout, "last run       "+local(s.LastRun)+", ", " ago, over Microsoft Graph\n               all well\n", "the last day of the client secret is 2099-12-31",
		"USER  RESULT  ENTRIES  SYNCHRONISED\n", "\nanna  ok            1  ", "\n清水  ok            0  ", "next run       not known: systemd")
	fits(t, out.stdout)

	// A mailbox that is gone; the phonebook stays, and its age with it.
	w.revoke("bram")
	w.sync(1)
	s = w.standing()
	check(t, "members", s.members(), "anna unchanged 1, bram failed 1, 清水 unchanged 0")
	check(t, "result", s.Result, "incomplete")
	out = w.run("status")
	contains(t, out.stdout, "\n               done, but for members that failed", "\nbram           "+s.Members[1].Error[:20], "hint: ")
	fits(t, out.stdout)

	// A dry run, and one with a wrong name, are nobody's last run.
	before := w.standing()
	w.run("--dry-run")
	w.run("--user", "nobody")
	check(t, "last run", fmt.Sprint(w.standing()), fmt.Sprint(before))

	// One member again: the others stay as they were.
	bram := w.mailbox("bram")
	w.tenant.Change(func() { bram.NoMailbox = false })
	w.sync(0, "--user", "bram")
	s = w.standing()
	check(t, "members", s.members(), "anna unchanged 1, bram unchanged 1, 清水 unchanged 0")
	check(t, "result of the last run of all", s.Result, "incomplete")

	// Who leaves keeps the phonebook.
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"))
	w.sync(0)
	s = w.standing()
	check(t, "members", s.members(), "anna unchanged 1")
	check(t, "leavers", fmt.Sprintf("%s %s %d, %d", s.Leavers[0].Owner, s.Leavers[0].Phonebook, s.Leavers[0].Entries, len(s.Leavers)), "bram Privat 1, 2")
	out = w.run("status")
	contains(t, out.stdout, "in no synchronised group any more", "\nbram   Privat           1  ", "set contactsync leavers delete")
	fits(t, out.stdout)
}

// A machine on which nothing was set up has no secret and no run to make.
func TestStatusWithoutSettings(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for _, key := range []string{"tenant_id", "client_id", "client_secret", "ews_url"} {
		w.set(key, "")
	}
	out := w.run("status")
	check(t, "exit status", out.status, 0)
	contains(t, out.stdout, "last run       no run is recorded yet\n", "\nsettings       not configured yet")
	contains(t, flat(out.stdout), "this sets one key: kvstore --store "+w.path("kvstore")+" set contactsync KEY")
	lacks(t, out.stdout, "nobody noted", "secret's end", "contactsync -v", "this makes one")
	fits(t, out.stdout)
	out = w.run("status", "--nagios")
	check(t, "exit status for Nagios", out.status, 3)
	contains(t, out.stdout, "CONTACTSYNC UNKNOWN - not configured yet", "contactsync check")
	// Of the appliance's own files, the installer's dialog is named first.
	p := newProgram([]string{"contactsync", "status"}, nil, io.Discard, io.Discard)
	p.store = kvstore.DefaultDir
	contains(t, p.notConfigured(nil), "this asks for what is needed: sudo dpkg-reconfigure ucware-contactsync; ")
}

// Who was skipped has no names on the phone, which is not all well.
func TestStatusOfSkippedMembers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "carla")
	w.sync(0)
	contains(t, w.run("status").stdout, "\n               all well\n")
	w.mail("bram", "")
	w.mail("carla", "")
	w.sync(0)
	out := w.run("status")
	contains(t, out.stdout, "\n               done: 3 members, 2 of them skipped\n")
	lacks(t, out.stdout, "all well")
	out = w.run("status", "--nagios")
	check(t, "exit status", out.status, 0)
	contains(t, out.stdout, "CONTACTSYNC OK - 3 members, 2 of them skipped, the last run was ")
}

// A run that failed as a whole leaves the members' results as they were.
func TestStatusOfAFailedRun(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	good := w.standing().LastRun
	for name, tt := range map[string]struct{ key, value, words string }{
		"sign-in":  {"client_secret", "another~value.That-nobody-may-see-either", "secret"},
		"settings": {"workers", "many", "workers"},
	} {
		w.set(tt.key, tt.value)
		w.sync(78)
		s := w.standing()
		check(t, name+": members", s.members(), "anna ok 1")
		check(t, name+": result", s.Result, "failed")
		check(t, name+": last success", s.LastSuccess, good)
		contains(t, s.Error+s.Hint, tt.words)
		if s.Hint == "" {
			t.Errorf("%s: no hint for %q", name, s.Error)
		}
		out := w.run("status")
		contains(t, out.stdout, "failed: ", "hint: ", "last good one  "+local(good), "The run failed as a whole")
		data, err := os.ReadFile(w.path("phonebooks.db"))
		if err != nil {
			t.Fatal(err)
		}
		lacks(t, w.sql("SELECT * FROM sync_run; SELECT * FROM sync_member"), "eyJ")
		if strings.Contains(string(data), secret) || strings.Contains(string(data), "another~value") {
			t.Errorf("%s: a secret is in the file that readers of phonebooks see", name)
		}
		w.set("client_secret", secret)
		w.set("workers", "4")
	}
	w.damage("phonebooks.db")
	check(t, "a damaged file", w.run("status").status, 74)
}

// rewind makes the records of the runs older.
func (w *world) rewind(by time.Duration) {
	w.t.Helper()
	db, err := bookdb.Open(w.path("phonebooks.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	r, err := db.Recorded(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	at := time.Now().Add(-by).UTC().Format(time.RFC3339)
	r.Whole.Started, r.Whole.Finished = at, at
	if err := db.Record(w.t.Context(), r.Whole, false, func(yield func(bookdb.Outcome) bool) {
		for _, m := range r.Members {
			if !yield(m.Outcome) {
				return
			}
		}
	}); err != nil {
		w.t.Fatal(err)
	}
}

func TestStatusForNagios(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	day := func(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	for _, step := range []struct {
		what   string
		do     func()
		args   []string
		status int
		want   []string
	}{
		{"nothing yet", func() {}, nil, 3, []string{"CONTACTSYNC UNKNOWN - no run is recorded yet"}},
		{"good", func() { w.sync(0) }, nil, 0, []string{"CONTACTSYNC OK - 2 members, the last run was ", " | age=", "s;108000;194400;0 members=2;;;0 failed=0;0;;0;2 kept=0;0;;0;2 skipped=0;;;0;2 entries=1;;;0 leavers=0;;;0\n"}},
		{"29 hours", func() { w.rewind(29 * time.Hour) }, nil, 0, []string{"CONTACTSYNC OK", "29 hours ago"}},
		{"29 of 20", func() {}, []string{"-w", "20"}, 1, []string{"CONTACTSYNC WARNING - the last successful run was 29 hours ago", ";72000;194400;0"}},
		{"29 of 20", func() {}, []string{"--warning", "20", "--critical=28"}, 2, []string{"CONTACTSYNC CRITICAL - the last successful run was 29 hours ago"}},
		{"31 hours", func() { w.rewind(31 * time.Hour) }, nil, 1, []string{"CONTACTSYNC WARNING - the last successful run was 31 hours ago"}},
		{"55 hours", func() { w.rewind(55 * time.Hour) }, nil, 2, []string{"CONTACTSYNC CRITICAL - the last successful run was 2 days ago"}},
		{"the secret's end", func() { w.sync(0); w.set("client_secret_expires", day(60)) }, nil, 1, []string{"CONTACTSYNC WARNING - the last day of the client secret is " + day(60), "secret_days=60;61:;15:"}},
		{"the secret's end", func() { w.set("client_secret_expires", day(14)) }, nil, 2, []string{"CONTACTSYNC CRITICAL - the last day of the client secret"}},
		{"a long way", func() { w.set("client_secret_expires", day(61)) }, nil, 0, []string{"OK", "secret_days=61;"}},
		{"a member failed", func() { w.revoke("bram"); w.sync(1) }, nil, 1, []string{"CONTACTSYNC WARNING - 1 member failed | ", "failed=1;0;;0;2"}},
		{"not now", func() { w.ldap.Stop(); w.sync(75) }, nil, 1, []string{"CONTACTSYNC WARNING - the last run failed: ", "; 1 member failed |"}},
		{"wrong secret", func() { w.set("ldap_group_filter", "("); w.sync(78) }, nil, 2, []string{"CONTACTSYNC CRITICAL - the last run failed: "}},
		{"two wrong keys", func() { w.set("default_region", "Mars"); w.sync(78) }, nil, 2, []string{"; ldap_group_filter: "}},
		{"wrong usage", func() {}, []string{"--warning", "x"}, 3, []string{"CONTACTSYNC UNKNOWN - "}},
		{"wrong limits", func() {}, []string{"--warning", "60"}, 3, []string{"CONTACTSYNC UNKNOWN - --warning takes 1 hour"}},
		{"both", func() {}, []string{"--json"}, 3, []string{"CONTACTSYNC UNKNOWN - "}},
		{"damage", func() { w.damage("phonebooks.db") }, nil, 3, []string{"CONTACTSYNC UNKNOWN - ", "hint: "}},
	} {
		step.do()
		out := w.run(append([]string{"status", "--nagios"}, step.args...)...)
		check(t, step.what+": exit status", out.status, step.status)
		contains(t, out.stdout, step.want...)
		check(t, step.what+": lines", strings.Count(out.stdout, "\n"), 1)
		check(t, step.what+": parts", strings.Count(out.stdout, "|") < 2, true)
	}
	check(t, "limits without --nagios", w.run("status", "--warning", "3").status, 2)
}

// Who only reads phonebooks sees the runs, and not the settings.
func TestStatusForReaders(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	a.add("anna", "Erika", "030 901820")
	a.set("client_secret_expires", time.Now().AddDate(0, 0, 3).Format(time.DateOnly))
	check(t, "run", a.as("ucservices").status, 0)
	for user, words := range map[string][]string{
		"ucservices": {"anna", "the last day of the client secret"}, "root": {"anna", "the last day of the client secret"},
		"asterisk": {"anna", "left out, since only the service user may read the settings"},
	} {
		out := a.as(user, "status")
		check(t, "exit status of "+user, out.status, 0)
		contains(t, out.stdout, words...)
		check(t, "messages for "+user, out.stderr, "")
	}
	check(t, "--nagios for a reader", a.as("asterisk", "status", "--nagios").status, 0)
	check(t, "--nagios for ucservices", a.as("ucservices", "status", "--nagios").status, 2)
	check(t, "a stranger", a.as("nosy", "status").status, 77)
	check(t, "--nagios for a stranger", a.as("nosy", "status", "--nagios").status, 3)
	check(t, "the next run", a.as("ucservices").status, 0) // nobody left a file behind
}

// The service manager is asked on a real bus.
func TestStatusOfTheTimer(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.sync(0)
	next := time.Now().Add(5*time.Hour + 50*time.Minute).UTC().Truncate(time.Second)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	shown := next.In(berlin).Format("2006-01-02 15:04 MST") + ", in 5 hours"
	active := systemdtest.Properties{"LoadState": "loaded", "ActiveState": "active"}
	well := systemdtest.Unit{"Unit": {"LoadState": "loaded"}, "Service": {"Result": "success"}}
	// ended is the service after a run that began so long ago.
	ended := func(result string, status int, ago time.Duration) systemdtest.Unit {
		return systemdtest.Unit{"Unit": {"LoadState": "loaded", "ActiveState": "failed"}, "Service": {
			"Result": result, "ExecMainStatus": int32(status), "ExecMainStartTimestamp": uint64(time.Now().Add(-ago).UnixMicro())}}
	}
	const since = "since then contactsync.service failed with exit status "
	for name, tt := range map[string]struct {
		timer        systemdtest.Properties
		service      systemdtest.Unit
		text, nagios string
		next         bool
	}{
		"waits": {active, well, "next run       " + shown, "OK", true},
		"again": {active, systemdtest.Unit{"Unit": {"LoadState": "loaded", "ActiveState": "activating", "SubState": "auto-restart"}, "Service": {}},
			"next run       within 15 minutes, since the service tries again what could not be done; by the timer " + shown, "OK", true},
		"stopped":    {systemdtest.Properties{"LoadState": "loaded", "ActiveState": "inactive"}, well, "none: contactsync.timer is not active", "WARNING - contactsync.timer is not active", false},
		"missing":    {systemdtest.Properties{"LoadState": "not-found", "ActiveState": "inactive"}, nil, "none: there is no contactsync.timer on this machine hint: install", "WARNING - there is no contactsync.timer", false},
		"masked":     {systemdtest.Properties{"LoadState": "masked", "ActiveState": "inactive"}, nil, "none: contactsync.timer is masked", "WARNING - contactsync.timer is masked", false},
		"misspelt":   {systemdtest.Properties{"LoadState": "bad-setting", "ActiveState": "active"}, nil, "none: systemd cannot use contactsync.timer as it stands (bad-setting)", "WARNING - systemd cannot use contactsync.timer", false},
		"no service": {active, systemdtest.Unit{"Unit": {"LoadState": "masked"}}, "none: contactsync.service is masked, so its timer starts nothing hint: undo that: sudo systemctl unmask contactsync.service", "WARNING - contactsync.service is masked", true},
		"unrecorded": {active, ended("exit-code", 77, -time.Hour), since + "77 ", "CRITICAL - contactsync.service failed with exit status 77", true},
		"held up":    {active, ended("exit-code", 75, -time.Hour), since + "75 ", "WARNING - contactsync.service failed with exit status 75", true},
		"recorded":   {active, ended("exit-code", 1, time.Minute), "next run", "OK", true},
		"skipped":    {active, ended("exec-condition", 0, -time.Hour), "next run", "OK", true},
		"went well":  {active, ended("success", 0, -time.Hour), "next run", "OK", true},
	} {
		bus := systemdtest.Start(t, map[string]systemdtest.Unit{
			systemd.TimerUnit:   {"Unit": tt.timer, "Timer": {"NextElapseUSecRealtime": uint64(next.UnixMicro()), "Unit": systemd.ServiceUnit}},
			systemd.ServiceUnit: tt.service,
		})
		status := func(args ...string) string {
			cmd := w.process(append([]string{"status"}, args...)...)
			cmd.Env = append(cmd.Env, systemdtest.Address+"="+bus, "TZ=Europe/Berlin")
			out, _ := cmd.Output() // --nagios tells by its status, too
			return string(out)
		}
		shown := flat(status())
		contains(t, shown, flat(tt.text))
		check(t, name+": something since then", strings.Contains(shown, since), strings.Contains(tt.text, since))
		contains(t, status("--nagios"), "CONTACTSYNC "+tt.nagios)
		var s shownStatus
		if err := json.Unmarshal([]byte(status("--json")), &s); err != nil {
			t.Fatal(name, err)
		}
		check(t, name+": there is a next run", s.NextRun != "", tt.next)
		if tt.next {
			check(t, name+": next_run", s.NextRun, next.Format(time.RFC3339))
		}
	}
}

// Where the run cannot be recorded it is as good as it was.
func TestRunThatCannotBeRecorded(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.sql("CREATE UNIQUE INDEX theirs ON sync_member(entries)")
	w.add("bram", "Zoë", "030 901821")
	out := w.run()
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "warning: the phonebooks are done, but contactsync status will not know of this run: ")
	check(t, "phonebook", w.names("bram"), "Zoë")
}
