package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/syncer"
	"contactsync/internal/systemd"
	"contactsync/internal/words"
)

// printStatus prints the status for people.
func (p *program) printStatus(s *standing, all bool) error {
	if err := p.printRuns(s); err != nil {
		return err
	}
	if text := s.unrecorded(); text != "" {
		if err := p.advise(words.AboutSince, text, broken, words.Fill(words.SeeJournal)); err != nil {
			return err
		}
	}
	if err := p.printNext(s); err != nil {
		return err
	}
	if err := p.printExpiry(s); err != nil {
		return err
	}
	if len(s.Members) > 0 {
		if err := p.printMembers(s, all); err != nil {
			return err
		}
	}
	return p.printLeavers(s)
}

// tell prints what there is to say about a thing, in lines of 80 columns.
func (p *program) tell(about, text string, t tone) error {
	head := padded(visible(words.Fill(about)), textColumn-1) + " "
	return p.stdout.show(p.stdout.hanging(head, textColumn, textWidth, strings.Join(strings.Fields(text), " "), t))
}

// joined is an error, which may have several lines, in one.
func joined(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// advise tells of a thing what is wrong with it, and what to do where that is
// known.
func (p *program) advise(about, text string, t tone, hint string) error {
	if err := p.tell(about, text, t); err != nil {
		return err
	}
	return p.hint(hint)
}

func (p *program) hint(text string) error {
	if text == "" {
		return nil
	}
	return p.tell("", words.Say(words.Hint, text), faint)
}

// printRuns prints how the last runs ended.
func (p *program) printRuns(s *standing) error {
	if s.All.Finished == "" && s.Some.Finished == "" {
		text := words.Say(words.NoRunYet, p.command("-v"))
		if s.unset != "" {
			text = words.Fill(words.NoRunRecorded)
		}
		return p.tell(words.AboutLastRun, text, plain)
	}
	if err := p.printRun(words.AboutLastRun, s.All, s.well(), s.now); err != nil {
		return err
	}
	if s.All.Error != "" {
		text := words.Fill(words.NeverSucceeded)
		if s.Whole.Finished != "" {
			text = when(s.Whole.Finished, s.now)
		}
		if err := p.tell(words.AboutLastGood, text, plain); err != nil {
			return err
		}
	}
	if s.Some.Finished > s.All.Finished {
		return p.printRun(words.AboutSome, s.Some, words.AllWell, s.now)
	}
	return nil
}

// well says how a run of all members ended that went well.
func (s *standing) well() string {
	if s.count(syncer.Skipped) == 0 {
		return words.AllWell
	}
	return words.Say(words.DoneFor, s.crowd())
}

// crowd returns how many members there are, and how many of them were skipped.
func (s *standing) crowd() string {
	all := words.Count(len(s.Members), words.Members)
	if n := s.count(syncer.Skipped); n > 0 {
		return words.Say(words.OfThemSkipped, all, n)
	}
	return all
}

// printRun prints how a run ended; well is for one that went well.
func (p *program) printRun(about string, r bookdb.Run, well string, now time.Time) error {
	if r.Finished == "" {
		return p.tell(about, words.Fill(words.NeverSucceeded), doubtful)
	}
	text := when(r.Finished, now)
	switch r.Source {
	case "graph":
		text = words.Say(words.OverGraph, text)
	case "ews":
		text = words.Say(words.OverEWS, text)
	}
	if err := p.tell(about, text, plain); err != nil {
		return err
	}
	switch verdictOf(r) {
	case "failed":
		return p.advise("", words.Say(words.RunFailed, joined(r.Error)), broken, r.Hint)
	case "incomplete":
		return p.tell("", words.Fill(words.DoneButMembers), doubtful)
	}
	return p.tell("", words.Fill(well), fine)
}

// printNext prints when the next run is.
func (p *program) printNext(s *standing) error {
	why, hint := idle(s.timer)
	switch {
	case errors.Is(s.timerErr, systemd.ErrNone):
		return p.tell(words.AboutNextRun, words.Say(words.NotKnown, systemd.ErrNone), plain)
	case s.timerErr != nil:
		return p.tell(words.AboutNextRun, words.Say(words.NotKnown, s.timerErr), plain)
	case why != "":
		return p.advise(words.AboutNextRun, words.Say(words.NoNextRun, why), doubtful, hint)
	case s.timer.Next.IsZero():
		return p.tell(words.AboutNextRun, words.Fill(words.NothingPlanned), plain)
	}
	next := when(s.timer.Next.Format(time.RFC3339), s.now)
	if s.timer.Service.Retries {
		next = words.Say(words.TriesAgain, next)
	}
	return p.tell(words.AboutNextRun, next, plain)
}

func (p *program) printExpiry(s *standing) error {
	switch {
	case s.unset != "":
		return p.tell(words.AboutSettings, s.unset, doubtful)
	case s.mayNotAsk():
		return p.tell(words.AboutSecret, words.Fill(words.LeftOutStore), plain)
	case s.expiryErr != nil:
		return p.advise(words.AboutSecret, words.Say(words.LeftOut, s.expiryErr), doubtful, fault.HintOf(s.expiryErr))
	case s.expiry.amiss.Key != "":
		return p.advise(words.AboutSecret, s.expiry.amiss.String(), doubtful, p.howToMend(s.expiry.amiss))
	case s.expiry.what == noProof:
		return nil // an Exchange server of one's own
	case s.expiry.last.IsZero():
		return p.tell(words.AboutSecret, words.Say(words.NobodyNotedEnd, p.noteLastDay()), plain)
	case s.expiry.warning(s.now) == "":
		return p.tell(words.AboutSecret, s.expiry.end(s.now), plain)
	}
	return p.advise(words.AboutSecret, s.expiry.end(s.now), doubtful, s.expiry.renew)
}

// printMembers prints a table of the members, and below it what is wrong with
// whom.
func (p *program) printMembers(s *standing, all bool) error {
	note := ""
	if text := s.whose(); text != "" {
		note = strings.Join(wrapped(text, textWidth), "\n") + "\n"
	}
	if err := p.stdout.show("\n" + note); err != nil {
		return err
	}
	t := newTable(column{head: words.HeadUser, spare: true}, column{head: words.HeadResult, tone: toneOf}, column{head: words.HeadEntries, right: true}, column{head: words.HeadSynchronised})
	for _, m := range s.Members {
		t.row(m.User, m.Result, strconv.Itoa(m.Entries), age(m.SyncedAt, s.now))
	}
	if err := t.print(p.stdout); err != nil {
		return err
	}
	return p.printProblems(s, all)
}

// whose says of which run the members' results are where the last one failed;
// nothing where they are its own. It did some where it has a source, and where
// all have failed, those are what made it fail.
func (s *standing) whose() string {
	switch {
	case s.All.Error == "", s.count(syncer.Skipped) == len(s.Members):
		return ""
	case s.All.Source == "":
		return words.Fill(words.FromOtherRuns)
	case s.count(syncer.OK, syncer.Unchanged, syncer.Kept) > 0:
		return words.Fill(words.NotComeTo)
	}
	return ""
}

// printProblems prints what is wrong with members. Those who need the same done
// one after the other have one hint, and without -v are not many.
func (p *program) printProblems(s *standing, all bool) error {
	var wrong []bookdb.Member
	for _, m := range s.Members {
		if m.Error != "" {
			wrong = append(wrong, m)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	if err := p.stdout.show("\n"); err != nil {
		return err
	}
	for from := 0; from < len(wrong); {
		to := from + 1
		for to < len(wrong) && wrong[to].Hint == wrong[from].Hint {
			to++
		}
		shown := to
		if !all && to-from > similar+1 {
			shown = from + similar
		}
		for _, m := range wrong[from:shown] {
			if err := p.tell(m.User, m.Error, toneOf(m.Result)); err != nil {
				return err
			}
		}
		if shown < to {
			if err := p.tell("", words.Say(words.MoreAlike, to-shown), plain); err != nil {
				return err
			}
		}
		if err := p.hint(wrong[from].Hint); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// printLeavers prints who left the groups and still has a phonebook.
func (p *program) printLeavers(s *standing) error {
	if len(s.Leavers) == 0 {
		return nil
	}
	if err := p.stdout.show("\n" + strings.Join(wrapped(words.Fill(words.Leavers), textWidth), "\n") + "\n"); err != nil {
		return err
	}
	t := newTable(column{head: words.HeadOwner, spare: true}, column{head: words.HeadPhonebook, spare: true}, column{head: words.HeadEntries, right: true}, column{head: words.HeadSynchronised})
	for _, b := range s.Leavers {
		t.row(b.Owner, b.Title, strconv.Itoa(b.Entries), age(b.SyncedAt, s.now))
	}
	if err := t.print(p.stdout); err != nil {
		return err
	}
	return p.hint(words.Say(words.LeaversStay, p.kvstore()+" set contactsync leavers delete"))
}

// when returns a time as it is written and how far it is away.
func when(text string, now time.Time) string { return local(text) + ", " + age(text, now) }

// local returns a time as the clock on the wall shows it, for people; a text
// that is no time comes back as it is. Programs get times in UTC (RFC 3339).
func local(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return at.Local().Format("2006-01-02 15:04 MST")
}

// age returns how far a time is away, in words; a text that is no time comes
// back as it is.
func age(text string, now time.Time) string {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case text == "":
		return words.Fill(words.Never)
	case err != nil:
		return text
	case at.After(now):
		return words.Say(words.In, span(at.Sub(now)))
	}
	return words.Say(words.Ago, span(now.Sub(at)))
}

// span returns a duration in the unit that a person would take.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return words.Count(int(d/time.Second), words.Seconds)
	case d < 2*time.Hour:
		return words.Count(int(d/time.Minute), words.Minutes)
	case d < 48*time.Hour:
		return words.Count(int(d/time.Hour), words.Hours)
	}
	return words.Count(int(d/(24*time.Hour)), words.Days)
}
