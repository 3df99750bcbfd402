package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/phonebook"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/systemd"
	"contactsync/kvstore"
)

// standing is what `contactsync status` shows: all from this machine, as far as
// whoever asks may read it.
type standing struct {
	now time.Time
	bookdb.Record
	timer     systemd.Timer
	timerErr  error
	expiry    expiry
	expiryErr error  // why nothing is said of the secret's end
	unset     string // what to do where nothing is configured yet; empty: something is
}

// status is `contactsync status`.
func (p *program) status(c *cli.Context) error {
	nagios := c.Bool("nagios")
	limits, err := limitsOf(c)
	if err == nil {
		err = nothingElse(c)
	}
	var s standing
	if err == nil {
		s, err = p.readStatus(c.Context)
	}
	switch {
	case nagios && err != nil:
		return p.unknownStatus(err)
	case err != nil:
		return err
	case nagios:
		return p.nagios(&s, limits)
	case given(c, "json"):
		return json.NewEncoder(p.stdout).Encode(s.document())
	}
	return p.printStatus(&s, given(c, "v"))
}

// readStatus gathers what there is to show. Only the phonebooks have to be
// readable.
func (p *program) readStatus(ctx context.Context) (s standing, err error) {
	s.now = time.Now().UTC()
	db, err := bookdb.OpenReader(p.phonebooks)
	if err != nil {
		return s, p.readError(err)
	}
	defer db.Close()
	if s.Record, err = db.Recorded(ctx); err != nil {
		return s, p.readError(err)
	}
	s.timer, s.timerErr = systemd.TimerOf(ctx, systemd.TimerUnit)
	p.readExpiry(&s)
	return s, nil
}

// readExpiry takes down until when the app can sign in, or why that is not
// known. What is wrong with other keys is no matter here.
func (p *program) readExpiry(s *standing) {
	values, err := p.values()
	if err == nil {
		s.unset = p.notConfigured(values)
		set, _ := settings.Load(values)
		s.expiry, err = p.expiry(set)
	}
	s.expiryErr = err
}

// mayNotAsk tells whether nothing is said of the secret's end because that is
// nothing for who asks.
func (s *standing) mayNotAsk() bool { return errors.Is(s.expiryErr, kvstore.ErrPermission) }

// last returns the last run of all members, or where there was none, of some.
func (s *standing) last() bookdb.Run {
	if s.All.Finished == "" {
		return s.Some
	}
	return s.All
}

// count returns how many members have one of the results.
func (s *standing) count(results ...string) (n int) {
	for _, m := range s.Members {
		for _, r := range results {
			if m.Result == r {
				n++
			}
		}
	}
	return n
}

// document is what --json prints.
func (s *standing) document() any {
	type member struct {
		syncer.Result
		SyncedAt string `json:"synced_at"`
	}
	last := s.last()
	d := struct {
		LastRun       string              `json:"last_run"`
		NextRun       string              `json:"next_run"`
		SecretExpires string              `json:"secret_expires"`
		LastSuccess   string              `json:"last_success"`
		Result        string              `json:"result"`
		Source        string              `json:"source"`
		Error         string              `json:"error"`
		Hint          string              `json:"hint"`
		Members       []member            `json:"members"`
		Leavers       []phonebook.Summary `json:"leavers"`
	}{
		LastRun: last.Finished, LastSuccess: s.Whole.Finished, Result: verdictOf(last), Source: last.Source,
		Error: last.Error, Hint: last.Hint, Members: []member{}, Leavers: append([]phonebook.Summary{}, s.Leavers...),
	}
	if !s.timer.Next.IsZero() {
		d.NextRun = s.timer.Next.Format(time.RFC3339)
	}
	if !s.expiry.last.IsZero() {
		d.SecretExpires = s.expiry.last.UTC().Format(time.DateOnly)
	}
	for _, m := range s.Members {
		d.Members = append(d.Members, member{syncer.Result{
			User: m.User, Mail: m.Mail, Result: m.Result, Entries: m.Entries,
			Added: m.Added, Updated: m.Updated, Removed: m.Removed, Error: m.Error, Hint: m.Hint,
		}, m.SyncedAt})
	}
	return d
}

// verdictOf returns how a run ended, in the journal's words; nothing where there
// was none.
func verdictOf(r bookdb.Run) string {
	switch {
	case r.Finished == "":
		return ""
	case r.Error != "":
		return "failed"
	case r.Status != 0:
		return "incomplete"
	}
	return "ok"
}

// forMonitoring returns the error of a command line as whoever typed it gets
// it: monitoring would take the status 2 for CRITICAL.
func (p *program) forMonitoring(err error) error {
	nagios := slices.Contains(p.args, "--nagios") || slices.Contains(p.args, "-nagios")
	if err == nil || !nagios || !slices.Contains(p.args, "status") {
		return err
	}
	return p.unknownStatus(err)
}

// usageError is the error of a command line that cannot be read.
func (p *program) usageError(c *cli.Context, err error, sub bool) error {
	return p.forMonitoring(usageError(c, err, sub))
}
