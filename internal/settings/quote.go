package settings

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// secrets are the keys whose values are never shown.
var secrets = []string{"client_secret", "ews_password", "proxy_password", "ldap_bind_password"}

func isSecret(key string) bool { return slices.Contains(secrets, key) }

// quoted returns the value of a key in quotation marks where a message may
// repeat it; "" where it may not. People paste a secret into the wrong field:
// so no value is repeated that could be one, and none at all of the ids that
// the portal shows, and the installer asks for, beside the secret.
func (r *reader) quoted(key string) string {
	v := clean(r.values[key])
	if v == "" || isSecret(key) || key == "tenant_id" || key == "client_id" || couldBeSecret(key, v) {
		return ""
	}
	for _, s := range secrets {
		if s := clean(r.values[s]); s != "" && (strings.Contains(v, s) || len(v) > 5 && strings.Contains(s, v)) {
			return ""
		}
	}
	return fmt.Sprintf("%q", v)
}

// couldBeSecret tells whether a value looks as passwords and client secrets
// do: with letters and digits mixed in one word, or with marks that no honest
// value of the key has. In an address or a path only long words count, and
// what may stand before an @, since many of them hold digits.
func couldBeSecret(key, v string) bool {
	if !utf8.ValidString(v) || utf8.RuneCountInString(v) > 100 || strings.ContainsAny(v, "~@!$%&?#^\\\"'`;<>[]{}|") ||
		strings.ContainsFunc(v, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return true
	}
	longest := 1
	if strings.HasSuffix(key, "_url") || strings.HasSuffix(key, "_file") || key == "authority" || key == "client_certificate" {
		longest = 12
	}
	for _, word := range strings.FieldsFunc(v, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if len(word) > longest && strings.ContainsFunc(word, unicode.IsLetter) && strings.ContainsFunc(word, unicode.IsDigit) {
			return true
		}
	}
	return false
}
