package main

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"contactsync/internal/simulator"
)

var kills = flag.Int("kills", 100, "of TestKilled that are to hit a run with work left")

// Whenever a run is killed, each phonebook is the old or the new one, whole,
// for everybody who reads it then, and later runs have all of it right.
func TestKilled(t *testing.T) {
	parallel(t)
	ways := []struct {
		name, source string
		args         []string
	}{{"graph", "graph", nil}, {"graph in full", "graph", []string{"--full"}}, {"ews", "ews", nil}, {"ews in full", "ews", []string{"--full"}}}
	for n, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			parallel(t)
			v := &victim{
				machine: newMachine(t, way.source), args: way.args, hits: map[string]int{},
				random: rand.New(rand.NewPCG(theSeed(), uint64(n))),
			}
			v.suffer((*kills + n) / len(ways))
			t.Logf("go test -run '%s$' -seed %d -kills %d\n%s", t.Name(), theSeed(), *kills, v.summary())
		})
	}
}

// victim is a machine on which runs are killed.
type victim struct {
	*machine
	args   []string
	random *rand.Rand

	length, writing, checkpoint time.Duration // of a run that nobody killed, and of these phases of it

	asked atomic.Int64                  // requests of the run
	gate  atomic.Pointer[chan struct{}] // holds back the pages of Anna's mailbox; may be nil

	hits        map[string]int // kills by phase
	left, mixed int            // of them those that left phonebooks unwritten, and those that left only some so
	well        int            // runs between that nobody killed
}

// aims are where the moments are drawn from, in turn.
var aims = []func(v *victim, p *prey){
	(*victim).anywhere, (*victim).whileItWrites, (*victim).anywhere, (*victim).whileItCheckpoints,
	(*victim).anywhere, (*victim).whileItWrites, (*victim).anywhere, (*victim).betweenTransactions,
	(*victim).anywhere, (*victim).whileItWrites, (*victim).anywhere, (*victim).whileItWrites,
}

func (v *victim) suffer(kills int) {
	v.cloud.SetFault(func(r *http.Request) simulator.Fault {
		v.asked.Add(1)
		if gate := v.gate.Load(); gate != nil && v.about("anna", r) && r.RemoteAddr != "" { // no part of a batch

			select {
			case <-*gate:
			case <-r.Context().Done():
			}
		}
		return nil
	})
	v.runWell()
	for round := 0; (v.left < kills || kills >= 25 && !v.triedAll()) && !v.t.Failed(); round++ {
		if round > 10*kills+100 {
			v.t.Fatalf("hardly a kill hits: %s", v.summary())
		}
		switch {
		case round%9 == 8:
			v.change()
			v.runWell()
		case round%20 == 19:
			v.forget()
			fallthrough
		default:
			v.kill(aims[round%len(aims)])
		}
	}
	v.change()
	v.runWell()
	v.likeReadAnew()
}

// triedAll tells whether each phase was hit.
func (v *victim) triedAll() bool {
	return v.mixed > 0 && v.hits[starting] > 0 && v.hits[reading] > 0 && v.hits[writing] > 0 && v.hits[checkpointing] > 0 && v.hits[done] > 0
}

func (v *victim) summary() string {
	var phases []string
	for _, phase := range slices.Sorted(maps.Keys(v.hits)) {
		phases = append(phases, fmt.Sprintf("%d %s", v.hits[phase], phase))
	}
	return fmt.Sprintf("%d kills hit a run with work left, %d of them when some phonebooks had been written; of all kills %s; %d runs ended well; a run takes %v, its transaction %v, its checkpoint %v",
		v.left, v.mixed, strings.Join(phases, ", "), v.well, v.length, v.writing, v.checkpoint)
}

// kill changes the mailboxes, kills a run, and looks at what it left.
func (v *victim) kill(aim func(*victim, *prey)) {
	before := v.held(v.books)
	v.change()
	p := v.release()
	aim(v, p)
	phase, hit := p.shoot()
	if !hit {
		return
	}
	file := v.books
	if v.random.IntN(2) == 0 { // nobody reads it before the next run does
		file = v.copied()
	}
	after, wanted := v.held(file), v.wanted()
	unwritten := 0
	for _, uid := range v.uids {
		switch after[uid] {
		case wanted[uid]:
		case before[uid]:
			unwritten++
		default:
			v.t.Errorf("killed %s, %s's phonebook is neither the old nor the new one:\n%s\nold:\n%s\nnew:\n%s", phase, uid, after[uid], before[uid], wanted[uid])
		}
	}
	if unwritten == 0 && phase == reading {
		phase = done
	}
	v.intact(file)
	v.nothingSeen(result{-1, p.stdout.String(), p.stderr.String()})
	v.hits[phase]++
	if unwritten > 0 {
		v.left++
		if unwritten < len(v.uids)-1 { // Bram's can be the same by chance
			v.mixed++
		}
	}
}

// copied copies the phonebooks as they were left, and returns where to.
func (v *victim) copied() string {
	to := v.path("copy.db")
	for _, suffix := range []string{"", "-wal"} {
		os.Remove(to + suffix)
		if text, err := os.ReadFile(v.books + suffix); err == nil {
			os.WriteFile(to+suffix, text, 0o600)
		}
	}
	os.Remove(to + "-shm")
	return to
}

// intact has SQLite check a file.
func (v *victim) intact(file string) {
	v.t.Helper()
	if _, err := os.Stat(file); err != nil {
		return // killed before it was made
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Close()
	var text string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&text); err != nil || text != "ok" {
		v.t.Errorf("integrity_check: %s, %v", text, err)
	}
}

// runWell lets a run do all that is left, and takes its times.
func (v *victim) runWell() {
	v.t.Helper()
	began := time.Now()
	p := v.release()
	times, last := map[string]time.Duration{}, began
	p.wait(func() bool {
		now := time.Now()
		times[p.phase()] += now.Sub(last)
		last = now
		return false
	})
	p.cmd.Wait()
	v.length, v.writing, v.checkpoint = time.Since(began), times[writing], times[checkpointing]
	v.well++
	out := result{p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
	if out.status != 0 {
		v.t.Fatalf("a run after kills: status %d: %s%s", out.status, out.stdout, out.stderr)
	}
	if held, wanted := v.held(v.books), v.wanted(); !maps.Equal(held, wanted) {
		v.t.Errorf("after a run that ended well:\n%v\nin the mailboxes:\n%v", held, wanted)
	}
	v.intact(v.books)
	v.nothingSeen(out)
}

// likeReadAnew compares the phonebooks, with all that is in their entries,
// with those that are made anew in another file.
func (v *victim) likeReadAnew() {
	v.t.Helper()
	file := v.path("anew.db")
	v.machine.sync("--phonebooks", file)
	dump := func(file string) (text string) {
		db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
		if err != nil {
			v.t.Fatal(err)
		}
		defer db.Close()
		err = db.QueryRow(`SELECT group_concat(line, char(10)) FROM (SELECT printf('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', owner, title, managed_by,
			display_name, company, emails, source_id, hex(hash), kind, number, as_typed) AS line
			FROM phonebook LEFT JOIN entry ON entry.phonebook = phonebook.id LEFT JOIN number ON number.entry = entry.id ORDER BY 1)`).Scan(&text)
		if err != nil {
			v.t.Fatal(err)
		}
		return text
	}
	if got, want := dump(v.books), dump(file); got != want {
		v.t.Errorf("the phonebooks after kills:\n%s\nread anew:\n%s", got, want)
	}
}

// The phases of a run.
const (
	starting      = "before the first request"
	reading       = "later, but in no transaction"
	writing       = "in a transaction"
	checkpointing = "in the checkpoint"
	done          = "after the last transaction"
)

// pause is between two looks at a run. Meanwhile a phase can pass unseen.
const pause = 50 * time.Microsecond

// prey is a run that is to be killed.
type prey struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	books          string
	wal            time.Time // when the WAL was last written to before
	asked          *atomic.Int64
}

// release starts a run.
func (v *victim) release() *prey {
	v.t.Helper()
	v.asked.Store(0)
	p := &prey{cmd: v.process(append([]string{"--json", "--allow-empty"}, v.args...)...), books: v.books, asked: &v.asked}
	p.wal = p.walTime()
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	return p
}

// anywhere waits for a moment anywhere in a run.
func (v *victim) anywhere(*prey) { v.pass(v.length) }

// pass waits for a part of a while.
func (v *victim) pass(while time.Duration) {
	time.Sleep(time.Duration(v.random.Int64N(int64(while) + 1)))
}

// whileItWrites waits for a moment in the transaction, or just after.
func (v *victim) whileItWrites(p *prey) {
	if p.wait(func() bool { return p.phase() == writing }) {
		v.pass(v.writing * 11 / 10)
	}
}

// whileItCheckpoints waits for a moment in the checkpoint, or just after.
func (v *victim) whileItCheckpoints(p *prey) {
	if p.wait(func() bool { return p.phase() == checkpointing }) {
		v.pass(v.checkpoint * 11 / 10)
	}
}

// betweenTransactions holds back a mailbox until the others have been written,
// and waits for a moment from then to the end.
func (v *victim) betweenTransactions(p *prey) {
	gate := make(chan struct{})
	v.gate.Store(&gate)
	written := p.wait(func() bool { return p.walTime() != p.wal && p.phase() != writing })
	v.gate.Store(nil)
	close(gate)
	if written {
		v.pass(v.length / 4)
	}
}

// wait waits for something to become true; false where the run ends before.
func (p *prey) wait(until func() bool) bool {
	for !until() {
		if p.ended() {
			return false
		}
		time.Sleep(pause)
	}
	return true
}

// walTime returns when the WAL was last written to; the zero time where
// nothing is in it.
func (p *prey) walTime() (t time.Time) {
	if info, err := os.Stat(p.books + "-wal"); err == nil && info.Size() > 0 {
		t = info.ModTime()
	}
	return t
}

// ended tells whether the run has come to its end.
func (p *prey) ended() bool { return p.state(unix.WEXITED|unix.WNOHANG) == exited }

// What has become of a child, as waitid(2) tells it.
const (
	exited  = 1 // CLD_EXITED
	stopped = 5 // CLD_STOPPED
)

// state waits for a child to reach a state, and leaves it to be waited for.
func (p *prey) state(which int) int32 {
	var info unix.Siginfo
	for unix.Waitid(unix.P_PID, p.cmd.Process.Pid, &info, which|unix.WNOWAIT, nil) == unix.EINTR {
	}
	return info.Code
}

// shoot kills the run and returns in which phase; false where it has ended.
func (p *prey) shoot() (phase string, hit bool) {
	defer p.cmd.Wait()
	p.cmd.Process.Signal(syscall.SIGSTOP) // to look at it
	if p.state(unix.WSTOPPED|unix.WEXITED) != stopped {
		return "", false
	}
	phase = p.phase()
	p.cmd.Process.Kill()
	return phase, true
}

// phase tells what the run is doing: its locks say so ("WAL-mode File Format"
// of SQLite, "WAL Locks").
func (p *prey) phase() string {
	switch {
	case p.locks(121): // WAL_CKPT_LOCK
		return checkpointing
	case p.locks(120): // WAL_WRITE_LOCK
		return writing
	case p.asked.Load() == 0:
		return starting
	}
	return reading
}

// locks tells whether the run has locked a byte of the WAL's index.
func (p *prey) locks(at int64) bool {
	f, err := os.Open(p.books + "-shm")
	if err != nil {
		return false
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: at, Len: 1}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock)
	return err == nil && lock.Type != syscall.F_UNLCK
}
