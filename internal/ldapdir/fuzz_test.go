package ldapdir

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/phonebook"
)

// FuzzValues: whatever values entries have, in whatever order, each becomes one
// member, and none of those without a problem shares what only one may have.
func FuzzValues(f *testing.F) {
	f.Add("uid=anna,dc=org", "anna", "Anna", "anna@example.org", "a@example.org", "User_0a1b")
	f.Fuzz(func(t *testing.T, dn, uid, uid2, mail, mail2, object string) {
		s := &session{Directory: &Directory{cfg: Config{UIDAttribute: "uid", MailAttribute: "mail", ObjectIDAttribute: "entraObjectId"}}}
		given := membersOf(s,
			ldap.NewEntry(dn, map[string][]string{"uid": {uid, uid2}, "mail": {mail, mail2}, "entraObjectId": {object}}),
			ldap.NewEntry("uid=bram,dc=org", map[string][]string{"UID": {"bram"}, "Mail": {"bram@example.org"}, "entraobjectid": {"User_0b"}}))
		turned := membersOf(s,
			ldap.NewEntry("uid=bram,dc=org", map[string][]string{"UID": {"bram"}, "Mail": {"bram@example.org"}, "entraobjectid": {"User_0b"}}),
			ldap.NewEntry(dn, map[string][]string{"uid": {uid2, uid}, "mail": {mail2, mail}, "entraObjectId": {object}}))
		if !reflect.DeepEqual(given, turned) {
			t.Fatalf("the order counts: %+v, %+v", given, turned)
		}
		if len(given) != 2 {
			t.Fatalf("%d members of two entries: %+v", len(given), given)
		}
		for i, m := range given {
			if m.User == "" && dn != "" {
				t.Fatalf("nobody: %+v", m)
			}
			if strings.TrimSpace(m.Mail) != m.Mail || strings.TrimSpace(m.ObjectID) != m.ObjectID && !strings.HasPrefix(object, "User_") {
				t.Fatalf("not trimmed: %+v", m)
			}
			if m.Problem != "" {
				continue
			}
			if at := strings.LastIndex(m.Mail, "@"); at < 1 || at == len(m.Mail)-1 {
				t.Fatalf("no address and no problem: %+v", m)
			}
			if other := given[1-i]; shares(m, other) {
				t.Fatalf("%+v shares with %+v and has no problem", m, other)
			}
			if want := strings.TrimSpace(uid); m.User == "bram" || uid2 != "" || !utf8.ValidString(uid) {
				continue
			} else if m.User != want {
				t.Fatalf("user id %q of %q", m.User, want)
			}
		}
	})
}

// membersOf returns the members that a group with these entries has.
func membersOf(s *session, entries ...*ldap.Entry) []phonebook.Member {
	w := &walk{session: s}
	for _, e := range entries {
		w.order = append(w.order, &node{entry: s.keep(e), in: []string{"telefonie"}})
	}
	return w.list()
}

func shares(a, b phonebook.Member) bool {
	return fold(a.User) == fold(b.User) || fold(a.Mail) == fold(b.Mail) || a.ObjectID != "" && fold(a.ObjectID) == fold(b.ObjectID)
}
