package directory

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"github.com/jimlambrt/gldap"
)

// tree is what the directory holds; nobody changes it.
type tree struct {
	root    entry // the root DSE (RFC 4512, 5.1)
	entries []entry
	byName  map[string]entry // by the name as key spells it
}

type entry struct {
	dn         string
	name       *ldap.DN
	attributes map[string][]string
}

func newTree(people []Person, groups []Group) (*tree, error) {
	t := &tree{byName: map[string]entry{}, root: entry{name: &ldap.DN{}, attributes: map[string][]string{
		"objectClass": {"top"}, "namingContexts": {BaseDN}, "supportedLDAPVersion": {"3"},
	}}}
	t.add(BaseDN, map[string][]string{"objectClass": {"dcObject", "organization"}, "dc": {"example"}, "o": {"Example"}})
	for _, ou := range []string{"people", "groups"} {
		t.add("ou="+ou+","+BaseDN, map[string][]string{"objectClass": {"organizationalUnit"}, "ou": {ou}})
	}
	for _, p := range people {
		a := map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {p.UID}, "cn": {p.UID}, "sn": {p.UID}}
		if p.Name != "" {
			a["cn"], a["sn"] = []string{p.Name}, []string{p.Name[strings.LastIndex(p.Name, " ")+1:]}
		}
		if p.Mail != "" {
			a["mail"] = []string{p.Mail}
		}
		t.add(personDN(p.UID), a)
	}
	for _, g := range groups {
		a := map[string][]string{"objectClass": {"groupOfNames"}, "cn": {g.Name}}
		if g.Synced {
			a["description"] = []string{"ews_synccontacts=true"}
		}
		for _, uid := range g.People {
			a["member"] = append(a["member"], personDN(uid))
		}
		for _, name := range g.Groups {
			a["member"] = append(a["member"], groupDN(name))
		}
		t.add(groupDN(g.Name), a)
	}
	for i := range t.entries {
		var err error
		if t.entries[i].name, err = ldap.ParseDN(t.entries[i].dn); err != nil {
			return nil, fmt.Errorf("name the entry %q: %w", t.entries[i].dn, err)
		}
		t.byName[key(t.entries[i].name)] = t.entries[i]
	}
	return t, nil
}

func (t *tree) add(dn string, attributes map[string][]string) {
	t.entries = append(t.entries, entry{dn: dn, attributes: attributes})
}

// key spells a name in one way.
func key(name *ldap.DN) string { return strings.ToLower(name.String()) }

func personDN(uid string) string { return "uid=" + ldap.EscapeDN(uid) + ",ou=people," + BaseDN }

func groupDN(name string) string { return "cn=" + ldap.EscapeDN(name) + ",ou=groups," + BaseDN }

// search answers a search request (RFC 4511, 4.5).
func (t *tree) search(w *gldap.ResponseWriter, r *gldap.Request) {
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer w.Write(done)
	m, err := r.GetSearchMessage()
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	base, err := ldap.ParseDN(m.BaseDN)
	if err != nil {
		done.SetResultCode(gldap.ResultInvalidDNSyntax)
		return
	}
	filter, err := newFilter(m.Filter)
	if err != nil {
		done.SetResultCode(gldap.ResultUnwillingToPerform)
		done.SetDiagnosticMessage(err.Error())
		return
	}
	scoped, exists := t.scope(base, m.Scope)
	if !exists {
		done.SetResultCode(gldap.ResultNoSuchObject)
		return
	}
	sent := int64(0)
	for _, e := range scoped {
		if !filter(e) {
			continue
		}
		if sent++; m.SizeLimit > 0 && sent > m.SizeLimit {
			done.SetResultCode(gldap.ResultSizeLimitExceeded)
			return
		}
		w.Write(r.NewSearchResponseEntry(e.dn, gldap.WithAttributes(e.chosen(m.Attributes))))
	}
}

// scope returns the entries that a search looks at, and whether its base
// exists.
func (t *tree) scope(base *ldap.DN, scope gldap.Scope) (found []entry, exists bool) {
	if len(base.RDNs) == 0 && scope == gldap.BaseObject {
		return []entry{t.root}, true
	}
	// Ten thousand members are asked for one by one.
	if e, found := t.byName[key(base)]; found && scope == gldap.BaseObject {
		return []entry{e}, true
	}
	for _, e := range t.entries {
		self, below := base.EqualFold(e.name), base.AncestorOfFold(e.name)
		exists = exists || self
		switch {
		case self && scope != gldap.SingleLevel,
			below && scope == gldap.WholeSubtree,
			below && scope == gldap.SingleLevel && len(e.name.RDNs) == len(base.RDNs)+1:
			found = append(found, e)
		}
	}
	return found, exists
}

// values returns an attribute's values; its name is in any case.
func (e entry) values(name string) []string {
	for has, values := range e.attributes {
		if strings.EqualFold(has, name) {
			return values
		}
	}
	return nil
}

// chosen returns the attributes that a search asks for: all of them where it
// names none (RFC 4511, 4.5.1.8).
func (e entry) chosen(names []string) map[string][]string {
	if len(names) == 0 {
		return e.attributes
	}
	chosen := map[string][]string{}
	for _, name := range names {
		for has, values := range e.attributes {
			if name == "*" || name == "+" || strings.EqualFold(has, name) {
				chosen[has] = values
			}
		}
	}
	return chosen
}
