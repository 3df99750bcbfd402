package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/fault"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// level is a service's state, and the exit status of a plugin that tells it
// (Monitoring Plugins Development Guidelines, "Plugin Return Codes").
type level int

const (
	fineLevel level = iota
	warningLevel
	criticalLevel
	unknownLevel
)

func (l level) String() string { return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[l] }

// lastDays is how many days before the last day of the secret it is critical.
const lastDays = 14

// limits are for how long no run of all members may have succeeded.
type limits struct{ warning, critical time.Duration }

func limitsOf(c *cli.Context) (limits, error) {
	warning, critical := c.Int("warning"), c.Int("critical")
	switch {
	case !c.Bool("nagios") && (c.IsSet("warning") || c.IsSet("critical")), c.Bool("nagios") && given(c, "json"):
		return limits{}, fault.New(fault.Usage, words.TypeNagios, words.NagiosOnly)
	case warning < 1 || critical < warning:
		return limits{}, fault.New(fault.Usage, words.TypeNagiosHours, words.NagiosHours)
	}
	return limits{time.Duration(warning) * time.Hour, time.Duration(critical) * time.Hour}, nil
}

// plugin gathers what a plugin answers.
type plugin struct {
	level level
	texts []string
}

// find takes down what is wrong; the worst decides and comes first.
func (a *plugin) find(l level, format string, args ...any) {
	text := fault.Line(strings.ReplaceAll(words.Say(format, args...), "|", "/"), 200)
	if l > a.level {
		a.level = l
		a.texts = append([]string{text}, a.texts...)
		return
	}
	a.texts = append(a.texts, text)
}

// nagios answers as a plugin of Nagios and Icinga does.
func (p *program) nagios(s *standing, l limits) error {
	var a plugin
	if text := s.unrecorded(); text != "" {
		a.find(severity(s.timer.Service.Status), "%s", text)
	}
	a.judgeRuns(s, l)
	if n := s.count(syncer.Failed); n > 0 {
		a.find(warningLevel, words.Failed, words.Count(n, words.Members))
	}
	if n := s.count(syncer.Kept); n > 0 {
		a.find(warningLevel, words.KeptFromEmpty, words.Count(n, words.Phonebooks))
	}
	if why, _ := idle(s.timer); s.timerErr == nil && why != "" {
		a.find(warningLevel, "%s", why)
	}
	switch {
	case s.expiryErr != nil && !s.mayNotAsk():
		a.find(warningLevel, words.EndNotWatched, s.expiryErr)
	case s.expiry.amiss.Key != "":
		a.find(warningLevel, words.EndNotWatched, s.expiry.amiss)
	}
	if text := s.expiry.warning(s.now); text != "" {
		at := warningLevel
		if s.expiry.days(s.now) <= lastDays {
			at = criticalLevel
		}
		a.find(at, "%s", text)
	}
	if len(a.texts) == 0 {
		a.find(fineLevel, words.LastRun, s.crowd(), age(s.All.Finished, s.now))
	}
	fmt.Fprintf(p.stdout, "CONTACTSYNC %s - %s | %s\n", a.level, strings.Join(a.texts, "; "), s.performance(l))
	return exitStatus(a.level)
}

// judgeRuns looks at how the last run ended and how old the last good one is.
// "Not now" is tried again, and so is critical only when nothing comes of it.
func (a *plugin) judgeRuns(s *standing, l limits) {
	if s.All.Finished == "" {
		text := words.NoRunRecorded
		if s.unset != "" {
			text = words.NoSettingsYet
		}
		a.find(unknownLevel, "%s", text)
		return
	}
	if s.All.Error != "" {
		a.find(severity(s.All.Status), words.LastRunFailed, joined(s.All.Error))
	}
	switch good, ok := s.sinceSuccess(); {
	case !ok:
		a.find(criticalLevel, words.NeverSucceeded)
	case good > l.critical:
		a.find(criticalLevel, words.LastSuccess, age(s.Whole.Finished, s.now))
	case good > l.warning:
		a.find(warningLevel, words.LastSuccess, age(s.Whole.Finished, s.now))
	}
}

// severity is how bad it is that a run failed with an exit status.
func severity(status int) level {
	if status == fault.Unavailable.ExitStatus() {
		return warningLevel
	}
	return criticalLevel
}

// sinceSuccess returns how long ago the last run of all members ended that did
// not fail as a whole; false where there was none.
func (s *standing) sinceSuccess() (time.Duration, bool) {
	at, err := time.Parse(time.RFC3339, s.Whole.Finished)
	return max(0, s.now.Sub(at)), err == nil
}

// performance returns the figures: label=value[unit];warning;critical;min;max.
func (s *standing) performance(l limits) string {
	entries := 0
	for _, m := range s.Members {
		entries += m.Entries
	}
	parts := []string{
		fmt.Sprintf("members=%d;;;0", len(s.Members)),
		fmt.Sprintf("failed=%d;0;;0;%d", s.count(syncer.Failed), len(s.Members)),
		fmt.Sprintf("kept=%d;0;;0;%d", s.count(syncer.Kept), len(s.Members)),
		fmt.Sprintf("skipped=%d;;;0;%d", s.count(syncer.Skipped), len(s.Members)),
		fmt.Sprintf("entries=%d;;;0", entries),
		fmt.Sprintf("leavers=%d;;;0", len(s.Leavers)),
	}
	if good, ok := s.sinceSuccess(); ok {
		parts = append([]string{fmt.Sprintf("age=%ds;%d;%d;0", int(good.Seconds()), int(l.warning.Seconds()), int(l.critical.Seconds()))}, parts...)
	}
	if !s.expiry.last.IsZero() {
		parts = append(parts, fmt.Sprintf("secret_days=%d;%d:;%d:", s.expiry.days(s.now), soon+1, lastDays+1))
	}
	return strings.Join(parts, " ")
}

// unknownStatus answers where nothing could be found out.
func (p *program) unknownStatus(err error) error {
	text := err.Error()
	if hint := fault.HintOf(err); hint != "" {
		text = words.Say(words.WithHint, text, hint)
	}
	fmt.Fprintf(p.stdout, "CONTACTSYNC %s - %s\n", unknownLevel, visible(fault.Line(strings.ReplaceAll(text, "|", "/"), 500)))
	return exitStatus(unknownLevel)
}
