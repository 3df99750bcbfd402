package main

import (
	"context"
	"fmt"
)

// overGraph compares first syncs over Graph with the floor.
func (b *bench) overGraph(ctx context.Context) error {
	say("first sync over Graph, %d mailboxes of %d", b.mailboxes, b.contacts)
	s, err := b.stage(ctx, b.mailboxes, b.contacts)
	if err != nil {
		return err
	}
	defer s.close()
	o, err := s.ours(ctx, "graph", nil)
	if err != nil {
		return err
	}
	ours := o.first("contactsync", b.rounds)
	asked, err := s.recorded(func() error { return warmUp(ctx, ours) })
	if err != nil {
		return err
	}
	floor, err := s.floor(ctx, o, asked, b.rounds)
	if err != nil {
		return err
	}
	if err := warmUp(ctx, floor); err != nil {
		return err
	}
	if err := inTurn(ctx, ours, floor); err != nil {
		return err
	}
	factor := ours.times(floor, wall)
	requests, bytes := to(asked, graphPath)
	b.table.add(fmt.Sprintf("first sync over Graph, %d mailboxes of %s", b.mailboxes, thousands(b.contacts)),
		fmt.Sprintf("%s; the floor (curl with the same %s requests and %s, then sqlite3 with the same rows) %s: %s times; CPU %s and %s, peak memory %s and %s",
			ours.of(wall).seconds(), thousands(requests), mib(float64(bytes)), floor.of(wall).seconds(), factor.text("%.2f", ""),
			ours.of(cpu).seconds(), floor.of(cpu).seconds(), ours.of(memory).mib(), floor.of(memory).mib()),
		"at most 1.5 times the floor's wall time", atMost(factor.median(), 1.5))
	b.figures.add(fmt.Sprintf("first sync over Graph, %d × %s", b.mailboxes, thousands(b.contacts)), ours, floor)
	return b.profiled(ctx, "graph", o)
}

// mib prints a number of bytes.
func mib(bytes float64) string { return fmt.Sprintf("%.2f MiB", bytes/(1<<20)) }
