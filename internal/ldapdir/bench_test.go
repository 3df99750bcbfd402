package ldapdir_test

import (
	"fmt"
	"testing"

	"contactsync/internal/ldapdir"
	"contactsync/internal/ldapdir/ldaptest"
)

// BenchmarkMembers reads 10,000 members from a slapd on this machine.
func BenchmarkMembers(b *testing.B) {
	var entries []ldaptest.Entry
	var dns, uids []string
	for i := range 10_000 {
		uid := fmt.Sprintf("user%05d", i)
		entries = append(entries, ldaptest.Person(uid, uid+"@example.org"))
		dns, uids = append(dns, ldaptest.PersonDN(uid)), append(uids, uid)
	}
	s := ldaptest.NewServer(b, ldaptest.Options{}, append(entries,
		ldaptest.SyncedGroup("everybody", dns...), ldaptest.SyncedPosixGroup("everyuid", uids...))...)
	for _, c := range []struct {
		name   string
		change func(*ldapdir.Config)
	}{
		{"DN/StartTLS", func(*ldapdir.Config) {}},
		{"DN/socket", func(c *ldapdir.Config) { c.URL = s.SocketURL }},
		{"UID/StartTLS", posix},
	} {
		b.Run(c.name, func(b *testing.B) {
			config := ldapdir.Config{URL: s.URL, StartTLS: true, CAFile: s.CAFile}
			c.change(&config)
			d, err := ldapdir.New(config)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if members, err := d.Members(b.Context()); err != nil || len(members) != 10_000 {
					b.Fatal(len(members), err)
				}
			}
		})
	}
}
