// Package ldapdir reads the members of the synchronised groups from an LDAP
// directory: everybody in a group that carries the parameter, nested groups
// too, once each.
//
// A run takes one connection and three steps. A search finds the groups. Then
// their members are read: those named by a DN one by one, by base-object
// searches of which many are under way at a time, those named by a user id
// with filters of many alternatives. Members that are groups themselves are
// read in the same way, until nothing new turns up. No step asks for a list
// that grows with the number of members, because a server cuts lists: at 500
// entries in OpenLDAP's stock configuration, where pages do not help. A list
// that was cut is an error here, and so is everything else that would make the
// directory look emptier than it is.
//
// What is wrong with one person is no error. It stands in the Problem of that
// Member, and the others are synchronised.
//
// LDAP is RFC 4511, filters RFC 4515, distinguished names RFC 4514, the schema
// of people and groups RFC 4519 and RFC 2307.
package ldapdir

import (
	"context"
	"crypto/tls"
	"time"

	"contactsync/internal/phonebook"
)

// Config says which directory is read and how. Empty fields take the default
// that is named beside them.
type Config struct {
	URL      string // ldap://, ldaps:// or ldapi://; default ldapi:///, the socket of a slapd on this machine
	StartTLS bool   // TLS over ldap://; false only to loopback, or without a bind DN
	CAFile   string // PEM file with certificate authorities besides the system's

	BindDN       string        // default anonymous; over ldapi:// who the process is (SASL EXTERNAL)
	BindPassword func() string // needed with BindDN only

	BaseDN            string // default the server's first naming context
	GroupFilter       string // groups that carry the parameter; default DefaultGroupFilter
	MemberAttribute   string // default member
	UIDAttribute      string // default uid
	MailAttribute     string // default mail
	ObjectIDAttribute string // holds the object id in Microsoft Entra ID; default none

	Timeout time.Duration // for the connection, and for each answer; default 30 s
}

// DefaultGroupFilter finds the groups that carry the parameter in their
// description.
const DefaultGroupFilter = "(&(objectClass=groupOfNames)(description=ews_synccontacts=true))"

// Directory is an LDAP directory. It holds no connection between two calls and
// is safe for concurrent use.
type Directory struct {
	cfg    Config
	server endpoint
	tls    *tls.Config // nil where the connection is not encrypted
}

// Members returns everybody in a synchronised group, sorted by user, each with
// the names (cn) of the groups that carry the parameter and that he is in,
// through other groups or directly. A person who cannot be synchronised has a
// Problem; where not even his user id is known, User is the value that the
// group names him by.
//
// The list is never empty: a group that shows no members, although it may have
// none, is in it with a Problem. The error is that of ctx, or a *fault.Error: of class
// Unavailable where the directory does not answer or breaks off, Permission
// where the socket may not be opened, and otherwise Config.
func (d *Directory) Members(ctx context.Context) ([]phonebook.Member, error) {
	s, err := d.connect(ctx)
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	defer s.close()
	members, err := s.members(ctx)
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	return members, nil
}

// firstOf returns why ctx ended, where it did: what then failed on the wire is
// only a consequence.
func firstOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
