package ldapdir

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// maxSaid is how much of what the server says to an error is shown, in
// characters.
const maxSaid = 300

// answer is a result of the server, or the library's own, in plain words.
type answer struct{ result *ldap.Error }

// Error returns what the result means, what the server says to it, and where
// it refers to.
func (a answer) Error() string {
	if a.result.ResultCode >= ldap.ErrorNetwork {
		return fault.Line(strings.TrimPrefix(a.result.Err.Error(), "ldap: "), maxSaid)
	}
	text := fmt.Sprintf("%s (LDAP result %d)", strings.ToLower(ldap.LDAPResultCodeMap[a.result.ResultCode]), a.result.ResultCode)
	if said := a.result.Err.Error(); said != "" {
		text += ": " + fault.Line(said, maxSaid)
	}
	if to := a.referrals(); len(to) > 0 {
		text += ": " + fault.Line(strings.Join(to, " "), maxSaid)
	}
	return text
}

// Unwrap returns the library's error.
func (a answer) Unwrap() error { return a.result }

// remedies says, for each result that is an administrator's matter, what to
// do about it (RFC 4511, appendix A). All others pass by themselves.
var remedies = map[uint16]string{
	ldap.LDAPResultOperationsError:             words.DirectoryMaySignIn,
	ldap.LDAPResultUnwillingToPerform:          words.DirectoryMaySignIn,
	ldap.LDAPResultSizeLimitExceeded:           words.TooManyGroups,
	ldap.LDAPResultAdminLimitExceeded:          words.IndexFilter,
	ldap.LDAPResultStrongAuthRequired:          words.DirectoryWantsMore,
	ldap.LDAPResultConfidentialityRequired:     words.DirectoryWantsTLS,
	ldap.LDAPResultInappropriateAuthentication: words.DirectorySignIn,
	ldap.LDAPResultInsufficientAccessRights:    words.LetReadGroups,
	ldap.LDAPResultNoSuchObject:                words.NoSuchBase,
	ldap.LDAPResultInvalidDNSyntax:             words.CheckBaseDN,
	ldap.LDAPResultReferral:                    words.BaseElsewhere,
	ldap.LDAPResultUndefinedAttributeType:      words.CheckFilter,
	ldap.LDAPResultInappropriateMatching:       words.CheckFilter,
	ldap.ErrorFilterCompile:                    words.CorrectFilter,
}

// explain returns err, which broke off what was done, with its class and what
// to do about it.
func explain(err error, doing string) error {
	var own *fault.Error
	if errors.As(err, &own) {
		return err
	}
	class, hint := fault.Unavailable, words.DirectoryBrokeOff
	var e *ldap.Error
	if errors.As(err, &e) {
		if remedy, ours := remedies[e.ResultCode]; ours {
			class, hint = fault.Config, remedy
		} else if e.ResultCode < ldap.ErrorNetwork {
			hint = words.DirectoryRefuses
		}
		err = answer{e}
	}
	return fault.New(class, hint, "%s: %w", doing, err)
}

// bindError explains why the sign-in as who failed. Whatever the server has
// against it is a matter of the settings, unless it is busy.
func bindError(err error, who string) error {
	doing := "sign in to the directory as " + who
	var e *ldap.Error
	if !errors.As(err, &e) || e.ResultCode >= ldap.ErrorNetwork ||
		ldap.IsErrorAnyOf(err, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultTimeLimitExceeded) {
		return explain(err, doing)
	}
	hint := words.CheckBind
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultStrongAuthRequired) {
		hint = words.DirectoryWantsTLS
	}
	return fault.New(fault.Config, hint, "%s: %w", doing, answer{e})
}

// referrals returns the addresses that a result refers to: element 3 of an
// LDAPResult (RFC 4511, 4.1.9).
func (a answer) referrals() []string {
	if a.result.Packet == nil || len(a.result.Packet.Children) < 2 {
		return nil
	}
	var addresses []string
	for _, part := range a.result.Packet.Children[1].Children {
		if part.Tag != 3 || len(part.Children) == 0 {
			continue
		}
		for _, address := range part.Children {
			addresses = append(addresses, address.Data.String())
		}
	}
	return addresses
}
