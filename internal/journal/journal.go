// Package journal speaks to systemd: a slog.Handler that writes records with
// their attributes as fields to the journal, and the notifications that
// `systemctl status` shows.
//
// It writes in the journal's native protocol ("Native Journal Protocol", in
// systemd's documentation), in which a value may hold line ends without
// becoming another field.
package journal

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"

	"contactsync/internal/words"
)

// Fields is the name of a group of attributes that are for machines alone:
// the message says the same in words already.
const Fields = "fields"

// Hint is the attribute that says what to do. It stands in the message on a
// line of its own.
const Hint = "hint"

// Here reports whether standard error leads to the journal, as it does in a
// service, so that fields can be written beside the text.
func Here() bool {
	here, err := journal.StderrIsJournalStream()
	return here && err == nil
}

// Handler is a slog.Handler that writes to the journal.
//
// The fields of a record are MESSAGE, PRIORITY, SYSLOG_IDENTIFIER and its
// attributes with their names in capitals; those of groups begin with the name
// of the group, but for the group Fields. MESSAGE holds the attributes too,
// without those in the group Fields, so that it can be read alone. An attribute
// with an empty value is left out.
type Handler struct {
	identifier string
	level      slog.Level
	lost       slog.Handler
	fields     []field // of WithAttrs
	prefix     string  // of WithGroup
}

// New returns a handler for records of the given level and above. Those that
// cannot be written go to lost.
func New(identifier string, level slog.Level, lost slog.Handler) *Handler {
	return &Handler{identifier: identifier, level: level, lost: lost}
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	fields := slices.Clone(h.fields)
	r.Attrs(func(a slog.Attr) bool {
		fields = flatten(fields, h.prefix, a)
		return true
	})
	vars := map[string]string{"SYSLOG_IDENTIFIER": h.identifier}
	for _, f := range fields {
		vars[variable(f.name)] = f.value
	}
	err := journal.Send(message(r.Message, fields), priority(r.Level), vars)
	if err != nil {
		return h.lost.Handle(ctx, r)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	sub := *h
	sub.lost = h.lost.WithAttrs(attrs)
	sub.fields = slices.Clone(h.fields)
	for _, a := range attrs {
		sub.fields = flatten(sub.fields, h.prefix, a)
	}
	return &sub
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	sub := *h
	sub.lost = h.lost.WithGroup(name)
	sub.prefix += name + "."
	return &sub
}

// message returns the text of a record: what happened, on what, and what to do.
func message(text string, fields []field) string {
	var on []string
	hint := ""
	for _, f := range fields {
		switch {
		case f.name == Hint:
			hint = "\n" + words.Say(words.Hint, f.value)
		case !f.silent:
			on = append(on, f.name+": "+f.value)
		}
	}
	if len(on) > 0 {
		text += " (" + strings.Join(on, ", ") + ")"
	}
	return clean(text + hint)
}

// priority returns the level as syslog counts; what is between a note and a
// warning is a notice.
func priority(l slog.Level) journal.Priority {
	switch {
	case l >= slog.LevelError:
		return journal.PriErr
	case l >= slog.LevelWarn:
		return journal.PriWarning
	case l > slog.LevelInfo:
		return journal.PriNotice
	case l == slog.LevelInfo:
		return journal.PriInfo
	}
	return journal.PriDebug
}
