package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// notice is the level between a note and a warning: somebody may want to know.
const notice = slog.LevelInfo + 2

// book is the voice in the journal, where a service's run is read afterwards:
// each member has a record, whose fields find it again. What the journal does
// not take is lost to nobody: it goes to the console, which is standard error.
type book struct{ lost *console }

func (b *book) handler(level slog.Level) slog.Handler {
	return journal.New("contactsync", level, b.lost.handler(level))
}

// write writes a record whose message says in words what the fields say.
func (b *book) write(level slog.Level, message, hint string, fields ...any) {
	r := slog.NewRecord(time.Now(), level, message, 0)
	r.AddAttrs(slog.String(journal.Hint, hint), slog.Group(journal.Fields, fields...))
	// Where both the journal and standard error fail, nobody is left to tell.
	_ = b.handler(level).Handle(context.Background(), r)
}

func (b *book) expect([]phonebook.Member) {}

func (b *book) complain(err error) {
	b.write(slog.LevelError, strings.TrimSpace(err.Error()), fault.HintOf(err))
}

// result writes what became of a member; -q leaves out what nobody has to
// know.
func (b *book) result(r syncer.Result, loud loudness) {
	if loud.quiet && !bad(r) {
		return
	}
	level := slog.LevelInfo
	switch r.Result {
	case syncer.Failed:
		level = slog.LevelError
	case syncer.Kept:
		level = slog.LevelWarn
	case syncer.Skipped:
		level = notice
	}
	fields := []any{"member", r.User, "result", r.Result, "error", r.Error}
	if r.Result != syncer.Failed && r.Result != syncer.Skipped {
		fields = append(fields, "entries", r.Entries, "added", r.Added, "updated", r.Updated, "removed", r.Removed)
	}
	b.write(level, loud.marked(visible(r.User)+": "+r.Result+": "+visible(r.Line())), r.Hint, fields...)
}

// end writes one record for the whole run.
func (b *book) end(r *syncer.Report, loud loudness) {
	level, result, text, hint := slog.LevelInfo, "ok", summary(r, screen{}), ""
	switch {
	case r.Err != nil:
		level, result, text, hint = slog.LevelError, "failed", strings.TrimSpace(r.Err.Error()), fault.HintOf(r.Err)
		if len(r.Members) > 0 {
			text += "\n" + summary(r, screen{})
		}
	case r.ExitStatus() != 0:
		level, result = slog.LevelWarn, "incomplete"
	case loud.quiet:
		return
	}
	if r.Source != "" {
		text = words.Say(words.WithSource, text, r.Source, r.Why)
	}
	b.write(level, loud.marked(text), hint,
		"result", result, "members", len(r.Members), "failed", r.Count(syncer.Failed)+r.Count(syncer.Kept),
		"source", r.Source, "requests", r.Requests, "bytes", r.Bytes)
}

func (b *book) close() { journal.Flush(10 * time.Second) }

// marked keeps a dry run from being taken for one that changed something.
func (l loudness) marked(text string) string {
	if l.dryRun {
		return words.Say(words.DryRun, text)
	}
	return text
}
