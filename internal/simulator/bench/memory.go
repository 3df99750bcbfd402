package main

import (
	"context"
	"fmt"
	"strings"
)

// oneMailbox measures the memory that one large mailbox takes, at first and
// where everything is there already and is read anew.
func (b *bench) oneMailbox(ctx context.Context) error {
	contacts := 100 * b.contacts
	say("one mailbox of %d", contacts)
	s, err := b.stage(ctx, 1, contacts)
	if err != nil {
		return err
	}
	defer s.close()
	peaks := map[string]float64{}
	for _, source := range b.sources() {
		o, err := s.ours(ctx, source.key, nil)
		if err != nil {
			return err
		}
		for _, p := range []*program{o.first("first sync", 0), o.later("read anew", 0, "--full")} {
			f, err := p.run(ctx)
			if err != nil {
				return err
			}
			peaks[source.name] = max(peaks[source.name], f.Memory)
		}
	}
	b.tableMemory("one mailbox of "+thousands(contacts), peaks)
	return nil
}

// tableMemory adds a row of the most that any run took, by service.
func (b *bench) tableMemory(what string, peaks map[string]float64) {
	var text []string
	most := 0.0
	for _, source := range b.sources() {
		text = append(text, fmt.Sprintf("over %s %.1f MiB", source.name, peaks[source.name]))
		most = max(most, peaks[source.name])
	}
	b.table.add("peak memory, "+what, strings.Join(text, ", "), "at most 64 MiB", atMost(most, 64))
}
