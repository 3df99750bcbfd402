package main

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// What a check can come to.
const (
	passed  = "ok"
	warning = "warning"
	failed  = "failed"
	skipped = "skipped"
)

// finding is what a check came to.
type finding struct {
	Name   string `json:"name"`
	Result string `json:"result"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`

	class fault.Class // of a failed one
}

// link is a part of the chain that leads from a mailbox to a phonebook. Where
// something that it needs is broken there is nothing to be said of it.
type link struct {
	name  string
	needs []string
	test  func(*checker, context.Context) error
}

// chain are the links, in the order in which they are tested. Names are for
// scripts, too. What a link needs is another link or a part of one that stands
// with the word that broke it, see checker.broken.
var chain = []link{
	{"store", nil, (*checker).testStore},
	{"keys", []string{"store"}, (*checker).testKeys},
	{"secret", []string{"store", signInKeys}, (*checker).testSecret},
	{"dns", []string{"store"}, (*checker).testNames},
	{"tls", []string{"store", networkKeys}, (*checker).testTLS},
	{"clock", []string{"store", networkKeys}, (*checker).testClock},
	{"token", []string{"store", networkKeys, signInKeys, "secret", "tls of " + words.TheSignIn}, (*checker).testToken},
	{"directory", []string{"store", directoryKeys, "dns of " + words.TheDirectory}, (*checker).testDirectory},
	{"groups", []string{"directory"}, (*checker).testGroups},
	{"members", []string{"directory", "groups"}, (*checker).testMembers},
	{"permissions", []string{"token"}, (*checker).testPermissions},
	{"source", []string{"token", "permissions", "tls"}, (*checker).testSource},
	{"mailbox", []string{"source", "members"}, (*checker).testMailboxes},
	{"phonebooks", nil, (*checker).testPhonebooks},
	{"lock", nil, (*checker).testLock},
	{"timer", nil, (*checker).testTimer},
}

// What of the keys a link needs.
const (
	networkKeys   = "keys of the network"
	signInKeys    = "keys of the sign-in"
	directoryKeys = "keys of the directory"
)

// checker goes along the chain. Each link leaves behind what the next ones
// need.
type checker struct {
	*program
	cli   *cli.Context
	bar   *bar
	found []finding
	loud  loudness
	// broken holds, for each link and each part of one that cannot be built on,
	// the name of the link that failed.
	broken map[string]string
	hidden func() []string // folders of which the service sees nothing

	set     settings.Settings
	greeted []greeting // of each of the services

	way                  *way
	graphRoles, ewsRoles []string // application permissions in the tokens
	directory            frugal
	members              []phonebook.Member // who have a mailbox to test
	settled              bool
	choice               syncer.Choice
	refusal              error  // of the choice
	many                 string // says in a line that many mailboxes can be read
}

// check is `contactsync check`: it tests the chain link by link and changes
// nothing.
func (p *program) check(c *cli.Context) error {
	if err := nothingElse(c); err != nil {
		return err
	}
	k := &checker{program: p, cli: c, loud: loudnessOf(c), broken: map[string]string{}}
	k.hidden = sync.OnceValue(func() []string { return hiddenFolders(c.Context) })
	k.bar = p.newBar(k.loud, given(c, "json"))
	defer k.bar.close()
	report := k.printer()
	for _, l := range chain {
		k.bar.say(words.Say(words.Testing, l.name))
		before := len(k.found)
		if err := k.test(c.Context, l); err != nil {
			return err
		}
		if err := c.Context.Err(); err != nil {
			return err
		}
		if err := report.link(k.found[before:], k.many); err != nil {
			return err
		}
	}
	if err := report.end(k.found); err != nil {
		return err
	}
	return exitStatus(k.exitStatus())
}

// test tests a link, unless something that it needs is broken. The error is
// one of usage.
func (k *checker) test(ctx context.Context, l link) error {
	for _, need := range l.needs {
		if culprit, broken := k.broken[need]; broken {
			k.broken[l.name] = culprit
			k.skip(l.name, words.Say(words.NotTested, culprit))
			return nil
		}
	}
	return l.test(k, ctx)
}

// exitStatus returns the status of the first check that failed, but for those
// of single members, which count where nothing else failed.
func (k *checker) exitStatus() int {
	status := 0
	for _, f := range k.found {
		if f.Result != failed {
			continue
		}
		if status = f.class.ExitStatus(); status != fault.Member.ExitStatus() {
			return status
		}
	}
	return status
}

func (k *checker) add(f finding) { k.found = append(k.found, f) }

// ok takes down that a link holds.
func (k *checker) ok(name, format string, args ...any) {
	k.add(finding{Name: name, Result: passed, Detail: words.Say(format, args...)})
}

// warn takes down what will break, or could be better, and what to do about it.
func (k *checker) warn(name, hint, format string, args ...any) {
	k.add(finding{Name: name, Result: warning, Detail: words.Say(format, args...), Hint: words.Fill(hint)})
}

// fail takes down why a link does not hold.
func (k *checker) fail(name string, err error) {
	k.broken[name] = name
	k.add(finding{Name: name, Result: failed, Detail: strings.TrimSpace(err.Error()), Hint: fault.HintOf(err), class: fault.ClassOf(err)})
}

// skip takes down why a link was not tested.
func (k *checker) skip(name, reason string) {
	k.add(finding{Name: name, Result: skipped, Detail: words.Fill(reason)})
}

// isBroken tells whether something cannot be built on.
func (k *checker) isBroken(what ...string) bool {
	return slices.ContainsFunc(what, func(w string) bool { return k.broken[w] != "" })
}
