package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"contactsync/internal/simulator"
)

// hold has the nth request of those to come wait until the gate opens, or until
// nobody waits for its answer any more, and those after it, too.
func (m *machine) hold(nth int64, gate <-chan struct{}) (reached <-chan struct{}) {
	var asked atomic.Int64
	at := make(chan struct{})
	m.cloud.SetFault(func(r *http.Request) simulator.Fault {
		n := asked.Add(1)
		if n == nth {
			close(at)
		}
		if n >= nth {
			select {
			case <-gate:
			case <-r.Context().Done():
			}
		}
		return nil
	})
	return at
}

// end is what a run left.
type end struct {
	result
	report
}

// ends waits for a run in the background.
func (m *machine) ends(wait func() (result, report)) <-chan end {
	ended := make(chan end, 1)
	go func() {
		out, r := wait()
		ended <- end{out, r}
	}()
	return ended
}

// A signal ends a run whatever it waits for, with each phonebook the old or
// the new one, and the next run does the rest.
func TestSignalAtAnyRequest(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			m := newMachine(t, source)
			m.set("workers", "1")
			for n, nth := range []int64{1, 2, 4, 7, 10, 1, 3, 5, 8, 11} {
				if n < 5 {
					m.forget()
				}
				m.change()
				before := m.held(m.books)
				reached := m.hold(nth, nil)
				cmd := m.process("--json", "--allow-empty")
				ended := m.ends(m.startProcess(cmd))
				select {
				case <-reached:
				case e := <-ended:
					t.Fatalf("the run made fewer than %d requests: %+v", nth, e)
				}
				if err := cmd.Process.Signal([]syscall.Signal{syscall.SIGTERM, syscall.SIGINT}[n%2]); err != nil {
					t.Fatal(err)
				}
				e := <-ended
				out, r := e.result, e.report
				m.cloud.SetFault(nil)
				check(t, "exit status", out.status, 75)
				contains(t, r.Error+" "+r.Hint, "stopped", "every phonebook is whole; the next run does the rest")
				m.nothingSeen(out)
				held, wanted := m.held(m.books), m.wanted()
				for _, uid := range m.uids {
					if held[uid] != before[uid] && held[uid] != wanted[uid] {
						t.Errorf("stopped at request %d, %s's phonebook is\n%s", nth, uid, held[uid])
					}
				}
				m.sync()
				m.same("after the next run", m.held(m.books), m.wanted())
			}
		})
	}
}

// Of two runs that start together one does all there is to do, and the other
// says so.
func TestTwoRunsTogether(t *testing.T) {
	parallel(t)
	m := newMachine(t, "graph")
	for _, first := range []bool{true, false} {
		m.change()
		gate := make(chan struct{})
		m.hold(1, gate)
		one, other := m.ends(m.start()), m.ends(m.start())
		var refused, done end
		select { // whichever begins waits at the gate
		case refused = <-one:
			close(gate)
			done = <-other
		case refused = <-other:
			close(gate)
			done = <-one
		}
		check(t, "exit status of one", done.status, 0)
		for _, uid := range m.uids {
			contains(t, done.of(uid), "ok ")
		}
		check(t, "exit status of the other", refused.status, 75)
		check(t, "members of the other", fmt.Sprint(refused.Members), "[]")
		contains(t, refused.Error+" "+refused.Hint, "another run is under way", "wait until it has ended")
		m.same(fmt.Sprintf("after two runs, the first ones: %v,", first), m.held(m.books), m.wanted())
		m.nothingSeen(done.result)
		m.nothingSeen(refused.result)
	}
}

// A process may have few file descriptors, too few to do anything, or just
// enough to begin: what it cannot do it leaves undone.
func TestFewFileDescriptors(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			m := newMachine(t, source)
			m.sync()
			refused := 0
			for n := 5; n < 60; n++ {
				m.change()
				before := m.held(m.books)
				cmd := m.process("--json", "--allow-empty")
				limited := fmt.Sprintf(`ulimit -n %d && exec "$@"`, n)
				cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", limited, "sh", cmd.Path}, cmd.Args[1:]...)
				out, r := m.startProcess(cmd)()
				m.nothingSeen(out)
				if out.status == 0 {
					m.same("after a run", m.held(m.books), m.wanted())
					break
				}
				refused++
				m.same("after a run that could not", m.held(m.books), before)
				if strings.HasPrefix(out.stderr, "runtime: ") { // Go's own start; nothing of ours has begun
					continue
				}
				check(t, "exit status", out.status, 75)
				contains(t, r.Error, "too many open files")
				if r.Hint == "" {
					t.Error("no hint")
				}
			}
			t.Logf("%d limits were too low", refused)
			if refused == 0 {
				t.Error("the limit was never too low")
			}
			m.change()
			m.sync()
			m.same("after the next run", m.held(m.books), m.wanted())
		})
	}
}
