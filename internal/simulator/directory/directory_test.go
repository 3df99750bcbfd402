package directory

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/ldapdir"
)

func demo(t *testing.T) *Server {
	t.Helper()
	s, err := Start(
		[]Person{{UID: "anna", Name: "Anna Müller", Mail: "anna@example.org"}, {UID: "o'brien, (x*)", Mail: "ob@example.org"}, {UID: "nomail"}},
		[]Group{
			{Name: "Phones", Synced: true, People: []string{"anna", "ghost"}, Groups: []string{"Sales", "Phones"}},
			{Name: "Sales", People: []string{"o'brien, (x*)", "nomail"}},
			{Name: "Others", People: []string{"nomail"}},
		})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOurClientReadsIt(t *testing.T) {
	d, err := ldapdir.New(ldapdir.Config{URL: demo(t).URL})
	if err != nil {
		t.Fatal(err)
	}
	members, err := d.Members(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, fmt.Sprint(m.User, " ", m.Mail, " ", m.Groups, " ", m.Problem == ""))
	}
	want := []string{"anna anna@example.org [Phones] true", "ghost  [Phones] false", "nomail  [Phones] false", "o'brien, (x*) ob@example.org [Phones] true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSearches(t *testing.T) {
	conn, err := ldap.DialURL(demo(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind("cn=admin,"+BaseDN, "x"); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("bind with a password: %v", err)
	}
	for _, c := range []struct {
		base   string
		scope  int
		filter string
		want   string // first parts of the DNs; or the result
	}{
		{"", ldap.ScopeBaseObject, "(objectClass=*)", ""},
		{"DC=Example, DC=org", ldap.ScopeBaseObject, "(objectClass=*)", "dc=example"},
		{BaseDN, ldap.ScopeSingleLevel, "(objectClass=*)", "ou=people ou=groups"},
		{BaseDN, ldap.ScopeWholeSubtree, "(objectclass=groupofnames)", "cn=Phones cn=Sales cn=Others"},
		{BaseDN, ldap.ScopeWholeSubtree, "(&(objectClass=groupOfNames)(!(description=*)))", "cn=Sales cn=Others"},
		{BaseDN, ldap.ScopeWholeSubtree, "(|(uid=ANNA)(uid=nomail)(uid=nobody))", "uid=anna uid=nomail"},
		{BaseDN, ldap.ScopeWholeSubtree, "(uid=o'brien, \\28x\\2a\\29)", `uid=o'brien\`},
		{BaseDN, ldap.ScopeWholeSubtree, "(member=UID=anna, OU=People, " + BaseDN + ")", "cn=Phones"},
		{BaseDN, ldap.ScopeWholeSubtree, "(cn=Anna M\\c3\\bcller)", "uid=anna"},
		{BaseDN, ldap.ScopeWholeSubtree, "(cn=A*)", "LDAP Result Code 53"},
		{"ou=nowhere," + BaseDN, ldap.ScopeWholeSubtree, "(cn=a)", "LDAP Result Code 32"},
	} {
		result, err := conn.Search(ldap.NewSearchRequest(c.base, c.scope, 0, 0, 0, false, c.filter, nil, nil))
		var names []string
		if err != nil {
			names = append(names, err.Error()[:len("LDAP Result Code 32")])
		} else {
			for _, e := range result.Entries {
				names = append(names, strings.Split(e.DN, ",")[0])
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("search %q %d %s: %q, want %q", c.base, c.scope, c.filter, got, c.want)
		}
	}
	if _, err := conn.Search(ldap.NewSearchRequest(BaseDN, ldap.ScopeWholeSubtree, 0, 2, 0, false, "(cn=*)", nil, nil)); !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		t.Errorf("more than the client's size limit: %v", err)
	}
}

// A client that nobody here wrote reads the directory as well.
func TestLdapsearchReadsIt(t *testing.T) {
	program, err := exec.LookPath("ldapsearch")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ldapsearch is missing: apt install ldap-utils")
		}
		t.Skip("ldapsearch is missing: apt install ldap-utils")
	}
	s := demo(t)
	for _, c := range []struct{ args, want string }{
		{"-s base -b  + *", "namingContexts: " + BaseDN},
		{"-b " + BaseDN + " (uid=anna) mail", "dn: uid=anna,ou=people," + BaseDN + "\nmail: anna@example.org"},
		{"-b " + BaseDN + " (&(objectClass=groupOfNames)(description=ews_synccontacts=true)) 1.1", "dn: cn=Phones,ou=groups," + BaseDN},
	} {
		args := append([]string{"-x", "-LLL", "-o", "ldif-wrap=no", "-H", s.URL}, strings.Split(c.args, " ")...)
		out, err := exec.Command(program, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("ldapsearch %s: %v\n%s", c.args, err, out)
		}
	}
}
