package main

import (
	"context"
	"fmt"

	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/syncer"
)

// progress tells how far a run is: the service manager, or who looks at a
// terminal.
type progress struct {
	bar                   *bar
	members, done, failed int
}

// watch tells it too when a signal ends the run. What it returns must be
// called at the end.
func (p *progress) watch(ctx context.Context) (end func(*syncer.Report)) {
	const asking = "asking the directory for the members"
	journal.Status(asking)
	p.bar.say(asking)
	told := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		const stopping = "stopping after the members that are being written"
		journal.Stopping(stopping)
		p.bar.say(stopping)
		close(told)
	})
	return func(r *syncer.Report) {
		if !unwatch() {
			<-told // so that the last word is the last
		}
		p.bar.close()
		journal.Status(verdict(r))
	}
}

// begin is called when the members are known.
func (p *progress) begin(members int) {
	p.members = members
	p.bar.begin(members)
	p.tell()
}

// member is called after each member, one call at a time.
func (p *progress) member(r syncer.Result) {
	if r.Left {
		return // not one of them any more
	}
	p.done++
	p.bar.member()
	if bad(r) {
		p.failed++
	}
	p.tell()
}

func (p *progress) tell() {
	line := fmt.Sprintf("%d of %s", p.done, count(p.members, "member"))
	if p.failed > 0 {
		line += fmt.Sprintf(", %d failed", p.failed)
	}
	journal.Status(line)
}

// verdict returns a run that is over in a line.
func verdict(r *syncer.Report) string {
	if r.Err == nil {
		return summary(r, screen{})
	}
	return fault.Line(r.Err.Error(), 200)
}
