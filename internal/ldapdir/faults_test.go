package ldapdir_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/ldapdir"
	"contactsync/internal/ldapdir/ldaptest"
)

// anna is a directory's least content.
func anna() []ldaptest.Entry {
	return []ldaptest.Entry{ldaptest.Person("anna", "anna@example.org"), ldaptest.SyncedGroup("g", ldaptest.PersonDN("anna"))}
}

const annaLine = "anna|anna@example.org|g|\n"

func signIn(dn, password string) func(*ldapdir.Config) {
	return func(c *ldapdir.Config) {
		c.BindDN, c.BindPassword = dn, func() string { return password }
	}
}

func TestWaysToConnect(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{Access: ldaptest.SignedIn}, anna()...)
	reader := signIn(ldaptest.ReaderDN, ldaptest.ReaderPassword)
	port := func(address string) string { return address[strings.LastIndex(address, ":"):] }
	for name, change := range map[string]func(*ldapdir.Config){
		"StartTLS":          func(c *ldapdir.Config) {},
		"StartTLS by name":  func(c *ldapdir.Config) { c.URL = "ldap://localhost" + port(s.URL) },
		"ldaps":             func(c *ldapdir.Config) { c.URL = s.TLSURL },
		"ldaps by name":     func(c *ldapdir.Config) { c.URL = "LDAPS://localhost" + port(s.TLSURL) + "/" },
		"loopback, no TLS":  func(c *ldapdir.Config) { c.StartTLS, c.CAFile = false, "" },
		"socket":            func(c *ldapdir.Config) { c.URL, c.CAFile = s.SocketURL, "" },
		"socket after host": func(c *ldapdir.Config) { c.URL, _ = url.PathUnescape(s.SocketURL) },
	} {
		t.Run(name, func(t *testing.T) {
			wantLines(t, mustRead(t, s, func(c *ldapdir.Config) { reader(c); change(c) }), annaLine)
		})
	}
}

// Over the socket the process is who it runs as. That it is EXTERNAL and not
// anonymous shows where only this user may read.
func TestExternal(t *testing.T) {
	self := fmt.Sprintf("gidNumber=%d+uidNumber=%d,cn=peercred,cn=external,cn=auth", os.Getgid(), os.Getuid())
	s := ldaptest.NewServer(t, ldaptest.Options{Access: fmt.Sprintf("access to * by dn.exact=%q read by * none", self)}, anna()...)
	wantLines(t, mustRead(t, s, func(c *ldapdir.Config) { c.URL = s.SocketURL }), annaLine)
	members, err := read(t, s, nil)
	wantFault(t, members, err, fault.Config, "search groups", "ldap_bind_dn")
}

func TestSignIn(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{Access: ldaptest.SignedIn}, anna()...)
	for _, c := range []struct {
		name       string
		change     func(*ldapdir.Config)
		text, hint string
	}{
		{"wrong password", signIn(ldaptest.ReaderDN, "wrong"), "invalid credentials", "ldap_bind_password"},
		{"unknown DN", signIn("cn=nobody,dc=example,dc=org", "wrong"), "invalid credentials", "ldap_bind_dn"},
		{"elsewhere", signIn("cn=nobody,dc=elsewhere", "wrong"), "invalid credentials", "ldap_bind_dn"},
		{"no password", signIn(ldaptest.ReaderDN, ""), "no password", "set ldap_bind_password"},
		{"anonymous", nil, "", "ldap_bind_dn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			members, err := read(t, s, c.change)
			wantFault(t, members, err, fault.Config, c.text, c.hint)
			if strings.Contains(err.Error()+fault.HintOf(err), "wrong") {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
}

func TestServerWantsMore(t *testing.T) {
	t.Run("a sign-in", func(t *testing.T) {
		s := ldaptest.NewServer(t, ldaptest.Options{Global: "require authc"}, anna()...)
		members, err := read(t, s, nil)
		wantFault(t, members, err, fault.Config, "", "ldap_bind_dn")
	})
	t.Run("TLS", func(t *testing.T) {
		s := ldaptest.NewServer(t, ldaptest.Options{Database: "security ssf=128"}, anna()...)
		members, err := read(t, s, func(c *ldapdir.Config) { c.StartTLS = false })
		wantFault(t, members, err, fault.Config, "confidentiality required", "ldap_starttls")
		wantLines(t, mustRead(t, s, nil), annaLine)
	})
	t.Run("TLS to sign in", func(t *testing.T) {
		s := ldaptest.NewServer(t, ldaptest.Options{Database: "security simple_bind=128"}, anna()...)
		members, err := read(t, s, func(c *ldapdir.Config) {
			signIn(ldaptest.ReaderDN, ldaptest.ReaderPassword)(c)
			c.StartTLS = false
		})
		wantFault(t, members, err, fault.Config, "confidentiality required", "ldap_starttls")
	})
}

func TestTLS(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	other := ldaptest.NewServer(t, ldaptest.Options{})
	plain := ldaptest.NewServer(t, ldaptest.Options{NoTLS: true}, anna()...)
	text := filepath.Join(t.TempDir(), "text.pem")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	loopback2 := func(address string) string { return strings.Replace(address, "127.0.0.1", "127.0.0.2", 1) }
	relayed := ldaptest.Relay(t, s.TLSURL, nil)
	for _, c := range []struct {
		name       string
		change     func(*ldapdir.Config)
		text, hint string
	}{
		{"unknown authority", func(c *ldapdir.Config) { c.CAFile = "" }, "unknown authority", "ca_file"},
		{"another authority", func(c *ldapdir.Config) { c.CAFile = other.CAFile }, "", "ca_file"},
		{"ldaps, another authority", func(c *ldapdir.Config) { c.URL, c.CAFile = s.TLSURL, other.CAFile }, "", "ca_file"},
		{"another name", func(c *ldapdir.Config) { c.URL = "ldaps://" + loopback2(relayed) }, "certificate is valid for", "another name"},
		{"no StartTLS", func(c *ldapdir.Config) { c.URL = plain.URL }, "", "offers no StartTLS"},
		{"no TLS on the port", func(c *ldapdir.Config) { c.URL = strings.Replace(s.URL, "ldap:", "ldaps:", 1); c.Timeout = time.Second }, "EOF", "port"},
		{"no such file", func(c *ldapdir.Config) { c.CAFile = text + "x" }, "ca_file", "ca_file"},
		{"no certificate in the file", func(c *ldapdir.Config) { c.CAFile = text }, "no certificate", "ca_file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			members, err := read(t, s, c.change)
			class := fault.Config
			if c.name == "no TLS on the port" {
				class = fault.Unavailable // slapd waits for more, or hangs up
			}
			wantFault(t, members, err, class, c.text, c.hint)
		})
	}
}

func TestSettings(t *testing.T) {
	bound := signIn("cn=reader,dc=example,dc=org", "secret")
	for _, c := range []struct {
		name       string
		change     func(*ldapdir.Config)
		text, hint string
	}{
		{"no scheme", func(c *ldapdir.Config) { c.URL = "ldap.example.org" }, "ldap_url", "ldaps://"},
		{"another scheme", func(c *ldapdir.Config) { c.URL = "http://ldap.example.org" }, "ldap_url", "ldaps://"},
		{"base DN in the address", func(c *ldapdir.Config) { c.URL = "ldap://ldap.example.org/dc=example" }, "ldap_url", "ldap_base_dn"},
		{"user in the address", func(c *ldapdir.Config) { c.URL = "ldap://me@ldap.example.org" }, "ldap_url", "ldap_bind_dn"},
		{"password in the address", func(c *ldapdir.Config) { c.URL = "ldap://me:hunter2@ldap.example.org" }, "@ldap.example.org", "ldap_bind_dn"},
		{"socket's escape", func(c *ldapdir.Config) { c.URL = "ldapi://%2" }, "ldap_url", "ldapi:///"},
		{"password without TLS", func(c *ldapdir.Config) { bound(c); c.URL = "ldap://ldap.example.org" }, "without TLS", "ldap_starttls"},
		{"a name like loopback", func(c *ldapdir.Config) { bound(c); c.URL = "ldap://localhost.example.org" }, "without TLS", "ldap_starttls"},
		{"filter", func(c *ldapdir.Config) { c.GroupFilter = "(cn=x" }, "ldap_group_filter", "parenthesis"},
		{"base DN", func(c *ldapdir.Config) { c.BaseDN = "example" }, "ldap_base_dn", "dc=example"},
		{"attribute", func(c *ldapdir.Config) { c.UIDAttribute = "uid)(cn=*" }, "ldap_uid_attribute", "one attribute"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := ldapdir.Config{}
			c.change(&config)
			_, err := ldapdir.New(config)
			wantFault(t, nil, err, fault.Config, c.text, c.hint)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password stands in %q", err)
			}
		})
	}
	for name, config := range map[string]ldapdir.Config{
		"nothing set":            {},
		"anonymous without TLS":  {URL: "ldap://ldap.example.org"},
		"loopback of IPv6":       {URL: "ldap://[::1]:3890", BindDN: "cn=x", BindPassword: func() string { return "y" }},
		"no host is this one":    {URL: "ldap:///", BindDN: "cn=x", BindPassword: func() string { return "y" }},
		"socket with a password": {BindDN: "cn=x", BindPassword: func() string { return "y" }},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ldapdir.New(config); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoGroup(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, ldaptest.Person("anna", "anna@example.org"), ldaptest.Group("g", ldaptest.PersonDN("anna")))
	members, err := read(t, s, nil)
	wantFault(t, members, err, fault.Config, "none matches (&(objectClass=groupOfNames)(description=ews_synccontacts=true))", "description: ews_synccontacts=true")
	step := regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(fault.HintOf(err), -1)
	members, err = read(t, s, func(c *ldapdir.Config) { c.GroupFilter = "(cn=phones)" })
	wantFault(t, members, err, fault.Config, "none matches (cn=phones)", "ldap_group_filter")

	// The hint before is the text of a change that mends it.
	if len(step) != 4 || step[0][1] != "dn: GROUP" || step[1][1] != "changetype: modify" {
		t.Fatalf("the hint has the lines %q", step)
	}
	attribute, _ := strings.CutPrefix(step[2][1], "add: ")
	value, _ := strings.CutPrefix(step[3][1], attribute+": ")
	s.Replace(ldaptest.GroupDN("g"), attribute, value)
	wantLines(t, mustRead(t, s, nil), annaLine)
}

// Who has nearly marked a group is told which, and what is wrong with it.
func TestNearMiss(t *testing.T) {
	for description, hint := range map[string]string{
		"EWS_SyncContacts = TRUE":          `has the description "EWS_SyncContacts = TRUE"; the value must be exactly ews_synccontacts=true, alone`,
		"Telefonie; ews_synccontacts=true": `has the description "Telefonie; ews_synccontacts=true"; the value must be exactly`,
		"ews_synccontacts=false":           `has the description "ews_synccontacts=false"`,
		"ews_syncontacts=true":             `has the description "ews_syncontacts=true"; the value must be exactly ews_synccontacts=true, alone`,
		"EWS_SyncContact=true":             `has the description "EWS_SyncContact=true"; the value must be exactly`,
		"ews_synccontacts: true":           `has the description "ews_synccontacts: true"; the value must be exactly`,
		"ews-synccontact=true":             `has the description "ews-synccontact=true"; the value must be exactly`,
		"ewssyncontacts=true":              `has the description "ewssyncontacts=true"; the value must be exactly`,
		"ews_synccontacst=true":            `has the description "ews_synccontacst=true"; the value must be exactly`,
		"ews_sync=true":                    "give a group the parameter",
		"phones":                           "give a group the parameter",
	} {
		g := ldaptest.Group("g", ldaptest.PersonDN("anna")).With("description", description)
		members, err := read(t, ldaptest.NewServer(t, ldaptest.Options{}, ldaptest.Person("anna", "anna@example.org"), g), nil)
		wantFault(t, members, err, fault.Config, "none matches", hint)
		if !strings.HasPrefix(hint, "give") {
			wantFault(t, members, err, fault.Config, "", ldaptest.GroupDN("g"))
		}
	}
	s := ldaptest.NewServer(t, ldaptest.Options{}, ldaptest.Person("anna", "anna@example.org"), ldaptest.SyncedPosixGroup("p", "anna"))
	members, err := read(t, s, nil)
	wantFault(t, members, err, fault.Config, "none matches",
		"set ldap_group_filter to '(&(objectClass=posixGroup)(description=ews_synccontacts=true))' and ldap_member_attribute to memberUid")
	wantLines(t, mustRead(t, s, func(c *ldapdir.Config) {
		c.GroupFilter, c.MemberAttribute = "(&(objectClass=posixGroup)(description=ews_synccontacts=true))", "memberUid"
	}), "anna|anna@example.org|p|\n")
}

func TestBase(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	members, err := read(t, s, func(c *ldapdir.Config) { c.BaseDN = "ou=missing,dc=example,dc=org" })
	wantFault(t, members, err, fault.Config, "no such object", "ldap_base_dn")
	wantLines(t, mustRead(t, s, func(c *ldapdir.Config) { c.BaseDN = "ou=groups,dc=example,dc=org" }), annaLine)

	hidden := ldaptest.NewServer(t, ldaptest.Options{Global: `access to dn.base="" by * none`}, anna()...)
	members, err = read(t, hidden, nil)
	wantFault(t, members, err, fault.Config, "naming contexts", "set ldap_base_dn")
	wantLines(t, mustRead(t, hidden, func(c *ldapdir.Config) { c.BaseDN = ldaptest.BaseDN }), annaLine)
}

// What may not be read is never taken for what is not there.
func TestAccess(t *testing.T) {
	server := func(access string) *ldaptest.Server {
		return ldaptest.NewServer(t, ldaptest.Options{Access: access}, anna()...)
	}
	t.Run("nothing", func(t *testing.T) {
		members, err := read(t, server(ldaptest.Nobody), nil)
		wantFault(t, members, err, fault.Config, "", "may read")
	})
	t.Run("nothing, and told so", func(t *testing.T) {
		members, err := read(t, server("access to * by * disclose"), nil)
		wantFault(t, members, err, fault.Config, "insufficient access", "ldap_bind_dn")
	})
	t.Run("no member attribute", func(t *testing.T) {
		members, err := read(t, server("access to attrs=member by * none\naccess to * by * read"), nil)
		wantFault(t, members, err, fault.Config, "shows no member", "let ldap_bind_dn read the attribute member")
	})
	t.Run("no people", func(t *testing.T) {
		got := mustRead(t, server("access to dn.subtree=\"ou=people,dc=example,dc=org\" by * none\naccess to * by * read"), nil)
		wantLines(t, got, "anna||g|nobody is found by this name: it does not exist, or may not be read\n")
	})
	t.Run("members elsewhere", func(t *testing.T) {
		s := ldaptest.NewServer(t, ldaptest.Options{}, append(anna(), ldaptest.SyncedPosixGroup("p", "anna"))...)
		members, err := read(t, s, func(c *ldapdir.Config) { c.GroupFilter = "(cn=p)" })
		wantFault(t, members, err, fault.Config, "keeps its members in memberUid", "set ldap_member_attribute to memberUid")
	})
}

func TestReferrals(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{Global: "referral ldap://other.example.org"}, anna()...)
	members, err := read(t, s, func(c *ldapdir.Config) { c.BaseDN = "dc=elsewhere" })
	wantFault(t, members, err, fault.Config, "ldap://other.example.org", "ldap_url")

	part := ldaptest.Entry{DN: "ou=branch," + ldaptest.BaseDN, Attributes: []ldaptest.Attribute{
		{Name: "objectClass", Values: []string{"referral", "extensibleObject"}}, {Name: "ou", Values: []string{"branch"}},
		{Name: "ref", Values: []string{"ldap://branch.example.org/ou=branch,dc=example,dc=org"}}}}
	s = ldaptest.NewServer(t, ldaptest.Options{}, append(anna(), part)...)
	members, err = read(t, s, nil)
	wantFault(t, members, err, fault.Config, "ldap://branch.example.org", "ldap_base_dn")
	wantLines(t, mustRead(t, s, func(c *ldapdir.Config) { c.BaseDN = "ou=groups," + ldaptest.BaseDN }), annaLine)
}

func TestDown(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	s.Stop()
	for name, address := range map[string]string{"ldap": s.URL, "ldaps": s.TLSURL, "socket": s.SocketURL} {
		t.Run(name, func(t *testing.T) {
			members, err := read(t, s, func(c *ldapdir.Config) { c.URL = address })
			wantFault(t, members, err, fault.Unavailable, "connect to the directory", "check that")
		})
	}
	s.Start()
	wantLines(t, mustRead(t, s, nil), annaLine)

	members, err := read(t, s, func(c *ldapdir.Config) { c.URL = "ldap://directory.invalid" })
	wantFault(t, members, err, fault.Unavailable, "directory.invalid", "DNS")
}

func TestSocketOfSomebodyElse(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may open every socket; run this test as an ordinary user")
	}
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	path, _ := url.PathUnescape(strings.TrimPrefix(s.SocketURL, "ldapi://"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	members, err := read(t, s, func(c *ldapdir.Config) { c.URL = s.SocketURL })
	wantFault(t, members, err, fault.Permission, "permission denied", "socket")
}

// A directory that breaks off is never a shorter list: whatever it manages to
// send before, the answer is an error, until it sends everything.
func TestBrokenOff(t *testing.T) {
	var uids []string
	entries := []ldaptest.Entry{}
	for i := range 40 {
		uids = append(uids, ldaptest.PersonDN(fmt.Sprint("user", i)))
		entries = append(entries, ldaptest.Person(fmt.Sprint("user", i), fmt.Sprint("user", i, "@example.org")))
	}
	s := ldaptest.NewServer(t, ldaptest.Options{}, append(entries, ldaptest.SyncedGroup("g", uids...))...)
	for _, scheme := range []string{"ldap", "ldaps"} {
		t.Run(scheme, func(t *testing.T) {
			failed := 0
			for limit := int64(0); ; limit += 331 {
				behind := map[string]string{"ldap": s.URL, "ldaps": s.TLSURL}[scheme]
				members, err := read(t, s, func(c *ldapdir.Config) {
					c.URL = scheme + "://" + ldaptest.Relay(t, behind, func(r io.Reader) io.Reader { return io.LimitReader(r, limit) })
				})
				if err == nil {
					if len(members) != 40 {
						t.Fatalf("%d members after %d bytes, and no error", len(members), limit)
					}
					break
				}
				failed++
				if members != nil || fault.ClassOf(err) != fault.Unavailable || strings.Contains(err.Error(), "ldap:") {
					t.Fatalf("after %d bytes: class %d, %q", limit, fault.ClassOf(err), err)
				}
			}
			if failed < 10 {
				t.Errorf("broke off only %d times", failed)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	for _, after := range []int{0, 14, 700} { // during StartTLS, in the handshake, before the search is done
		t.Run(fmt.Sprint("StartTLS ", after), func(t *testing.T) {
			members, err := read(t, s, func(c *ldapdir.Config) {
				c.URL, c.Timeout = "ldap://"+ldaptest.Silent(t, s.URL, after), 200*time.Millisecond
			})
			wantFault(t, members, err, fault.Unavailable, "", "next run")
		})
	}
	t.Run("plain", func(t *testing.T) {
		members, err := read(t, s, func(c *ldapdir.Config) {
			c.URL, c.StartTLS, c.Timeout = "ldap://"+ldaptest.Silent(t, s.URL, 0), false, 200*time.Millisecond
		})
		wantFault(t, members, err, fault.Unavailable, "", "next run")
	})
}

// A context that ends, ends the wait, long before the time limit.
func TestCancel(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	for _, after := range []int{0, 14, 2500} {
		ctx, cancel := context.WithCancel(context.Background())
		d, err := ldapdir.New(ldapdir.Config{URL: "ldap://" + ldaptest.Silent(t, s.URL, after), StartTLS: true, CAFile: s.CAFile, Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(50*time.Millisecond, cancel)
		if members, err := d.Members(ctx); !errors.Is(err, context.Canceled) && after < 2500 || members != nil && err != nil {
			t.Errorf("after %d bytes: %v, %v", after, members, err)
		}
	}
	d, err := ldapdir.New(ldapdir.Config{URL: s.URL, StartTLS: true, CAFile: s.CAFile})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Members(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("before the start: %v", err)
	}
}

// The library's own errors keep their type below ours.
func TestErrorKeepsResult(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	_, err := read(t, s, signIn(ldaptest.ReaderDN, "wrong"))
	if !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("%#v", err)
	}
}
