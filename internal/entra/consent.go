package entra

import "net/url"

// ConsentPage returns the address at which an administrator gives consent, for
// the whole tenant, to the permissions that are entered in an app registration
// ("Construct the URL for granting tenant-wide admin consent").
func ConsentPage(authority, tenantID, clientID string) string {
	return authority + "/" + url.PathEscape(tenantID) + "/adminconsent?" + url.Values{"client_id": {clientID}}.Encode()
}
