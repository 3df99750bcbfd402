package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// figures is what the plot is made of: a line for each program with what it was
// measured at, its medians and the least and most wall time, parted by tabs.
type figures struct{ lines []string }

// add adds programs that were measured at something.
func (f *figures) add(what string, programs ...*program) {
	for _, p := range programs {
		if p == nil || len(p.figures) == 0 {
			continue
		}
		wall := p.of(wall)
		f.lines = append(f.lines, fmt.Sprintf("%s\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.1f",
			what, p.name, wall.median(), wall[0], wall[len(wall)-1], p.of(cpu).median(), p.of(memory).median()))
	}
}

// write writes the lines into a file, in the place of what was there.
func (f *figures) write(file string) error {
	if file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	const head = "what\tprogram\twall s\tleast\tmost\tCPU s\tpeak MiB\n"
	return os.WriteFile(file, []byte(head+strings.Join(f.lines, "\n")+"\n"), 0o644)
}
