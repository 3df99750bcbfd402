package words

// What is wrong with the value of a key. The key stands before it, and where it
// may be shown, the value: the text goes on after them, or says alone what is
// wanted ("want").
const (
	// Unfit and Amiss have the value and the text.
	Unfit = "%[1]s does not fit; %[2]s"
	Amiss = "%[1]s %[2]s"

	NotUTF8       = "is not UTF-8 text; type it anew"
	HasInvisible  = "has a line end, a tab or an invisible character in the middle; paste it anew, one line alone"
	Missing       = "missing; %s"
	OnlyBlanks    = "holds nothing but blanks; %s"
	UnknownKey    = "unknown key, it has no effect"
	UnknownKeyBut = "unknown key, it has no effect; perhaps %s is meant"
	HasNoEffect   = "has no effect, because client_certificate is set"

	WantOneOf       = "want %s"
	WantBoolean     = "want true or false"
	WantNumber      = "want a whole number from %[1]d to %[2]d"
	WantDate        = "want a date as YYYY-MM-DD, e.g. 2027-03-31"
	WantPath        = "want an absolute path, e.g. %s"
	WantAttribute   = "want the name of an attribute, e.g. %s"
	WantAreaCode    = "want the digits of an area code without the country's, e.g. 30 or 030"
	WantAddress     = "want an address such as %s"
	AddressHasUser  = "must not hold a user or a password; want an address such as %s"
	AddressHasQuery = "must not hold ? or #; want an address such as %s"
	AddressPlain    = "must start with https://, because http:// would send passwords and contacts unencrypted"
	TitleTooLong    = "has %d characters; want at most 100"
	NoCountryCode   = "is no country code (ISO 3166, such as DE, AT, CH or GB)"
)

// The app registration. The values are an example of a GUID.
const (
	NoTenantID   = "not a GUID (want e.g. %s) and no domain of the tenant (e.g. contoso.onmicrosoft.com); it is the {tenant id} in {overview}"
	NoClientID   = "not a GUID (want e.g. %s); it is the {client id} in {overview}"
	WantTenantID = "want the {tenant id}, e.g. %s"
	WantClientID = "want the {client id}, e.g. %s"
	TenantIsApp  = "is the same as client_id; want the {tenant id}, which differs from the {client id}"
	AppIsTenant  = "is the same as tenant_id; want the {client id}, which differs from the {tenant id}"

	WantSecret       = "want the value of a client secret, or client_certificate instead of it"
	SecretIsTenant   = "is the tenant's id, the same as tenant_id; want the secret's value, which Entra shows once, right after the secret was made: make a new one in {secrets}"
	SecretIsApp      = "is the app's id, the same as client_id; want the secret's value, which Entra shows once, right after the secret was made: make a new one in {secrets}"
	SecretIsItsID    = "is the secret's id, a GUID; want its value, which Entra shows next to it once, right after the secret was made: make a new one in {secrets}"
	SecretWithName   = "begins with the key's own name; store what stands behind it alone"
	SecretQuoted     = "begins and ends with a quotation mark; store it without"
	SecretWithBlanks = "has a blank in the middle, which no client secret has; want the content of the column {value} alone"
)

// The services' addresses.
const (
	AuthorityPlain   = "must start with https://; want e.g. https://login.microsoftonline.com"
	AuthorityLong    = "must end after the host: the tenant belongs in tenant_id; want e.g. https://login.microsoftonline.com"
	GraphURLVersion  = "must end in the version; want %s"
	EWSURLNoPath     = "has no path; want e.g. %s"
	SourceOfTheCloud = "is a service of Microsoft 365; want ews or auto where office365 is false"
	WantOwnServer    = "want the Exchange server's address where office365 is false, e.g. %s"
	NotOwnServer     = "is Microsoft's server; want that of an Exchange server of one's own where office365 is false"
	WantAccount      = "want the account that may impersonate where office365 is false, e.g. EXAMPLE\\contactsync or contactsync@example.org"
	WantPassword     = "want the account's password where office365 is false"
	NotMicrosofts    = "is none of Microsoft's servers, and gets tokens that open your mailboxes"
	// OtherCloudThan has the clouds of the address and of the sign-in, and what
	// the address is to be.
	OtherCloudThan = "lies in %[1]s, but the sign-in in %[2]s; want %[3]s"
	CloudPublic    = "Microsoft's public cloud"
	CloudUS        = "the US government's cloud"
	CloudUSDoD     = "the US Department of Defense's cloud"
	CloudChina     = "the cloud of China (21Vianet)"
)

// The proxy, certificate authorities, and the directory.
const (
	WantProxy     = "want e.g. http://proxy.example.org:3128"
	ProxyHasUser  = "must not hold a user or a password, which kvstore list shows: set it without them, and set proxy_username and proxy_password; " + WantProxy
	ProxyEnds     = "must end after the port; " + WantProxy
	ProxyNotSet   = "is not set, so proxy_username and proxy_password have no effect"
	WantProxyUser = "proxy_password is set; want the user that it belongs to"
	CAFileClosed  = "is closed to the user that this runs as"
	CAFileNone    = "cannot be read (%v); want a PEM file with certificates"
	// OpenCAFolders has the file, and where a copy belongs.
	OpenCAFolders    = "its folder is closed to the user; put a copy where everybody may go, and set the key to that: sudo install -D -m 644 %[1]s %[2]s"
	OpenCAFile       = "certificates are no secret, so let everybody read the file of ca_file: sudo chmod a+r FILE (or, for the service alone: sudo chgrp ucservices FILE; sudo chmod g+r FILE)"
	WantLDAPURL      = "want e.g. ldap://ldap.example.org, ldaps://ldap.example.org:636 or ldapi:///"
	WantSocket       = "want ldapi:/// or with the socket's path, e.g. ldapi:///run/slapd/ldapi"
	LDAPURLHasUser   = "must not hold a user or a password: they belong in ldap_bind_dn and ldap_bind_password; " + WantLDAPURL
	LDAPURLEnds      = "must end after the port: a base belongs in ldap_base_dn; " + WantLDAPURL
	NoDN             = "is no distinguished name (want e.g. dc=example,dc=org)"
	NoFilter         = "is not an LDAP filter; want e.g. (&(objectClass=groupOfNames)(description=ews_synccontacts=true))"
	WantBindDN       = "ldap_bind_password is set; want the entry that it belongs to, e.g. cn=contactsync,dc=example,dc=org"
	WantBindPassword = "ldap_bind_dn is set; want its password"
	PasswordPlain    = "would send ldap_bind_password unencrypted; want true, or an ldaps:// address in ldap_url"
)

// How keys are set. The value is the command kvstore, and the key.
const (
	SetSomeKey    = "set a key with: %s set contactsync KEY VALUE (a secret without VALUE: it is asked for)"
	SetKey        = "set the key with: %[1]s set contactsync %[2]s VALUE"
	SetSecretKey  = "set the key with: %[1]s set contactsync %[2]s (without a value: it is asked for)"
	AnswerOrSet   = "answer the questions of: sudo dpkg-reconfigure ucware-contactsync; or %s"
	StoreSecret   = "store it with: %s (it is asked for, and tried out first)"
	CheckNumbers  = "check the keys default_region and default_area_code"
	LookAtKeys    = "look at what is set: %s list contactsync"
	DropKey       = "delete the key: %[1]s delete contactsync %[2]s"
	NotConfigured = "not configured yet, so nothing is done: neither an app registration of Microsoft 365 (tenant_id, client_id, client_secret) " +
		"nor an Exchange server of one's own (ews_url, ews_username, ews_password) is set in %[1]s; %[2]s"
	KeySets      = "this sets one key: %s set contactsync KEY"
	DialogOrSets = "this asks for what is needed: sudo dpkg-reconfigure ucware-contactsync; this sets one key: %s set contactsync KEY"
)
