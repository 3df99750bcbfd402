package words

// What to do about the directory: the way to it.
const (
	DirectorySilent    = "check that the directory runs and that ldap_url is right; the next run tries again"
	SocketForbidden    = "let this user open the socket, or set ldap_url to ldap://localhost"
	SocketMissing      = "nothing listens on this socket; check that slapd runs and listens on ldapi:///, which this starts: sudo systemctl start slapd; or set ldap_url"
	DirectoryBrokeOff  = "the directory broke off or did not answer in time; the next run tries again; where no run ever works, is the port in ldap_url one of ldaps? it wants ldaps://"
	DirectoryHungUp    = "the directory hung up; check that the port in ldap_url is one of ldaps"
	PortWithoutTLS     = "that port speaks no TLS; use ldap:// with ldap_starttls, or the port of ldaps"
	NoStartTLS         = "the directory offers no StartTLS; give it a certificate, or use an ldaps:// address in ldap_url"
	DirectoryWantsTLS  = "the directory wants TLS; set ldap_starttls to true, or use an ldaps:// address in ldap_url"
	PasswordWithoutTLS = "set ldap_starttls to true, or use an ldaps:// address in ldap_url, or ldapi:/// where the directory is on this machine"

	DirectoryAuthority = "name the PEM file of the authority that signed the directory's certificate in the key ca_file"
	DirectoryExpired   = "renew the directory's certificate, or correct this machine's clock (timedatectl)"
	DirectoryUnproved  = "the directory needs a certificate that its users can verify; see also the key ca_file"
	// NamedInCNOnly has what subjectAltName is to be, such as DNS:ldap.example.org.
	NamedInCNOnly = "the certificate names nobody but in its CN, which nothing reads any more; make one with subjectAltName=%s"
	// NamedOtherwise has the name in ldap_url, those in the certificate, and what
	// subjectAltName is to be.
	NamedOtherwise = "the certificate bears another name; write into ldap_url, in the place of %[1]s: %[2]s; or make one with subjectAltName=%[3]s"
	NameInside     = "the name that stands in it"

	LDAPURLLike = "set ldap_url to an address like ldap://ldap.example.org, ldaps://ldap.example.org or ldapi:///; a base DN goes into ldap_base_dn, a user into ldap_bind_dn"
)

// Who one is to the directory, and what one may do there.
const (
	ThisProcess        = "the user of this process (SASL EXTERNAL)"
	Anonymous          = "anonymous"
	CheckBind          = "check ldap_bind_dn and ldap_bind_password"
	SetBindPassword    = "set ldap_bind_password, or delete ldap_bind_dn to read anonymously"
	DNLike             = "write it like cn=admin,dc=example,dc=org"
	OneAttribute       = "set it to the name of one attribute"
	DirectorySignIn    = "the directory wants a sign-in; set ldap_bind_dn and ldap_bind_password"
	DirectoryMaySignIn = "the directory may want a sign-in first; set ldap_bind_dn and ldap_bind_password"
	DirectoryWantsMore = "the directory wants TLS or a sign-in; check ldap_starttls, ldap_bind_dn and ldap_bind_password"
	LetReadGroups      = "let ldap_bind_dn read the groups and their members"
	LetReadAttribute   = "let ldap_bind_dn read the attribute %s of the groups"
	DirectoryRefuses   = "the directory refuses for now; look into its log"
	LookIntoLog        = "look into the directory's log"
)

// What is searched in the directory.
const (
	SetBaseDN   = "set ldap_base_dn, such as dc=example,dc=org"
	CheckBaseDN = "check ldap_base_dn"
	// NoSuchBase is for LDAP result 32.
	NoSuchBase = "check that ldap_base_dn exists and that ldap_bind_dn may read it; some directories answer so, too, " +
		"to those who are not signed in or may not read there (set ldap_bind_dn and ldap_bind_password)"
	BaseElsewhere      = "this server does not hold ldap_base_dn; name the server that does in ldap_url"
	PartElsewhere      = "set ldap_base_dn to a part of the directory that this server holds alone, or name the other server in ldap_url"
	TooManyGroups      = "narrow ldap_group_filter, or raise the server's limit for ldap_bind_dn (OpenLDAP: olcLimits)"
	IndexFilter        = "index the attributes of ldap_group_filter on the server, or raise its limit for ldap_bind_dn"
	CheckFilter        = "check the attributes in ldap_group_filter"
	CorrectFilter      = "correct the filter in ldap_group_filter; every parenthesis that opens has to close"
	FilterFindsOther   = "let ldap_group_filter find groups; contactsync reads their members out of the attribute %s (ldap_member_attribute)"
	SetMemberAttribute = "set ldap_member_attribute to %s"

	NoGroupByFilter = "check ldap_group_filter and ldap_base_dn, and that ldap_bind_dn may read the groups"
	GiveParameter   = "give a group the parameter: hand ldapmodify the four lines \"dn: GROUP\", \"changetype: modify\", \"add: description\" and \"description: ews_synccontacts=true\", " +
		"with the group's DN for GROUP, as README shows (and in German: man 7 contactsync-einrichtung); where one has it already, check ldap_base_dn and what ldap_bind_dn may read"
	ParameterMisspelt = "%[1]s has the description %[2]q; the value must be exactly ews_synccontacts=true, alone (a group may have several descriptions)"
	// ParameterOfClass has the group's DN, its class, and the attribute of its members.
	ParameterOfClass = "%[1]s carries it, but is of the class %[2]s: set ldap_group_filter to '(&(objectClass=%[2]s)(description=ews_synccontacts=true))' and ldap_member_attribute to %[3]s"
	ParameterNoGroup = "%s carries it, but is no group of a class that contactsync knows; give it to a groupOfNames"
)

// What is wrong with a member. Who it is stands before it.
const (
	GroupKeepsElsewhere = "is a group that keeps its members in %[1]s, not in %[2]s"
	GroupWithout        = "is a group without members, or with none that may be read"
	NobodyOfName        = "nobody is found by this name: it does not exist, or may not be read"
	NobodyOfUID         = "nobody is found by this user id: it does not exist, or may not be read"
	SeveralOfUID        = "several people have this user id: %s"
	NoUserID            = "has no user id (%s)"
	NoMailAddress       = "has no mail address (%s)"
	NotAMailAddress     = "%q is no mail address"
	SharesUserID        = "shares the user id %[1]s with %[2]s"
	SharesMailAddress   = "shares the mail address %[1]s with %[2]s"
	SharesObjectID      = "shares the object id %[1]s with %[2]s"
)
