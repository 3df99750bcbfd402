package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/settings"
	"contactsync/internal/words"
	"contactsync/kvstore"
	"contactsync/kvstore/dbfile"
)

// namespace is ours in the key-value store.
const namespace = "contactsync"

// settings reads the settings, as the user to whom the files belong.
func (p *program) settings(c *cli.Context) (settings.Settings, error) {
	if err := p.rightUser(); err != nil {
		return settings.Settings{}, err
	}
	values, err := p.values()
	if err != nil {
		return settings.Settings{}, err
	}
	s, err := settings.Load(values)
	err = p.settingsError(err)
	if err != nil && len(values) == 0 {
		err = fault.New(fault.Config, fault.HintOf(err), "%s holds nothing of contactsync yet\n%w", p.store, err)
	}
	for _, w := range s.Warnings {
		p.logger(c).Warn(w.String())
	}
	if err == nil && s.Office365 && s.ClientCertificate == "" {
		if text := ending(s.ClientSecretExpires, time.Now()); text != "" {
			p.logger(c).Warn(text, journal.Hint, words.Fill("make another one in {secrets}, and store it with: ")+p.renewal())
		}
	}
	return s, err
}

// directorySettings reads what the directory needs. What is wrong with other
// keys, such as those of Microsoft 365 that are not set yet, is no matter here.
func (p *program) directorySettings(c *cli.Context) (settings.Settings, error) {
	if err := p.rightUser(); err != nil {
		return settings.Settings{}, err
	}
	values, err := p.values()
	if err != nil {
		return settings.Settings{}, err
	}
	s, err := settings.Load(values)
	for _, w := range s.Warnings {
		p.logger(c).Warn(w.String())
	}
	var problems settings.Problems
	errors.As(err, &problems)
	problems = slices.DeleteFunc(problems, func(p settings.Problem) bool {
		return p.Key != "ca_file" && !strings.HasPrefix(p.Key, "ldap_")
	})
	if len(problems) == 0 {
		return s, nil
	}
	return s, p.settingsError(fault.New(fault.Config, "", "read settings:\n%w", problems))
}

// soon is how many days before the end of the client secret warnings begin.
const soon = 60

// ending warns of the end of the client secret, whose last day is given; zero
// where nobody noted it.
func ending(last, now time.Time) string {
	today := now.UTC().Truncate(24 * time.Hour)
	left := int(last.Sub(today).Hours() / 24)
	switch day := last.Format(time.DateOnly); {
	case last.IsZero() || left > soon:
		return ""
	case left < 0:
		return "the last day of the client secret was " + day
	case left == 0:
		return "the last day of the client secret is today, " + day
	default:
		return fmt.Sprintf("the last day of the client secret is %s, in %s", day, count(left, "day"))
	}
}

// values reads our namespace of the key-value store.
func (p *program) values() (map[string]string, error) {
	store, err := kvstore.Open(p.store)
	if err != nil {
		return nil, storeError(err)
	}
	entries, err := store.List(namespace)
	if err != nil {
		return nil, storeError(err)
	}
	values := make(map[string]string, len(entries))
	for _, e := range entries {
		values[e.Key] = e.Value
	}
	return values, nil
}

// storeError gives an error of the key-value store its class.
func storeError(err error) error {
	switch {
	case errors.Is(err, kvstore.ErrDamaged):
		hint := cmp.Or(dbfile.Hint(err), "the file was left as it is; bring back a copy of it, or move it away and set the keys again")
		return fault.New(fault.Damage, hint, "read settings: %w", err)
	case errors.Is(err, kvstore.ErrFull):
		return fault.New(fault.Damage, "free some space on the key-value store's file system", "read settings: %w", err)
	case errors.Is(err, kvstore.ErrBusy):
		return fault.New(fault.Unavailable, cmp.Or(dbfile.Hint(err), "another program holds the key-value store; try again"), "read settings: %w", err)
	case errors.Is(err, kvstore.ErrPermission):
		return fault.New(fault.Permission, cmp.Or(dbfile.Hint(err), "the key-value store belongs to the service user; if a file in it does not: chown ucservices: FILE; if it does: chmod 600 FILE, and 750 for the folder"), "read settings: %w", err)
	}
	return fault.New(fault.Config, "let --store or UCWARE_KVSTORE name the folder of the key-value store", "read settings: %w", err)
}

// logger returns a logger for people.
func (p *program) logger(c *cli.Context) *slog.Logger {
	return slog.New(p.voice.handler(loudnessOf(c).level()))
}
