package ldapdir

import (
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// reference is a value of a group's member attribute: somebody's DN or his
// user id.
type reference struct {
	dn   bool
	text string // for the server, as the group has it
	key  string // the same for all spellings of one DN, or of one user id
}

// refer reads a value of the member attribute named attribute. A value that
// can be read as a DN is one, except in memberUid, which holds user ids
// whatever they look like (RFC 2307, 3). A group that has to have a member may
// hold an empty DN, which is nobody: ok is false.
func refer(attribute, value string) (ref reference, ok bool) {
	if strings.EqualFold(attribute, "uniqueMember") {
		value = uniqueID.ReplaceAllString(value, "")
	}
	if strings.TrimSpace(value) == "" {
		return reference{}, false
	}
	if !strings.EqualFold(attribute, "memberUid") {
		if key, isDN := dnKey(value); isDN {
			return reference{dn: true, text: value, key: key}, true
		}
	}
	return reference{text: value, key: uidKey(value)}, true
}

// uniqueID is what the syntax Name and Optional UID adds to a DN (RFC 4517,
// 3.3.21).
var uniqueID = regexp.MustCompile(`#'[01]*'B$`)

// dnKey returns the same text for all spellings of a DN: other case, other
// blanks, other escapes, the parts of an RDN in another order. Two names for
// one attribute (userid and uid) stay two; only the server knows those.
func dnKey(text string) (key string, ok bool) {
	dn, err := ldap.ParseDN(text)
	if err != nil || len(dn.RDNs) == 0 {
		return "", false
	}
	for _, rdn := range dn.RDNs {
		for _, part := range rdn.Attributes {
			if !attributeType.MatchString(part.Type) {
				return "", false
			}
			part.Value = fold(part.Value)
		}
	}
	return "dn " + dn.String(), true
}

func uidKey(uid string) string { return "uid " + fold(uid) }

// fold makes values equal that caseIgnoreMatch takes for equal, so far as case
// and blanks go (RFC 4518).
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// named returns the value that the DN's first part gives the attribute; empty
// where it is named after something else.
func named(dn, attribute string) string {
	parsed, err := ldap.ParseDN(dn)
	if err != nil || len(parsed.RDNs) == 0 {
		return ""
	}
	for _, part := range parsed.RDNs[0].Attributes {
		if strings.EqualFold(part.Type, attribute) {
			return strings.TrimSpace(part.Value)
		}
	}
	return ""
}
