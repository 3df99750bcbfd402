package ldapdir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/sync/errgroup"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

const (
	// underWay is how many requests wait for an answer at a time. OpenLDAP
	// closes an anonymous connection at more than 100 (olcConnMaxPending).
	underWay = 32
	// uidsAtOnce is how many user ids one filter asks for, far below the 500
	// entries that OpenLDAP answers with at most.
	uidsAtOnce = 100
)

// search returns the entries that the server finds. Its error is the
// library's, or explained where the server refers to another one: following
// that would send the password to a server that nobody named, and leaving it
// out would cut the list.
func (s *session) search(base string, scope int, filter string, attributes ...string) ([]*ldap.Entry, error) {
	result, err := s.conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil))
	if err != nil {
		return nil, err
	}
	if len(result.Referrals) > 0 {
		return nil, fault.New(fault.Config, words.PartElsewhere,
			words.RefersElsewhere, base, fault.Line(strings.Join(result.Referrals, " "), maxSaid))
	}
	return result.Entries, nil
}

// entry returns the entry with the DN; nil where there is none, or none that
// may be read.
func (s *session) entry(dn string, attributes ...string) (*ldap.Entry, error) {
	found, err := s.search(dn, ldap.ScopeBaseObject, "(objectClass=*)", attributes...)
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultInvalidDNSyntax) {
		return nil, nil
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// base returns the DN below which everything is looked up.
func (s *session) base() (string, error) {
	if s.cfg.BaseDN != "" {
		return s.cfg.BaseDN, nil
	}
	root, err := s.entry("", "namingContexts")
	if err != nil {
		return "", explain(err, "read the directory's naming contexts")
	}
	if root != nil {
		if contexts := root.GetEqualFoldAttributeValues("namingContexts"); len(contexts) > 0 {
			return contexts[0], nil
		}
	}
	return "", fault.New(fault.Config, words.SetBaseDN, words.NoContexts)
}

// groups returns the groups that carry the parameter; at least one.
func (s *session) groups(base string) (groups []*entry, err error) {
	found, err := s.search(base, ldap.ScopeWholeSubtree, s.cfg.GroupFilter, s.wanted()...)
	if err != nil {
		return nil, explain(err, "search groups below "+base)
	}
	for _, e := range found {
		if !isGroup(e, s.cfg.MemberAttribute) {
			return nil, fault.New(fault.Config, words.Say(words.FilterFindsOther, s.cfg.MemberAttribute),
				words.FindsNoGroup, base, s.cfg.GroupFilter, e.DN)
		}
		kept, err := s.keepGroup(e)
		if err != nil {
			return nil, err
		}
		groups = append(groups, kept)
	}
	if len(groups) > 0 {
		return groups, nil
	}
	hint := words.NoGroupByFilter
	if s.cfg.GroupFilter == DefaultGroupFilter {
		hint = cmp.Or(s.nearMiss(base), words.GiveParameter)
	}
	return nil, fault.New(fault.Config, hint, words.NoGroupMatches, base, s.cfg.GroupFilter)
}

// wanted lists the attributes that people and groups are read with.
func (s *session) wanted() []string {
	names := []string{"objectClass", "cn", s.cfg.MemberAttribute, s.cfg.UIDAttribute, s.cfg.MailAttribute}
	if s.cfg.ObjectIDAttribute != "" {
		names = append(names, s.cfg.ObjectIDAttribute)
	}
	return names
}

// entries returns, in the order of refs, what each DN stands for; nil where it
// is nobody. The requests go over the one connection, many at a time.
func (s *session) entries(ctx context.Context, refs []reference) ([]*entry, error) {
	found := make([]*entry, len(refs))
	group, failed := errgroup.WithContext(ctx)
	group.SetLimit(underWay)
	for i, ref := range refs {
		if failed.Err() != nil {
			break
		}
		group.Go(func() (err error) {
			found[i], err = s.member(ref)
			return err
		})
	}
	// Who was not asked for, because ctx ended, is not nobody.
	return found, cmp.Or(group.Wait(), ctx.Err())
}

// member returns what a DN stands for; nil where it is nobody.
func (s *session) member(ref reference) (*entry, error) {
	e, err := s.entry(ref.text, s.wanted()...)
	switch {
	case err != nil:
		return nil, explain(err, "read member "+ref.text)
	case e == nil:
		return nil, nil
	case isGroup(e, s.cfg.MemberAttribute):
		return s.keepGroup(e)
	}
	return s.keep(e), nil
}

// people returns the entries with one of the user ids, in no order. Its error
// is the library's.
func (s *session) people(base string, refs []reference) ([]*ldap.Entry, error) {
	var filter strings.Builder
	for _, ref := range refs {
		fmt.Fprintf(&filter, "(%s=%s)", s.cfg.UIDAttribute, ldap.EscapeFilter(ref.text))
	}
	return s.search(base, ldap.ScopeWholeSubtree, "(|"+filter.String()+")", s.wanted()...)
}

// values returns all values of the entry's member attribute. Active Directory
// hands out large groups in parts, as member;range=0-1499, then 1500-2999 and
// so on up to the one that ends with an asterisk ([MS-ADTS] 3.1.1.3.1.3.3).
func (s *session) values(e *ldap.Entry) ([]string, error) {
	name := s.cfg.MemberAttribute
	all, begun := e.GetEqualFoldAttributeValues(name), false
	for {
		part, last, ok := ranged(e, name)
		if !ok && !begun {
			return all, nil
		}
		if !ok { // the rest is not to be had any more
			return nil, fault.New(fault.Unavailable, words.NextRunTries, words.MembersInPart, e.DN)
		}
		begun = true
		all = append(all, part...)
		if last == "*" {
			return all, nil
		}
		n, err := strconv.Atoi(last)
		if err != nil || len(part) == 0 {
			return nil, fault.New(fault.Unavailable, words.LookIntoLog, words.MembersUnread, e.DN)
		}
		dn := e.DN
		if e, err = s.entry(dn, fmt.Sprintf("%s;range=%d-*", name, n+1)); err != nil {
			return nil, explain(err, "read group "+dn)
		}
		if e == nil {
			return nil, fault.New(fault.Unavailable, words.NextRunTries, "read group %s: %w", dn, errVanished)
		}
	}
}

var errVanished = errors.New("it vanished while it was being read")

// ranged returns a part of an attribute and the number of its last value.
func ranged(e *ldap.Entry, name string) (values []string, last string, ok bool) {
	prefix := strings.ToLower(name) + ";range="
	for _, a := range e.Attributes {
		if bounds, found := strings.CutPrefix(strings.ToLower(a.Name), prefix); found {
			_, last, _ = strings.Cut(bounds, "-")
			return a.Values, last, true
		}
	}
	return nil, "", false
}
