package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// overEWS compares first syncs over EWS with another program's. Both read the
// same mailboxes with four workers and the same fields, no notes. (exchangelib
// asks for every contact twice, with FindItem and with GetItem, whatever it is
// told; that time is its own.) With notes contactsync asks twice too: its
// figures stand beside, with the same comparison.
func (b *bench) overEWS(ctx context.Context) error {
	say("first sync over EWS, %d mailboxes of %d", b.mailboxes, b.contacts)
	s, err := b.stage(ctx, b.mailboxes, b.contacts)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.capacity(ctx); err != nil {
		return err
	}
	plain, err := s.ours(ctx, "ews", nil)
	if err != nil {
		return err
	}
	noted, err := s.ours(ctx, "ews", map[string]string{"include_notes": "true"})
	if err != nil {
		return err
	}
	ours, notes := plain.first("contactsync", b.rounds), noted.first("contactsync with notes", b.fewRounds())
	programs, warm := []*program{ours, notes}, []*program{ours, notes}
	var theirs *program
	if _, err := os.Stat(b.peer); err == nil {
		theirs = s.exchangelib(b.peer, b.mailboxes, b.peerRounds)
		programs = append(programs, theirs)
		// It takes long, so that a tenth of its work has to do.
		warm = append(warm, s.exchangelib(b.peer, max(b.mailboxes/10, 1), 0))
	}
	if err := warmUp(ctx, warm...); err != nil {
		return err
	}
	if err := inTurn(ctx, programs...); err != nil {
		return err
	}
	b.tableEWS(ours, notes, theirs)
	b.figures.add(fmt.Sprintf("first sync over EWS, %d × %s", b.mailboxes, thousands(b.contacts)), ours, notes, theirs)
	return b.profiled(ctx, "ews", plain)
}

// tableEWS adds a row for each bar, and those with notes without one.
func (b *bench) tableEWS(ours, notes, theirs *program) {
	what := fmt.Sprintf("first sync over EWS, %d mailboxes of %s: ", b.mailboxes, thousands(b.contacts))
	for _, m := range []struct {
		name, bar string
		of        func(figure) float64
		text      func(spread) string
		least     float64
	}{
		{"wall time", "at least 25 times less", wall, spread.seconds, 25},
		{"CPU", "at least 40 times less", cpu, spread.seconds, 40},
		{"peak memory", "at most half", memory, spread.mib, 2},
	} {
		for _, p := range []*program{ours, notes} {
			name, bar, met := m.name, m.bar, ""
			if p == notes {
				name, bar = name+", include_notes (exchangelib without)", ""
			}
			figure := m.text(p.of(m.of))
			if theirs == nil {
				figure += "; no comparison: there is no " + filepath.Base(b.peer)
			} else {
				factor := theirs.times(p, m.of)
				figure += "; exchangelib " + m.text(theirs.of(m.of)) + ": " + factor.text("%.1f", "") + " times less"
				if p == ours {
					met = atLeast(factor.median(), m.least)
				}
			}
			b.table.add(what+name, figure, bar, met)
		}
	}
}

// exchangelib is a first sync by the peer, from nothing, of so many mailboxes.
func (s *stage) exchangelib(script string, mailboxes, rounds int) *program {
	file := s.path("theirs.db")
	args := []string{
		script, "--ews", s.tenant.EWSURL, "--authority", s.tenant.Authority, "--tenant", s.tenant.TenantID,
		"--client", s.tenant.ClientID, "--secret", s.tenant.ClientSecret, "--ca", s.tenant.CAFile, "--db", file,
	}
	for _, m := range s.tenant.Mailboxes[:mailboxes] {
		args = append(args, m.Mail)
	}
	return &program{
		name: "exchangelib", rounds: rounds,
		prepare: func() error { return remove(file) },
		command: func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, "/usr/bin/python3", args...) },
		check:   func([]byte) error { return whole(file, mailboxes*s.contacts) },
	}
}
