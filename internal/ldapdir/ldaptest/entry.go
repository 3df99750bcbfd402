package ldaptest

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Parameter is the value of description that marks a synchronised group.
const Parameter = "ews_synccontacts=true"

// Entry is an entry of the directory.
type Entry struct {
	DN         string
	Attributes []Attribute
}

// Attribute is an attribute with its values; one without values is left out.
type Attribute struct {
	Name   string
	Values []string
}

// With returns the entry with further values of an attribute.
func (e Entry) With(name string, values ...string) Entry {
	e.Attributes = append(append([]Attribute(nil), e.Attributes...), Attribute{name, values})
	return e
}

// PersonDN returns the DN of the person with the user id.
func PersonDN(uid string) string { return "uid=" + ldap.EscapeDN(uid) + ",ou=people," + BaseDN }

// GroupDN returns the DN of the group with the name.
func GroupDN(cn string) string { return "cn=" + ldap.EscapeDN(cn) + ",ou=groups," + BaseDN }

// Person returns an inetOrgPerson with the mail addresses.
func Person(uid string, mail ...string) Entry {
	return Entry{PersonDN(uid), []Attribute{
		{"objectClass", []string{"inetOrgPerson"}}, {"uid", []string{uid}},
		{"cn", []string{uid}}, {"sn", []string{uid}}, {"mail", mail},
	}}
}

// Group returns a groupOfNames with members by DN. It carries no parameter.
func Group(cn string, members ...string) Entry {
	return Entry{GroupDN(cn), []Attribute{
		{"objectClass", []string{"groupOfNames"}}, {"cn", []string{cn}}, {"member", members},
	}}
}

// SyncedGroup returns a groupOfNames that carries the parameter.
func SyncedGroup(cn string, members ...string) Entry {
	return Group(cn, members...).With("description", Parameter)
}

// SyncedPosixGroup returns a posixGroup that carries the parameter, with
// members by user id.
func SyncedPosixGroup(cn string, uids ...string) Entry {
	return Entry{GroupDN(cn), []Attribute{
		{"objectClass", []string{"posixGroup"}}, {"cn", []string{cn}}, {"gidNumber", []string{"1000"}},
		{"description", []string{Parameter}}, {"memberUid", uids},
	}}
}

// skeleton is what every directory holds.
func skeleton() []Entry {
	unit := func(ou string) Entry {
		return Entry{"ou=" + ou + "," + BaseDN, []Attribute{{"objectClass", []string{"organizationalUnit"}}, {"ou", []string{ou}}}}
	}
	return []Entry{
		{BaseDN, []Attribute{{"objectClass", []string{"dcObject", "organization"}}, {"dc", []string{"example"}}, {"o", []string{"Example"}}}},
		unit("people"), unit("groups"),
		{ReaderDN, []Attribute{{"objectClass", []string{"person"}}, {"cn", []string{"reader"}}, {"sn", []string{"reader"}}, {"userPassword", []string{ReaderPassword}}}},
	}
}

// LDIF returns the entries as LDIF (RFC 2849), all values in base64.
func LDIF(entries ...Entry) string {
	var b strings.Builder
	line := func(name, value string) {
		fmt.Fprintf(&b, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
	}
	for _, e := range entries {
		line("dn", e.DN)
		for _, a := range e.Attributes {
			for _, v := range a.Values {
				line(a.Name, v)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Add adds entries to the running server.
func (s *Server) Add(entries ...Entry) {
	s.t.Helper()
	s.change(func(conn *ldap.Conn) error {
		for _, e := range entries {
			add := ldap.NewAddRequest(e.DN, nil)
			for _, a := range e.Attributes {
				if len(a.Values) > 0 {
					add.Attribute(a.Name, a.Values)
				}
			}
			if err := conn.Add(add); err != nil {
				return fmt.Errorf("add %s: %w", e.DN, err)
			}
		}
		return nil
	})
}

// Delete deletes entries of the running server.
func (s *Server) Delete(dns ...string) {
	s.t.Helper()
	s.change(func(conn *ldap.Conn) error {
		for _, dn := range dns {
			if err := conn.Del(ldap.NewDelRequest(dn, nil)); err != nil {
				return fmt.Errorf("delete %s: %w", dn, err)
			}
		}
		return nil
	})
}

// Replace gives an attribute of an entry of the running server other values,
// or takes it away where there are none.
func (s *Server) Replace(dn, attribute string, values ...string) {
	s.t.Helper()
	s.change(func(conn *ldap.Conn) error {
		modify := ldap.NewModifyRequest(dn, nil)
		modify.Replace(attribute, values)
		return conn.Modify(modify)
	})
}

// change does something as somebody who may do everything.
func (s *Server) change(do func(*ldap.Conn) error) {
	s.t.Helper()
	conn, err := ldap.DialURL(s.SocketURL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind(rootDN, rootPassword); err != nil {
		s.t.Fatal(err)
	}
	if err := do(conn); err != nil {
		s.t.Fatal(err)
	}
}
