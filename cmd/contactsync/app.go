package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/kvstore"
)

// The library's own version flag takes -v, which means verbose here.
func init() {
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version", DisableDefaultText: true}
}

const description = `Reads the Outlook contacts of every member of a user group that carries the
parameter ews_synccontacts=true, and replaces that member's phonebook "Privat"
with them. Settings are keys of the namespace contactsync:

   kvstore list contactsync
   kvstore set contactsync client_secret      (the value from standard input)

On the appliance every run is made as the service user:

   sudo -u ucservices contactsync -v

EXIT STATUS:
   0   all well, skipped members included
   1   a member failed or was kept from becoming empty; the others are done
   2   wrong usage
   74  a damaged file, or a full disk
   75  not now, try again: a run is going on, or nothing can be reached
   77  no right to read a file, or the wrong user
   78  the configuration or the sign-in is wrong`

// app returns the command line.
func (p *program) app() *cli.App {
	json := &cli.BoolFlag{Name: "json", Usage: "print one JSON document instead of text", DisableDefaultText: true}
	return &cli.App{
		Name:            "contactsync",
		Usage:           "replace phonebooks with the contacts of Outlook mailboxes",
		UsageText:       "contactsync [options]\ncontactsync [options] check | status | members | phonebook list | phonebook export --user UID | lookup NUMBER | secret | configured",
		Description:     description,
		Version:         version,
		HideHelpCommand: true,
		// A user id may hold a comma.
		DisableSliceFlagSeparator: true,

		Reader:         p.stdin,
		Writer:         p.stdout,
		ErrWriter:      p.stderr,
		OnUsageError:   usageError,
		ExitErrHandler: func(*cli.Context, error) {}, // run says it and returns the status
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "v", Usage: "print a line for each member and a summary", DisableDefaultText: true},
			&cli.BoolFlag{Name: "q", Usage: "print errors only", DisableDefaultText: true},
			&cli.StringSliceFlag{Name: "user", Usage: "only the member with this user `UID` (repeatable)"},
			&cli.BoolFlag{Name: "dry-run", Usage: "print what would change, and change nothing", DisableDefaultText: true},
			&cli.BoolFlag{Name: "full", Usage: "ignore what is known from the last run", DisableDefaultText: true},
			&cli.BoolFlag{Name: "allow-empty", Usage: "let a phonebook become empty where its mailbox is", DisableDefaultText: true},
			json,
			&cli.StringFlag{Name: "store", EnvVars: []string{"UCWARE_KVSTORE"}, Value: kvstore.DefaultDir, Usage: "`FOLDER` of the key-value store", Destination: &p.store},
			&cli.StringFlag{Name: "phonebooks", EnvVars: []string{"UCWARE_PHONEBOOKS"}, Value: bookdb.DefaultPath, Usage: "`FILE` of the phonebooks", Destination: &p.phonebooks},
		},
		Before: p.sensible,
		Action: p.sync,
		Commands: []*cli.Command{
			{
				Name: "check", Usage: "test link by link what a run needs, and say what to do",
				Flags:  []cli.Flag{json, &cli.StringSliceFlag{Name: "user", Usage: "only the mailbox of the member with this user `UID` (repeatable)"}},
				Action: p.check, OnUsageError: usageError,
			},
			{
				Name: "configured", Usage: "what contactsync.service asks before a run: exit status 1 where no access was ever set",
				Action: p.configured, OnUsageError: usageError,
			},
			{
				Name: "status", Usage: statusHelp,
				Flags: []cli.Flag{
					json,
					&cli.BoolFlag{Name: "nagios", Usage: "one line and an exit status for Nagios and Icinga", DisableDefaultText: true},
					&cli.IntFlag{Name: "warning", Aliases: []string{"w"}, Value: 30, Usage: "WARNING after so many `HOURS` without a successful run"},
					&cli.IntFlag{Name: "critical", Aliases: []string{"c"}, Value: 54, Usage: "CRITICAL after so many `HOURS`"},
				},
				Action: p.status, OnUsageError: p.statusUsage,
			},
			{
				Name: "members", Usage: "list who is in a synchronised group",
				Flags: []cli.Flag{json}, Action: p.members, OnUsageError: usageError,
			},
			{
				Name: "lookup", Usage: "show who has a number, in any spelling", ArgsUsage: "NUMBER",
				Flags:  []cli.Flag{json, &cli.StringSliceFlag{Name: "user", Usage: "only in the phonebooks of the user with this `UID` (repeatable)"}},
				Action: p.lookup, OnUsageError: usageError,
			},
			{
				Name: "secret", Usage: "take a new client secret, sign in with it, then store it; the old one stays where that fails",
				Flags:  []cli.Flag{&cli.StringFlag{Name: "expires", Usage: "its last `DAY`, YYYY-MM-DD"}},
				Action: p.secret, OnUsageError: p.secretUsage,
			},
			{
				Name: "phonebook", Usage: "show the managed phonebooks", HideHelpCommand: true, OnUsageError: usageError,
				Action: func(c *cli.Context) error {
					return unknown(c, "contactsync phonebook list, or contactsync phonebook export --user UID")
				},
				Subcommands: []*cli.Command{
					{
						Name: "list", Usage: "list them with their number of entries",
						Flags: []cli.Flag{
							json,
							&cli.BoolFlag{Name: "others", Usage: "those in the file that are not contactsync's", DisableDefaultText: true},
						},
						Action: p.phonebookList, OnUsageError: usageError,
					},
					{
						Name: "export", Usage: "print what a member sees",
						Flags: []cli.Flag{
							&cli.StringFlag{Name: "user", Usage: "the member's user `UID`"},
							&cli.StringFlag{Name: "format", Value: "json", Usage: "json, csv or vcard"},
							&cli.StringFlag{Name: "delimiter", Value: ";", Usage: "`CHARACTER` between the cells of csv"},
							&cli.StringFlag{Name: "vcard-version", Value: "3.0", Usage: "3.0 or 4.0"},
						},
						Action: p.phonebookExport, OnUsageError: usageError,
					},
				},
			},
		},
	}
}

// unknown is the error of a command line that leads nowhere.
func unknown(c *cli.Context, hint string) error {
	what := strings.Join(c.Args().Slice(), " ")
	if what == "" {
		what = "no subcommand given"
	} else {
		what = "unknown command or argument: " + what
	}
	return fault.New(fault.Usage, hint, "%s", what)
}

// sensible refuses options that cannot be meant.
func (p *program) sensible(c *cli.Context) error {
	switch {
	case c.Bool("v") && c.Bool("q"):
		return fault.New(fault.Usage, "leave one of them out", "-v and -q contradict each other")
	case p.phonebooks == "":
		return fault.New(fault.Usage, "name a file, or leave --phonebooks and UCWARE_PHONEBOOKS out for "+bookdb.DefaultPath, "--phonebooks is empty")
	case p.store == "":
		return fault.New(fault.Usage, "name a folder, or leave --store and UCWARE_KVSTORE out for "+kvstore.DefaultDir, "--store is empty")
	}
	return nil
}

// nothingElse refuses arguments where none are expected.
func nothingElse(c *cli.Context) error {
	if c.Args().Present() {
		return unknown(c, seeHelp)
	}
	return nil
}

// given tells whether a switch is set, before or behind the subcommand.
func given(c *cli.Context, name string) bool {
	for _, ctx := range c.Lineage() {
		if ctx.Bool(name) {
			return true
		}
	}
	return false
}

// usersOf returns whom --user names, before or behind the subcommand.
func usersOf(c *cli.Context) (users []string) {
	for _, ctx := range c.Lineage() {
		users = append(users, ctx.StringSlice("user")...)
	}
	return users
}

const seeHelp = "contactsync --help lists what there is"

func usageError(_ *cli.Context, err error, _ bool) error {
	return fault.New(fault.Usage, seeHelp, "%w", err)
}
