package main

import "strings"

// commandColumn is where a command begins that is wider than the lines around it.
const commandColumn = 4

// hang returns a text behind a head, on a terminal in lines that fit it; column
// is where they begin. A file or a program gets one line, so that scripts find
// in it what they look for.
func (s *stream) hang(head string, column int, text string, t tone) string {
	columns := s.width()
	if columns == 0 {
		return head + s.paint(t, visible(text)) + "\n"
	}
	if column > columns*2/3 {
		column = commandColumn
	}
	return s.hanging(head, column, columns, text, t)
}

// hanging returns a text behind a head, in lines that begin at a column and end
// before columns. A head that is wider has a line of its own.
func (s screen) hanging(head string, column, columns int, text string, t tone) string {
	var out strings.Builder
	for line := range strings.Lines(laid(text, column, columns)) {
		part := strings.TrimLeft(line, " ")
		indent := strings.TrimSuffix(line, part)
		switch {
		case out.Len() > 0:
		case len(indent) == column && width(head) <= column:
			indent = head
		case strings.TrimSpace(head) != "":
			out.WriteString(strings.TrimRight(head, " ") + "\n")
		}
		out.WriteString(indent + s.paint(t, strings.TrimSuffix(part, "\n")) + "\n")
	}
	return out.String()
}
