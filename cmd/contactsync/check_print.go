package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"contactsync/internal/words"
)

// checkPrinter prints findings, as text when a link has been tested, as JSON
// when all have been.
type checkPrinter interface {
	link(found []finding, many string) error
	end(all []finding) error
}

// printer returns the printer that the options ask for.
func (k *checker) printer() checkPrinter {
	if given(k.cli, "json") {
		return checkJSON{k.stdout}
	}
	marks := asciiMarks
	if utf8Here() {
		marks = utf8Marks
	}
	return &checkText{out: k.stdout, loud: k.loud, marks: marks}
}

// log returns a logger for what stops nobody: what is waited for, with -v. All
// else that the services have to say is in the findings.
func (k *checker) log() *slog.Logger {
	if k.loud.verbose {
		return k.logger(k.cli)
	}
	return slog.New(slog.DiscardHandler)
}

// checkJSON prints the document of `contactsync check --json`.
type checkJSON struct{ out *stream }

func (checkJSON) link([]finding, string) error { return nil }

func (j checkJSON) end(all []finding) error {
	document := struct {
		OK     bool      `json:"ok"`
		Checks []finding `json:"checks"`
	}{true, all}
	for _, f := range all {
		document.OK = document.OK && f.Result != failed
	}
	return json.NewEncoder(j.out).Encode(document)
}

// The marks that a line begins with, one column wide.
var (
	utf8Marks  = map[string]string{passed: "✓", failed: "✗", warning: "!", skipped: "–"}
	asciiMarks = map[string]string{passed: "+", failed: "x", warning: "!", skipped: "-"}
)

// utf8Here tells whether the locale's characters are UTF-8.
func utf8Here() bool {
	v := strings.ToLower(words.Locale("LC_CTYPE"))
	return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
}

// checkText prints a line for each finding, and what to do below it. Findings
// that need the same done are put together.
type checkText struct {
	out   *stream
	loud  loudness
	marks map[string]string
}

const (
	textColumn = 15 // where texts begin: behind the mark and the longest name, or what they are about
	textWidth  = 80
	screenful  = 20 // of lines that say that all is well
	similar    = 10 // lines that need the same done
)

// link prints what a link came to; many is a line that stands for more than a
// screenful of those that hold.
func (t *checkText) link(found []finding, many string) error {
	for len(found) > 0 {
		n := 1
		for n < len(found) && found[n].Result == found[0].Result && found[n].Hint == found[0].Hint {
			n++
		}
		if err := t.group(found[:n], many); err != nil {
			return err
		}
		found = found[n:]
	}
	return nil
}

// group prints findings with the same result and the same hint.
func (t *checkText) group(same []finding, many string) error {
	first := same[0]
	if t.loud.quiet && first.Result != failed {
		return nil
	}
	more := 0
	switch {
	case t.loud.verbose:
	case first.Result == passed && len(same) > screenful:
		first.Detail = many
		same = []finding{first}
	case len(same) > similar+1:
		same, more = same[:similar], len(same)-similar
	}
	for _, f := range same {
		if err := t.line(f); err != nil {
			return err
		}
	}
	text := ""
	if more > 0 {
		text = words.Say(words.MoreAlike, more) + "\n"
	}
	if first.Hint != "" {
		text += words.Say(words.Hint, first.Hint)
	}
	if text == "" {
		return nil
	}
	return t.out.show(t.out.paint(faint, block(text)))
}

// line prints a finding without its hint. It is the only place that knows what
// the mark of a result looks like.
func (t *checkText) line(f finding) error {
	mark := t.out.paint(toneOf(f.Result), t.marks[f.Result])
	head := padded(" "+f.Name, textColumn-1)
	return t.out.show(mark + head + strings.TrimPrefix(block(f.Detail), strings.Repeat(" ", textColumn)))
}

// block returns text in lines that begin at textColumn.
func block(text string) string { return laid(text, textColumn, textWidth) }

// laid returns text in lines that begin at a column and end before columns.
// What is to be typed or clicked, in lines that begin with blanks or behind a
// colon, stays whole.
func laid(text string, column, columns int) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		line = visible(line)
		if strings.HasPrefix(line, "  ") {
			fmt.Fprintf(&out, "  %s\n", line)
			continue
		}
		for _, part := range wrapped(line, columns-column) {
			indent := column
			if width(part) > columns-column {
				indent = commandColumn
			}
			fmt.Fprintf(&out, "%s%s\n", strings.Repeat(" ", indent), part)
		}
	}
	return out.String()
}

// typed finds the commands within a hint: behind a colon, or at its beginning,
// up to the next comma, semicolon or bracket that is not within quotes. So no
// sentence begins with a command, or goes on behind one without such a mark.
var typed = regexp.MustCompile(`(?:^|: )((?:sudo |kvstore |openssl |contactsync (?:-|secret|members|phonebook|status|lookup|check))` + inCommand + `(?:; sudo ` + inCommand + `)*)`)

const inCommand = `(?:'[^']*'|[^;,()'])*(?:'[^']*'|[^;,()' ])`

// wordsOf returns the words of a line, of which a command is one. One that gets
// a line of its own, because it is wider than limit, is no part of a sentence.
func wordsOf(line string, limit int) (list []string) {
	from := 0
	for _, at := range typed.FindAllStringSubmatchIndex(line, -1) {
		command := line[at[2]:at[3]]
		list = append(list, strings.Fields(line[from:at[2]])...)
		if from = at[3]; from < len(line) && strings.ContainsRune(",;", rune(line[from])) {
			if width(command) < limit {
				command += line[from : from+1]
			}
			from++
		}
		list = append(list, command)
	}
	return append(list, strings.Fields(line[from:])...)
}

// wrapped breaks a line between words, so that each part has no more columns
// than limit, but for a word that is longer.
func wrapped(line string, limit int) (parts []string) {
	part := ""
	for _, word := range wordsOf(line, limit) {
		if part != "" && width(part)+1+width(word) > limit {
			parts = append(parts, part)
			part = ""
		}
		if part != "" {
			part += " "
		}
		part += word
	}
	return append(parts, part)
}

// end prints how many findings there are of each result.
func (t *checkText) end(all []finding) error {
	if t.loud.quiet {
		return nil
	}
	var parts []string
	for _, result := range []string{passed, warning, failed, skipped} {
		n := 0
		for _, f := range all {
			if f.Result == result {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, words.Say(words.CountOfResult, n, result))
		}
	}
	return t.out.show(words.Count(len(all), words.Checks) + ": " + strings.Join(parts, ", ") + "\n")
}
