package main

import (
	"context"
	"errors"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// testDirectory tests whether the directory can be reached and signed in to.
func (k *checker) testDirectory(ctx context.Context) error {
	directory, err := newDirectory(k.set)
	if err != nil {
		k.fail("directory", err)
		return nil
	}
	k.directory = directory
	who, err := directory.SignIn(ctx)
	if err != nil {
		k.fail("directory", err)
		return nil
	}
	how := words.SignedInAs
	if strings.HasPrefix(k.set.LDAP.URL, "ldap://") {
		if how = words.SignedInTLS; !k.set.LDAP.StartTLS {
			how = words.SignedInPlain
		}
	}
	k.ok("directory", how, k.set.LDAP.URL, who)
	return nil
}

// testGroups tests whether there are groups that carry the parameter.
func (k *checker) testGroups(ctx context.Context) error {
	names, err := k.directory.Groups(ctx)
	if err != nil {
		k.fail("groups", err)
		return nil
	}
	k.ok("groups", "%s", strings.Join(names, ", "))
	return nil
}

// testMembers tests who is in these groups. The error is that of a --user who
// is in none.
func (k *checker) testMembers(ctx context.Context) error {
	all, err := k.directory.Members(ctx)
	if err != nil {
		k.fail("members", err)
		return nil
	}
	users := usersOf(k.cli)
	asked, err := syncer.Only(all, users)
	if err != nil {
		return fault.New(fault.Usage, words.Say(words.MembersLists, k.command("members")), "%w", err)
	}
	for _, m := range asked {
		if m.Problem == "" {
			k.members = append(k.members, m)
		}
	}
	hint := words.CorrectEntry
	switch err := syncer.NobodyLeft(asked, len(users) > 0, k.command("members")); {
	case err != nil:
		k.fail("members", err)
		hint = "" // one for all of them
	case len(k.members) > 0:
		k.ok("members", words.WithAddress, words.Count(len(k.members), words.Members))
	case len(asked) == 0:
		k.warn("members", words.AddPeople, words.NobodyInGroups)
	default: // groups without members
		hint = words.AddOrCorrect
	}
	for _, m := range asked {
		if m.Problem != "" {
			k.warn("members", hint, "%s: %s", m.User, m.Problem)
		}
	}
	return nil
}

// inspector is a source that counts a mailbox's contacts without reading them.
type inspector interface {
	Inspect(ctx context.Context, m phonebook.Member) (contacts int, err error)
}

// inspected is what came of a member's mailbox.
type inspected struct {
	done     bool
	contacts int
	err      error
}

// testMailboxes tests each member's mailbox.
func (k *checker) testMailboxes(ctx context.Context) error {
	if len(k.members) == 0 {
		k.skip("mailbox", words.NobodyToTest)
		return nil
	}
	source, ok := k.choice.Source.(inspector)
	if !ok {
		return errors.New("the source cannot count contacts") // a mistake of ours
	}
	boxes := k.inspect(ctx, source)
	contacts, open, left := 0, 0, 0
	for i, b := range boxes {
		switch {
		case !b.done:
			left++
		case b.err == nil:
			open++
			contacts += b.contacts
			k.ok("mailbox", words.ContactsIn, k.members[i].User, words.Count(b.contacts, words.Contacts), k.members[i].Mail)
		}
	}
	k.many = words.Say(words.MailboxesOpen, words.Count(open, words.Mailboxes), words.Count(contacts, words.Contacts))
	class := classOfAll(boxes, len(usersOf(k.cli)) > 0)
	for i, b := range boxes {
		if b.err != nil {
			k.fail("mailbox", fault.New(class, k.hintOf(b.err), "%s: %w", k.members[i].User, b.err))
		}
	}
	if left > 0 {
		k.skip("mailbox", words.Say(words.MembersUntested, words.Count(left, words.MoreMembers)))
	}
	return nil
}

// enough is how many mailboxes in a row fail for a reason that is not a single
// member's before the others are not asked any more. A wrong password that is
// tried too often locks the account.
const enough = 5

// inspect asks the mailboxes, workers of them at once, but the first alone.
func (k *checker) inspect(ctx context.Context, source inspector) []inspected {
	boxes := make([]inspected, len(k.members))
	streak := 0
	for from, n := 0, 1; from < len(boxes) && streak < enough && ctx.Err() == nil; from, n = from+n, k.set.Workers {
		n = min(n, len(boxes)-from)
		k.bar.say(words.Say(words.TestingMailbox, from+1, len(boxes)))
		atOnce(n, func(i int) {
			b := &boxes[from+i]
			b.done = true
			b.contacts, b.err = source.Inspect(ctx, k.members[from+i])
		})
		for _, b := range boxes[from : from+n] {
			switch fault.ClassOf(b.err) {
			case fault.Config:
				streak += enough
			case fault.Unavailable:
				streak++
			default:
				streak = 0
			}
		}
	}
	return boxes
}

// classOfAll returns the class of each failure: that of a member, but where the
// run would end with all of them having failed for the same reason.
func classOfAll(boxes []inspected, some bool) fault.Class {
	var results []syncer.Result
	for _, b := range boxes {
		switch {
		case b.err != nil:
			results = append(results, syncer.Result{Result: syncer.Failed, Err: b.err})
		case b.done:
			results = append(results, syncer.Result{Result: syncer.OK})
		}
	}
	if err := syncer.Verdict(results, some); err != nil {
		return fault.ClassOf(err)
	}
	return fault.Member
}

// hintOf returns what to do about a mailbox that cannot be read. Where the token
// shows the permission, a refusal means that something leaves the mailbox out.
func (k *checker) hintOf(err error) string {
	if fault.ClassOf(err) != fault.Refused || k.choice.Name != "graph" || !k.shown() {
		return fault.HintOf(err)
	}
	return words.Say(words.MailboxOutOfScope, k.set.ClientID)
}
