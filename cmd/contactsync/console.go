package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/syncer"
)

// console is the voice for people at a terminal, in a mail or a file.
type console struct{ w io.Writer }

func (c *console) handler(level slog.Level) slog.Handler { return &notices{w: c.w, level: level} }

func (c *console) complain(err error) {
	r := slog.NewRecord(time.Now(), slog.LevelError, strings.TrimSpace(err.Error()), 0)
	r.Add(journal.Hint, fault.HintOf(err))
	_ = c.handler(slog.LevelError).Handle(context.Background(), r)
}

// result prints what became of a member: with -v always, otherwise where
// somebody has to know.
func (c *console) result(r syncer.Result, loud loudness) {
	if bad(r) || loud.verbose || (loud.dryRun || r.Result == syncer.Skipped) && !loud.quiet {
		fmt.Fprintf(c.w, "%-9s  %-12s  %s\n", r.Result, visible(r.User), visible(r.Line()))
	}
	if bad(r) && r.Hint != "" {
		fmt.Fprintf(c.w, "%-9s  %-12s  hint: %s\n", "", "", visible(r.Hint))
	}
}

// end prints the last lines of a run.
func (c *console) end(r *syncer.Report, loud loudness) {
	if (r.Err == nil || len(r.Members) > 0) && !loud.quiet {
		if r.Source != "" {
			fmt.Fprintf(c.w, "source: %s (%s)\n", r.Source, r.Why)
		}
		text := summary(r)
		if loud.dryRun {
			text += " (dry run: nothing was changed)"
		}
		fmt.Fprintln(c.w, text)
	}
	if r.Err != nil {
		c.complain(r.Err)
	}
}

func (c *console) close() {}

// notices is a slog handler for people: the message, the attributes behind it
// in brackets, and below it the hint.
type notices struct {
	w       io.Writer
	level   slog.Level
	context []slog.Attr
}

// Enabled implements slog.Handler.
func (h *notices) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *notices) Handle(_ context.Context, r slog.Record) error {
	var attrs []string
	hint := ""
	add := func(a slog.Attr) bool {
		switch a.Key {
		case journal.Fields: // the message says it
		case journal.Hint:
			hint = a.Value.String()
		default:
			attrs = append(attrs, a.Key+": "+a.Value.String())
		}
		return true
	}
	for _, a := range h.context {
		add(a)
	}
	r.Attrs(add)
	text := r.Message
	if len(attrs) > 0 {
		text += " (" + strings.Join(attrs, ", ") + ")"
	}
	var lines strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(&lines, "contactsync: %s: %s\n", levelName(r.Level), visible(line))
	}
	if hint != "" {
		fmt.Fprintf(&lines, "contactsync: hint: %s\n", visible(hint))
	}
	_, err := io.WriteString(h.w, lines.String())
	return err
}

// WithAttrs implements slog.Handler.
func (h *notices) WithAttrs(attrs []slog.Attr) slog.Handler {
	sub := *h
	sub.context = append(append([]slog.Attr(nil), h.context...), attrs...)
	return &sub
}

// WithGroup implements slog.Handler; nothing here uses groups.
func (h *notices) WithGroup(string) slog.Handler { return h }

func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warning"
	}
	return "note"
}
