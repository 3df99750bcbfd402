package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// progress tells how far a run is: the service manager, who looks at a terminal,
// or who asked for it with -v.
type progress struct {
	bar      *bar
	logger   *slog.Logger
	lull     time.Duration // without a word until the logger is told
	contacts atomic.Int64  // that came

	mu                    sync.Mutex
	begun, over           bool // the members are known; the run has ended
	members, done, failed int
	reminder              *time.Timer
}

// lull is how long a run with -v is silent at most.
const lull = 10 * time.Second

// watch tells it too when a signal ends the run. What it returns must be
// called at the end.
func (p *progress) watch(ctx context.Context) (end func(*syncer.Report)) {
	asking := words.Fill(words.AskingDirectory)
	journal.Status(asking)
	p.bar.say(asking)
	p.mu.Lock()
	p.reminder = time.AfterFunc(p.lull, p.remind)
	p.mu.Unlock()
	told := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		stopping := words.Fill(words.Stopping)
		journal.Stopping(stopping)
		p.bar.say(stopping)
		close(told)
	})
	return func(r *syncer.Report) {
		if !unwatch() {
			<-told // so that the last word is the last
		}
		p.mu.Lock()
		p.over = true
		p.mu.Unlock()
		p.bar.close()
		journal.Status(verdict(r))
	}
}

// begin is called when the members are known.
func (p *progress) begin(members int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun, p.members = true, members
	p.reminder.Reset(p.lull)
	p.bar.begin(members)
	p.tell()
}

// came is called as contacts come.
func (p *progress) came(contacts int) {
	p.contacts.Add(int64(contacts))
	p.bar.came(contacts)
}

// remind says that a run still goes on of which nothing was said for a while: a
// large directory or mailbox takes its time, and one that is throttled more.
func (p *progress) remind() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.reminder.Reset(p.lull)
	if !p.begun {
		p.logger.Debug(words.Fill(words.AskingDirectory))
		return
	}
	p.logger.Debug(words.Say(words.SoFar,
		p.done, words.Count(p.members, words.Members), words.Count(int(p.contacts.Load()), words.Contacts)))
}

// member is called after each member, one call at a time.
func (p *progress) member(r syncer.Result) {
	if r.Left {
		return // not one of them any more
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reminder.Reset(p.lull)
	p.done++
	p.bar.member()
	if bad(r) {
		p.failed++
	}
	p.tell()
}

func (p *progress) tell() {
	members := words.Count(p.members, words.Members)
	if p.failed > 0 {
		journal.Status(words.Say(words.DoneOfFailed, p.done, members, p.failed))
	} else {
		journal.Status(words.Say(words.DoneOf, p.done, members))
	}
}

// verdict returns a run that is over in a line.
func verdict(r *syncer.Report) string {
	if r.Err == nil {
		return summary(r, screen{})
	}
	return fault.Line(r.Err.Error(), 200)
}
