package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/phonebook"
	"contactsync/internal/settings"
	"contactsync/internal/words"
)

// question is what lookup is asked.
type question struct {
	number string   // as it was typed
	users  []string // empty: in everybody's phonebooks
	json   bool
}

// lookup is `contactsync lookup`: it reads the phonebooks' file as everybody may
// who may read that, in all phonebooks, the users' own too.
func (p *program) lookup(c *cli.Context) error {
	q, err := p.question(c)
	if errors.Is(err, flag.ErrHelp) {
		return cli.ShowSubcommandHelp(c)
	}
	if err != nil {
		return err
	}
	n, region := p.normaliser(c)
	number, complete := n.Number(q.number)
	matches, err := p.matches(c, number, q)
	if err != nil {
		return err
	}
	if err := p.printMatches(matches, q.json); err != nil || len(matches) > 0 {
		return err
	}
	if !given(c, "q") {
		text := words.Say(words.NobodyHas, number)
		if !complete {
			text = words.Say(words.NobodyHasPart, q.number, region)
		}
		if _, err := os.Stat(p.phonebooks); errors.Is(err, fs.ErrNotExist) {
			text = words.Say(words.NoBookYet, p.phonebooks, p.command("-v"))
		}
		fmt.Fprintf(p.stderr, "contactsync: %s\n", visible(text))
	}
	return exitStatus(1)
}

// question reads the command line. The library takes what stands behind the
// number for more numbers, so that options there are read here; and a number
// that a shell has taken apart at its blanks is put together again.
func (p *program) question(c *cli.Context) (question, error) {
	q := question{json: given(c, "json"), users: usersOf(c)}
	behind := flag.NewFlagSet("lookup", flag.ContinueOnError)
	behind.SetOutput(io.Discard)
	behind.Usage = func() {}
	behind.BoolVar(&q.json, "json", q.json, "")
	behind.Func("user", "", func(uid string) error { q.users = append(q.users, uid); return nil })
	var typed []string
	for rest := c.Args().Slice(); len(rest) > 0; {
		if !isOption(rest[0]) {
			typed, rest = append(typed, rest[0]), rest[1:]
			continue
		}
		if err := behind.Parse(rest); err != nil {
			return q, usageError(c, err, true)
		}
		rest = behind.Args()
	}
	q.number = strings.Join(typed, " ")
	if strings.Trim(q.number, " -./()") == "" {
		return q, fault.New(fault.Usage, words.TypeLookup, words.WhichNumber)
	}
	return q, nil
}

// isOption tells an option from a number such as -12, a direct dialling one.
func isOption(word string) bool {
	return len(word) > 1 && word[0] == '-' && !strings.ContainsAny(word[1:2], "0123456789")
}

// normaliser returns what reads the number as a run reads those of contacts,
// and the country whose numbers need no country code. Who may read phonebooks
// need not be allowed to read the settings.
func (p *program) normaliser(c *cli.Context) (n *phonebook.Normaliser, region string) {
	values, err := p.values()
	if err != nil {
		p.logger(c).Debug(words.Fill(words.TakenAsGerman), journal.Hint, words.Fill(words.WithCountry))
	}
	s, _ := settings.Load(values) // what is wrong in them is for a run to say
	n, err = phonebook.NewNormaliser(phonebook.Rules{Region: s.DefaultRegion, AreaCode: s.DefaultAreaCode})
	if err != nil {
		n, _ = phonebook.NewNormaliser(phonebook.Rules{Region: s.DefaultRegion})
	}
	return n, s.DefaultRegion
}

// matches looks the number up.
func (p *program) matches(c *cli.Context, number string, q question) ([]phonebook.Match, error) {
	db, err := bookdb.OpenReader(p.phonebooks)
	if err != nil {
		return nil, p.readError(err)
	}
	defer db.Close()
	for _, user := range q.users {
		owns, err := db.HasPhonebook(c.Context, user)
		if err != nil {
			return nil, p.readError(err)
		}
		if !owns {
			return nil, fault.New(fault.Usage, words.Say(words.PhonebookLists, p.command("phonebook list")), words.HasNoPhonebook, user)
		}
	}
	matches, err := db.Lookup(c.Context, number, q.number, q.users...)
	return matches, p.readError(err)
}

func (p *program) printMatches(matches []phonebook.Match, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(append([]phonebook.Match{}, matches...))
	}
	if len(matches) == 0 {
		return nil
	}
	t := newTable(column{head: words.HeadOwner}, column{head: words.HeadName, spare: true}, column{head: words.HeadCompany, spare: true}, column{head: words.HeadKind}, column{head: words.HeadNumber})
	for _, m := range matches {
		t.row(m.Owner, m.DisplayName, m.Company, string(m.Kind), m.Number)
	}
	return t.print(p.stdout)
}
