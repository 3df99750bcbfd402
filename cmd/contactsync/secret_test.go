package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"contactsync/internal/simulator"
	"contactsync/internal/simulator/terminal"
	"contactsync/kvstore"
)

// fresh is a client secret that was just made.
const fresh = "fr3sh~Value.That-nobody-may-see"

// renewed makes fresh the app's only secret.
func (w *world) renewed() { w.tenant.Change(func() { w.app.Secret = fresh }) }

// stored returns what stands in the store.
func (w *world) stored() map[string]string {
	w.t.Helper()
	store, err := kvstore.Open(w.path("kvstore"))
	if err != nil {
		w.t.Fatal(err)
	}
	entries, err := store.List(namespace)
	if err != nil {
		w.t.Fatal(err)
	}
	values := map[string]string{}
	for _, e := range entries {
		values[e.Key] = e.Value
	}
	return values
}

// secret runs contactsync secret with an input, of which nothing may be seen.
func (w *world) secret(input string, args ...string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"contactsync", "--store", w.path("kvstore"), "secret"}, args...)
	out := result{run(w.t.Context(), args, strings.NewReader(input), &stdout, &stderr), stdout.String(), stderr.String()}
	w.unseen(out, input)
	return out
}

// unseen checks that nothing of a secret is seen.
func (w *world) unseen(out result, typed string) {
	w.t.Helper()
	for _, s := range append(strings.Fields(typed), secret, fresh, tokenStart) {
		if len(s) > 4 && strings.Contains(out.stdout+out.stderr, s) {
			w.t.Errorf("%.8s… is seen in %s%s", s, out.stdout, out.stderr)
		}
	}
	if out.stdout != "" {
		w.t.Errorf("standard output: %s", out.stdout)
	}
}

func TestSecretIsTestedThenStored(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret_expires", "2026-12-01")
	w.renewed()
	out := w.secret("\t" + fresh + " \r\n")
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "note: the client secret works and is stored\n", "hint: delete the old one in",
		"warning: the last day of the old secret was deleted, and nobody noted that of the new one\n",
		"with: kvstore --store "+w.path("kvstore")+" set contactsync client_secret_expires YYYY-MM-DD\n")
	check(t, "client_secret", w.stored()["client_secret"], fresh)
	if day, ok := w.stored()["client_secret_expires"]; ok {
		t.Errorf("client_secret_expires is still %s", day)
	}
	w.sync(0)

	// Once more, for its last day's sake.
	next := time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly)
	out = w.secret(fresh, "--expires", next)
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "the client secret works, and was stored already; the last day of the client secret is "+next+", in 90 days\n")
	lacks(t, out.stderr, "warning", "hint")
	check(t, "client_secret_expires", w.stored()["client_secret_expires"], next)

	// And without: it is still the same secret's.
	out = w.secret(fresh)
	check(t, "exit status", out.status, 0)
	lacks(t, out.stderr, "nobody", "hint")
	check(t, "client_secret_expires", w.stored()["client_secret_expires"], next)
	check(t, "with -q", run(t.Context(), []string{"contactsync", "-q", "--store", w.path("kvstore"), "secret"}, strings.NewReader(fresh), nil, failing{t}), 0)
}

// failing is an output to which nothing is to be written.
type failing struct{ t *testing.T }

func (f failing) Write(p []byte) (int, error) {
	f.t.Errorf("said: %s", p)
	return len(p), nil
}

// Whatever is wrong with a new secret, the old one stays.
func TestOldSecretStays(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret_expires", "2026-12-01")
	const kept = "the new client secret is not stored, and the old one stays: "
	entra := func(f simulator.Fault) func() { return func() { w.cloud.SetFault(simulator.Always("/oauth2/", f)) } }
	for name, tt := range map[string]struct {
		input  string
		args   []string
		before func()
		status int
		words  []string
	}{
		"empty":       {"\n", nil, nil, 2, []string{kept + "standard input is empty"}},
		"its id":      {w.app.SecretID, nil, nil, 2, []string{kept, "client_secret: is the secret's id, a GUID; want its value", "Client secrets"}},
		"blanks":      {"8Q~ab cd", nil, nil, 2, []string{kept, "client_secret: has a blank in the middle"}},
		"two lines":   {"8Q~ab\nnext line", nil, nil, 2, []string{kept, "client_secret: has a line end"}},
		"no UTF-8":    {"8Q~ab\xff", nil, nil, 2, []string{kept, "client_secret: is not UTF-8"}},
		"unknown":     {"8Q~another", nil, nil, 78, []string{kept + "sign in to Microsoft Entra: ", "AADSTS7000215", "try again in a minute", "Secret ID"}},
		"expired":     {fresh, nil, func() { w.tenant.Change(func() { w.app.Secret, w.app.Expired = fresh, true }) }, 78, []string{kept, "AADSTS7000222", "has expired", " secret\n"}},
		"no such app": {fresh, nil, func() { w.set("client_id", "12345678-90ab-cdef-1234-567890abcdef") }, 78, []string{kept, "AADSTS700016", "check client_id"}},
		"throttled":   {fresh, nil, entra(simulator.SignInThrottled("600")), 75, []string{kept, "AADSTS90055", "throttles"}},
		"login page":  {fresh, nil, entra(simulator.LoginPage), 78, []string{kept, "login page"}},
		"unreachable": {fresh, nil, func() { w.set("authority", "https://127.0.0.1:1") }, 75, []string{kept, "127.0.0.1:1"}},
		"no tenant":   {fresh, nil, func() { w.set("tenant_id", "") }, 78, []string{"tenant_id: missing", "set contactsync tenant_id VALUE"}},
		"own server": {fresh, nil, func() {
			w.set("office365", "false")
			w.set("ews_username", "svc@example.org")
			w.set("ews_password", "geh3im~wert")
		}, 78, []string{"no client secret is needed here", "set contactsync ews_password"}},
		"no date":       {fresh, []string{"--expires", fresh}, nil, 2, []string{"the last day is no date", "YYYY-MM-DD"}},
		"it is over":    {fresh, []string{"--expires", "2026-01-31"}, nil, 2, []string{"the last day of the client secret was 2026-01-31", "hint: take the last day of the new secret from Microsoft Entra"}},
		"an argument":   {"", []string{fresh}, nil, 2, []string{"every user of the machine can read a command line", "type this alone: contactsync --store "}},
		"begins with -": {"", []string{"-" + fresh}, nil, 2, []string{"every user of the machine can read a command line"}},
		"as an option":  {"", []string{"--expires=2030-01-01", "--secret=" + fresh}, nil, 2, []string{"every user of the machine can read a command line"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			before := w.stored()
			if tt.before != nil {
				tt.before()
			}
			changed := w.stored()
			out := w.secret(tt.input, tt.args...)
			check(t, "exit status", out.status, tt.status)
			contains(t, out.stderr, tt.words...)
			lacks(t, out.stderr, "{")
			check(t, "the store", fmt.Sprint(w.stored()), fmt.Sprint(changed))
			for key := range changed {
				if _, ok := before[key]; !ok {
					w.set(key, "")
				}
			}
			for key, value := range before {
				w.set(key, value)
			}
			w.cloud.SetFault(nil)
			w.tenant.Change(func() { w.app.Secret, w.app.Expired = secret, false })
		})
	}
	w.sync(0)
}

// The first secret is none that another one makes way for.
func TestFirstSecret(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret", "")
	w.set("client_certificate", w.path("app.pem")) // which is not looked at
	out := w.secret("8Q~another")
	check(t, "exit status", out.status, 78)
	contains(t, out.stderr, "error: the client secret is not stored: sign in")
	lacks(t, out.stderr, "old")
	out = w.secret(secret)
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "note: nobody noted the last day of the client secret\n", "no effect while client_certificate is set", " delete contactsync client_certificate\n")
	lacks(t, out.stderr, "old")
	check(t, "client_secret", w.stored()["client_secret"], secret)
}

// The sign-in is for the service that contacts are read over; where either may
// be, one is enough.
func TestSecretIsTestedForTheSource(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	var mu sync.Mutex
	var scopes []string
	refused := ""
	w.cloud.SetFault(func(r *http.Request) simulator.Fault {
		if !strings.HasSuffix(r.URL.Path, "/token") {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		scope, _, _ := strings.Cut(r.PostFormValue("scope"), "/.default")
		scopes = append(scopes, scope)
		if scope == refused {
			return signInRefused("AADSTS500011: not in the tenant")
		}
		return nil
	})
	for _, tt := range []struct {
		source, refused, scopes string
		status                  int
	}{
		{"graph", "", simulator.GraphResource, 0},
		{"ews", "", simulator.EWSResource, 0},
		{"auto", "", simulator.GraphResource, 0},
		{"auto", simulator.GraphResource, simulator.GraphResource + " " + simulator.EWSResource, 0},
		{"graph", simulator.GraphResource, simulator.GraphResource, 78},
		{"ews", simulator.EWSResource, simulator.EWSResource, 78},
	} {
		w.set("source", tt.source)
		refused, scopes = tt.refused, nil
		check(t, "exit status of "+tt.source, w.secret(secret).status, tt.status)
		check(t, "scopes of "+tt.source, strings.Join(scopes, " "), tt.scopes)
	}
}

// colours are what the command itself orders a terminal.
var colours = regexp.MustCompile(`\x1b\[\d*m`)

// At a terminal nothing is shown of what is typed, and the last day is asked
// for until it is one.
func TestSecretAtATerminal(t *testing.T) {
	parallel(t)
	next := time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly)
	for name, tt := range map[string]struct {
		typed, expires string
		status         int
		words          []string
		want           map[string]string
	}{
		"all of it":     {fresh + "\nsoon\n2026-01-31\n" + next + "\n", "", 0, []string{"Client secrets", "Its last day as YYYY-MM-DD", "the last day is no date; write it as", "was 2026-01-31; take the last day of the new secret", "in 90 days"}, map[string]string{"client_secret": fresh, "client_secret_expires": next}},
		"no day":        {fresh + "\n\n", "", 0, []string{"nobody noted"}, map[string]string{"client_secret": fresh, "client_secret_expires": ""}},
		"day by option": {fresh + "\n", next, 0, []string{"in 90 days"}, map[string]string{"client_secret": fresh, "client_secret_expires": next}},
		"only Return":   {"\n", "", 2, []string{"the old one stays: nothing was typed"}, map[string]string{"client_secret": secret}},
		"its id":        {"12345678-90ab-cdef-1234-567890abcdef\n", "", 2, []string{"is the secret's id"}, map[string]string{"client_secret": secret}},
		"half":          {"fr3sh~", "", 75, []string{"stopped by a signal"}, map[string]string{"client_secret": secret}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.set("client_secret_expires", "2027-01-31")
			w.renewed()
			master, slave := terminal.Open(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				terminal.Type(t, master, slave, tt.typed)
				if !strings.HasSuffix(tt.typed, "\n") {
					cancel()
				}
			}()
			args := []string{"contactsync", "--store", w.path("kvstore"), "secret"}
			if tt.expires != "" {
				args = append(args, "--expires", tt.expires)
			}
			check(t, "exit status", run(ctx, args, slave, slave, slave), tt.status)
			if echoes, err := terminal.Echoes(slave); !echoes || err != nil {
				t.Errorf("the terminal shows no more what is typed (%v)", err)
			}
			shown := colours.ReplaceAllString(terminal.Shown(t, master, slave), "")
			w.unseen(result{stderr: shown}, "12345678-90ab-cdef-1234-567890abcdef fr3sh~")
			harmless(t, "terminal", strings.ReplaceAll(shown, "\r\n", "\n"))
			contains(t, flat(shown), tt.words...)
			values := w.stored()
			for key, want := range tt.want {
				check(t, key, values[key], want)
			}
		})
	}
}

// Root and the service user may do it, and leave owner and mode as they were.
func TestWhoMayStoreASecret(t *testing.T) {
	parallel(t)
	a := newAppliance(t, "anna")
	typed := func(user string) result {
		t.Helper()
		cmd := a.accounts.Command(user, a.program, "secret")
		cmd.Env = append(os.Environ(), asProgram+"=1", "UCWARE_KVSTORE="+a.path("kvstore"))
		cmd.Stdin = strings.NewReader(fresh)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		out := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
		a.unseen(out, fresh)
		return out
	}
	a.renewed()
	for _, user := range []string{"asterisk", "nosy"} {
		out := typed(user)
		check(t, "exit status of "+user, out.status, 77)
		contains(t, out.stderr, "this runs as "+user, "hint: sudo -u ucservices contactsync --store "+a.path("kvstore")+" secret\n")
		check(t, "client_secret", a.stored()["client_secret"], secret)
	}
	for _, user := range []string{"ucservices", "root"} {
		a.set("client_secret", secret)
		check(t, "exit status of "+user, typed(user).status, 0)
		check(t, "client_secret", a.stored()["client_secret"], fresh)
		for name, want := range map[string]string{"": "ucservices ucservices 750", "contactsync.db": "ucservices ucservices 600"} {
			out, err := a.accounts.Command("root", "stat", "-c", "%U %G %a", filepath.Join(a.path("kvstore"), name)).Output()
			if got := strings.TrimSpace(string(out)); got != want || err != nil {
				t.Errorf("%s stored: %q is of %s (%v), want %s", user, name, got, err, want)
			}
		}
	}
	check(t, "a run", a.as("ucservices", "-v").status, 0)
}
