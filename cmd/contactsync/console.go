package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// console is a slog handler for people: the message, and the attributes behind
// it in brackets. Notices below a warning show with verbose only.
type console struct {
	w       io.Writer
	level   slog.Level
	context []slog.Attr
}

// Enabled implements slog.Handler.
func (h *console) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *console) Handle(_ context.Context, r slog.Record) error {
	var attrs []string
	add := func(a slog.Attr) bool {
		attrs = append(attrs, a.Key+": "+a.Value.String())
		return true
	}
	for _, a := range h.context {
		add(a)
	}
	r.Attrs(add)
	line := r.Message
	if len(attrs) > 0 {
		line += " (" + strings.Join(attrs, ", ") + ")"
	}
	_, err := fmt.Fprintf(h.w, "contactsync: %s: %s\n", levelName(r.Level), visible(line))
	return err
}

// WithAttrs implements slog.Handler.
func (h *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	sub := *h
	sub.context = append(append([]slog.Attr(nil), h.context...), attrs...)
	return &sub
}

// WithGroup implements slog.Handler; nothing here uses groups.
func (h *console) WithGroup(string) slog.Handler { return h }

func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warning"
	}
	return "note"
}
