package ldapdir_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/ldapdir"
	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/phonebook"
)

// read reads the server's members anonymously over StartTLS, with the
// configuration changed as the test wants it.
func read(t *testing.T, s *ldaptest.Server, change func(*ldapdir.Config)) ([]phonebook.Member, error) {
	t.Helper()
	c := ldapdir.Config{URL: s.URL, StartTLS: true, CAFile: s.CAFile}
	if change != nil {
		change(&c)
	}
	d, err := ldapdir.New(c)
	if err != nil {
		return nil, err
	}
	return d.Members(context.Background())
}

// mustRead is read where an error ends the test.
func mustRead(t *testing.T, s *ldaptest.Server, change func(*ldapdir.Config)) []phonebook.Member {
	t.Helper()
	members, err := read(t, s, change)
	if err != nil {
		t.Fatalf("%v (%s)", err, fault.HintOf(err))
	}
	return members
}

// lines writes members one a line: user, mail, groups, problem.
func lines(members []phonebook.Member) string {
	var b strings.Builder
	for _, m := range members {
		fmt.Fprintf(&b, "%s|%s|%s|%s\n", m.User, m.Mail, strings.Join(m.Groups, ","), m.Problem)
	}
	return b.String()
}

func wantLines(t *testing.T, members []phonebook.Member, want string) {
	t.Helper()
	if got := lines(members); got != strings.TrimLeft(want, "\n") {
		t.Errorf("got\n%swant%s", got, want)
	}
}

// wantFault checks an error's class and that its text and hint say what they
// have to, and that there are no members beside it.
func wantFault(t *testing.T, members []phonebook.Member, err error, class fault.Class, text, hint string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, and %d members", len(members))
	}
	if members != nil {
		t.Errorf("%d members beside the error", len(members))
	}
	if fault.ClassOf(err) != class || !strings.Contains(err.Error(), text) || !strings.Contains(fault.HintOf(err), hint) {
		t.Errorf("got class %d, %q, hint %q;\nwant class %d, %q, hint %q", fault.ClassOf(err), err, fault.HintOf(err), class, text, hint)
	}
}

func TestMembers(t *testing.T) {
	dn := ldaptest.PersonDN
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("bob", "bob@example.org"),
		ldaptest.Person("anna", "anna@example.org"),
		ldaptest.Person("carl", "carl@example.org"),
		ldaptest.Person("outsider", "outsider@example.org"),
		ldaptest.SyncedGroup("sales", dn("bob"), dn("anna")),
		ldaptest.SyncedGroup("board", dn("anna"), strings.ToUpper(dn("carl"))),
		ldaptest.Group("unmarked", dn("outsider")),
	)
	wantLines(t, mustRead(t, s, nil), `
anna|anna@example.org|board,sales|
bob|bob@example.org|sales|
carl|carl@example.org|board|
`)
}

// A DN is the same however a group spells it. Slapd keeps a member as it was
// written but for blanks and escapes.
func TestSpellingsOfOneDN(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("Müller, Jörg", "joerg@example.org"),
		ldaptest.SyncedGroup("a", `uid=Müller\, Jörg,ou=people,dc=example,dc=org`),
		ldaptest.SyncedGroup("b", `UID = MÜLLER\2c J\C3\B6RG , OU=People;DC=example,DC=org`),
		ldaptest.SyncedGroup("c", `userid=müller\2C  jörg,ou=people,dc=example,dc=org`),
	)
	wantLines(t, mustRead(t, s, nil), `
Müller, Jörg|joerg@example.org|a,b,c|
`)
}

func TestNestedGroups(t *testing.T) {
	dn, group := ldaptest.PersonDN, ldaptest.GroupDN
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("direct", "direct@example.org"),
		ldaptest.Person("deep", "deep@example.org"),
		ldaptest.Person("both", "both@example.org"),
		ldaptest.SyncedGroup("top", dn("direct"), group("level1"), group("top")),
		ldaptest.Group("level1", group("level2")),
		ldaptest.Group("level2", group("level3"), group("level1")),
		ldaptest.Group("level3", dn("deep"), group("top"), group("marked")),
		ldaptest.SyncedGroup("marked", dn("both")),
		ldaptest.SyncedGroup("loop", group("loop")),
	)
	wantLines(t, mustRead(t, s, nil), `
both|both@example.org|marked,top|
deep|deep@example.org|top|
direct|direct@example.org|top|
`)
}

func TestDeepNesting(t *testing.T) {
	entries := []ldaptest.Entry{ldaptest.Person("anna", "anna@example.org"), ldaptest.SyncedGroup("g0", ldaptest.GroupDN("g1"))}
	for i := 1; i < 200; i++ {
		entries = append(entries, ldaptest.Group(fmt.Sprintf("g%d", i), ldaptest.GroupDN(fmt.Sprintf("g%d", i+1))))
	}
	entries = append(entries, ldaptest.Group("g200", ldaptest.PersonDN("anna")))
	s := ldaptest.NewServer(t, ldaptest.Options{}, entries...)
	wantLines(t, mustRead(t, s, nil), `
anna|anna@example.org|g0|
`)
}

func posix(c *ldapdir.Config) {
	c.GroupFilter = "(&(objectClass=posixGroup)(description=ews_synccontacts=true))"
	c.MemberAttribute = "memberUid"
}

// In memberUid everything is a user id, even what looks like a DN.
func TestMemberUid(t *testing.T) {
	odd := []string{"*", "(uid=*)", `back\slash`, "nul\x00", "uid=anna,ou=people,dc=example,dc=org"}
	var entries []ldaptest.Entry
	for i, uid := range odd[:3] {
		entries = append(entries, ldaptest.Entry{DN: fmt.Sprintf("cn=odd%d,ou=people,%s", i, ldaptest.BaseDN), Attributes: []ldaptest.Attribute{
			{Name: "objectClass", Values: []string{"inetOrgPerson"}}, {Name: "uid", Values: []string{uid}},
			{Name: "cn", Values: []string{fmt.Sprintf("odd%d", i)}}, {Name: "sn", Values: []string{"Odd"}},
			{Name: "mail", Values: []string{fmt.Sprintf("odd%d@example.org", i)}},
		}})
	}
	s := ldaptest.NewServer(t, ldaptest.Options{}, append(entries,
		ldaptest.Person("anna", "anna@example.org"),
		ldaptest.Person("bob", "bob@example.org"),
		ldaptest.SyncedPosixGroup("phones", append([]string{"anna", "ghost"}, odd...)...),
		ldaptest.SyncedPosixGroup("more", "ANNA"),
	)...)
	missing := "nobody is found by this user id: it does not exist, or may not be read"
	wantLines(t, mustRead(t, s, posix), `
(uid=*)|odd1@example.org|phones|
*|odd0@example.org|phones|
anna|anna@example.org|more,phones|
`+`back\slash|odd2@example.org|phones|
`+"ghost||phones|"+missing+"\nnul\x00||phones|"+missing+"\nuid=anna,ou=people,dc=example,dc=org||phones|"+missing+"\n")
}

// Everybody is read although the server answers no search with more than 500
// entries, whichever way the group names them.
func TestMoreMembersThanTheSizeLimit(t *testing.T) {
	const many = 1500
	var entries []ldaptest.Entry
	var dns, uids []string
	for i := range many {
		uid := fmt.Sprintf("user%04d", i)
		entries = append(entries, ldaptest.Person(uid, uid+"@example.org"))
		dns, uids = append(dns, ldaptest.PersonDN(uid)), append(uids, uid)
	}
	s := ldaptest.NewServer(t, ldaptest.Options{}, append(entries,
		ldaptest.SyncedGroup("everybody", dns...), ldaptest.SyncedPosixGroup("everyuid", uids...))...)
	for name, change := range map[string]func(*ldapdir.Config){"member": nil, "memberUid": posix} {
		t.Run(name, func(t *testing.T) {
			members := mustRead(t, s, change)
			if len(members) != many {
				t.Fatalf("got %d members, want %d", len(members), many)
			}
			for i, m := range members {
				if m.User != uids[i] || m.Mail != uids[i]+"@example.org" || m.Problem != "" {
					t.Fatalf("member %d is %+v", i, m)
				}
			}
		})
	}
}

// A server whose limit is below even one filter's worth of people is asked for fewer.
func TestTinySizeLimit(t *testing.T) {
	var entries []ldaptest.Entry
	var uids []string
	for i := range 150 {
		uids = append(uids, fmt.Sprintf("user%03d", i))
		entries = append(entries, ldaptest.Person(uids[i], uids[i]+"@example.org"))
	}
	s := ldaptest.NewServer(t, ldaptest.Options{SizeLimit: 7}, append(entries, ldaptest.SyncedPosixGroup("all", uids...))...)
	if members := mustRead(t, s, posix); len(members) != 150 {
		t.Errorf("got %d members", len(members))
	}
}

func TestMoreGroupsThanTheSizeLimit(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{SizeLimit: 2}, ldaptest.Person("anna", "anna@example.org"),
		ldaptest.SyncedGroup("a", ldaptest.PersonDN("anna")), ldaptest.SyncedGroup("b", ldaptest.PersonDN("anna")),
		ldaptest.SyncedGroup("c", ldaptest.PersonDN("anna")))
	members, err := read(t, s, nil)
	wantFault(t, members, err, fault.Config, "size limit exceeded", "olcLimits")
}

func TestProblems(t *testing.T) {
	dn := ldaptest.PersonDN
	nameless := ldaptest.Entry{DN: "cn=Nameless,ou=people," + ldaptest.BaseDN, Attributes: []ldaptest.Attribute{
		{Name: "objectClass", Values: []string{"inetOrgPerson"}}, {Name: "cn", Values: []string{"Nameless"}},
		{Name: "sn", Values: []string{"N"}}, {Name: "mail", Values: []string{"nameless@example.org"}},
	}}
	twin := ldaptest.Entry{DN: "cn=Twin,ou=people," + ldaptest.BaseDN, Attributes: []ldaptest.Attribute{
		{Name: "objectClass", Values: []string{"inetOrgPerson"}}, {Name: "cn", Values: []string{"Twin"}}, {Name: "sn", Values: []string{"T"}},
		{Name: "uid", Values: []string{"TWIN"}}, {Name: "mail", Values: []string{"twin2@example.org"}},
	}}
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("fine", "fine@example.org"),
		ldaptest.Person("mailless"),
		ldaptest.Person("nomail", "nomail"),
		ldaptest.Person("share1", "info@example.org"),
		ldaptest.Person("share2", "Info@Example.org"),
		ldaptest.Person("twin", "twin1@example.org"),
		ldaptest.Person("moved", "moved@example.org"),
		nameless, twin,
		ldaptest.Entry{DN: ldaptest.GroupDN("elsewhere"), Attributes: []ldaptest.Attribute{
			{Name: "objectClass", Values: []string{"posixGroup"}}, {Name: "cn", Values: []string{"elsewhere"}},
			{Name: "gidNumber", Values: []string{"1"}}, {Name: "memberUid", Values: []string{"fine"}},
		}},
		ldaptest.SyncedGroup("g", dn("fine"), dn("mailless"), dn("nomail"), dn("share1"), dn("share2"), dn("twin"), dn("ghost"), dn("moved"),
			"uid=moved,ou=formerly,dc=example,dc=org", "cn=nobody,dc=elsewhere,dc=net", nameless.DN, twin.DN, ldaptest.GroupDN("elsewhere")),
	)
	missing := "nobody is found by this name: it does not exist, or may not be read"
	wantLines(t, mustRead(t, s, nil), `
TWIN|twin2@example.org|g|shares the user id TWIN with `+dn("twin")+`
cn=Nameless,ou=people,dc=example,dc=org|nameless@example.org|g|has no user id (uid)
cn=elsewhere,ou=groups,dc=example,dc=org||g|is a group that keeps its members in memberUid, not in member
cn=nobody,dc=elsewhere,dc=net||g|`+missing+`
fine|fine@example.org|g|
ghost||g|`+missing+`
mailless||g|has no mail address (mail)
moved|moved@example.org|g|
nomail|nomail|g|"nomail" is no mail address
share1|info@example.org|g|shares the mail address info@example.org with `+dn("share2")+`
share2|Info@Example.org|g|shares the mail address Info@Example.org with `+dn("share1")+`
twin|twin1@example.org|g|shares the user id twin with `+twin.DN+`
uid=moved,ou=formerly,dc=example,dc=org||g|`+missing+`
`)
}

func TestSeveralPeopleWithOneUserID(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("anna", "anna@example.org"),
		ldaptest.Entry{DN: "uid=anna,ou=groups," + ldaptest.BaseDN, Attributes: ldaptest.Person("anna", "other@example.org").Attributes},
		ldaptest.SyncedPosixGroup("phones", "anna"))
	wantLines(t, mustRead(t, s, posix), `
anna||phones|several people have this user id: uid=anna,ou=groups,dc=example,dc=org; uid=anna,ou=people,dc=example,dc=org
`)
}

// Mail addresses reach the member as they stand in the directory. Of several
// values the one that the entry is named after counts, else the first in order.
func TestValues(t *testing.T) {
	byMail := ldaptest.Entry{DN: "mail=z@example.org,ou=people," + ldaptest.BaseDN,
		Attributes: ldaptest.Person("bymail", "a@example.org", "z@example.org").Attributes}
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("several", "zeta@example.org", "Beta@example.org", "alpha@example.org"),
		ldaptest.Person("quoted", `"o'brien (x*)\\"@example.org`),
		ldaptest.Person(`jörg`, "joerg.mueller+pbx@example.org"),
		ldaptest.Person(`renamed`, "renamed@example.org").With("uid", "aaa").With("employeeNumber", "User_0b0c"),
		byMail,
		ldaptest.SyncedGroup("g", ldaptest.PersonDN("several"), ldaptest.PersonDN("quoted"), ldaptest.PersonDN("jörg"), ldaptest.PersonDN("renamed"), byMail.DN))
	members := mustRead(t, s, func(c *ldapdir.Config) { c.ObjectIDAttribute = "employeeNumber" })
	wantLines(t, members, `
bymail|z@example.org|g|
jörg|joerg.mueller+pbx@example.org|g|
quoted|"o'brien (x*)\\"@example.org|g|
renamed|renamed@example.org|g|
several|alpha@example.org|g|
`)
	if got := members[3].ObjectID; got != "0b0c" {
		t.Errorf("object id %q", got)
	}
}

// The core schema keeps mail and uid to other attributes where it is told so;
// umlauts are allowed in those.
func TestOtherAttributes(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{},
		ldaptest.Person("anna", "wrong@example.org").With("employeeNumber", "200").With("displayName", "jörg@müller.example"),
		ldaptest.Entry{DN: ldaptest.GroupDN("unique"), Attributes: []ldaptest.Attribute{
			{Name: "objectClass", Values: []string{"groupOfUniqueNames"}}, {Name: "cn", Values: []string{"unique"}},
			{Name: "uniqueMember", Values: []string{ldaptest.PersonDN("anna") + "#'0101'B", ldaptest.PersonDN("ANNA")}}}})
	got := mustRead(t, s, func(c *ldapdir.Config) {
		c.GroupFilter, c.MemberAttribute = "(cn=unique)", "UniqueMember"
		c.UIDAttribute, c.MailAttribute, c.BaseDN = "employeenumber", "displayname", "ou=groups,"+ldaptest.BaseDN
	})
	want := []phonebook.Member{{User: "200", Mail: "jörg@müller.example", Groups: []string{"unique"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A group that may be without members is named, since it may as well hide them.
func TestGroupWithoutMembers(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, ldaptest.SyncedPosixGroup("nobody"))
	s.Add(ldaptest.SyncedGroup("placeholder", ""))
	for name, change := range map[string]func(*ldapdir.Config){"posixGroup": posix, "groupOfNames with an empty DN": nil} {
		t.Run(name, func(t *testing.T) {
			members := mustRead(t, s, change)
			if len(members) != 1 || !members[0].Group || !members[0].Unknown || !strings.Contains(members[0].Problem, "without members") {
				t.Errorf("got %+v, want the group alone", members)
			}
		})
	}
}
