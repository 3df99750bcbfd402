package main

import (
	"errors"
	"path/filepath"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
	"contactsync/kvstore"
	"contactsync/kvstore/dbfile"
)

// Who follows a hint types a command. What a package below writes is meant for
// the appliance's files; this file knows which ones the run uses.

// asService begins a command that uses the appliance's files.
const asService = "sudo -u ucservices "

// homeStore tells whether the store of this run is the appliance's.
func (p *program) homeStore() bool { return filepath.Clean(p.store) == kvstore.DefaultDir }

// homeBook tells whether the phonebooks of this run are the appliance's.
func (p *program) homeBook() bool { return filepath.Clean(p.phonebooks) == bookdb.DefaultPath }

// kvstore returns the command kvstore on the store of this run.
func (p *program) kvstore() string {
	if p.homeStore() {
		return asService + "kvstore"
	}
	return "kvstore --store " + quote(p.store)
}

// command returns a subcommand on the files of this run.
func (p *program) command(sub string) string {
	if p.homeStore() && p.homeBook() {
		return asService + "contactsync " + sub
	}
	line := "contactsync "
	if !p.homeStore() {
		line += "--store " + quote(p.store) + " "
	}
	if !p.homeBook() {
		line += "--phonebooks " + quote(p.phonebooks) + " "
	}
	return line + sub
}

// renewal returns the command that takes a new client secret into the store of
// this run.
func (p *program) renewal() string {
	if p.homeStore() {
		return asService + "contactsync secret"
	}
	return "contactsync --store " + quote(p.store) + " secret"
}

// noteLastDay returns the command that stores the last day of the client secret.
func (p *program) noteLastDay() string {
	return p.kvstore() + " set contactsync client_secret_expires YYYY-MM-DD"
}

// preferGraph returns the command that lets a run choose Microsoft Graph.
func (p *program) preferGraph() string { return p.kvstore() + " set contactsync source auto" }

// settingsError names the commands that set what is wrong.
func (p *program) settingsError(err error) error {
	var problems settings.Problems
	if !errors.As(err, &problems) {
		return err
	}
	return fault.New(fault.Config, p.howToSet(problems), "%w", err)
}

// howToSet returns how to set what is missing or wrong. A secret alone is tried
// out before it is stored, which takes the other keys.
func (p *program) howToSet(problems settings.Problems) string {
	for _, one := range problems {
		if one.Key != "client_secret" {
			return problems.Hint(p.kvstore(), p.homeStore())
		}
	}
	return words.Say(words.StoreSecret, p.renewal())
}

// howToMend returns what to do about a warning of the settings.
func (p *program) howToMend(warning settings.Problem) string {
	switch {
	case warning.Key == "client_secret_expires":
		return words.Say(words.NoteExpiry, p.noteLastDay())
	case warning.Idle:
		return words.Say(words.DropKey, p.kvstore(), quote(warning.Key))
	case warning.Key == "proxy_url":
		return words.Say(words.SetKey, p.kvstore(), warning.Key)
	}
	return words.Say(words.LookAtKeys, p.kvstore())
}

// readError tells who may not read the phonebooks what to type instead.
func (p *program) readError(err error) error {
	owner, statErr := dbfile.OwnerOf(p.phonebooks)
	if fault.ClassOf(err) != fault.Permission || dbfile.Hint(err) != "" || statErr != nil || owner == 0 {
		return err
	}
	hint := words.Say(words.ReadAs, "sudo -u "+quote(dbfile.UserName(owner))+" "+p.commandLine())
	return fault.New(fault.Permission, hint, "%w", err)
}

// advised returns a report whose hint fits the files of this run.
func (p *program) advised(r *syncer.Report) *syncer.Report {
	if r.Err != nil && fault.ClassOf(r.Err) == fault.Usage {
		r.Err = fault.New(fault.Usage, words.Say(words.MembersLists, p.command("members")), "%w", r.Err)
	}
	return r
}
