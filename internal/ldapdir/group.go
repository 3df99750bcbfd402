package ldapdir

import (
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// memberAttributes tells where the classes of groups keep their members, and
// whether a group without any cannot be (RFC 4519, 3.5 and 3.6, RFC 2307, and
// Active Directory's and RFC 2307bis' classes).
var memberAttributes = map[string]struct {
	name   string
	always bool
}{
	"groupofnames":       {"member", true},
	"groupofuniquenames": {"uniqueMember", true},
	"groupofmembers":     {"member", false},
	"groupofentries":     {"member", false},
	"group":              {"member", false},
	"posixgroup":         {"memberUid", false},
}

// isGroup tells whether an entry is a group: it has members, or its class says so.
func isGroup(e *ldap.Entry, attribute string) bool {
	if _, _, parts := ranged(e, attribute); parts || len(e.GetEqualFoldAttributeValues(attribute)) > 0 {
		return true
	}
	return slices.ContainsFunc(e.GetEqualFoldAttributeValues("objectClass"), func(class string) bool {
		_, is := memberAttributes[strings.ToLower(class)]
		return is
	})
}

// bare decides what a group means that shows no members: that it has none,
// that they may not be read, or that they stand in another attribute.
func (w *walk) bare(n *node, carries bool) error {
	attribute, elsewhere := w.cfg.MemberAttribute, ""
	for _, class := range n.entry.group.classes {
		kept, known := memberAttributes[strings.ToLower(class)]
		switch {
		case !known:
		case !strings.EqualFold(kept.name, attribute):
			elsewhere = kept.name
		case kept.always:
			return fault.New(fault.Config, words.Say(words.LetReadAttribute, attribute),
				words.GroupShowsNone, n.entry.dn, attribute, class)
		default:
			return nil
		}
	}
	if elsewhere == "" {
		return nil
	}
	if carries {
		return fault.New(fault.Config, words.Say(words.SetMemberAttribute, elsewhere),
			words.GroupKeepsThemIn, n.entry.dn, elsewhere, attribute)
	}
	n.problem = words.Say(words.GroupKeepsElsewhere, elsewhere, attribute)
	return nil
}

// groupName returns the group's cn; where it has several the one in its DN,
// else the first in order of code points.
func groupName(e *ldap.Entry) string {
	if name := one(e, "cn"); name != "" {
		return name
	}
	return e.DN
}
