package main

import (
	"context"
	"fmt"
)

// growth measures what ten times as many mailboxes cost, at first and on a
// night without changes. Each first sync meets a simulator that has just been
// started and makes its pages at the same time, in both sizes.
func (b *bench) growth(ctx context.Context) error {
	contacts := max(b.contacts/10, 1)
	sizes := []int{b.many, 10 * b.many}
	var first, quiet [2]*program
	for i, mailboxes := range sizes {
		first[i], quiet[i] = &program{}, &program{}
		// The smaller is over soon, and so is measured more often.
		for range []int{b.fewRounds(), 1}[i] {
			if err := b.grown(ctx, mailboxes, contacts, first[i], quiet[i]); err != nil {
				return err
			}
		}
	}
	what := fmt.Sprintf("growth over Graph, from %s to %s mailboxes of %s", thousands(sizes[0]), thousands(sizes[1]), thousands(contacts))
	for _, p := range []struct {
		name string
		runs [2]*program
	}{{"first sync", first}, {"night without changes", quiet}} {
		few, many := p.runs[0], p.runs[1]
		times := many.of(wall).median() / few.of(wall).median()
		more := many.of(memory).median() - few.of(memory).median()
		b.table.add(what+": time of a "+p.name, fmt.Sprintf("%s to %s: %.1f times (CPU %.1f times)", few.of(wall).seconds(), many.of(wall).seconds(),
			times, many.of(cpu).median()/few.of(cpu).median()), "at most 11 times", atMost(times, 11))
		b.table.add(what+": memory of a "+p.name, fmt.Sprintf("%s to %s: %+.1f MiB", few.of(memory).mib(), many.of(memory).mib(), more),
			"at most 8 MiB more", atMost(more, 8))
	}
	return nil
}

// grown measures a first sync and the night after it.
func (b *bench) grown(ctx context.Context, mailboxes, contacts int, first, quiet *program) error {
	say("growth, %d mailboxes of %d", mailboxes, contacts)
	s, err := b.stage(ctx, mailboxes, contacts)
	if err != nil {
		return err
	}
	defer s.close()
	o, err := s.ours(ctx, "graph", nil)
	if err != nil {
		return err
	}
	for _, run := range []struct{ from, to *program }{{o.first("first sync", 0), first}, {o.later("nothing changed", 0), quiet}} {
		f, err := run.from.run(ctx)
		if err != nil {
			return err
		}
		run.to.figures = append(run.to.figures, f)
	}
	return nil
}
