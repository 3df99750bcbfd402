package settings

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"contactsync/internal/transport"

	"github.com/go-ldap/ldap/v3"
)

// FuzzTogether sets several keys at once, a line for each: settings that are
// taken are fit for those who use them, send nothing in the clear, and show no
// secret.
func FuzzTogether(f *testing.F) {
	f.Add(true, "source=graph\nldap_url=ldap://ldap.example.org\nldap_starttls=false")
	f.Fuzz(func(t *testing.T, online bool, text string) {
		values := maps.Clone(own)
		if online {
			values = maps.Clone(good)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if key, value, ok := strings.Cut(line, "="); ok && key != "ca_file" { // no files but ours
				values[key] = value
			}
		}
		s, err := Load(values)
		if again, errAgain := Load(values); !reflect.DeepEqual(again, s) || fmt.Sprint(errAgain) != fmt.Sprint(err) {
			t.Fatalf("%q: %+v, %v, then %+v, %v", values, s, err, again, errAgain)
		}
		if err != nil {
			return
		}
		for _, address := range []string{s.Authority, s.GraphURL, s.EWSURL} {
			if u, err := url.Parse(address); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !transport.Loopback(u.Hostname()) {
				t.Fatalf("address %q", address)
			}
		}
		if online && !strings.HasPrefix(s.Authority, "https://") {
			t.Fatalf("authority %q", s.Authority)
		}
		if l := s.LDAP; strings.HasPrefix(l.URL, "ldap://") && !l.StartTLS && l.BindPassword.IsSet() && !transport.Loopback(hostOf(l.URL)) {
			t.Fatalf("the password goes to %s in the clear", l.URL)
		}
		if _, err := ldap.CompileFilter(s.LDAP.GroupFilter); err != nil {
			t.Fatal(err)
		}
		if _, err := ldap.ParseDN(s.LDAP.BaseDN); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{s.TenantID, s.ClientID, s.PhonebookName, s.LDAP.BaseDN, s.EWSUsername} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				t.Fatalf("%q", text)
			}
		}
		shown := fmt.Sprintf("%v %+v %#v", s, s, s)
		for _, secret := range []Secret{s.ClientSecret, s.EWSPassword, s.ProxyPassword, s.LDAP.BindPassword} {
			if v := secret.Reveal(); len(v) > 12 && strings.Contains(shown, v) && !strings.Contains(text, v+"\n") {
				t.Fatalf("%q is shown", v)
			}
		}
	})
}
