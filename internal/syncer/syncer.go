// Package syncer is the use case: the contacts of every member's mailbox
// replace that member's managed phonebook.
//
// A Run asks the Directory for the members, settles on a Source, reads several
// mailboxes side by side, makes entries of the contacts and hands each
// mailbox, once it has been read whole, to the Store in one piece. One
// member's failure stays his own: it is written into his Result and leaves his
// phonebook as it was.
package syncer

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// Directory knows who is to be synchronised. An error is never an empty list.
type Directory interface {
	Members(context.Context) ([]phonebook.Member, error)
}

// Source reads mailboxes. Read hands over, page by page, what happened to m's
// mailbox since the state that an earlier reading returned, or all that is in
// it where since is empty; the last word about an id counts. The slices of a
// page are good until yield returns; its texts may be kept. After an error
// what it handed over is worth nothing; one with phonebook.ErrStale in its
// chain says that only a full reading helps, and why.
type Source interface {
	Read(ctx context.Context, m phonebook.Member, since string, yield func(phonebook.Page) error) (state string, err error)
}

// Scout is a Source that can look at several mailboxes at once. It answers for
// each of them, in their order.
type Scout interface {
	Look(context.Context, []phonebook.Mailbox) []phonebook.Look
}

// Store holds the phonebooks. ReplaceAll replaces each of several whole or not
// at all; Confirm notes of some, with their states, that nothing changed. Both
// answer for each, in their order, with phonebook.ErrStale where the mailbox has
// to be read in full.
type Store interface {
	Known(ctx context.Context, owners []string) (map[string]phonebook.Known, error)
	ReplaceAll(context.Context, []phonebook.Replacement) []phonebook.Replaced
	Confirm(context.Context, []phonebook.Replacement) ([]phonebook.Confirmed, error)
}

// Leavers is a Store's list of managed phonebooks, to delete those of people
// who left the groups.
type Leavers interface {
	List(context.Context) ([]phonebook.Summary, error)
	Delete(ctx context.Context, owner string) error
}

// Syncer holds what a run needs.
type Syncer struct {
	Directory  Directory
	Choose     func(context.Context, []phonebook.Member) (Choice, error) // settles on a source, once a run
	Store      Store
	Leavers    Leavers // nil: who left the groups keeps the phonebook
	Normaliser *phonebook.Normaliser

	Title  string // of the phonebooks
	Digest string // of the settings: a state that was left under another is not used
	// Changed returns the keys of the settings that are others than under
	// another digest; may be nil.
	Changed    func(digest string) []string
	Workers    int      // mailboxes read at the same time; at least 1
	Users      []string // only these members; empty: all
	AllowEmpty bool     // a phonebook may become empty
	Full       bool     // ignore what is known from the last run
	DryRun     bool     // find out what would change, and change nothing
	Details    int      // of each member in a dry run at most; 0: all

	Logger *slog.Logger       // of what stops nobody but has to be known
	Now    func() time.Time   // the clock; nil: the machine's
	Begin  func(members int)  // called when it is known how many are to be done; may be nil
	Came   func(contacts int) // called as contacts come from the mailboxes, by several at once; may be nil
	Done   func(Result)       // called after each member, one call at a time; may be nil

	Command func(args ...string) string // the command line of this program with other arguments, for hints; may be nil
}

// Choice is the source that a run settled on.
type Choice struct {
	Name   string // "graph" or "ews"
	Why    string // in a few words, for the log
	Source Source
}

// Run synchronises and returns what happened. Where the whole run failed the
// report's Err says why, and the members hold what was done before.
func (s *Syncer) Run(ctx context.Context) *Report {
	r := &Report{Started: s.now(), Members: []Result{}}
	err := s.run(ctx, r)
	switch {
	case ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) && r.unfinished():
		err = stopped(r)
	case err == nil:
		err = Verdict(r.Members, len(s.Users) > 0)
	}
	r.Err = err
	r.Finished = s.now()
	return r
}

func (s *Syncer) run(ctx context.Context, r *Report) error {
	all, err := s.Directory.Members(ctx)
	if err != nil {
		return err
	}
	members, err := Only(all, s.Users)
	if err != nil {
		return err
	}
	r.wanted = len(members)
	if s.Begin != nil {
		s.Begin(len(members))
	}
	var choice Choice
	if len(withoutProblem(members, 1)) > 0 {
		// Some of all members, so that a run for one of them decides as any other.
		if choice, err = s.Choose(ctx, withoutProblem(all, maxProbes)); err != nil {
			return err
		}
		r.Source, r.Why = choice.Name, choice.Why
	}
	if err := s.members(ctx, choice, members, r); err != nil {
		return err
	}
	if err := NobodyLeft(members, len(s.Users) > 0, s.command("members")); err != nil {
		return err
	}
	if ctx.Err() == nil && s.Leavers != nil && len(s.Users) == 0 {
		return s.deleteLeavers(ctx, all, r)
	}
	return nil
}

// NobodyLeft is the error of a run that skips everybody, or some who were asked
// for, for which the phonebooks would grow old without a word. list is the
// command that lists the members.
func NobodyLeft(members []phonebook.Member, some bool, list string) error {
	people, problem := 0, ""
	for _, m := range members {
		switch {
		case m.Group:
			continue
		case m.Problem == "":
			return nil
		case problem == "":
			problem = m.User + ": " + m.Problem
		}
		people++
	}
	hint := words.Say(words.WhatIsMissing, list)
	switch {
	case people == 0:
		return nil
	case some:
		return fault.New(fault.Member, hint, words.NobodyOfThose, problem)
	}
	return fault.New(fault.Config, hint, words.NobodyAtAll, problem)
}

// command returns a command line for a hint.
func (s *Syncer) command(args ...string) string {
	if s.Command == nil {
		return "contactsync " + strings.Join(args, " ")
	}
	return s.Command(args...)
}

// deleteLeavers deletes the managed phonebooks of everybody who is in no
// group any more, and reports each. A member who could not be synchronised is
// no leaver.
func (s *Syncer) deleteLeavers(ctx context.Context, members []phonebook.Member, r *Report) error {
	books, err := s.Leavers.List(ctx)
	if err != nil {
		return err
	}
	stays := make(map[string]bool, len(members)) // by the user id, which LDAP compares without regard to case
	for _, m := range members {
		if m.Unknown {
			s.Logger.Warn(words.Fill(words.NoLeaverDeleted), "member", m.User, "why", m.Problem)
			return nil
		}
		stays[strings.ToLower(m.User)] = true
	}
	for _, b := range books {
		if stays[strings.ToLower(b.Owner)] {
			continue
		}
		if !s.DryRun {
			if err := s.Leavers.Delete(ctx, b.Owner); err != nil {
				return err
			}
		}
		res := Result{User: b.Owner, Result: OK, Removed: b.Entries, Left: true}
		r.Members = append(r.Members, res)
		if s.Done != nil {
			s.Done(res)
		}
	}
	return nil
}

// Only returns the members with the given user ids, or all where none is given.
// Where nobody has one of them the error is of class Usage.
func Only(members []phonebook.Member, users []string) ([]phonebook.Member, error) {
	if len(users) == 0 {
		return members, nil
	}
	wanted := make(map[string]bool, len(users))
	for _, u := range users {
		wanted[u] = true
	}
	var found []phonebook.Member
	for _, m := range members {
		if wanted[m.User] {
			found = append(found, m)
		}
	}
	for _, m := range found {
		delete(wanted, m.User)
	}
	for _, u := range users {
		if wanted[u] {
			return nil, fault.New(fault.Usage, words.Say(words.MembersLists, "contactsync members"), words.NoSuchMember, u)
		}
	}
	return found, nil
}

// withoutProblem returns the first members with whom nothing is wrong, at most
// so many.
func withoutProblem(members []phonebook.Member, limit int) (ok []phonebook.Member) {
	for _, m := range members {
		if len(ok) == limit {
			break
		}
		if m.Problem == "" {
			ok = append(ok, m)
		}
	}
	return ok
}

func (s *Syncer) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}
