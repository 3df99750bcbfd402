package main

import (
	"bytes"
	"net/http"
	"testing"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/simulator"
)

func TestLeavers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	w.add("bram", "Jan", "030 901820")
	w.sync(0)
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"))
	w.sync(0)
	check(t, "kept by default", w.names("bram"), "Jan")
	w.set("leavers", "delete")
	w.sync(0, "--user", "anna")
	check(t, "kept where only some are synchronised", w.names("bram"), "Jan")
	check(t, "in a dry run", w.sync(0, "--dry-run").of("bram"), "ok [0,0,0,1]")
	check(t, "kept by a dry run", w.names("bram"), "Jan")
	check(t, "reported", w.sync(0).of("bram"), "ok [0,0,0,1]")
	check(t, "deleted", w.run("phonebook", "export", "--user", "bram").status, 2)
	check(t, "anna stays", w.names("anna"), "Erika")
}

func TestSomebodyWithoutAMailAddressIsNoLeaver(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.set("leavers", "delete")
	w.add("anna", "Erika", "030 901820")
	w.add("bram", "Jan", "030 901820")
	w.sync(0)
	w.ldap.Replace(ldaptest.PersonDN("bram"), "mail")
	r := w.sync(0)
	check(t, "result", r.of("bram"), "skipped [0,0,0,0]")
	check(t, "phonebook", w.names("bram"), "Jan")
}

// Where the directory does not tell who somebody is, that could be anybody.
func TestNobodyIsALeaverWhileAMemberIsUnknown(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("leavers", "delete")
	bram := ldaptest.Entry{DN: "cn=Bram de Vries,ou=people," + ldaptest.BaseDN, Attributes: []ldaptest.Attribute{
		{Name: "objectClass", Values: []string{"inetOrgPerson"}}, {Name: "cn", Values: []string{"Bram de Vries"}},
		{Name: "sn", Values: []string{"de Vries"}}, {Name: "uid", Values: []string{"bram"}}, {Name: "mail", Values: []string{address("bram")}},
	}}
	w.tenant.AddMailbox(simulator.Mailbox{Mail: address("bram")})
	w.add("bram", "Jan", "030 901820")
	w.ldap.Add(bram)
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"), bram.DN)
	w.sync(0)
	check(t, "bram", w.names("bram"), "Jan")
	w.ldap.Replace(bram.DN, "uid")
	out := w.run()
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "warning: no phonebook of a leaver is deleted", "Bram de Vries")
	check(t, "bram's phonebook", w.names("bram"), "Jan")
}

// A leaver's deletion is no sign that the mailboxes can be read.
func TestOutageWithALeaver(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.set("leavers", "delete")
	w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"))
	w.cloud.SetFault(simulator.Always("/v1.0", simulator.Broken(http.StatusServiceUnavailable, "3600")))
	r := w.sync(75)
	check(t, "anna", r.of("anna"), "failed [0,0,0,0]")
	check(t, "phonebook", w.names("anna"), "Erika")
}

// Whatever makes the directory look emptier than it is: nobody loses a
// phonebook over it.
func TestNobodyIsALeaverWhereTheDirectoryHides(t *testing.T) {
	parallel(t)
	posix := ldaptest.GroupDN("phones")
	for name, tt := range map[string]struct {
		keys   map[string]string
		before func(*world)
		hide   func(*world)
		status int
		words  []string
	}{
		"the members of a group that may have none": {
			keys:   map[string]string{"ldap_group_filter": "(objectClass=posixGroup)", "ldap_member_attribute": "memberUid"},
			before: func(w *world) { w.ldap.Add(ldaptest.SyncedPosixGroup("phones", "anna", "bram")) },
			hide:   func(w *world) { w.ldap.Replace(posix, "memberUid") },
			words:  []string{"no phonebook of a leaver is deleted", posix, "without members"},
		},
		"the members of a group in a group": {
			before: func(w *world) {
				w.ldap.Add(ldaptest.Group("sales", ldaptest.PersonDN("bram")))
				w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"), ldaptest.GroupDN("sales"))
			},
			hide:  func(w *world) { w.ldap.Replace(ldaptest.GroupDN("sales"), "member", "") },
			words: []string{"no phonebook of a leaver is deleted", ldaptest.GroupDN("sales"), "without members"},
		},
		"a group that is named as people are": {
			keys: map[string]string{"ldap_uid_attribute": "cn"},
			before: func(w *world) {
				w.ldap.Add(ldaptest.Group("sales", ldaptest.PersonDN("bram")))
				w.ldap.Replace(ldaptest.GroupDN("telefonie"), "member", ldaptest.PersonDN("anna"), ldaptest.GroupDN("sales"))
			},
			hide:  func(w *world) { w.ldap.Delete(ldaptest.GroupDN("sales")) },
			words: []string{"no phonebook of a leaver is deleted", "member: sales", "may not be read"},
		},
		"groups, by a filter that finds people": {
			hide:   func(w *world) { w.set("ldap_group_filter", "(objectClass=inetOrgPerson)") },
			status: 78,
			words:  []string{"uid=anna", "which is no group", "let ldap_group_filter find groups"},
		},
		"everybody": {
			hide:   func(w *world) { w.ldap.Delete(ldaptest.PersonDN("anna"), ldaptest.PersonDN("bram")) },
			status: 78,
			words:  []string{"none of the members can be synchronised", "nobody is found by this name", "ldap_bind_dn"},
		},
		"all mail addresses": {
			hide:   func(w *world) { w.set("ldap_mail_attribute", "employeeNumber") },
			status: 78,
			words:  []string{"none of the members can be synchronised", "has no mail address", "ldap_mail_attribute"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			w := newWorld(t, "anna", "bram")
			w.set("leavers", "delete")
			for key, value := range tt.keys {
				w.set(key, value)
			}
			if tt.before != nil {
				tt.before(w)
			}
			w.add("anna", "Erika", "030 901820")
			w.add("bram", "Jan", "030 901820")
			w.sync(0)
			tt.hide(w)
			out := w.run()
			check(t, "exit status", out.status, tt.status)
			contains(t, out.stderr, tt.words...)
			check(t, "anna's phonebook", w.names("anna"), "Erika")
			check(t, "bram's phonebook", w.names("bram"), "Jan")
		})
	}
}

// A user id is the same in capitals (RFC 4519, 2.39), so that nobody leaves by
// being written otherwise.
func TestLeaverInCapitals(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("leavers", "delete")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.ldap.Replace(ldaptest.PersonDN("anna"), "uid", "Anna")
	w.cloud.SetFault(simulator.Always("/v1.0", simulator.Broken(http.StatusNotFound, "")))
	w.run()
	check(t, "phonebook", w.names("anna"), "Erika")
}

// Of one member who was asked for by name, being skipped is a failure.
func TestSkippedByName(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram")
	w.ldap.Replace(ldaptest.PersonDN("bram"), "mail")
	check(t, "among others", w.run().status, 0)
	out := w.run("--user", "bram")
	check(t, "alone", out.status, 1)
	contains(t, out.stderr, "none of those asked for can be synchronised", "bram", "has no mail address")
}

// Contacts that come without their texts are as good as none at all: the
// mailbox did not become empty.
func TestContactsWithoutTheirTexts(t *testing.T) {
	parallel(t)
	for source, texts := range map[string][]string{
		"graph": {"displayName", "givenName", "surname", "companyName", "businessPhones", "homePhones", "mobilePhone", "emailAddresses", "singleValueExtendedProperties"},
		"ews":   {"t:DisplayName", "t:FileAs", "t:GivenName", "t:Surname", "t:CompanyName", "t:PhoneNumbers", "t:EmailAddresses", "t:Subject", "t:CompleteName"},
	} {
		t.Run(source, func(t *testing.T) {
			parallel(t)
			w := newWorld(t, "anna")
			w.set("source", source)
			w.add("anna", "Erika", "030 901820")
			w.add("anna", "Jan", "030 901821")
			w.sync(0)
			w.cloud.SetFault(simulator.Always("", simulator.Rewrite(func(body []byte) []byte {
				for _, name := range texts {
					if source == "graph" {
						body = bytes.ReplaceAll(body, []byte(`"`+name+`":`), []byte(`"x`+name+`":`))
						continue
					}
					for _, begin := range []string{"<", "</"} {
						for _, end := range []string{">", " ", "/"} {
							body = bytes.ReplaceAll(body, []byte(begin+name+end), []byte(begin+"t:X"+name[2:]+end))
						}
					}
				}
				return body
			})))
			r := w.sync(1, "--full")
			check(t, "result", r.of("anna"), "kept [2,0,0,0]")
			contains(t, r.Members[0].Error, "hold a name")
			contains(t, r.Members[0].Hint, "--user=anna --allow-empty")
			w.cloud.SetFault(nil)
			w.sync(0)
			check(t, "phonebook", w.names("anna"), "Erika, Jan")
		})
	}
}
