package main

import (
	"cmp"
	"errors"
	"log/slog"
	"path/filepath"
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
		err = fault.New(fault.Config, fault.HintOf(err), "%s\n%w", words.Say(words.NothingStored, p.store), err)
	}
	p.warnOfSettings(c, s)
	p.warnOfLooseRights(c, s)
	if err == nil {
		p.warnOfEnd(c, s)
	}
	return s, err
}

// warnOfEnd warns of the end of what the app signs in with. A certificate that
// cannot be read is the sign-in's matter.
func (p *program) warnOfEnd(c *cli.Context, s settings.Settings) {
	e, _ := p.expiry(s)
	if text := e.warning(time.Now()); text != "" {
		p.logger(c).Warn(text, journal.Hint, e.renew)
	}
}

// warnOfSettings says what in the settings has no effect, or another than meant.
func (p *program) warnOfSettings(c *cli.Context, s settings.Settings) {
	for _, w := range s.Warnings {
		p.logger(c).Warn(w.String(), journal.Hint, p.howToMend(w))
	}
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
	p.warnOfSettings(c, s)
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

// values reads our namespace of the key-value store.
func (p *program) values() (map[string]string, error) {
	store, err := kvstore.Open(p.store)
	if err != nil {
		return nil, p.storeError("read settings", err)
	}
	entries, err := store.List(namespace)
	if err != nil {
		return nil, p.storeError("read settings", err)
	}
	values := make(map[string]string, len(entries))
	for _, e := range entries {
		values[e.Key] = e.Value
	}
	return values, nil
}

// storeError gives an error of the key-value store its class, what was being
// done, and what to do about it.
func (p *program) storeError(doing string, err error) error {
	switch {
	case errors.Is(err, kvstore.ErrDamaged):
		hint := cmp.Or(dbfile.Hint(err), words.RestoreStore)
		return fault.New(fault.Damage, hint, "%s: %w", doing, err)
	case errors.Is(err, kvstore.ErrFull):
		return fault.New(fault.Damage, words.Say(words.FreeSpace, p.store), "%s: %w", doing, err)
	case errors.Is(err, kvstore.ErrBusy):
		return fault.New(fault.Unavailable, cmp.Or(dbfile.Hint(err), words.FileBusy), "%s: %w", doing, err)
	case errors.Is(err, kvstore.ErrPermission):
		return fault.New(fault.Permission, cmp.Or(dbfile.Hint(err), p.whoMay()), "%s: %w", doing, err)
	}
	return fault.New(fault.Config, words.NameStore, "%s: %w", doing, err)
}

// whoMay says how the owner of the key-value store comes to read it. Everybody
// else has been refused before.
func (p *program) whoMay() string {
	file := filepath.Join(p.store, namespace+".db")
	hint := "sudo chmod 750 " + quote(p.store) + "; sudo chmod 600 " + quote(file)
	folderOwner, _ := dbfile.OwnerOf(p.store)
	if owner, err := dbfile.OwnerOf(file); err == nil && owner != folderOwner {
		hint = "sudo chown " + quote(dbfile.UserName(folderOwner)) + ": " + quote(file) + "; " + hint
	}
	return hint
}

// logger returns a logger for people.
func (p *program) logger(c *cli.Context) *slog.Logger {
	return slog.New(p.voice.handler(loudnessOf(c).level()))
}
