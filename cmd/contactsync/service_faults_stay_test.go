package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// faultsThatStay are faults that outlast all our tries, by the member whose
// mailbox has one of them in the middle of its pages.
var faultsThatStay = map[string]struct {
	fault simulator.Fault
	words []string // in the error and its hint
}{
	"bram":  {simulator.Throttled(""), []string{"429", "tried 6 times", "the service is busy", "the next run tries again"}},
	"chris": {simulator.Broken(http.StatusServiceUnavailable, ""), []string{"503", "tried 6 times", "out of order", "the next run tries again"}},
	"dora":  {simulator.Broken(http.StatusGatewayTimeout, ""), []string{"504", "tried 6 times", "out of order", "the next run tries again"}},
	"emil":  {simulator.Broken(http.StatusInternalServerError, ""), []string{"500", "tried ", "a failure of the service", "the next run tries again"}},
	"frida": {simulator.CutAfter(100), []string{"tried 6 times", "the connection broke off", "check the network"}},
	"gina":  {simulator.HalfZipped, []string{"unexpected EOF", "tried 6 times", "check the network"}},
	"hans":  {simulator.Drip(20, time.Hour), []string{"no byte for 2s", "tried 6 times", "check the network"}},
	"ida":   {simulator.Drip(1, 50*time.Millisecond), []string{"no whole answer within 5s", "tried 6 times", "check the network"}},
}

// What stays out of order through all tries keeps that one mailbox's phonebook
// as it was, whatever has happened to the others meanwhile, and the next run
// heals it. The waits of all, a minute, pass together.
func TestServiceFaultsThatStay(t *testing.T) {
	parallel(t)
	uids := append(slices.Sorted(maps.Keys(faultsThatStay)), "anna")
	for _, source := range []string{"graph", "ews"} {
		way := serviceWays[slices.IndexFunc(serviceWays, func(way serviceWay) bool { return way.name == source })]
		t.Run(source, func(t *testing.T) {
			parallel(t)
			w := newWorldWith(t, simulator.Options{MaxPage: 5}, uids...)
			w.set("source", source)
			w.set("workers", fmt.Sprint(len(uids)))
			for _, uid := range uids {
				for i := range 30 {
					w.add(uid, fmt.Sprint("contact ", i), fmt.Sprint("030 9018", 100+i))
				}
			}
			w.sync(0)
			before := w.booksOf(uids)
			for _, uid := range uids {
				w.changeMailbox(uid, 1)
			}
			asked := map[string]*atomic.Int64{}
			for uid := range faultsThatStay {
				asked[uid] = new(atomic.Int64)
			}
			w.cloud.SetFault(func(r *http.Request) simulator.Fault {
				for uid, f := range faultsThatStay {
					if w.about(uid, r) && asked[uid].Add(1) > way.middle {
						return f.fault
					}
				}
				return nil
			})
			out := w.impatient("--json", "-v")
			w.cloud.SetFault(nil)
			check(t, "exit status", out.status, 1)
			contains(t, out.stderr, "reading: ", "waiting ", "before try 6 of 6")
			var r report
			if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
				t.Fatalf("--json: %v in %q\n%s", err, out.stdout, out.stderr)
			}
			check(t, "error of the run", r.Error, "")
			check(t, "members", len(r.Members), len(uids))
			for _, m := range r.Members {
				if m.User == "anna" {
					check(t, "anna", m.Result, "ok")
					continue
				}
				check(t, m.User, m.Result, "failed")
				contains(t, m.Error+" "+m.Hint, faultsThatStay[m.User].words...)
			}
			during := w.booksOf(uids)
			w.sync(0)
			after := w.booksOf(uids)
			w.fresh(after)
			for _, uid := range uids {
				want, age := before[uid], "old"
				if uid == "anna" {
					want, age = after[uid], "new"
				}
				if reflect.DeepEqual(before[uid], after[uid]) {
					t.Errorf("%s's mailbox did not change", uid)
				}
				if !reflect.DeepEqual(during[uid], want) {
					t.Errorf("%s's phonebook is not the %s one:\n%v\nwant\n%v", uid, age, during[uid], want)
				}
			}
		})
	}
	t.Run("sign-in", func(t *testing.T) {
		parallel(t)
		w := newWorld(t, "anna")
		w.add("anna", "Erika", "030 901820")
		w.sync(0)
		w.add("anna", "Zoë", "030 901821")
		w.cloud.SetFault(simulator.Always("/oauth2/", simulator.Broken(http.StatusServiceUnavailable, "")))
		r := w.sync(75)
		contains(t, r.Error+" "+r.Hint, "sign in", "503", "tried 5 times", "the next run tries again")
		check(t, "anna's phonebook", w.names("anna"), "Erika")
		w.cloud.SetFault(nil)
		w.sync(0)
		check(t, "anna's phonebook healed", w.names("anna"), "Erika, Zoë")
	})
}

// impatient runs the command with less patience for a single answer, of which
// it has minutes.
func (w *world) impatient(args ...string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	p := newProgram(w.line(args...), strings.NewReader(""), &stdout, &stderr)
	p.limits.IdleTimeout, p.limits.Timeout = 2*time.Second, 5*time.Second
	return w.seen(args, result{p.run(w.t.Context()), stdout.String(), stderr.String()})
}

// booksOf returns the entries of members' phonebooks.
func (w *world) booksOf(uids []string) map[string][]phonebook.Entry {
	w.t.Helper()
	all := map[string][]phonebook.Entry{}
	for _, uid := range uids {
		all[uid] = w.book(uid).Entries
	}
	return all
}
