package main

// What status says, in one place.
const (
	statusHelp = "show the last run and the next, and how each member's phonebook is"

	statusNoRun    = "none is recorded yet; this makes one: "
	statusWell     = "all well"
	statusDone     = "done, but for members that failed or were kept from becoming empty"
	statusFailed   = "failed: "
	statusOthers   = "The run failed as a whole: what stands below is from runs before it."
	statusNever    = "no run of all members has succeeded yet"
	statusNoTimer  = "none: contactsync.timer is not installed"
	statusIdle     = "none: contactsync.timer is not active; this starts it: sudo systemctl enable --now contactsync.timer"
	statusNoNext   = "none is planned by contactsync.timer"
	statusNoAsking = "not known: "
	statusNoDate   = "nobody noted it; with its last day, warnings come in time: "
	statusNoStore  = "left out, since only the service user may read the settings"
	statusLeft     = "left out: "
	statusLeavers  = "Phonebooks of people who were in no synchronised group any more in the last run of all members, the directory was not asked again:"
	statusLeaverTo = "the key leavers decides whether the next run deletes them: "

	nagiosNoRun  = "no run is recorded yet"
	nagiosHours  = "--warning takes 1 hour or more, and --critical no less than --warning"
	nagiosOnly   = "--warning and --critical go with --nagios, and --json does not"
	nagiosTimer  = "contactsync.timer is not active, so there is no next run"
	nagiosBefore = "the last successful run was "
)
