package syncer

import (
	"fmt"
	"strings"

	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// reader is the version of how contacts are read and entries made of them. It
// goes up with every change to that, so that the next run reads everything
// anew.
const reader = 1

// sealed returns a source's state as the store keeps it: with what decides
// whether it can be used again. An empty state stays empty.
func (c *crew) sealed(state string) string {
	if state == "" {
		return ""
	}
	return c.seal() + " " + state
}

// seal names the reader, the source and the settings.
func (c *crew) seal() string { return fmt.Sprintf("%d %s %s", reader, c.name, c.Digest) }

// opened returns the source's part of a state that the store kept, or why the
// mailbox is to be read in full. Of a mailbox that was never read there is
// nothing to say.
func (c *crew) opened(k phonebook.Known) (state, why string) {
	switch sealed, ok := strings.CutPrefix(k.State, c.seal()+" "); {
	case c.Full || c.DryRun || k.State == "":
		return "", ""
	case k.Touched:
		return "", words.Fill(words.SomebodyWrote)
	case ok:
		return sealed, ""
	}
	was, now := strings.SplitN(k.State, " ", 4), strings.Fields(c.seal())
	switch {
	case len(was) < 4:
		return "", words.Fill(words.StateDamaged)
	case was[0] != now[0]:
		return "", words.Fill(words.ReadOtherwise)
	case was[1] != now[1]:
		return "", words.Say(words.ReadOverOther, was[1])
	}
	if c.Changed != nil {
		if keys := c.Changed(was[2]); len(keys) > 0 {
			return "", words.Say(words.SettingsChanged, strings.Join(keys, ", "))
		}
	}
	return "", words.Fill(words.SettingChanged)
}
