package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"
)

// program is one of the programs that are compared.
type program struct {
	name string
	// start returns a command that works from nothing, and a check that it
	// did the whole job.
	start   func(context.Context) (cmd *exec.Cmd, done func() error, err error)
	figures []figure
}

// figure is what the operating system says of one finished process.
type figure struct {
	wall, cpu float64 // seconds; CPU is user and system
	memory    float64 // peak resident set, MiB
}

// measure runs the program once.
func (p *program) measure(ctx context.Context) (figure, error) {
	cmd, done, err := p.start(ctx)
	if err != nil {
		return figure{}, err
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begin := time.Now()
	err = cmd.Run()
	wall := time.Since(begin)
	if err == nil {
		err = done()
	}
	if err != nil {
		return figure{}, fmt.Errorf("%s: %w\n%s", p.name, err, out.String())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return figure{
		wall:   wall.Seconds(),
		cpu:    (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		memory: float64(usage.Maxrss) / 1024,
	}, nil
}

// measures are the columns of the table.
var measures = []struct {
	name string
	of   func(figure) float64
}{
	{"wall s", func(f figure) float64 { return f.wall }},
	{"CPU s", func(f figure) float64 { return f.cpu }},
	{"peak MiB", func(f figure) float64 { return f.memory }},
}

// printTable prints each program's figures, and the last program's by the
// first's.
func printTable(contacts int, programs []*program) {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\t")
	for _, m := range measures {
		fmt.Fprintf(w, "%s\tmin–max\t", m.name)
	}
	fmt.Fprint(w, "contacts/s\t\n")
	for _, p := range programs {
		fmt.Fprintf(w, "%s\t", p.name)
		for _, m := range measures {
			v := p.values(m.of)
			fmt.Fprintf(w, "%.2f\t%.2f–%.2f\t", median(v), v[0], v[len(v)-1])
		}
		fmt.Fprintf(w, "%.0f\t\n", float64(contacts)/median(p.values(measures[0].of)))
	}
	if len(programs) > 1 {
		ours, theirs := programs[0], programs[len(programs)-1]
		fmt.Fprintf(w, "%s / %s\t", theirs.name, ours.name)
		for _, m := range measures {
			ratios := make([]float64, len(ours.figures))
			for i := range ratios {
				ratios[i] = m.of(theirs.figures[i]) / m.of(ours.figures[i])
			}
			slices.Sort(ratios)
			fmt.Fprintf(w, "%.1fx\t%.1f–%.1f\t", median(ratios), ratios[0], ratios[len(ratios)-1])
		}
		fmt.Fprint(w, "\t\n")
	}
	w.Flush()
}

// values returns one measure of all rounds, sorted.
func (p *program) values(of func(figure) float64) []float64 {
	v := make([]float64, len(p.figures))
	for i, f := range p.figures {
		v[i] = of(f)
	}
	slices.Sort(v)
	return v
}

// median returns the middle of sorted values.
func median(v []float64) float64 {
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
