package ldapdir

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// person is a member with what tells him apart from others.
type person struct {
	phonebook.Member
	node *node
	name string // the DN, or the user id where that is all there is
}

// list returns the people among the nodes, sorted by user.
func (w *walk) list() []phonebook.Member {
	var people []*person
	for _, n := range w.order {
		if !n.isGroup() || n.problem != "" {
			people = append(people, w.person(n))
		}
	}
	disown(people)
	slices.SortFunc(people, func(a, b *person) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.name, b.name))
	})
	clashes(people, words.SharesUserID, func(p *person) string { return p.User })
	clashes(people, words.SharesMailAddress, func(p *person) string { return p.Mail })
	clashes(people, words.SharesObjectID, func(p *person) string { return p.ObjectID })
	members := make([]phonebook.Member, len(people))
	for i, p := range people {
		members[i] = p.Member
	}
	return members
}

// person makes a member of a node. Where there is no entry, a DN that holds
// the user id tells at least whose phonebook it is about, unless it may as well
// be a group that cannot be read: those have a cn (RFC 4519, 3.5).
func (w *walk) person(n *node) *person {
	slices.Sort(n.in)
	p := &person{node: n, name: n.ref.text, Member: phonebook.Member{Groups: n.in, Problem: n.problem}}
	if n.isGroup() {
		p.User, p.Unknown, p.Group = n.entry.dn, true, true
		return p
	}
	if n.entry != nil {
		p.name = n.entry.dn
		p.User, p.Mail, p.ObjectID = n.entry.user, n.entry.mail, n.entry.objectID
		p.Problem = cmp.Or(p.Problem, w.lacks(p))
	}
	if p.User == "" && (n.entry != nil || n.ref.dn) {
		p.User = named(p.name, w.cfg.UIDAttribute)
		p.Unknown = n.entry == nil && strings.EqualFold(w.cfg.UIDAttribute, "cn")
	}
	if p.User == "" {
		p.User, p.Unknown = p.name, true
	}
	return p
}

// disown keeps a DN that nobody has from speaking for a person who was found
// by another one, as after a move within the directory.
func disown(people []*person) {
	found := map[string]bool{}
	for _, p := range people {
		found[fold(p.User)] = found[fold(p.User)] || p.node.entry != nil
	}
	for _, p := range people {
		if p.node.entry == nil && p.node.ref.dn && found[fold(p.User)] {
			p.User = p.name
		}
	}
}

// lacks says what a person's entry misses.
func (w *walk) lacks(p *person) string {
	var lacks []string
	if p.User == "" {
		lacks = append(lacks, words.Say(words.NoUserID, w.cfg.UIDAttribute))
	}
	if at := strings.LastIndex(p.Mail, "@"); p.Mail == "" {
		lacks = append(lacks, words.Say(words.NoMailAddress, w.cfg.MailAttribute))
	} else if at < 1 || at == len(p.Mail)-1 {
		lacks = append(lacks, words.Say(words.NotAMailAddress, p.Mail))
	}
	return strings.Join(lacks, "; ")
}

// clashes gives a problem to everybody who shares with somebody else what
// only one may have: two people cannot own one phonebook, and one mailbox is
// not two people's.
func clashes(people []*person, problem string, of func(*person) string) {
	first := make(map[string]*person, len(people))
	holders := map[string][]*person{} // of what several have
	for _, p := range people {
		value := fold(of(p))
		if value == "" || p.node.entry == nil {
			continue
		}
		if before := first[value]; before == nil {
			first[value] = p
		} else if holders[value] == nil {
			holders[value] = []*person{before, p}
		} else {
			holders[value] = append(holders[value], p)
		}
	}
	if len(holders) == 0 {
		return
	}
	for _, p := range people {
		same := holders[fold(of(p))]
		if len(same) < 2 || p.node.entry == nil || p.Problem != "" {
			continue
		}
		var others []string
		for _, other := range same {
			if other != p {
				others = append(others, other.name)
			}
		}
		p.Problem = words.Say(problem, of(p), strings.Join(others, "; "))
	}
}

// one returns the value of an attribute that should have one; empty where it
// has none. Values have no order (RFC 4512, 2.2), and two servers may answer
// in two. So that a phonebook does not change its mailbox from run to run, it
// is the value that the entry is named after, or else the first in the order
// of code points, without regard to case.
func one(e *ldap.Entry, attribute string) string {
	var values []string
	for _, v := range e.GetEqualFoldAttributeValues(attribute) {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return ""
	}
	own := fold(named(e.DN, attribute))
	rank := func(v string) int {
		if fold(v) == own {
			return 0
		}
		return 1
	}
	return slices.MinFunc(values, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(fold(a), fold(b)), cmp.Compare(a, b))
	})
}
