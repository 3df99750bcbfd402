package words

// What to do about the client secret. {renewal} becomes the command that stores
// another one, {consent page} the address of the admin consent: package entra
// knows them.
const (
	makeSecret = "make another one in {secrets}, and store the content of its column {value} with: {renewal}"

	SecretUnknown = "client_secret is not the value of a secret of this app: perhaps it was copied in part, was deleted in the meantime, or belongs to another app; " + makeSecret
	SecretExpired = "the client secret has expired: " + makeSecret
	SecretNotSent = "no client secret was sent: " + makeSecret
	NoSecret      = "store the client secret's value with: %s"
)

// What to do about the certificate in the place of a secret.
const (
	// MakeCertificate is how to come by one.
	MakeCertificate = "make one with: " +
		"openssl req -x509 -newkey rsa:3072 -noenc -days 730 -subj /CN=contactsync -keyout app.key -out app.crt, " +
		"join both in one file, and upload app.crt in {certificates}"

	UploadCertificate   = "upload the certificate of client_certificate in {certificates}, or make a new one where it has expired"
	CertificateHasEnded = "it expired on %s; " + MakeCertificate
	CertificateBegins   = "wait until then, or, where that has passed, set this machine's clock: sudo timedatectl set-ntp true"
	CertificateFile     = "let client_certificate name one PEM file that holds the certificate and its RSA key, not encrypted"
	LetReadCertificate  = "let the service read it: chown root:ucservices and chmod 0640"
	CertificateConvert  = "convert a .pfx or .p12 file with: openssl pkcs12 -noenc -in app.pfx -out app.pem"
	CertificateDecrypt  = "take the encryption off, and protect the file by its mode (0640): openssl pkey -in app.pem -out app.key; join app.key and the certificate in one file"
	KeyTooShort         = "Entra takes an RSA key of 2048 bits or more; " + MakeCertificate
)

// What to do about the app registration and the tenant.
const (
	CheckTenant = "check tenant_id: it is the {tenant id} in {overview}; " +
		"for a national cloud set authority, graph_url and ews_url too"
	CheckClient   = "check client_id and tenant_id: they are the {client id} and the {tenant id} in {overview}, of the same app"
	CheckSignIn   = "check tenant_id, client_id and the client secret against {app}"
	CheckProof    = "check the client secret or the certificate in {secrets}"
	CheckIDs      = "check authority, tenant_id and client_id"
	NotACommonID  = "set tenant_id to the {tenant id}: common, organizations and consumers are no tenants"
	OtherCloud    = "the tenant is in another national cloud: set authority, graph_url and ews_url to that cloud's"
	AppSwitchedOn = "switch the app on: {properties} → {enabled}"
	AppNotListed  = "let an administrator of the tenant give consent to the app: {enterprise apps} must list it"

	// thisPage is that of the consent: Microsoft takes the consent, and then finds
	// nothing in the app registration to go on to.
	thisPage = "this page, which may end with AADSTS500113 although consent is given (as {granted} beside the permissions shows)"

	GrantByAdmin = "let an administrator add the {application permissions} in {permissions}: Contacts.Read and User.ReadBasic.All of Microsoft Graph, " +
		"or full_access_as_app of Office 365 Exchange Online, then {consent}, there or on " + thisPage + ": {consent page}"
	ServiceNotKnown = "the tenant does not know Microsoft Graph or Exchange Online by that name: check graph_url, ews_url and tenant_id (same cloud, a tenant with Exchange Online); " + GrantByAdmin
	ResourceUnknown = "the program asked for a resource that the sign-in service does not know; check graph_url, ews_url and authority: they must belong to the same cloud"
	NoSubscription  = "the tenant has no subscription for this service, or it is switched off: {subscriptions}"
	BlockedByPolicy = "a Conditional Access policy for workload identities blocks the app or this machine's address; " +
		"look at {sign-in logs}, and except the app or add this network to the policy"
	TenantsRestricted = "a proxy or firewall restricts sign-ins to other tenants (header Restrict-Access-To-Tenants); let it allow this tenant"
	// CodeExplained has a hint and Microsoft's code.
	CodeExplained = "%[1]s; Microsoft explains the code at https://login.microsoftonline.com/error?code=%[2]d"
	// RightTenant and CompareTenant are for a tenant that knows none of the members.
	RightTenant   = "the tenant %s knows none of the members' addresses: is this the right tenant?"
	CompareTenant = "compare tenant_id with the {tenant id} in {overview}, of the tenant in which the members have their mailboxes; " +
		"if it is right, the directory's addresses are not the mailboxes' primary ones"
)

// What to do about the sign-in service.
const (
	CheckAuthority     = "check authority: it must be the address of a sign-in service, without the tenant"
	AuthorityUnknown   = "check authority: Microsoft knows no sign-in service of that name"
	AuthorityDiffers   = "check authority and tenant_id: the signed request names another sign-in service than the one that got it"
	AnswerNotOfSignIn  = "check authority, tenant_id, and whether a proxy changes answers"
	SignInBusy         = "Microsoft's sign-in service is busy or out of order; the next run tries again"
	SignInOrProxyBusy  = "the sign-in service or a proxy before it is busy or out of order; the next run tries again"
	SignInsThrottled   = "Microsoft throttles the sign-ins of this tenant; the next run tries again"
	AppThrottled       = "Microsoft throttles this app, because it asked for too many tokens; look whether another program uses the same client_id; the next run tries again"
	RedirectTo         = "a redirect to %s"
	NotOfSignInService = "something that is no answer of a sign-in service%s"
)

// How long the app can sign in, and what takes the place of what it signs in with.
const (
	LastDayOfSecret      = "the last day of the client secret is %[1]s, in %[2]s"
	LastDaySecretToday   = "the last day of the client secret is today, %s"
	LastDaySecretWas     = "the last day of the client secret was %s"
	LastDayOfCertificate = "the last day of the certificate is %[1]s, in %[2]s"
	LastDayCertToday     = "the last day of the certificate is today, %s"
	LastDayCertWas       = "the last day of the certificate was %s"
	NobodyNoted          = "nobody noted the last day of the client secret"
	RenewSecret          = "make another one in {secrets}, and store it with: %s"
	RenewCertificate     = MakeCertificate + "; the new file takes the place of %s"
)

// Secrets that are open to more people than they were made for.
const (
	Everybody      = "everybody"
	ItsGroup       = "its group"
	FolderLoose    = "%[1]s can be entered or changed by %[2]s"
	SecretsLoose   = "%[1]s can be read or changed by %[2]s"
	CertKeyLoose   = "%[1]s, the key of client_certificate, can be read or changed by %[2]s"
	ExchangeSecret = "%[1]s; who may have read the secret? if anybody, make another one in {secrets}, delete the old one there, and store it with: %[2]s"
	ExchangeKey    = "%s; who may have read the key? if anybody, " + MakeCertificate + ", where the old one is to be deleted"
)
