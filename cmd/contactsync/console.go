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
	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// console is the voice for people at a terminal, in a mail or a file.
type console struct {
	w    *stream
	user int // columns of a user id
}

// The columns of a line about a member: of the result, the longest of which is
// "unchanged", and of the user id. A longer one is not cut, for it is what one
// types, and its line alone stands beside the others.
const (
	resultWidth = 9
	userWidth   = 12
	userWidest  = 32
)

// us is what a line begins with that is about the program.
const us = "contactsync: "

func (c *console) expect(members []phonebook.Member) {
	for _, m := range members {
		if w := width(visible(m.User)); w <= userWidest {
			c.user = max(c.user, w)
		}
	}
}

func (c *console) handler(level slog.Level) slog.Handler { return &notices{w: c.w, level: level} }

func (c *console) complain(err error) {
	r := slog.NewRecord(time.Now(), slog.LevelError, strings.TrimSpace(err.Error()), 0)
	r.Add(journal.Hint, fault.HintOf(err))
	_ = c.handler(slog.LevelError).Handle(context.Background(), r)
}

// result prints what became of a member: with -v always, otherwise where
// somebody has to know.
func (c *console) result(r syncer.Result, loud loudness) {
	if loud.mentions(r) {
		c.line(c.w.paint(toneOf(r.Result), padded(r.Result, resultWidth)), r.User, r.Line(), plain)
	}
	if bad(r) && r.Hint != "" {
		c.line(padded("", resultWidth), "", words.Say(words.Hint, r.Hint), faint)
	}
}

func (c *console) line(result, user, text string, t tone) {
	wide := max(c.user, userWidth)
	head := result + gap + padded(visible(user), wide) + gap
	fmt.Fprint(c.w, c.w.hang(head, resultWidth+len(gap)+wide+len(gap), text, t))
}

// end prints the last lines of a run.
func (c *console) end(r *syncer.Report, loud loudness) {
	if (r.Err == nil || len(r.Members) > 0) && !loud.quiet {
		if r.Source != "" {
			fmt.Fprint(c.w, c.w.hang("", 0, words.Say(words.SourceOfRun, r.Source, r.Why), plain))
		}
		text := summary(r, c.w.screen)
		if loud.dryRun {
			text = words.Say(words.DryRunChanged, text)
		}
		if columns := c.w.width(); columns > 0 {
			text = strings.Join(wrapped(text, columns), "\n")
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
	w       *stream
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
		head := us + h.levelName(r.Level) + ": "
		lines.WriteString(h.w.hang(head, width(head), line, plain))
	}
	if hint != "" {
		lines.WriteString(h.w.hang(us, len(us), words.Say(words.Hint, hint), faint))
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

func (h *notices) levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return h.w.paint(broken, "error")
	case l >= slog.LevelWarn:
		return h.w.paint(doubtful, "warning")
	}
	return "note"
}
