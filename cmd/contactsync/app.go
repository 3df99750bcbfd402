package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/typo"
	"contactsync/internal/words"
	"contactsync/kvstore"
)

// The library's own version flag takes -v, which means verbose here.
func init() {
	cli.HelpPrinter = printHelp
	cli.VersionFlag = option("version", words.OptionVersion)
}

// option returns a switch.
func option(name, usage string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: words.Fill(usage), DisableDefaultText: true}
}

// app returns the command line.
func (p *program) app() *cli.App {
	json := option("json", words.OptionJSON)
	return &cli.App{
		Name:            "contactsync",
		Usage:           words.Fill(words.Usage),
		UsageText:       words.Fill(words.UsageText),
		Description:     words.Fill(words.Description),
		Version:         version,
		HideHelpCommand: true,
		// A user id may hold a comma.
		DisableSliceFlagSeparator: true,

		Reader:         p.stdin,
		Writer:         p.stdout,
		ErrWriter:      p.stderr,
		OnUsageError:   p.usageError,
		ExitErrHandler: func(*cli.Context, error) {}, // run says it and returns the status
		Flags: []cli.Flag{
			option("v", words.OptionVerbose),
			option("q", words.OptionQuiet),
			&cli.StringSliceFlag{Name: "user", Usage: words.Fill(words.OptionUser)},
			option("dry-run", words.OptionDryRun),
			option("full", words.OptionFull),
			option("allow-empty", words.OptionAllowEmpty),
			json,
			&cli.StringFlag{Name: "store", EnvVars: []string{"UCWARE_KVSTORE"}, Value: kvstore.DefaultDir, Usage: words.Fill(words.OptionStore), Destination: &p.store},
			&cli.StringFlag{Name: "phonebooks", EnvVars: []string{"UCWARE_PHONEBOOKS"}, Value: bookdb.DefaultPath, Usage: words.Fill(words.OptionPhonebooks), Destination: &p.phonebooks},
		},
		Before: func(c *cli.Context) error { return p.forMonitoring(p.sensible(c)) },
		Action: p.sync,
		Commands: []*cli.Command{
			{
				Name: "check", Usage: words.Fill(words.UsageCheck),
				Flags:  []cli.Flag{json, &cli.StringSliceFlag{Name: "user", Usage: words.Fill(words.OptionCheckUser)}},
				Action: p.check, OnUsageError: usageError,
			},
			{
				Name: "configured", Usage: words.Fill(words.UsageConfigured),
				Action: p.configured, OnUsageError: usageError,
			},
			{
				Name: "status", Usage: words.Fill(words.UsageStatus),
				Flags: []cli.Flag{
					json,
					option("nagios", words.OptionNagios),
					&cli.IntFlag{Name: "warning", Aliases: []string{"w"}, Value: 30, Usage: words.Fill(words.OptionWarning)},
					&cli.IntFlag{Name: "critical", Aliases: []string{"c"}, Value: 54, Usage: words.Fill(words.OptionCritical)},
				},
				Action: p.status, OnUsageError: p.usageError,
			},
			{
				Name: "members", Usage: words.Fill(words.UsageMembers),
				Flags: []cli.Flag{json}, Action: p.members, OnUsageError: usageError,
			},
			{
				Name: "lookup", Usage: words.Fill(words.UsageLookup), ArgsUsage: "NUMBER",
				Flags:  []cli.Flag{json, &cli.StringSliceFlag{Name: "user", Usage: words.Fill(words.OptionLookupUser)}},
				Action: p.lookup, OnUsageError: usageError,
			},
			{
				Name: "secret", Usage: words.Fill(words.UsageSecret),
				Flags:  []cli.Flag{&cli.StringFlag{Name: "expires", Usage: words.Fill(words.OptionExpires)}},
				Action: p.secret, OnUsageError: p.secretUsage,
			},
			{
				Name: "phonebook", Usage: words.Fill(words.UsagePhonebook), HideHelpCommand: true, OnUsageError: usageError,
				Action: func(c *cli.Context) error {
					return unknown(c, words.TypePhonebook)
				},
				Subcommands: []*cli.Command{
					{
						Name: "list", Usage: words.Fill(words.UsageList),
						Flags: []cli.Flag{
							json,
							option("others", words.OptionOthers),
						},
						Action: p.phonebookList, OnUsageError: usageError,
					},
					{
						Name: "export", Usage: words.Fill(words.UsageExport),
						Flags: []cli.Flag{
							&cli.StringFlag{Name: "user", Usage: words.Fill(words.OptionExportUser)},
							&cli.StringFlag{Name: "format", Value: "json", Usage: words.Fill(words.OptionFormat)},
							&cli.StringFlag{Name: "delimiter", Value: ";", Usage: words.Fill(words.OptionDelimiter)},
							&cli.StringFlag{Name: "vcard-version", Value: "3.0", Usage: words.Fill(words.OptionVCard)},
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
		return fault.New(fault.Usage, hint, words.NoSubcommand)
	}
	if meant := nearest(c); meant != "" {
		hint = words.Say(words.PerhapsMeant, meant)
	}
	return fault.New(fault.Usage, hint, words.UnknownArgument, what)
}

// nearest returns the command line that one with an unknown word was to be;
// nothing where no command or option is like it.
func nearest(c *cli.Context) string {
	word, line := strings.ToLower(strings.TrimLeft(c.Args().First(), "-")), c.App.Name+" "
	commands, options := c.App.Commands, c.App.Flags
	if c.Command.Name != c.App.Name {
		commands, options = c.Command.Subcommands, c.Command.Flags
		line = c.Command.HelpName + " "
	}
	var names []string
	typed := map[string]string{}
	for _, command := range commands {
		if !command.Hidden {
			names = append(names, command.Name)
			typed[command.Name] = command.Name
		}
	}
	for _, option := range options {
		name := option.Names()[0]
		names = append(names, name)
		typed[name] = "--" + name
	}
	name := typo.Nearest(word, names, func(name string) int { return min(len(word)-1, (len(name)+1)/3) })
	if name == "" {
		return ""
	}
	return line + typed[name]
}

// sensible refuses options that cannot be meant.
func (p *program) sensible(c *cli.Context) error {
	switch {
	case c.Bool("v") && c.Bool("q"):
		return fault.New(fault.Usage, words.LeaveOneOut, words.VerboseAndQuiet)
	case p.phonebooks == "":
		return fault.New(fault.Usage, words.Say(words.NameFile, bookdb.DefaultPath), words.PhonebooksEmpty)
	case p.store == "":
		return fault.New(fault.Usage, words.Say(words.NameFolder, kvstore.DefaultDir), words.StoreEmpty)
	}
	return nil
}

// nothingElse refuses arguments where none are expected.
func nothingElse(c *cli.Context) error {
	if c.Args().Present() {
		return unknown(c, words.SeeHelp)
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

// usageError is the error of a command line that cannot be read.
func usageError(c *cli.Context, err error, _ bool) error {
	name, found := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if option := general[name]; found && option != "" {
		return fault.New(fault.Usage, words.Say(words.OptionsBefore, option, strings.TrimPrefix(c.Command.HelpName, c.App.Name+" ")), "%w", err)
	}
	return fault.New(fault.Usage, words.SeeHelp, "%w", err)
}

// general are the options that every command takes, before its name.
var general = map[string]string{"v": "-v", "q": "-q", "store": "--store FOLDER", "phonebooks": "--phonebooks FILE"}
