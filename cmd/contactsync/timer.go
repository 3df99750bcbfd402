package main

import (
	"time"

	"contactsync/internal/systemd"
	"contactsync/internal/words"
)

// idle says why no run begins by itself, and what to do; nothing where one does.
func idle(t systemd.Timer) (why, hint string) {
	switch unit := systemd.TimerUnit; {
	case t.Load == "not-found":
		return words.Say(words.NoTimer, unit), words.Fill(words.InstallAgain)
	case t.Load == "masked":
		return words.Say(words.TimerMasked, unit), words.Say(words.UnmaskTimer, unit)
	case t.Load != systemd.Loaded:
		return words.Say(words.UnitUnusable, unit, t.Load), words.Say(words.VerifyUnit, unit)
	case !t.Active:
		return words.Say(words.TimerStopped, unit), words.Fill(words.StartTimer)
	case t.Service.Load == "masked":
		return words.Say(words.ServiceMasked, systemd.ServiceUnit), words.Say(words.UnmaskService, systemd.ServiceUnit)
	case t.Service.Load != "" && t.Service.Load != systemd.Loaded:
		return words.Say(words.UnitUnusable, systemd.ServiceUnit, t.Service.Load), words.Say(words.VerifyUnit, systemd.ServiceUnit)
	}
	return "", ""
}

// unrecorded says that the service's last run failed before it could record
// anything, after the last run that did; nothing where it did not.
func (s *standing) unrecorded() string {
	finished, err := time.Parse(time.RFC3339, s.All.Finished)
	if err == nil {
		finished = finished.Add(time.Second) // what the record leaves out
	}
	run := s.timer.Service
	if !run.Failed || !run.Began.After(finished) {
		return ""
	}
	return words.Say(words.LeftNoRecord, run.Status, age(run.Began.Format(time.RFC3339), s.now))
}
