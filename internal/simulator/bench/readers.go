package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// readers measures what a program that looks up numbers without a pause sees
// of first syncs, over both services. The file is there before, with one
// mailbox, so that the reader meets the beginning and the end of a run too.
func (b *bench) readers(ctx context.Context) error {
	say("readers during first syncs, %d mailboxes of %d", b.mailboxes, b.contacts)
	s, err := b.stage(ctx, b.mailboxes, b.contacts)
	if err != nil {
		return err
	}
	defer s.close()
	for _, source := range b.sources() {
		o, err := s.ours(ctx, source.key, nil)
		if err != nil {
			return err
		}
		if err := warmUp(ctx, o.first("first sync", 0)); err != nil {
			return err
		}
		numbers := s.path("numbers")
		text, err := shell(o.phonebooks, "SELECT number FROM number WHERE number IS NOT NULL ORDER BY random() LIMIT 20000;")
		if err != nil {
			return err
		}
		if err := os.WriteFile(numbers, []byte(text), 0o600); err != nil {
			return err
		}
		var seen []lookups
		for range b.fewRounds() {
			l, err := o.watched(ctx, numbers)
			if err != nil {
				return err
			}
			seen = append(seen, l)
		}
		b.tableReaders(source, seen)
	}
	return nil
}

// watched makes a first sync while a reader looks up numbers.
func (o *syncs) watched(ctx context.Context, numbers string) (l lookups, err error) {
	p := o.first("first sync, read", 0)
	if err := p.prepare(); err != nil {
		return l, err
	}
	p.prepare = nil // the file is to be there
	if out, err := o.command(ctx, "--user", "u0").CombinedOutput(); err != nil {
		return l, fmt.Errorf("make the file: %w: %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return l, err
	}
	reader := exec.CommandContext(ctx, self, readMode, o.phonebooks, numbers)
	reader.Stderr = os.Stderr
	stop, err := reader.StdinPipe()
	if err != nil {
		return l, err
	}
	result, err := reader.StdoutPipe()
	if err != nil {
		return l, err
	}
	if err := reader.Start(); err != nil {
		return l, err
	}
	said := json.NewDecoder(result)
	begun := said.Decode(&lookups{}) // it says so when it has begun
	_, err = p.run(ctx)
	stop.Close()
	err = errors.Join(begun, err, said.Decode(&l), reader.Wait())
	say("  %s", l)
	return l, err
}

// tableReaders takes the look-ups of all rounds together.
func (b *bench) tableReaders(source source, rounds []lookups) {
	var sum lookups
	var p50, p99, worst []float64
	for _, l := range rounds {
		sum.All, sum.Failed, sum.Found, sum.Slow = sum.All+l.All, sum.Failed+l.Failed, sum.Found+l.Found, sum.Slow+l.Slow
		p50, p99, worst = append(p50, l.P50), append(p99, l.P99), append(worst, l.Worst)
	}
	what := fmt.Sprintf("readers during a first sync over %s, %d mailboxes of %s", source.name, b.mailboxes, thousands(b.contacts))
	b.table.add(what+": failures", fmt.Sprintf("%s of %s look-ups (%s found somebody)", thousands(sum.Failed), thousands(sum.All), thousands(sum.Found)),
		"none", verdict(sum.Failed == 0, 0))
	share := 100 * float64(sum.All-sum.Slow) / float64(sum.All)
	b.table.add(what+": duration", fmt.Sprintf("%.2f %% under 5 ms; half within %s, 99 %% within %s, the longest %s", share,
		spreadOf(p50).text("%.3f", " ms"), spreadOf(p99).text("%.2f", " ms"), spreadOf(worst).text("%.1f", " ms")),
		"99 % under 5 ms", atLeast(share, 99))
}
