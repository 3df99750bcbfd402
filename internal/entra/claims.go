package entra

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Roles returns the claim roles of an access token: the application
// permissions that were consented to, such as Contacts.Read. The token is not
// verified, and permissions given by RBAC for Applications do not show in it:
// it serves to explain a refusal, not to foresee one. It returns nil where
// there are none or the token cannot be read.
func Roles(token string) []string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return nil
	}
	var claims struct {
		Roles []string `json:"roles"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	return claims.Roles
}
