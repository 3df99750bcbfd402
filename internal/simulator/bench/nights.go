package main

import (
	"context"
	"fmt"
)

// source is one of the services.
type source struct {
	key, name string
	counted   string // the paths of the requests that quiet nights are judged by
	requests  int    // so many at most
}

func (b *bench) sources() []source {
	return []source{
		// Over Graph all requests count, with signing in; 110 for 1,000 members.
		{"graph", "Graph", "/", b.many * 110 / 1000},
		// Over EWS one for each folder, and signing in.
		{"ews", "EWS", ewsPath, b.many},
	}
}

// night is a run on the many mailboxes.
type night struct {
	figure
	asked []request // what the simulator saw
	said  report    // what contactsync said
}

// nights measures a first sync of many mailboxes, then nights on which nothing
// changes, then some on which one contact in a hundred does, over both
// services. The rows quiet, change and memory come of it.
func (b *bench) nights(ctx context.Context) error {
	peaks := map[string]float64{}
	for _, source := range b.sources() {
		say("nights over %s, %d mailboxes of %d", source.name, b.many, b.contacts)
		if err := b.nightsOver(ctx, source, peaks); err != nil {
			return err
		}
	}
	if !b.wants("memory") {
		return nil
	}
	b.tableMemory(fmt.Sprintf("%s mailboxes of %s", thousands(b.many), thousands(b.contacts)), peaks)
	return b.oneMailbox(ctx)
}

func (b *bench) nightsOver(ctx context.Context, source source, peaks map[string]float64) error {
	s, err := b.stage(ctx, b.many, b.contacts)
	if err != nil {
		return err
	}
	defer s.close()
	o, err := s.ours(ctx, source.key, nil)
	if err != nil {
		return err
	}
	first, err := o.night(ctx, o.first("first sync", 0))
	if err != nil {
		return err
	}
	var quiet, busy []night
	for range b.fewRounds() {
		n, err := o.night(ctx, o.later("nothing changed", 0))
		if err != nil {
			return err
		}
		quiet = append(quiet, n)
	}
	for round := range b.fewRounds() {
		changed, err := s.change(10, round)
		if err != nil {
			return err
		}
		n, err := o.night(ctx, o.later("1 % changed", changed))
		if err != nil {
			return err
		}
		busy = append(busy, n)
	}
	b.tableQuiet(source, quiet)
	b.tableChange(source, first, busy)
	b.figures.add(fmt.Sprintf("over %s, %s × %s", source.name, thousands(b.many), thousands(b.contacts)),
		inAll("first sync", first), inAll("night, 1 % changed", busy...), inAll("night, nothing changed", quiet...))
	for _, n := range append(append(quiet, busy...), first) {
		peaks[source.name] = max(peaks[source.name], n.Memory)
	}
	return b.profiled(ctx, "nights-"+source.key, o)
}

// night makes one run and has the simulator watch it.
func (o *syncs) night(ctx context.Context, p *program) (n night, err error) {
	n.asked, err = o.recorded(func() error {
		n.figure, err = p.run(ctx)
		return err
	})
	n.said = o.last
	return n, err
}

// inAll returns several nights as one program.
func inAll(name string, nights ...night) *program {
	p := &program{name: name}
	for _, n := range nights {
		p.figures = append(p.figures, n.figure)
	}
	return p
}

// each returns one figure of several nights.
func each(nights []night, of func(night) float64) spread {
	var values []float64
	for _, n := range nights {
		values = append(values, of(n))
	}
	return spreadOf(values)
}

func (b *bench) tableQuiet(source source, nights []night) {
	if !b.wants("quiet") {
		return
	}
	what := fmt.Sprintf("night without changes over %s, %s mailboxes of %s", source.name, thousands(b.many), thousands(b.contacts))
	took := each(nights, func(n night) float64 { return n.Wall })
	b.table.add(what+": wall time", fmt.Sprintf("%s; CPU %s, peak memory %s", took.seconds(),
		each(nights, func(n night) float64 { return n.CPU }).seconds(),
		each(nights, func(n night) float64 { return n.Memory }).mib()), "at most 2 s", atMost(took.median(), 2))
	requests := each(nights, func(n night) float64 { requests, _ := to(n.asked, source.counted); return float64(requests) })
	all := each(nights, func(n night) float64 { return float64(len(n.asked)) })
	own := each(nights, func(n night) float64 { return float64(n.said.Requests) })
	b.table.add(what+": requests", fmt.Sprintf("%s; %s with signing in, %s by its own count", requests.text("%.0f", ""), all.text("%.0f", ""), own.text("%.0f", "")),
		fmt.Sprintf("at most %s", thousands(source.requests)), atMost(requests[len(requests)-1], float64(source.requests)))
}

func (b *bench) tableChange(source source, first night, nights []night) {
	if !b.wants("change") {
		return
	}
	what := fmt.Sprintf("1 %% of contacts changed, over %s, %s mailboxes of %s", source.name, thousands(b.many), thousands(b.contacts))
	percent := func(of func(night) float64) spread {
		return each(nights, func(n night) float64 { return 100 * of(n) / of(first) })
	}
	answers := func(n night) float64 { return float64(n.said.Bytes) }
	both := func(n night) float64 { _, bytes := to(n.asked, "/"); return float64(bytes) }
	used := func(n night) float64 { return n.CPU }
	b.table.add(what+": bytes", fmt.Sprintf("%s of %s: %s; with the requests' bodies %s of %s: %s",
		mib(each(nights, answers).median()), mib(answers(first)), percent(answers).text("%.1f", " %"),
		mib(each(nights, both).median()), mib(both(first)), percent(both).text("%.1f", " %")),
		"at most 5 % of the first sync's", atMost(percent(answers).median(), 5))
	b.table.add(what+": CPU", fmt.Sprintf("%s of %.2f s: %s; wall time %s of %.2f s", each(nights, used).seconds(), first.CPU,
		percent(used).text("%.1f", " %"), each(nights, func(n night) float64 { return n.Wall }).seconds(), first.Wall),
		"at most 5 % of the first sync's", atMost(percent(used).median(), 5))
}
