package ldapdir

import (
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// entry is what is kept of an entry of the directory. It holds nothing of the
// library's: each value there drags along a kibibyte of the answer in which it
// came, and there may be ten thousand members.
type entry struct {
	dn, user, mail, objectID string

	group *group // nil for people
}

// group is what is kept of a group.
type group struct {
	name    string
	classes []string // its object classes
	members []reference
	bare    bool // it shows no values of the member attribute
}

// keep returns what is needed of an entry.
func (s *session) keep(e *ldap.Entry) *entry {
	kept := &entry{dn: e.DN, user: one(e, s.cfg.UIDAttribute), mail: one(e, s.cfg.MailAttribute)}
	if s.cfg.ObjectIDAttribute != "" {
		// Entra Connect writes msDS-ExternalDirectoryObjectId with a prefix.
		kept.objectID = strings.TrimPrefix(one(e, s.cfg.ObjectIDAttribute), "User_")
	}
	return kept
}

// keepGroup is keep for a group. It reads what of the members was not handed
// out with the entry.
func (s *session) keepGroup(e *ldap.Entry) (*entry, error) {
	values, err := s.values(e)
	if err != nil {
		return nil, err
	}
	g := &group{name: groupName(e), classes: e.GetEqualFoldAttributeValues("objectClass"), bare: len(values) == 0}
	for _, v := range values {
		if ref, ok := refer(s.cfg.MemberAttribute, v); ok {
			g.members = append(g.members, ref)
		}
	}
	kept := s.keep(e)
	kept.group = g
	return kept, nil
}
