package directory

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// filter tells whether an entry matches.
type filter func(entry) bool

// newFilter reads a filter of RFC 4515. Substrings, orders and extensible
// matches are not for the demo.
func newFilter(text string) (filter, error) {
	if text == "" {
		return func(entry) bool { return true }, nil
	}
	packet, err := ldap.CompileFilter(text)
	if err != nil {
		return nil, err
	}
	switch packet.Tag {
	case ldap.FilterPresent:
		name := packet.Data.String()
		return func(e entry) bool { return len(e.values(name)) > 0 }, nil
	case ldap.FilterEqualityMatch:
		return equality(packet.Children[0].Data.String(), packet.Children[1].Data.String()), nil
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		var parts []filter
		for _, child := range packet.Children {
			text, err := ldap.DecompileFilter(child)
			if err != nil {
				return nil, err
			}
			part, err := newFilter(text)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		return combined(int(packet.Tag), parts), nil
	}
	return nil, fmt.Errorf("filter %s: only and, or, not, equality and presence are known here", text)
}

// equality matches values as caseIgnoreMatch does, and those that are DNs as
// distinguishedNameMatch does.
func equality(name, value string) filter {
	dn, err := ldap.ParseDN(value)
	isDN := err == nil && len(dn.RDNs) > 0
	return func(e entry) bool {
		for _, v := range e.values(name) {
			if strings.EqualFold(v, value) {
				return true
			}
			if other, err := ldap.ParseDN(v); isDN && err == nil && dn.EqualFold(other) {
				return true
			}
		}
		return false
	}
}

func combined(operator int, parts []filter) filter {
	return func(e entry) bool {
		for _, part := range parts {
			matches := part(e)
			switch {
			case operator == ldap.FilterNot:
				return !matches
			case matches != (operator == ldap.FilterAnd):
				return matches
			}
		}
		return operator == ldap.FilterAnd
	}
}
