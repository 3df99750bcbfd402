package words

// The command kvstore: its help.
const (
	KVStoreUsage       = "the appliance's key-value store"
	KVStoreDescription = `Each namespace is one file in the store's folder. list shows •••• for keys whose
name holds secret, password or token and does not end in _expires, and shows a
control character as its picture, such as ␊ for a line end, so that each line is
one key; get shows the value as it is. set without VALUE reads standard input,
less one line end; a secret typed at a terminal is not shown.

Exit status: 0, 1 no such key, 2 wrong usage, 74 a damaged file or a full disk,
75 in use, try again, 77 no right.`
	KVStoreFolder = "the store's `FOLDER`"
	KVStoreList   = "show keys and values, tab-separated"
	KVStoreGet    = "show a value"
	KVStoreSet    = "store a value, by default that on standard input"
	KVStoreDelete = "remove a key"
)

// What it says.
const (
	SeeKVStoreHelp   = "see kvstore --help"
	NoSuchCommand    = "there is no command %q"
	WhichCommand     = "a command is missing: list, get, set or delete"
	StoppedUnchanged = "stopped by a signal, so the key stays as it is"
	UnchangedBecause = "%v, so the key stays as it is"
	SecretInSight    = "kvstore: warning: every user of this machine can read a command line, the shell may keep it, and sudo's log (the journal, /var/log/auth.log) does, so make another secret; without VALUE it is read from standard input"
	// NamespaceFirst has the word in the namespace's place.
	NamespaceFirst = "%[1]s is the name of a secret, not of a namespace, which comes first: kvstore set contactsync %[1]s (if a secret stood on the command line, make another one)"
	// NamespaceMade has the namespace, and the command that takes the key out again.
	NamespaceMade = "kvstore: made the namespace %[1]s; if another one was meant: %[2]s"
	ReadingValue  = "kvstore: reading the value; Return and Ctrl-D end it"
	// AskForKey asks at the terminal.
	AskForKey = "%s (what you type or paste is not shown): "
)
