package ldapdir

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/typo"
	"contactsync/internal/words"
)

const parameter = "ews_synccontacts"

// misspelt finds what differs from the parameter with its value in two letters
// at most: of three parts, those leave one as it is.
const misspelt = "(|(description=*ews_syn*)(description=*ccontac*)(description=*ts=true*))"

// nearMiss returns what to do about an entry that carries something like the
// parameter, where no group matches the default filter; an empty string where
// there is none.
func (s *session) nearMiss(base string) string {
	found, err := s.search(base, ldap.ScopeWholeSubtree, misspelt, "objectClass", "description")
	if err != nil {
		return "" // it was to help with another error
	}
	for _, e := range found {
		for _, v := range e.GetEqualFoldAttributeValues("description") {
			switch text := strings.ToLower(strings.TrimSpace(v)); {
			case text == parameter+"=true":
				return ofAnotherClass(e)
			case strings.Contains(text, parameter), typo.Distance(strings.ReplaceAll(text, " ", ""), parameter+"=true") <= 2:
				return words.Say(words.ParameterMisspelt, e.DN, fault.Line(v, 100))
			}
		}
	}
	return ""
}

// ofAnotherClass says how the members of a group come to be read that has the
// parameter, but not the class that the default filter asks for.
func ofAnotherClass(e *ldap.Entry) string {
	for _, class := range e.GetEqualFoldAttributeValues("objectClass") {
		if kept, known := memberAttributes[strings.ToLower(class)]; known {
			return words.Say(words.ParameterOfClass, e.DN, class, kept.name)
		}
	}
	return words.Say(words.ParameterNoGroup, e.DN)
}
