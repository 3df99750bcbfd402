package words

// What contactsync status tells about.
const (
	AboutLastRun  = "last run"
	AboutLastGood = "last good one"
	AboutSome     = "some members"
	AboutSince    = "since then"
	AboutNextRun  = "next run"
	AboutSettings = "settings"
	AboutSecret   = "secret's end"
)

// What it says. Some have the command to type.
const (
	NoRunYet       = "none is recorded yet; this makes one: %s"
	AllWell        = "all well"
	DoneFor        = "done: %s"
	OfThemSkipped  = "%[1]s, %[2]d of them skipped"
	DoneButMembers = "done, but for members that failed or were kept from becoming empty"
	RunFailed      = "failed: %s"
	FromOtherRuns  = "The run failed as a whole: what stands below is from other runs."
	NotComeTo      = "Members that the failed run did not come to stand below as other runs left them."
	NeverSucceeded = "no run of all members has succeeded yet"
	OverGraph      = "%s, over Microsoft Graph"
	OverEWS        = "%s, over EWS"
	NoNextRun      = "none: %s"
	NothingPlanned = "none is planned by contactsync.timer"
	TriesAgain     = "within 15 minutes, since the service tries again what could not be done; by the timer %s"
	NotKnown       = "not known: %s"
	NobodyNotedEnd = "nobody noted it; with its last day, warnings come in time: %s"
	LeftOutStore   = "left out, since only the service user may read the settings"
	LeftOut        = "left out: %s"
	Leavers        = "Phonebooks of people who were in no synchronised group any more in the last run of all members, the directory was not asked again:"
	LeaversStay    = "the key leavers decides whether the next run deletes them: %s"
	MoreAlike      = "and %d more in the same way; -v shows all of them"
	Hint           = "hint: %s"

	Never = "never"
	In    = "in %s"
	Ago   = "%s ago"
)

// What it answers to Nagios and Icinga.
const (
	NoRunRecorded = "no run is recorded yet"
	NoSettingsYet = "not configured yet, so there was no run; contactsync check says what to set"
	EndNotWatched = "nobody watches until when the app can sign in: %s"
	LastSuccess   = "the last successful run was %s"
	LastRun       = "%[1]s, the last run was %[2]s"
	LastRunFailed = "the last run failed: %s"
	Failed        = "%s failed"
	KeptFromEmpty = "%s kept from becoming empty"
	WithHint      = "%[1]s; hint: %[2]s"
)
