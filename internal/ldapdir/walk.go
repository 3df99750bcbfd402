package ldapdir

import (
	"context"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// node is what a member value stands for: a person, a group, or nobody.
type node struct {
	ref     reference // how a group names it; for nobody only
	entry   *entry    // nil for nobody
	problem string
	in      []string // names of the synchronised groups that lead here
}

func (n *node) isGroup() bool { return n.entry != nil && n.entry.group != nil }

// walk reads groups and their members, each once, however they are nested.
type walk struct {
	*session
	base  string
	known map[string]*node // by the key of a reference, and by that of the entry's own DN
	order []*node          // each once, as they were found
}

// members reads everybody in the groups that carry the parameter.
func (s *session) members(ctx context.Context) ([]phonebook.Member, error) {
	base, err := s.base()
	if err != nil {
		return nil, err
	}
	groups, err := s.groups(base)
	if err != nil {
		return nil, err
	}
	w := &walk{session: s, base: base, known: map[string]*node{}}
	if err := w.read(ctx, groups); err != nil {
		return nil, err
	}
	for _, g := range groups {
		w.spread(w.known[ownKey(g.dn)], g.group.name, map[*node]bool{})
	}
	w.forget()
	return w.list(), nil
}

// forget lets go of all that led to the people.
func (w *walk) forget() {
	w.known = nil
	for _, n := range w.order {
		if n.isGroup() {
			n.entry.group.members = nil
		}
	}
}

// read reads the groups, their members, the members of those that are groups,
// and so on.
func (w *walk) read(ctx context.Context, groups []*entry) error {
	open := make([]*node, 0, len(groups))
	for _, e := range groups {
		n, _ := w.add(e)
		if err := w.check(n, true); err != nil {
			return err
		}
		open = append(open, n)
	}
	for len(open) > 0 {
		found, err := w.resolve(ctx, w.unread(open))
		if err != nil {
			return err
		}
		open = open[:0]
		for _, n := range found {
			if !n.isGroup() {
				continue
			}
			if err := w.check(n, false); err != nil {
				return err
			}
			open = append(open, n)
		}
	}
	return nil
}

// add makes a node of an entry, unless there is one.
func (w *walk) add(e *entry) (n *node, fresh bool) {
	key := ownKey(e.dn)
	if n := w.known[key]; n != nil {
		return n, false
	}
	n = &node{entry: e}
	w.known[key] = n
	w.order = append(w.order, n)
	return n, true
}

// check looks at a group that may keep its members from us.
func (w *walk) check(n *node, carries bool) error {
	if n.entry.group.bare {
		if err := w.bare(n, carries); err != nil {
			return err
		}
	}
	if len(n.entry.group.members) == 0 && n.problem == "" {
		n.problem = words.Fill(words.GroupWithout)
	}
	return nil
}

// unread lists the members of the groups that nobody has looked up, each once.
func (w *walk) unread(groups []*node) (refs []reference) {
	seen := map[string]bool{}
	for _, g := range groups {
		for _, ref := range g.entry.group.members {
			if w.known[ref.key] == nil && !seen[ref.key] {
				seen[ref.key] = true
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// resolve looks the references up and returns what was not known before.
func (w *walk) resolve(ctx context.Context, refs []reference) (fresh []*node, err error) {
	var byDN, byUID []reference
	for _, ref := range refs {
		if ref.dn {
			byDN = append(byDN, ref)
		} else {
			byUID = append(byUID, ref)
		}
	}
	entries, err := w.entries(ctx, byDN)
	if err != nil {
		return nil, err
	}
	for i, ref := range byDN {
		if entries[i] == nil {
			w.nobody(ref, words.Fill(words.NobodyOfName))
			continue
		}
		n, isNew := w.add(entries[i])
		w.known[ref.key] = n
		if isNew {
			fresh = append(fresh, n)
		}
	}
	return fresh, w.resolveUIDs(byUID)
}

// resolveUIDs looks up user ids. They name people, never groups.
func (w *walk) resolveUIDs(refs []reference) error {
	for some := range slices.Chunk(refs, uidsAtOnce) {
		if err := w.resolveSome(some); err != nil {
			return err
		}
	}
	return nil
}

// resolveSome looks up a few user ids. Where even these are more than the
// server answers with, it asks for half of them.
func (w *walk) resolveSome(refs []reference) error {
	found, err := w.people(w.base, refs)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) && len(refs) > 1 {
		if err := w.resolveSome(refs[:len(refs)/2]); err != nil {
			return err
		}
		return w.resolveSome(refs[len(refs)/2:])
	}
	if err != nil {
		return explain(err, "look up user ids below "+w.base)
	}
	holders := map[string]map[string]*ldap.Entry{} // by the user id's key, then the entry's
	for _, e := range found {
		for _, uid := range e.GetEqualFoldAttributeValues(w.cfg.UIDAttribute) {
			if holders[uidKey(uid)] == nil {
				holders[uidKey(uid)] = map[string]*ldap.Entry{}
			}
			holders[uidKey(uid)][ownKey(e.DN)] = e
		}
	}
	for _, ref := range refs {
		w.hold(ref, holders[ref.key])
	}
	return nil
}

// hold takes down who holds a user id.
func (w *walk) hold(ref reference, holders map[string]*ldap.Entry) {
	switch len(holders) {
	case 0:
		w.nobody(ref, words.Fill(words.NobodyOfUID))
	case 1:
		for _, e := range holders {
			w.known[ref.key], _ = w.add(w.keep(e))
		}
	default:
		w.nobody(ref, words.Say(words.SeveralOfUID, dns(holders)))
	}
}

// nobody takes down a member that is no entry.
func (w *walk) nobody(ref reference, problem string) {
	n := &node{ref: ref, problem: problem}
	w.known[ref.key] = n
	w.order = append(w.order, n)
}

// spread takes down for everybody below n that the group called name leads
// there. Groups that contain each other end it at seen.
func (w *walk) spread(n *node, name string, seen map[*node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	if !slices.Contains(n.in, name) {
		n.in = append(n.in, name)
	}
	if !n.isGroup() {
		return
	}
	for _, ref := range n.entry.group.members {
		w.spread(w.known[ref.key], name, seen)
	}
}

// ownKey is the key of an entry's own DN. The server spells it in one way
// only, so that members named in different ways meet in it.
func ownKey(dn string) string {
	if key, ok := dnKey(dn); ok {
		return key
	}
	return dn
}

func dns(entries map[string]*ldap.Entry) string {
	var list []string
	for _, e := range entries {
		list = append(list, e.DN)
	}
	slices.Sort(list)
	return strings.Join(list, "; ")
}
