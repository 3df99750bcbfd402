package words

// What to do about a mailbox that cannot be found or read, whatever service it
// is read over.
const (
	GiveAddress       = "enter the mailbox's primary address as the member's mail address in the directory"
	CompareAddress    = "compare the mail attribute in the directory with the user's primary address in Microsoft 365; an alias is not enough"
	CompareMailbox    = "compare the address in the directory with the mailbox's primary address, and check that it has a licence for a mailbox"
	EnterPrimary      = "the member's address in the directory is not the mailbox's primary address; enter the primary one there"
	AddressOfSeveral  = "give the address to one of them only, or store object ids in the directory and name the attribute in ldap_object_id_attribute"
	NoSuchPerson      = "no user with this id or sign-in name is in the tenant; compare the directory with Microsoft 365"
	SignInNameDiffers = "the user's sign-in name is probably not the mail address: in {permissions} add User.ReadBasic.All of Microsoft Graph ({application permissions}), then {consent}, so that the app may look the address up"
	NoMailbox         = "the user has no mailbox in Exchange Online: give a licence that includes one in {licences}, or, where the mailbox is on a server of your own, set office365 to false"
	NoLicence         = "the mailbox has no valid licence: {licences}"
	AccountDisabled   = "the account is disabled; enable it, or take the member out of the group"
	MailboxTooOld     = "the mailbox is on a server that is too old; it has to be Exchange 2013 SP1 or newer"

	MailboxDown     = "the mailbox is being moved, or its database is down; the next run tries again"
	GoneMeanwhile   = "it was moved or deleted while it was read; the next run tries again"
	MailboxRestless = "somebody is changing the mailbox's contacts or folders; the next run tries again"
	ContactDamaged  = "a contact is damaged; open and save it in Outlook, or delete it"
	// MailboxEmpty has the mailbox's address and how many entries the phonebook keeps.
	MailboxEmpty = "mailbox %[1]s answers with no contacts at all, or with none that hold a name, a number or an address; the phonebook keeps its %[2]s"
	// UnlessReported follows it in a dry run, which does not ask what changed.
	UnlessReported = "%s, unless the service reports each contact to the next run as deleted"
	AllowEmpty     = "if the mailbox is really empty: %s"
)

// What to do about Microsoft Graph, or about EWS.
const (
	// GrantContactsRead is for an app that no mailbox is open to.
	GrantContactsRead = "in {permissions} add the {application permissions} Contacts.Read and User.ReadBasic.All of Microsoft Graph, then {consent}; a new grant can take an hour to work"
	MailboxRefused    = "where an application access policy or RBAC for Applications opens some mailboxes only, it leaves this mailbox out (Test-ServicePrincipalAuthorization tells); " +
		"otherwise add in {permissions} the {application permissions} Contacts.Read and User.ReadBasic.All of Microsoft Graph, then {consent}"
	NoExchangeOnline = "the tenant has no Exchange Online; check tenant_id and the tenant's licences in {subscriptions}"
	CheckGraphURL    = "check graph_url"
	LinksElsewhere   = "if graph_url names a gateway of your own, it must rewrite the links in answers; else set graph_url to your cloud's address"
	SignInNamesUsed  = "the app may not look users up, so addresses are taken for sign-in names; the permission User.ReadBasic.All of Microsoft Graph changes that"

	EWSRefused = "give the app the permission full_access_as_app of Office 365 Exchange Online in {permissions}, then {consent}, or by RBAC for Applications the role Application EWS.AccessAsApp; " +
		"where it has that, an application access policy or a scope leaves this mailbox out (Test-ApplicationAccessPolicy, Test-ServicePrincipalAuthorization)"
	EWSSwitchedOff = "Exchange Online ends EWS: tenant by tenant since October 2026, for good on 2027-04-01, and Kiosk, F1 and F3 mailboxes have none; " +
		"in {permissions} add the {application permissions} Contacts.Read and User.ReadBasic.All of Microsoft Graph, then {consent}, and set source to graph or auto"
	EWSBlocked = "the organisation lists who may use EWS: until 2027-04-01 an administrator can add this app (Set-OrganizationConfig -EwsAllowedAppIDs, " +
		"each write replaces the list, 24 hours until it works); better add in {permissions} the {application permissions} Contacts.Read and User.ReadBasic.All of Microsoft Graph, then {consent}, and set source to graph or auto"
)

// What to do about an Exchange server of one's own.
const (
	GrantImpersonation = "give the account in ews_username the role ApplicationImpersonation, in a scope that this mailbox is in, its own mailbox too: " +
		"New-ManagementRoleAssignment -Role ApplicationImpersonation -User ACCOUNT"
	CheckEWSPassword = "check ews_username (DOMAIN\\user or user@domain) and ews_password, and whether the account is locked or its password has expired"
	NoSignInScheme   = "the server offers neither NTLM nor Basic; switch Windows authentication on for the EWS virtual directory (Set-WebServicesVirtualDirectory)"
	NoNTLMv2         = "the server does not speak NTLMv2, which it has to; check its authentication level (LmCompatibilityLevel)"
	EWSURLEnds       = "check ews_url; it usually ends in /EWS/Exchange.asmx"
	EWSURLLike       = "let the key ews_url be an https:// address such as https://mail.example.com/EWS/Exchange.asmx, without user name and password"
	LetReachEWS      = "check that a firewall or the server's own rules let this machine reach EWS"
	ServerTooOld     = "the server is too old; it has to be Exchange 2013 SP1 or newer"
)
