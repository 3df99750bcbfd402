package words

// What to do about files: the phonebooks, and the key-value store.
const (
	FreeSpace = "free some space on the file system of %s"
	FreeTemp  = "free some space in %s, or let the environment variable TMPDIR name another folder"
	FileBusy  = "another program keeps a write transaction open on the file; end it, or try again later"
	FilesOpen = "too many files are open; let contactsync.service have more (LimitNOFILE=), or the shell (ulimit -n), and look whether another program keeps them all"

	ReadOnly        = "the file system is read-only: mount shows how it is mounted, sudo dmesg whether the disk is broken"
	ReadOnlyService = "the folder is missing or read-only; in contactsync.service ReadWritePaths= names the folders that may be written; " +
		"this makes the usual one again: sudo dpkg-reconfigure ucware-contactsync"

	// Remove has a file that is in the way, MoveAway a folder.
	Remove            = "remove %s"
	MoveAway          = "look what is in the folder, and move it away: sudo mv %[1]s %[1]s.old"
	RemoveOrRestore   = "remove %[1]s, or restore %[2]s from a backup without it"
	MoveJournalAway   = "move away the file beside it that ends in -journal: no run of ours leaves one, so another program was killed while it wrote, or somebody put it there; restore the file from a backup if need be"
	NameRealFile      = "name the real file in --phonebooks or UCWARE_PHONEBOOKS"
	NamePhonebooks    = "let --phonebooks or UCWARE_PHONEBOOKS name a file in a folder that exists or can be made"
	RestorePhonebooks = "restore the file from a backup; without one move it away with its -wal and -shm, and the next run makes a new one, " +
		"but phonebooks in it that are not contactsync's do not come back"
	RightPhonebooks   = "is --phonebooks (or UCWARE_PHONEBOOKS) right? if it is, " + RestorePhonebooks
	ForeignPhonebooks = "this is no file of contactsync, or somebody changed its tables: is --phonebooks (or UCWARE_PHONEBOOKS) right? " +
		"leave the file as it is; if it is ours, restore it from a backup"
	NewerPhonebooks = "install the newer contactsync again, or restore the file from a backup that this one made"
	LargestID       = "give the entry with the largest id a small one, and set seq of 'entry' in the table sqlite_sequence to the largest id that is left then, with: sudo -u ucservices sqlite3 FILE"

	StoreIsLink   = "put the file itself in the place of the link, or name the folder that it lies in by --store or UCWARE_KVSTORE"
	NameStore     = "let --store or UCWARE_KVSTORE name the folder of the key-value store"
	RestoreStore  = "restore the file from a backup; without one, and if it is a file of kvstore's (is --store right?), move it away and set its keys anew"
	ForeignStore  = "this is no file of kvstore: is --store (or UCWARE_KVSTORE) the right folder? leave the file as it is"
	NewerStore    = "install the newer kvstore and contactsync again, or restore the file from a backup that these made"
	NothingStored = "%s holds nothing of contactsync yet"
)

// Who may read and write them.
const (
	RunAsService = "run it as the service user: sudo -u ucservices contactsync; who only reads phonebooks joins the group ucphonebooks"
	// ReadAs has the command as whoever may read.
	ReadAs       = "%s; who only reads phonebooks joins the group ucphonebooks"
	NotForRoot   = "nothing of it should belong to root; give it to the service user (sudo chown ucservices %s), or name places of your own with --store and --phonebooks"
	BelongsTo    = "this runs as %[1]s, but %[2]s belongs to %[3]s"
	RunAsOwner   = "run it as the owner of the store: %s"
	ChownOthers  = "%[1]s; where the error names a file of somebody else's: sudo chown %[2]s FILE"
	GroupsRights = "who reads phonebooks needs the group's rights: %s"
)

// Runs, and what stops them.
const (
	WaitForRun     = "wait until it has ended"
	WaitOrLook     = "wait until it has ended, or look at it with: ps -fp %s"
	AnotherRun     = "another run is under way"
	AnotherProcess = "another run is under way (process %s)"
	FreeOutput     = "free some space where the output goes"
	TryAgain       = "try again"
	Stopped        = "stopped by a signal"
	NotRecorded    = "the phonebooks are done, but contactsync status will not know of this run: %s"
)
