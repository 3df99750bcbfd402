package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"contactsync/internal/words"
)

// accessKeys are the keys of which nobody sets any before it is meant to run.
// The key office365 is none of them: the installer's dialog writes it even
// where the rest was left empty.
var accessKeys = []string{"tenant_id", "client_id", "client_secret", "client_certificate", "ews_url", "ews_username", "ews_password"}

// configured is `contactsync configured`, which contactsync.service asks
// before a run: a machine on which nobody set anything up yet has no failed
// unit, but one that was skipped. Half of the keys are enough for a run, which
// then says what is missing; and so is a store that cannot be read, because
// only the run's exit status tells the damaged file from the wrong user.
func (p *program) configured(c *cli.Context) error {
	if err := nothingElse(c); err != nil {
		return err
	}
	values, err := p.values()
	if err != nil {
		return nil
	}
	if text := p.notConfigured(values); text != "" {
		fmt.Fprintln(p.stderr, "contactsync: "+visible(text))
		return exitStatus(1)
	}
	return nil
}

// notConfigured says what to do where nobody set anything up yet; nothing where
// somebody did.
func (p *program) notConfigured(values map[string]string) string {
	for _, key := range accessKeys {
		if strings.TrimSpace(values[key]) != "" {
			return ""
		}
	}
	how := words.KeySets
	if p.homeStore() {
		how = words.DialogOrSets
	}
	return words.Say(words.NotConfigured, p.store, words.Say(how, p.kvstore()))
}
