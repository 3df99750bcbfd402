package words

// What happened, where that is a sentence of its own: the cause of an error, to
// which others say what to do. How an answer is malformed stands with what
// reads it, since only the maintainers can do anything about that.

// The directory.
const (
	RefersElsewhere  = "search below %[1]q: the directory refers to %[2]s"
	NoContexts       = "read the directory's naming contexts: it shows none"
	FindsNoGroup     = "search groups below %[1]s: %[2]s finds %[3]s, which is no group"
	NoGroupMatches   = "search groups below %[1]s: none matches %[2]s"
	MembersInPart    = "read group %s: its members came in part"
	MembersUnread    = "read group %s: its range of members cannot be read"
	GroupShowsNone   = "read group %[1]s: it shows no %[2]s, which every %[3]s has"
	GroupKeepsThemIn = "read group %[1]s: it keeps its members in %[2]s, not in %[3]s"
	PasswordInPlain  = "refuse to send ldap_bind_password to %s without TLS"
	NoAttributeName  = "read %[1]s: %[2]q is no attribute's name"
	NoBindPassword   = "sign in as %s: there is no password"
	NoLDAPServer     = "read ldap_url: %q is no address of an LDAP server"
)

// The mailboxes.
const (
	NoAddressAtAll   = "find mailbox: the member has no mail address"
	BadAddress       = "address the mailbox: %q is no mail address"
	SeveralHave      = "look up user: %[1]s is the address of %[2]s and %[3]s in Microsoft Entra ID"
	NobodyHasAddress = "nobody in Microsoft Entra ID has the primary address"
	EWSIsOff         = "EWS is switched off"
	LeadsElsewhere   = "%[1]s answers %[2]s and sends us elsewhere"
	TokenRefused     = "%[1]s refuses the token (%[2]s)"
	SignInRefused    = "%[1]s refuses the sign-in (%[2]s)"
	PageNotEWS       = "%[1]s answers with a page (%[2]s) instead of EWS"
	NTLMBroken       = "sign in by NTLM: the connection is closed between the steps; a proxy in between may not keep connections"
	NoEndOfMoves     = "contacts are being moved between folders without end; the next run reads the rest"
	FullEveryTime    = "the service tells no changes of this mailbox's contacts; reading it in full every time"
)

// The certificate that the app signs in with, and its file.
const (
	RSAKeyShort         = "the RSA key is too short: %d bits"
	CertificateExpired  = "the certificate expired on %s"
	CertificateNotYet   = "the certificate is not valid before %s"
	KeyOfAnother        = "the key does not belong to the certificate"
	NoPEM               = "it is no PEM file"
	CertificateDamaged  = "a certificate in it is damaged: %w"
	SeveralKeys         = "it holds more than one key"
	NoKey               = "it holds no key (BEGIN PRIVATE KEY)"
	NoCertificate       = "it holds no certificate (BEGIN CERTIFICATE)"
	KeyEncrypted        = "its key is encrypted"
	KeyDamaged          = "its key is damaged"
	KeyNotRSA           = "its key is no RSA key"
	NoProof             = "sign in: no client secret and no certificate"
	NoSignInService     = "sign in to Microsoft Entra: the answer is not one of a sign-in service"
	CAFileWithout       = "read ca_file: no certificate in %s"
	ThroughProxyFailed  = "through the proxy %[1]s: %[2]s"
	ProxyAnswersConnect = "connect to %[1]s: the proxy %[2]s answers %[3]s"
)

// The files.
const (
	IsLink           = "%[1]s is a %[2]w"
	NotRegular       = "%s is not a regular file"
	EmptyFile        = "%s is an empty file"
	NotAFolder       = "%s is not a folder"
	FileDamaged      = "the file is damaged: %s"
	LeftOfGone       = "%s is left of a file that is gone"
	JournalBeside    = "a journal of an unfinished transaction lies beside the file: %w"
	RemovedMeanwhile = "the file was removed meanwhile"
	NotOurLock       = "%s is not the lock file that contactsync made"
	BooksTooNew      = "the file has version %[1]d, written by a newer contactsync; this one knows version %[2]d"
	BooksOfOther     = "the file is a database of another program"
	PartMissing      = "the %[1]s %[2]s is missing in the file"
	PartForeign      = "%[1]s in the file is no %[2]s of contactsync's"
	HoldsNoBooks     = "the file holds no phonebooks"
	HoldsForbidden   = "the file holds what its schema does not allow: %w"
	NoRoomForIDs     = "the id %d is in use in the table entry, so there is no room for more"
	NotAStore        = "not a key-value store"
	StoreTooNew      = "a key-value store of version %d, which is newer than this program"
	NamespaceLike    = "%[1]w for a namespace: %[2]q (letters, digits, and . _ - after the first; 64 at most)"
	KeyLike          = "%[1]w for a key: %[2]q (visible characters without blanks; 255 bytes at most)"
	NothingTyped     = "nothing was typed"
	InputEmpty       = "standard input is empty"
)
