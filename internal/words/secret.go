package words

// What contactsync secret asks.
const (
	AskSecret = "A new client secret is made in {secrets}. Wanted is the content of its column {value}, " +
		"which is shown once, right after the secret was made.\nClient secret (what you type or paste is not shown): "
	AskLastDay = "Its last day as YYYY-MM-DD, to be warned 60 days before (only Return: not known): "
)

// What it says, and what to do about it. The last value is a command.
const (
	OnCommandLine   = "secret takes no secret, nor anything else, on the command line"
	TypeSecretAlone = "every user of the machine can read a command line, the shell may keep it, and sudo's log does; if a secret stood there, " +
		"make another one in {secrets}, and type this alone: %s"
	NotALastDay      = "the last day is no date"
	LastDayLike      = "write it as YYYY-MM-DD, e.g. --expires 2027-03-31; it stands beside the secret in {secrets}"
	LastDayIsOver    = "take the last day of the new secret from {secrets}"
	NoSecretNeeded   = "no client secret is needed here"
	StorePassword    = "an Exchange server of one's own (office365 is false) takes a password instead, which is stored with: %s"
	FreshSecret      = "Microsoft's sign-in servers need a moment to know a secret that was just made: try again in a minute; else store the content of the column {value}, not of {secret id}, of a secret of this app in {secrets}"
	OldSecretStays   = "the new client secret is not stored, and the old one stays: %w"
	NothingIsStored  = "the client secret is not stored: %w"
	SecretStored     = "the client secret works and is stored"
	SecretStoredOnce = "the client secret works, and was stored already"
	DropOldSecret    = "delete the old one in {secrets}, where nothing else signs in with it"
	LastDayDropped   = "the last day of the old secret was deleted, and nobody noted that of the new one"
	NoteLastDay      = "note it, to be warned 60 days before, with: %s"
	CertificateFirst = "the client secret has no effect while client_certificate is set"
	UseNoCertificate = "to sign in with the secret delete that key: %s"
)
