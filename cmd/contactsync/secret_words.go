package main

// The longer texts of `contactsync secret`, in one place. What stands in braces
// is a place in Microsoft's portals, see package words.
const (
	askSecret = "A new client secret is made in {secrets}. Wanted is the content of its column {value}, " +
		"which is shown once, right after the secret was made.\nClient secret (what you type or paste is not shown): "
	askLastDay = "Its last day as YYYY-MM-DD, to be warned 60 days before (only Return: not known): "

	hintCommandLine = "every user of the machine can read a command line, and the shell may keep it; if a secret stood there, " +
		"make another one in {secrets}, and type this alone: "
	hintLastDay      = "write it as YYYY-MM-DD, e.g. --expires 2027-03-31; it stands beside the secret in {secrets}"
	hintOwnServer    = "an Exchange server of one's own (office365 is false) takes a password instead, which is stored with: "
	hintFreshSecret  = "Microsoft's sign-in servers need a moment to know a secret that was just made: try again in a minute; else store the content of the column {value}, not of {secret id}, of a secret of this app in {secrets}"
	hintDropOld      = "delete the old one in {secrets}, where nothing else signs in with it"
	hintNoteLastDay  = "note it, to be warned 60 days before, with: "
	hintUseNoSecret  = "to sign in with the secret delete that key: "
	sayOldStays      = "the new client secret is not stored, and the old one stays"
	sayNothingStored = "the client secret is not stored"
	sayOldDate       = "the last day of the old secret was deleted, and nobody noted that of the new one"
	sayNoDate        = "nobody noted the last day of the client secret"
	sayCertificate   = "the client secret has no effect while client_certificate is set"
)
