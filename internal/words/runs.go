package words

// How many there are of something, for Count.
const (
	Members       = "1 member|%d members"
	MoreMembers   = "1 more member|%d more members"
	Contacts      = "1 contact|%d contacts"
	Entries       = "1 entry|%d entries"
	Phonebooks    = "1 phonebook|%d phonebooks"
	Mailboxes     = "1 mailbox|%d mailboxes"
	Keys          = "1 key|%d keys"
	Checks        = "1 check|%d checks"
	Requests      = "1 request|%d requests"
	Days          = "1 day|%d days"
	Hours         = "1 hour|%d hours"
	Minutes       = "1 minute|%d minutes"
	Seconds       = "1 second|%d seconds"
	NobodyIn      = "no members: the synchronised groups are empty"
	CountOfResult = "%[1]d %[2]s"
)

// The heads of tables.
const (
	HeadUser         = "USER"
	HeadMail         = "MAIL"
	HeadGroups       = "GROUPS"
	HeadProblem      = "PROBLEM"
	HeadResult       = "RESULT"
	HeadOwner        = "OWNER"
	HeadPhonebook    = "PHONEBOOK"
	HeadEntries      = "ENTRIES"
	HeadSynchronised = "SYNCHRONISED"
	HeadName         = "NAME"
	HeadCompany      = "COMPANY"
	HeadKind         = "KIND"
	HeadNumber       = "NUMBER"
)

// Why a run uses a source, and why a mailbox is read in full.
const (
	SourceGiven       = "the settings say so"
	SourcePermission  = "the app has the permission %s"
	SourceAsBefore    = "it worked in the last run"
	SourceNotRefused  = "the app is not refused over %s"
	SourceGraphClosed = "%s, and Graph is closed to it"
	NoPermission      = "the token carries no permission to read contacts"
	NeitherSource     = "the app may read contacts neither over Microsoft Graph (%[1]w) nor over EWS (%[2]w)"

	ReadInFull        = "reading the mailbox in full"
	SomebodyWrote     = "somebody else wrote to the phonebook"
	StateDamaged      = "the state of the last run is damaged"
	ReadOtherwise     = "this version of contactsync reads contacts in another way"
	ReadOverOther     = "the last run read it over %s"
	SettingChanged    = "a setting changed that decides what is read or written"
	SettingsChanged   = SettingChanged + ": %s"
	NoPhonebookYet    = "there is no phonebook yet"
	PhonebookDiffers  = "the phonebook is not as that run left it"
	FolderGone        = "a contact folder was deleted, moved away or hidden"
	FoldersCameOrWent = "contact folders came or went, and nothing tells where their contacts are"
	SoMuchChanged     = "so much changed that reading everything is less work"
	ChangesForgotten  = "the service cannot tell any more what changed"
	AnotherMailbox    = "the mailbox behind the address is not the one of the last run, or is found in another way now"
	EntryTwice        = "the phonebook holds an entry twice"
)

// What became of a member, and of a run.
const (
	LeaverDeleted = "in no synchronised group any more: phonebook deleted, %s removed"
	// Changes has how many entries there are, and were added, updated, removed.
	Changes         = "%[1]s: %[2]d added, %[3]d updated, %[4]d removed"
	ChangesRenamed  = Changes + "; phonebook renamed, it was %[5]q"
	NobodyOfThose   = "none of those asked for can be synchronised: %s"
	NobodyAtAll     = "none of the members can be synchronised: %s"
	NoLeaverDeleted = "no phonebook of a leaver is deleted: the directory does not tell who one of the members is, and it could be theirs; give the entry a user id, or take it out of the group"
	WhatIsMissing   = "see what is missing of each, with: %s; check their entries, ldap_uid_attribute, ldap_mail_attribute, and what ldap_bind_dn may read"
	NobodyUpToDate  = "no phonebook could be brought up to date: %w"
	AfterTheLast    = "after the last phonebook was written: %w"
	NoSuchMember    = "--user %s: nobody of that name is in a synchronised group"
	MembersLists    = "%s lists who is"

	NextRunDoesRest = "every phonebook is whole; the next run does the rest"
	StoppedBefore   = "stopped before the first member"
	StoppedAfter    = "stopped after %[1]d of %[2]d members"
	DryRun          = "dry run: %s"
	DryRunChanged   = "%s (dry run: nothing was changed)"
	MoreChanges     = "… and %d more; -v shows all"
	SourceOfRun     = "source: %[1]s (%[2]s)"
	WithSource      = "%[1]s; source: %[2]s (%[3]s)"
)

// How far a run is.
const (
	AskingDirectory = "asking the directory for the members"
	Stopping        = "stopping after the members that are being written"
	SlowedDown      = "slowed down to %[1]d of %[2]d requests"
	Speed           = "%s contacts/s"
	NoSpeed         = "0 contacts/s"
	MemberDone      = "%s of %s member"
	MembersDone     = "%s of %s members"
	TimeLeft        = "%[1]s, %[2]s left"
	WaitingBecause  = "%[1]s: %[2]s"
	DoneOf          = "%[1]d of %[2]s"
	DoneOfFailed    = DoneOf + ", %[3]d failed"
	SoFar           = "reading: %[1]d of %[2]s done, %[3]s came so far"
)
