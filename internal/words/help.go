package words

// The help of contactsync.
const (
	Usage     = "replace phonebooks with the contacts of Outlook mailboxes"
	UsageText = "contactsync [options]\n" +
		"contactsync [options] check | status | members | secret | configured\n" +
		"contactsync [options] lookup NUMBER\n" +
		"contactsync [options] phonebook list | phonebook export --user UID"
	Description = `Reads the Outlook contacts of every member of a user group that carries the
parameter ews_synccontacts=true, and replaces that member's phonebook "Privat"
with them. On the appliance every command is given as the service user:

   sudo -u ucservices contactsync check            what is well, and what to do
   sudo -u ucservices contactsync -v
   sudo -u ucservices contactsync secret           asks for a client secret
   sudo -u ucservices kvstore list contactsync     the settings

EXIT STATUS:
   0   all well, skipped members included
   1   a member failed or was kept from becoming empty; the others are done
   2   wrong usage
   74  a damaged file, or a full disk
   75  not now, try again: a run is going on, or nothing can be reached
   77  no right to read a file, or the wrong user
   78  the configuration or the sign-in is wrong`

	OptionVersion    = "print the version"
	OptionJSON       = "print one JSON document instead of text"
	OptionVerbose    = "print a line for each member and a summary"
	OptionQuiet      = "print errors only"
	OptionUser       = "only the member with this user `UID` (repeatable)"
	OptionDryRun     = "print what would change, and change nothing"
	OptionFull       = "ignore what is known from the last run"
	OptionAllowEmpty = "let a phonebook become empty where its mailbox is"
	OptionStore      = "`FOLDER` of the key-value store"
	OptionPhonebooks = "`FILE` of the phonebooks"

	UsageCheck       = "test link by link what a run needs, and say what to do"
	OptionCheckUser  = "only the mailbox of the member with this user `UID` (repeatable)"
	UsageConfigured  = "what contactsync.service asks before a run: exit status 1 where no access was ever set"
	UsageStatus      = "show the last run and the next, and how each member's phonebook is"
	OptionNagios     = "one line and an exit status for Nagios and Icinga"
	OptionWarning    = "WARNING after so many `HOURS` without a successful run"
	OptionCritical   = "CRITICAL after so many `HOURS`"
	UsageMembers     = "list who is in a synchronised group"
	UsageLookup      = "show who has a number, in any spelling"
	OptionLookupUser = "only in the phonebooks of the user with this `UID` (repeatable)"
	UsageSecret      = "take a new client secret, sign in with it, then store it; the old one stays where that fails"
	OptionExpires    = "its last `DAY`, YYYY-MM-DD"
	UsagePhonebook   = "show the managed phonebooks"
	UsageList        = "list them with their number of entries"
	OptionOthers     = "those in the file that are not contactsync's"
	UsageExport      = "print what a member sees"
	OptionExportUser = "the member's user `UID`"
	OptionFormat     = "json, csv or vcard"
	OptionDelimiter  = "`CHARACTER` between the cells of csv"
	OptionVCard      = "3.0 or 4.0"
)

// What is wrong with a command line, and what to type.
const (
	SeeHelp         = "this lists what there is: contactsync --help"
	OptionsBefore   = "options such as %[1]s stand before the command: contactsync %[1]s %[2]s"
	NoSubcommand    = "no subcommand given"
	UnknownArgument = "unknown command or argument: %s"
	PerhapsMeant    = "perhaps this was meant: %s"
	VerboseAndQuiet = "-v and -q contradict each other"
	LeaveOneOut     = "leave one of them out"
	PhonebooksEmpty = "--phonebooks is empty"
	NameFile        = "name a file, or leave --phonebooks and UCWARE_PHONEBOOKS out for %s"
	StoreEmpty      = "--store is empty"
	NameFolder      = "name a folder, or leave --store and UCWARE_KVSTORE out for %s"

	TypePhonebook     = "contactsync phonebook list, or contactsync phonebook export --user UID"
	TypeExport        = "contactsync phonebook export --user UID"
	WhosePhonebook    = "whose phonebook? --user is missing"
	HasNoPhonebookYet = "user %s has no synchronised phonebook, or no run has been made yet"
	HasNoPhonebook    = "user %s has no phonebook"
	PhonebookLists    = "%s shows who has one"
	NotADelimiter     = "--delimiter %q cannot part cells"
	TakesDelimiter    = "--delimiter takes one character, such as , or tab"
	NotAVersion       = "--vcard-version %q is unknown"
	TakesVersion      = "--vcard-version takes 3.0 or 4.0"
	NotAFormat        = "--format %q is unknown"
	TakesFormat       = "--format takes json, csv or vcard"

	TypeNagios      = "contactsync status --nagios"
	NagiosOnly      = "--warning and --critical go with --nagios, and --json does not"
	TypeNagiosHours = "contactsync status --nagios --warning 30 --critical 54"
	NagiosHours     = "--warning takes 1 hour or more, and --critical no less than --warning"
)

// What lookup says.
const (
	TypeLookup    = "contactsync lookup NUMBER [--user UID]"
	WhichNumber   = "which number? it is missing"
	NoBookYet     = "there is no file %[1]s yet, so nobody can be found; the first run makes it: %[2]s"
	NobodyHas     = "nobody has %s"
	NobodyHasPart = "nobody has %[1]q, looked for as it is typed: it is no complete telephone number in %[2]s; try it with its area code"
	TakenAsGerman = "the settings cannot be read: a number without a country code is taken for one in Germany, and none gets an area code"
	WithCountry   = "give it with its country code, as in +493090182012"
)
