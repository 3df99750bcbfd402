package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// table collects the rows in Markdown.
type table struct{ rows []string }

// add adds a row. The verdict is empty where there is no bar.
func (t *table) add(what, figure, bar, verdict string) {
	t.rows = append(t.rows, "| "+strings.Join([]string{what, figure, bar, verdict}, " | ")+" |")
}

// print prints the table below a line on what it was made with.
func (t *table) print(w io.Writer, versions string) {
	fmt.Fprintf(w, "%s\n\n| what | measured | bar | |\n|---|---|---|---|\n%s\n", versions, strings.Join(t.rows, "\n"))
}

// atMost and atLeast give the verdict on a figure.
func atMost(figure, bar float64) string { return verdict(figure <= bar, figure/bar) }

func atLeast(figure, bar float64) string { return verdict(figure >= bar, bar/figure) }

// verdict says by how much a bar is missed, where that can be said: factor is
// how many times worse the figure is.
func verdict(met bool, factor float64) string {
	switch {
	case met:
		return "met"
	case factor > 1 && !math.IsInf(factor, 0):
		return fmt.Sprintf("**missed** by %.0f %%", (factor-1)*100)
	}
	return "**missed**"
}

// spread is sorted figures of several rounds.
type spread []float64

func spreadOf(values []float64) spread {
	s := slices.Clone(values)
	slices.Sort(s)
	return s
}

// median returns the middle.
func (s spread) median() float64 {
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}

// text prints the median, the minimum and maximum where there are several, and
// the unit.
func (s spread) text(format, unit string) string {
	text := fmt.Sprintf(format, s.median())
	if len(s) > 1 && s[0] < s[len(s)-1] {
		text += fmt.Sprintf(" ("+format+"–"+format+")", s[0], s[len(s)-1])
	}
	return text + unit
}

func (s spread) seconds() string { return s.text("%.2f", " s") }
func (s spread) mib() string     { return s.text("%.1f", " MiB") }

// wall, cpu and memory are what figures are made of.
func wall(f figure) float64   { return f.Wall }
func cpu(f figure) float64    { return f.CPU }
func memory(f figure) float64 { return f.Memory }

// of returns one measure of all rounds of a program.
func (p *program) of(measure func(figure) float64) spread {
	values := make([]float64, len(p.figures))
	for i, f := range p.figures {
		values[i] = measure(f)
	}
	return spreadOf(values)
}

// times returns how many times what other takes p takes, round by round as
// far as both have been counted.
func (p *program) times(other *program, measure func(figure) float64) spread {
	var values []float64
	for i := range min(len(p.figures), len(other.figures)) {
		values = append(values, measure(p.figures[i])/measure(other.figures[i]))
	}
	return spreadOf(values)
}

// thousands prints a number as it is read.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
