package words

// What contactsync check says of this machine. The names of the links, such as
// "store", are for scripts, too: they are no words.
const (
	Testing         = "testing %s"
	TestingMailbox  = "testing mailbox %[1]d of %[2]d"
	NotTested       = "not tested, because of: %s"
	StoreHolds      = "%[1]s holds %[2]s"
	KeysWell        = "nothing is missing, and all are well-formed"
	NotNeededOwn    = "not needed by an Exchange server of one's own"
	NoteExpiry      = "the day stands in {secrets}; note it, to be warned 60 days before, with: %s"
	SpaceLeft       = "%[1]s are left in %[2]s"
	LittleSpaceLeft = "only %[1]s are left in %[2]s"
	MadeByFirstRun  = "%s is made by the first run"
	OddRights       = "%[1]s has the group %[2]s and the mode %04[3]o instead of ucphonebooks and %04[4]o"
	BooksWritable   = "%[1]s holds %[2]s and can be written"
	NoOtherRun      = "no other run is under way"

	// FileHidden has the key, the file and the folder that hides it; CopyFile the
	// command that copies the file, and the one that sets the key.
	FileHidden  = "%[1]s: a run by hand can read %[2]s, but the one at night cannot: contactsync.service sees nothing below %[3]s"
	CopyFile    = "copy it to where the service can read it, and set the key: %[1]s; %[2]s"
	PlaceHidden = "a run by hand can use %[1]s, but the one at night cannot: contactsync.service sees nothing below %[2]s"
	MovePlace   = "choose another place, as contactsync(8) says in SERVICE"
	// NotSeen has the file or folder, the folder that hides it, and a command.
	NotSeen = "contactsync.service sees nothing below %[2]s, whatever the rights of %[1]s are, so put it elsewhere; this says where: %[3]s"

	NoSystemd          = "no systemd here, so nothing starts a run by itself"
	LookAtManager      = "look at the service manager: systemctl status dbus"
	TimerNotEnabled    = "%s is active, but will not be after a restart"
	TimerActive        = "%s is active"
	NextRunBegins      = "the next run begins at %s"
	ClockAgrees        = "this machine's agrees with that of %s"
	NoServiceTellsTime = "no service told the time"
)

// What it says of the way to the services. A server's name stands with what it
// is to us.
const (
	TheSignIn    = "the sign-in"
	TheProxy     = "the proxy"
	TheDirectory = "the directory"

	NameUnresolved  = "%[1]s (%[2]s): %[3]w"
	NameIsAddress   = "%[1]s (%[2]s) is an address"
	NameIs          = "%[1]s (%[2]s) is %[3]s"
	NothingAtAll    = "nothing"
	AndMore         = "%[1]s and %[2]d more"
	NoNames         = "there is no name to resolve"
	NeededElse      = "%s; it is needed only where Microsoft Graph is closed to the app"
	OnThisMachine   = "%[1]s (%[2]s) is on this machine, and needs none"
	CertificateBy   = "%[1]s (%[2]s): %[3]s, certificate by %[4]s"
	ByNobody        = "nobody"
	HostNotTested   = "%[1]s (%[2]s): not tested, because of: dns"
	EachHasPassword = "not needed by an Exchange server of one's own: each request has user and password"
	SignsInBySecret = "the app signs in with the client secret"
	SignsInByCert   = "the app signs in with the certificate"
)

// What it says of the directory and the members.
const (
	SignedInAs      = "%[1]s, signed in as: %[2]s"
	SignedInTLS     = "%[1]s with StartTLS, signed in as: %[2]s"
	SignedInPlain   = "%[1]s without TLS, signed in as: %[2]s"
	WithAddress     = "%s with a mail address"
	NobodyInGroups  = "nobody is in these groups"
	AddPeople       = "add people to the group, who have a user id and a mail address"
	CorrectEntry    = "correct the entry in the directory, or take it out of the group; everybody else is synchronised"
	AddOrCorrect    = "add people to the group, or correct their entries in the directory; where these are right, look at the keys ldap_member_attribute, ldap_uid_attribute and ldap_mail_attribute"
	NobodyToTest    = "there is no member with a mailbox"
	ContactsIn      = "%[1]s: %[2]s in %[3]s"
	MailboxesOpen   = "%[1]s can be read, with %[2]s"
	MembersUntested = "%s not tested, because of the failures before"
)

// What it says of the permissions, and how they come to be right. Lines that
// begin with blanks are commands and addresses, which are printed as they are.
const (
	RoleOpensBoxes  = "not needed by an Exchange server of one's own, where the account's role opens mailboxes"
	PermissionOpens = "%[1]s of %[2]s opens contacts"
	NoneAndUnasked  = "the token shows none that opens contacts, but RBAC for Applications does not show there, and no mailbox could be asked"
	NoneNoMailbox   = "the token shows none that opens contacts, and no mailbox could be asked"
	NoneButOpen     = "the token shows none, and yet mailboxes open: they are granted by RBAC for Applications, which does not show there"
	NoneAndRefused  = "the token shows none that opens contacts, and mailboxes are refused: %w"
	// GrantOrRBAC has the page of the consent and the app's id.
	GrantOrRBAC = "in {permissions} add the {application permissions} Contacts.Read and User.ReadBasic.All of Microsoft Graph, " +
		"then {consent}, or let an administrator open " + thisPage + "; a new grant can take an hour to work:\n" +
		"  %[1]s\n" +
		"Where RBAC for Applications grants access to named mailboxes, look whether these are in its scope:\n" +
		"  Test-ServicePrincipalAuthorization -Identity %[2]s -Resource ADDRESS"
	OnlyGraphOpen = "the key source is ews, and only Microsoft Graph is open to the app: %w"
	GoOverToGraph = "read contacts over Microsoft Graph: %s"
	// MailboxOutOfScope has the app's id.
	MailboxOutOfScope = "the permission is there, so an application access policy or the scope of RBAC for Applications leaves the mailbox out; in Exchange Online PowerShell one of these tells:\n" +
		"  Test-ApplicationAccessPolicy -AppId %[1]s -Identity ADDRESS\n" +
		"  Test-ServicePrincipalAuthorization -Identity %[1]s -Resource ADDRESS"

	LookUpMissing = "User.ReadBasic.All of Microsoft Graph is missing"
	GrantLookUp   = "in {permissions} add User.ReadBasic.All of Microsoft Graph ({application permissions}), then {consent}: " +
		"without it an address is taken for a sign-in name, which can be another one or even somebody else's"
	NotNeeded    = "not needed: %s"
	RemoveUnused = "remove what contactsync does not need in {permissions}: it takes Contacts.Read and User.ReadBasic.All of Microsoft Graph, and no others; " +
		"where another program signs in with the same app, give each an app of its own"
	ReadWriteTooMuch = "Contacts.ReadWrite may also change and delete contacts, in every mailbox"
	ReadIsEnough     = "nothing is ever changed in a mailbox: in {permissions} add Contacts.Read, then {consent}, and remove Contacts.ReadWrite.\n%s"
	FullTooMuch      = "EWS against Exchange Online ends for good on 2027-04-01; until then full_access_as_app opens everything in every mailbox, mail and calendar too"
	RemoveFull       = "contacts are read over Microsoft Graph, so nothing needs it: remove full_access_as_app in {permissions}"
	NarrowToGroup    = "To open the mailboxes of one group only, let an administrator of Exchange do this in Exchange Online PowerShell, " +
		"with the group's name for GROUP and the object id of the app in {enterprise apps} for OBJECT:\n" +
		"  New-ServicePrincipal -AppId %[1]s -ObjectId OBJECT\n" +
		"  $group = (Get-Group GROUP).DistinguishedName\n" +
		"  New-ManagementScope contactsync -RecipientRestrictionFilter \"MemberOfGroup -eq '$group'\"\n" +
		"  New-ManagementRoleAssignment -App %[1]s -Role '%[2]s' -CustomResourceScope contactsync\n" +
		"Then remove the permission in {permissions}, because what stands there opens all mailboxes; a change takes up to two hours"
)

// What it says of the source.
const (
	NoMailboxAsked = "no mailbox could be asked"
	SourceGraph    = "Microsoft Graph (%s)"
	SourceEWS      = "EWS, which ends on 2027-04-01 (%s)"
	SourceOwn      = "EWS of an Exchange server of one's own"
	// LeaveEWS has the page of the consent; LeaveEWSAlone the command that lets
	// contactsync choose, too.
	LeaveEWS      = leaveEWS + "The next run then goes over to Microsoft Graph by itself, because the key source is auto."
	LeaveEWSAlone = leaveEWS + "Then let the next run go over to Microsoft Graph by itself: %[2]s"

	leaveEWS = "Exchange Online switches EWS off, tenant by tenant since October 2026, for good on 2027-04-01: " +
		"in {permissions} add Contacts.Read and User.ReadBasic.All of Microsoft Graph, then {consent}, or let an administrator open " + thisPage + ":\n" +
		"  %[1]s\n"
)
