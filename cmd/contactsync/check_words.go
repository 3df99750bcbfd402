package main

// The longer texts of `contactsync check`, in one place. What stands in braces
// is a place in Microsoft's portals, see package words. Lines that begin with
// blanks are commands and addresses, which are printed as they are.
const (
	hintExpiry = "the day stands in {secrets}; note it, to be warned 60 days before, with: "

	hintNames = "the name cannot be resolved; check its spelling in the key %s and this machine's DNS"
	hintProxy = ", or set proxy_url where only a proxy reaches out"
	hintClock = "set this machine's clock: sudo timedatectl set-ntp true; a sign-in by certificate fails from ten minutes on, " +
		"a token's life is counted by it, and certificates are taken for expired"

	hintConsent = "in {permissions} add the {application permissions} Contacts.Read and User.ReadBasic.All of Microsoft Graph, " +
		"then {consent}, or let an administrator open this page; a new grant can take an hour to work:"
	hintRBACInstead = "Where RBAC for Applications grants access to named mailboxes, look whether these are in its scope:"
	hintScope       = "the permission is there, so an application access policy or the scope of RBAC for Applications leaves the mailbox out; in Exchange Online PowerShell one of these tells:"
	cmdPolicy       = "  Test-ApplicationAccessPolicy -AppId %[1]s -Identity ADDRESS"
	cmdScope        = "  Test-ServicePrincipalAuthorization -Identity %[1]s -Resource ADDRESS"

	hintLookUp = "in {permissions} add User.ReadBasic.All of Microsoft Graph ({application permissions}), then {consent}: " +
		"without it an address is taken for a sign-in name, which can be another one or even somebody else's"
	hintUnneeded = "remove what contactsync does not need in {permissions}: it takes Contacts.Read and User.ReadBasic.All of Microsoft Graph, and no others; " +
		"where another program signs in with the same app, give each an app of its own"
	hintReadWrite = "nothing is ever changed in a mailbox: in {permissions} add Contacts.Read, then {consent}, and remove Contacts.ReadWrite."
	hintNarrow    = "To open the mailboxes of one group only, let an administrator of Exchange do this in Exchange Online PowerShell, " +
		"with the group's name for GROUP and the object id of the app in {enterprise apps} for OBJECT:"
	hintNarrowLast = "Then remove the permission in {permissions}, because what stands there opens all mailboxes; a change takes up to two hours"
	hintFullUnused = "contacts are read over Microsoft Graph, so nothing needs it: remove full_access_as_app in {permissions}"

	hintEWSEnds = "Exchange Online switches EWS off, tenant by tenant since October 2026, for good on 2027-04-01: " +
		"in {permissions} add Contacts.Read and User.ReadBasic.All of Microsoft Graph, then {consent}, or let an administrator open this page:"
	hintEWSAuto = "The next run then goes over to Microsoft Graph by itself, because the key source is auto."
	hintEWSOnly = "Then let the next run go over to Microsoft Graph by itself: "

	hintSourceEWS = "read contacts over Microsoft Graph: "

	hintNobody  = "add people to the group, who have a user id and a mail address"
	hintMember  = "correct the entry in the directory, or take it out of the group; everybody else is synchronised"
	hintMembers = "add people to the group, or correct their entries in the directory; where these are right, look at the keys ldap_member_attribute, ldap_uid_attribute and ldap_mail_attribute"
	hintNoSpace = "free some space on the file system of %s"
	hintMode    = "who reads phonebooks needs the group's rights: sudo chmod 2770 %s; sudo chmod 660 %s*"

	hintTimer    = "start it, now and with the machine: sudo systemctl enable --now contactsync.timer"
	hintNoTimer  = "install the package again: sudo apt reinstall ucware-contactsync"
	hintNoAnswer = "look at the service manager: systemctl status dbus"
)
