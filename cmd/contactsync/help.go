package main

import (
	"io"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"
)

// printHelp prints a text of --help in lines of 80 columns; the library's are
// as long as what is said of an option.
func printHelp(out io.Writer, template string, data any) {
	var text strings.Builder
	cli.HelpPrinterCustom(&text, template, data, nil)
	for line := range strings.Lines(text.String()) {
		_, _ = io.WriteString(out, fitted(line))
	}
}

// leader finds what stands before the text of a line: blanks, and the name of
// an option or a command.
var leader = regexp.MustCompile(`^ *(\S+( \S+)*  +)?`)

// fitted returns a line in several where it is too wide.
func fitted(line string) string {
	if width(strings.TrimSuffix(line, "\n")) <= textWidth {
		return line
	}
	head := leader.FindString(line)
	return screen{}.hanging(head, len(head), textWidth, line[len(head):], plain)
}
