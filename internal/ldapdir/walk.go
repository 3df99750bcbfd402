package ldapdir

import (
	"context"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/phonebook"
)

// node is what a member value stands for: a person, a group, or nobody.
type node struct {
	ref     reference   // how a group names it; for nobody only
	entry   *ldap.Entry // nil for nobody
	group   bool
	members []reference // of a group
	problem string
	in      []string // names of the synchronised groups that lead here
}

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
		w.spread(w.known[ownKey(g)], groupName(g), map[*node]bool{})
	}
	return w.list(), nil
}

// read reads the groups, their members, the members of those that are groups,
// and so on.
func (w *walk) read(ctx context.Context, groups []*ldap.Entry) error {
	open := make([]*node, 0, len(groups))
	for _, e := range groups {
		n, _ := w.add(e)
		if err := w.open(n, true); err != nil {
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
			if !isGroup(n.entry, w.cfg.MemberAttribute) {
				continue
			}
			if err := w.open(n, false); err != nil {
				return err
			}
			open = append(open, n)
		}
	}
	return nil
}

// add makes a node of an entry, unless there is one.
func (w *walk) add(e *ldap.Entry) (n *node, fresh bool) {
	key := ownKey(e)
	if n := w.known[key]; n != nil {
		return n, false
	}
	n = &node{entry: e}
	w.known[key] = n
	w.order = append(w.order, n)
	return n, true
}

// open makes a group of the node and takes down its members.
func (w *walk) open(n *node, carries bool) error {
	n.group = true
	values, err := w.values(n.entry)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return w.empty(n, carries)
	}
	for _, v := range values {
		if ref, ok := refer(w.cfg.MemberAttribute, v); ok {
			n.members = append(n.members, ref)
		}
	}
	return nil
}

// unread lists the members of the groups that nobody has looked up, each once.
func (w *walk) unread(groups []*node) (refs []reference) {
	seen := map[string]bool{}
	for _, g := range groups {
		for _, ref := range g.members {
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
	byUID := slices.DeleteFunc(slices.Clone(refs), func(r reference) bool { return r.dn })
	byDN := slices.DeleteFunc(slices.Clone(refs), func(r reference) bool { return !r.dn })
	entries, err := w.entries(ctx, byDN)
	if err != nil {
		return nil, err
	}
	for i, ref := range byDN {
		if entries[i] == nil {
			w.nobody(ref, "nobody is found by this name: it does not exist, or may not be read")
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
	if len(refs) == 0 {
		return nil
	}
	found, err := w.people(w.base, refs)
	if err != nil {
		return err
	}
	holders := map[string]map[string]*ldap.Entry{} // by the user id's key, then the entry's
	for _, e := range found {
		for _, uid := range e.GetEqualFoldAttributeValues(w.cfg.UIDAttribute) {
			if holders[uidKey(uid)] == nil {
				holders[uidKey(uid)] = map[string]*ldap.Entry{}
			}
			holders[uidKey(uid)][ownKey(e)] = e
		}
	}
	for _, ref := range refs {
		entries := holders[ref.key]
		switch len(entries) {
		case 0:
			w.nobody(ref, "nobody is found by this user id: it does not exist, or may not be read")
		case 1:
			for _, e := range entries {
				w.known[ref.key], _ = w.add(e)
			}
		default:
			w.nobody(ref, "several people have this user id: "+dns(entries))
		}
	}
	return nil
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
	for _, ref := range n.members {
		w.spread(w.known[ref.key], name, seen)
	}
}

// ownKey is the key of the entry's own DN. The server spells it in one way
// only, so that members named in different ways meet in it.
func ownKey(e *ldap.Entry) string {
	if key, ok := dnKey(e.DN); ok {
		return key
	}
	return e.DN
}

func dns(entries map[string]*ldap.Entry) string {
	var list []string
	for _, e := range entries {
		list = append(list, e.DN)
	}
	slices.Sort(list)
	return strings.Join(list, "; ")
}
