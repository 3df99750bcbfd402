package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"contactsync/internal/graph"
	"contactsync/internal/journal"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// warnOfTenant asks, once for the whole run, whether the tenant is the right one
// where it knows none of the members that were looked up.
func (p *program) warnOfTenant(c *cli.Context, set settings.Settings, r *syncer.Report) {
	unknown := 0
	for _, m := range r.Members {
		switch {
		case errors.Is(m.Err, graph.ErrNobody):
			unknown++
		case m.Result != syncer.Skipped:
			return
		}
	}
	if unknown == 0 {
		return
	}
	p.logger(c).Warn(words.Say(words.RightTenant, set.TenantID), journal.Hint, words.Fill(words.CompareTenant))
}
