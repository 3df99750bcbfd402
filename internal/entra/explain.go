package entra

import "fmt"

// explanation is what an AADSTS code means to an administrator.
type explanation struct {
	hint   string
	outage bool // Microsoft's matter, and over soon
}

// The hints; package words says what the portal calls the places in braces.
const (
	renewal       = "{renewal}"      // becomes Config.Renewal
	consentPage   = "{consent page}" // becomes its address
	newSecret     = "make a new secret in {secrets}, and store the content of its column {value} with: " + renewal
	unknownSecret = "client_secret is not the value of a secret of this app: perhaps it was copied in part, was deleted in the meantime, or belongs to another app; " + newSecret
	outageHint    = "Microsoft's sign-in service is busy or out of order; the next run tries again"
	clockCode     = 700024
	clockHint     = "set this machine's clock: sudo timedatectl set-ntp true; a certificate's signature is good for ten minutes only"
	tenantHint    = "check tenant_id: it is the {tenant id} in {overview}; " +
		"for a national cloud set authority, graph_url and ews_url too"
	clientHint = "check client_id and tenant_id: they are the {client id} and the {tenant id} in {overview}, of the same app"
	grantHint  = "let an administrator add the {application permissions} in {permissions}: Contacts.Read and User.ReadBasic.All of Microsoft Graph, " +
		"or full_access_as_app of Office 365 Exchange Online, then {consent}, there or at " + consentPage
	certHint = "upload the certificate of client_certificate in {certificates}, or make a new one where it has expired"
	codeHint = "the program asked for a resource that the sign-in service does not know; check graph_url, ews_url and authority: they must belong to the same cloud"
	disabled = "switch the app on: {properties} → {enabled}"
	policy   = "a Conditional Access policy for workload identities blocks the app or this machine's address; " +
		"look at {sign-in logs}, and except the app or add this network to the policy"
	firewall = "a proxy or firewall restricts sign-ins to other tenants (header Restrict-Access-To-Tenants); let it allow this tenant"
	notOurs  = "let an administrator of the tenant give consent to the app: {enterprise apps} must list it"
	service  = "the tenant has no subscription for this service, or it is switched off: {subscriptions}"
)

// explanations, by AADSTS code. Microsoft's page "Microsoft Entra
// authentication and authorization error codes" has them; the hints are ours.
var explanations = map[int]explanation{
	// The secret.
	7000215: {hint: unknownSecret}, // no id: package settings refuses one before
	7000222: {hint: "the client secret has expired: " + newSecret},
	7000216: {hint: "no client secret was sent: " + newSecret},
	7000218: {hint: "no client secret was sent: " + newSecret},
	70002:   {hint: unknownSecret},

	// The certificate.
	700027:    {hint: certHint},
	1000502:   {hint: certHint},
	50032:     {hint: "the certificate's RSA key is too short; make one with 2048 bits or more and upload it in {certificates}"},
	50027:     {hint: certHint},
	700021:    {hint: clientHint},
	700023:    {hint: "check authority and tenant_id: the signed request names another sign-in service than the one that got it"},
	clockCode: {hint: clockHint},

	// The application.
	700016:  {hint: clientHint},
	70001:   {hint: clientHint},
	7000112: {hint: disabled},
	7000229: {hint: notOurs},
	50194:   {hint: tenantHint},
	900382:  {hint: tenantHint},

	// The tenant.
	90002:   {hint: tenantHint},
	900021:  {hint: tenantHint},
	900023:  {hint: tenantHint},
	90013:   {hint: tenantHint},
	90019:   {hint: tenantHint},
	90038:   {hint: "the tenant is in another national cloud: set authority, graph_url and ews_url to that cloud's"},
	90051:   {hint: tenantHint},
	50034:   {hint: tenantHint},
	50049:   {hint: "check authority: Microsoft knows no sign-in service of that name"},
	50059:   {hint: tenantHint},
	50128:   {hint: tenantHint},
	9001023: {hint: "set tenant_id to the {tenant id}: common, organizations and consumers are no tenants"},

	// Consent, and what was asked for.
	65001:   {hint: grantHint},
	65005:   {hint: grantHint},
	90008:   {hint: grantHint},
	90094:   {hint: grantHint},
	50105:   {hint: grantHint},
	501051:  {hint: grantHint},
	500011:  {hint: "the tenant does not know Microsoft Graph or Exchange Online by that name: check graph_url, ews_url and tenant_id (same cloud, a tenant with Exchange Online); " + grantHint},
	500014:  {hint: service},
	50001:   {hint: codeHint},
	650052:  {hint: service},
	70011:   {hint: codeHint},
	1002012: {hint: codeHint},

	// Policies.
	53003:  {hint: policy},
	530032: {hint: policy},
	50131:  {hint: policy},
	500021: {hint: firewall},
	50002:  {hint: firewall},

	// Outages.
	90055: {outage: true, hint: "Microsoft throttles the sign-ins of this tenant; the next run tries again"},
	50196: {outage: true, hint: "Microsoft throttles this app, because it asked for too many tokens; look whether another program uses the same client_id; the next run tries again"},
	50033: {outage: true, hint: outageHint},
	50087: {outage: true, hint: outageHint},
	90006: {outage: true, hint: outageHint},
	90012: {outage: true, hint: outageHint},
	90024: {outage: true, hint: outageHint},
	90033: {outage: true, hint: outageHint},
	90036: {outage: true, hint: outageHint},
	90090: {outage: true, hint: outageHint},
	90091: {outage: true, hint: outageHint},
}

// byError returns a hint for a code that is not explained above, by the error
// of OAuth 2.0 (RFC 6749, section 5.2).
func byError(name string, code int) string {
	hint := ""
	switch name {
	case "invalid_client":
		hint = "check the client secret or the certificate in {secrets}"
	case "unauthorized_client":
		hint = clientHint
	case "invalid_tenant":
		hint = tenantHint
	case "invalid_scope", "invalid_resource", "invalid_target":
		hint = codeHint
	case "invalid_grant", "consent_required", "interaction_required", "access_denied":
		hint = grantHint
	default:
		hint = "check tenant_id, client_id and the client secret against {app}"
	}
	if code != 0 {
		hint += fmt.Sprintf("; Microsoft explains the code at https://login.microsoftonline.com/error?code=%d", code)
	}
	return hint
}
