package main

import (
	"context"
	"fmt"

	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/syncer"
)

// progress tells the service manager how far a run is.
type progress struct{ members, done, failed int }

// watch tells it too when a signal ends the run. What it returns must be
// called at the end.
func (p *progress) watch(ctx context.Context) (end func(*syncer.Report)) {
	journal.Status("asking the directory for the members")
	told := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		journal.Stopping("stopping after the members that are being written")
		close(told)
	})
	return func(r *syncer.Report) {
		if !unwatch() {
			<-told // so that the last word is the last
		}
		journal.Status(verdict(r))
	}
}

// begin is called when the members are known.
func (p *progress) begin(members int) {
	p.members = members
	p.tell()
}

// member is called after each member, one call at a time.
func (p *progress) member(r syncer.Result) {
	if r.Left {
		return // not one of them any more
	}
	p.done++
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
		return summary(r)
	}
	return fault.Line(r.Err.Error(), 200)
}
