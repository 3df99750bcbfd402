package entra

import "net/url"

// ConsentPage returns the address at which an administrator gives consent, for
// the whole tenant, to the permissions that are entered in an app registration
// ("Construct the URL for granting tenant-wide admin consent"). The page gives
// it, and then says AADSTS500113 where the app has no redirect URI to go on to;
// one of Microsoft's own would have browsers warn of a fraud.
func ConsentPage(authority, tenantID, clientID string) string {
	return authority + "/" + url.PathEscape(tenantID) + "/adminconsent?" + url.Values{"client_id": {clientID}}.Encode()
}
