package entra

import "contactsync/internal/words"

// explanation is what an AADSTS code means to an administrator.
type explanation struct {
	hint   string
	outage bool // Microsoft's matter, and over soon
}

const (
	renewal     = "{renewal}"      // in a hint, becomes Config.Renewal
	consentPage = "{consent page}" // becomes its address
	clockCode   = 700024
)

// explanations, by AADSTS code. Microsoft's page "Microsoft Entra
// authentication and authorization error codes" has them; the hints are ours.
var explanations = map[int]explanation{
	// The secret.
	7000215: {hint: words.SecretUnknown}, // no id: package settings refuses one before
	7000222: {hint: words.SecretExpired},
	7000216: {hint: words.SecretNotSent},
	7000218: {hint: words.SecretNotSent},
	70002:   {hint: words.SecretUnknown},

	// The certificate.
	700027:    {hint: words.UploadCertificate},
	1000502:   {hint: words.UploadCertificate},
	50032:     {hint: words.KeyTooShort},
	50027:     {hint: words.UploadCertificate},
	700021:    {hint: words.CheckClient},
	700023:    {hint: words.AuthorityDiffers},
	clockCode: {hint: words.SetClock},

	// The application.
	700016:  {hint: words.CheckClient},
	70001:   {hint: words.CheckClient},
	7000112: {hint: words.AppSwitchedOn},
	7000229: {hint: words.AppNotListed},
	50194:   {hint: words.CheckTenant},
	900382:  {hint: words.CheckTenant},

	// The tenant.
	90002:   {hint: words.CheckTenant},
	900021:  {hint: words.CheckTenant},
	900023:  {hint: words.CheckTenant},
	90013:   {hint: words.CheckTenant},
	90019:   {hint: words.CheckTenant},
	90038:   {hint: words.OtherCloud},
	90051:   {hint: words.CheckTenant},
	50034:   {hint: words.CheckTenant},
	50049:   {hint: words.AuthorityUnknown},
	50059:   {hint: words.CheckTenant},
	50128:   {hint: words.CheckTenant},
	9001023: {hint: words.NotACommonID},

	// Consent, and what was asked for.
	65001:   {hint: words.GrantByAdmin},
	65005:   {hint: words.GrantByAdmin},
	90008:   {hint: words.GrantByAdmin},
	90094:   {hint: words.GrantByAdmin},
	50105:   {hint: words.GrantByAdmin},
	501051:  {hint: words.GrantByAdmin},
	500011:  {hint: words.ServiceNotKnown},
	500014:  {hint: words.NoSubscription},
	50001:   {hint: words.ResourceUnknown},
	650052:  {hint: words.NoSubscription},
	70011:   {hint: words.ResourceUnknown},
	1002012: {hint: words.ResourceUnknown},

	// Policies.
	53003:  {hint: words.BlockedByPolicy},
	530032: {hint: words.BlockedByPolicy},
	50131:  {hint: words.BlockedByPolicy},
	500021: {hint: words.TenantsRestricted},
	50002:  {hint: words.TenantsRestricted},

	// Outages.
	90055: {outage: true, hint: words.SignInsThrottled},
	50196: {outage: true, hint: words.AppThrottled},
	50033: {outage: true, hint: words.SignInBusy},
	50087: {outage: true, hint: words.SignInBusy},
	90006: {outage: true, hint: words.SignInBusy},
	90012: {outage: true, hint: words.SignInBusy},
	90024: {outage: true, hint: words.SignInBusy},
	90033: {outage: true, hint: words.SignInBusy},
	90036: {outage: true, hint: words.SignInBusy},
	90090: {outage: true, hint: words.SignInBusy},
	90091: {outage: true, hint: words.SignInBusy},
}

// byError returns a hint for a code that is not explained above, by the error
// of OAuth 2.0 (RFC 6749, section 5.2).
func byError(name string, code int) string {
	hint := ""
	switch name {
	case "invalid_client":
		hint = words.CheckProof
	case "unauthorized_client":
		hint = words.CheckClient
	case "invalid_tenant":
		hint = words.CheckTenant
	case "invalid_scope", "invalid_resource", "invalid_target":
		hint = words.ResourceUnknown
	case "invalid_grant", "consent_required", "interaction_required", "access_denied":
		hint = words.GrantByAdmin
	default:
		hint = words.CheckSignIn
	}
	if code != 0 {
		return words.Say(words.CodeExplained, words.Fill(hint), code)
	}
	return hint
}
