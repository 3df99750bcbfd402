package main

import (
	"regexp"
	"strings"

	"github.com/mattn/go-runewidth"

	"contactsync/internal/words"
)

// table is a listing whose columns stand below each other. A terminal gets it
// as wide as it is; a file or a program gets every cell whole, so that scripts
// find in it what they look for.
type table struct {
	columns []column
	rows    [][]string
	indent  int  // columns before each row
	whole   bool // longer cells than there is room for are not cut: they stand beside their column
}

// column is a column of a table.
type column struct {
	head  string            // a text of package words; a table whose columns have none begins with its rows
	right bool              // numbers stand to the right
	spare bool              // can spare some of its text where the terminal is narrow
	tone  func(string) tone // the colour of a cell, by its text; nil: none
}

// always is the colour of a column whose cells all have the same.
func always(t tone) func(string) tone { return func(string) tone { return t } }

const (
	gap    = "  "
	cut    = "…"
	page   = 1 << 15 // bytes that are written at once
	narrow = 8       // columns of a terminal that a column keeps, however narrow it is
)

func newTable(columns ...column) *table {
	t := &table{columns: columns}
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = words.Fill(c.head)
	}
	if strings.Join(heads, "") != "" {
		t.row(heads...)
	}
	return t
}

// row adds a row, with a cell for each column.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = visible(c)
	}
	t.rows = append(t.rows, cells)
}

// print prints the table.
func (t *table) print(s *stream) error {
	widths := t.widths(s.width())
	var lines, line strings.Builder
	for n, row := range t.rows {
		line.Reset()
		line.WriteString(strings.Repeat(" ", t.indent))
		for i, cell := range row {
			if i > 0 {
				line.WriteString(gap)
			}
			c := t.columns[i]
			if !t.whole {
				cell = shortened(cell, widths[i])
			}
			blank := strings.Repeat(" ", max(0, widths[i]-width(cell)))
			if heading := n == 0 && c.head != ""; c.tone != nil && !heading {
				cell = s.paint(c.tone(row[i]), cell)
			}
			if c.right {
				line.WriteString(blank + cell)
			} else {
				line.WriteString(cell + blank)
			}
		}
		lines.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		if lines.Len() < page && n < len(t.rows)-1 {
			continue
		}
		if err := s.show(lines.String()); err != nil {
			return err
		}
		lines.Reset()
	}
	return nil
}

// widths returns how wide each column is, so that all of them fit into limit; 0
// is none.
func (t *table) widths(limit int) []int {
	widths, total := make([]int, len(t.columns)), t.indent+len(gap)*(len(t.columns)-1)
	for i := range widths {
		for _, row := range t.rows {
			widths[i] = max(widths[i], width(row[i]))
		}
		total += widths[i]
	}
	for ; limit > 0 && total > limit; total-- {
		i := t.widest(widths, true)
		if i < 0 {
			i = t.widest(widths, false)
		}
		if i < 0 {
			break // a terminal for which there is no table
		}
		widths[i]--
	}
	return widths
}

// widest returns the widest of the columns that can become narrower, of all or
// of those that can spare it; -1 where there is none.
func (t *table) widest(widths []int, spare bool) int {
	found := -1
	for i, c := range t.columns {
		if widths[i] > max(narrow, width(c.head)) && (c.spare || !spare) && (found < 0 || widths[i] > widths[found]) {
			found = i
		}
	}
	return found
}

// measure counts as terminals outside of East Asia do, whatever the environment
// says: a character that is wide in some fonts is narrow.
var measure = &runewidth.Condition{StrictEmojiNeutral: true}

// width returns how many columns of a terminal a text takes: two for a wide
// character, none for a mark that stands above another one.
func width(text string) int {
	if strings.Contains(text, "\x1b") {
		text = painted.ReplaceAllString(text, "")
	}
	return measure.StringWidth(text)
}

// painted finds our own colours, see paint.
var painted = regexp.MustCompile(`\x1b\[[0-9]*m`)

// shortened returns text in no more columns than limit, ending with … where
// something is left out.
func shortened(text string, limit int) string { return measure.Truncate(text, limit, cut) }

// padded returns text with blanks behind it up to a width.
func padded(text string, to int) string {
	return text + strings.Repeat(" ", max(0, to-width(text)))
}
