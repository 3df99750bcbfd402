package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/journal"
	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// voice is how the program speaks to people: on a console, or in the journal.
type voice interface {
	// handler takes notices of what stops nobody.
	handler(slog.Level) slog.Handler
	// complain says what went wrong and what to do about it.
	complain(error)
	// expect gets to know of whom it will be said what became of them.
	expect([]phonebook.Member)
	// result says what became of a member.
	result(syncer.Result, loudness)
	// end says what became of a run.
	end(*syncer.Report, loudness)
	// close makes sure that what was said arrives.
	close()
}

// newVoice returns the journal where standard error leads there, and otherwise
// the console.
func newVoice(stderr *stream) voice {
	if stderr.w == io.Writer(os.Stderr) && journal.Here() {
		return &book{lost: &console{w: stderr}}
	}
	return &console{w: stderr}
}

// announced is a directory of whose members a voice gets to know.
type announced struct {
	syncer.Directory
	to voice
}

// Members implements syncer.Directory.
func (a announced) Members(ctx context.Context) ([]phonebook.Member, error) {
	members, err := a.Directory.Members(ctx)
	a.to.expect(members)
	return members, err
}

// loudness is how much the options ask to be told.
type loudness struct {
	verbose, quiet, dryRun bool
}

func loudnessOf(c *cli.Context) loudness {
	return loudness{verbose: given(c, "v"), quiet: given(c, "q"), dryRun: c.Bool("dry-run")}
}

// mentions tells whether a member has a line of his own.
func (l loudness) mentions(r syncer.Result) bool {
	return bad(r) || l.verbose || (l.dryRun || r.Result == syncer.Skipped) && !l.quiet
}

// level returns the level of the least notice that is wanted: with -v also what
// is being waited for, with -q errors only.
func (l loudness) level() slog.Level {
	switch {
	case l.verbose:
		return slog.LevelDebug
	case l.quiet:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// bad tells whether somebody has to know of a member's result.
func bad(r syncer.Result) bool { return r.Result == syncer.Failed || r.Result == syncer.Kept }

// summary returns a run in a line, for a screen.
func summary(r *syncer.Report, s screen) string {
	if len(r.Members) == 0 {
		return words.Fill(words.NobodyIn)
	}
	var parts []string
	for _, kind := range []string{syncer.OK, syncer.Unchanged, syncer.Kept, syncer.Failed, syncer.Skipped} {
		if n := r.Count(kind); n > 0 {
			parts = append(parts, s.paint(toneOf(kind), words.Say(words.CountOfResult, n, kind)))
		}
	}
	entries := 0
	for _, m := range r.Members {
		entries += m.Entries
	}
	return fmt.Sprintf("%s: %s; %s; %s, %s, %s", words.Count(len(r.Members), words.Members), strings.Join(parts, ", "),
		words.Count(entries, words.Entries), words.Count(int(r.Requests), words.Requests), size(r.Bytes), r.Finished.Sub(r.Started).Round(10*time.Millisecond))
}
