package ldapdir

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func TestRefer(t *testing.T) {
	for _, c := range []struct {
		attribute, value string
		dn, ok           bool
		key              string
	}{
		{"member", "uid=anna,dc=org", true, true, "dn uid=anna,dc=org"},
		{"member", "UID = Anna ; DC=Org", true, true, "dn uid=anna,dc=org"},
		{"member", `uid=a\2cb,dc=org`, true, true, `dn uid=a\,b,dc=org`},
		{"member", "sn=b+cn=a,dc=org", true, true, "dn cn=a+sn=b,dc=org"},
		{"member", "cn=two   blanks,dc=org", true, true, "dn cn=two blanks,dc=org"},
		{"member", "0.9.2342.19200300.100.1.1=anna", true, true, "dn 0.9.2342.19200300.100.1.1=anna"},
		{"member", "anna", false, true, "uid anna"},
		{"member", "anna@example.org", false, true, "uid anna@example.org"},
		{"member", "anna,bob", false, true, "uid anna,bob"},
		{"member", "=anna", false, true, "uid =anna"},
		{"member", "1+1=2", false, true, "uid 1+1=2"},
		{"member", "a b=c", false, true, "uid a b=c"},
		{"member", `uid=anna\`, false, true, `uid uid=anna\`},
		{"member", "", false, false, ""},
		{"member", "  ", false, false, ""},
		{"memberUid", "uid=anna,dc=org", false, true, "uid uid=anna,dc=org"},
		{"MEMBERUID", " Anna ", false, true, "uid anna"},
		{"uniqueMember", "uid=anna,dc=org#'0101'B", true, true, "dn uid=anna,dc=org"},
		{"member", "uid=anna,dc=org#'0101'B", true, true, "dn uid=anna,dc=org#'0101'b"},
	} {
		ref, ok := refer(c.attribute, c.value)
		if ok != c.ok || ref.dn != c.dn || ref.key != c.key {
			t.Errorf("refer(%q, %q) = %+v, %v", c.attribute, c.value, ref, ok)
		}
	}
}

func FuzzRefer(f *testing.F) {
	for _, value := range []string{"uid=anna,ou=people,dc=org", `cn=M\C3\BCller\, J\2b,dc=org`, "anna", "*)(uid=*", "a=#0401ff", "a=b+c=d;e=f", "\x00", "é=ü", "", "uid=x#'01'B"} {
		f.Add("member", value)
		f.Add("memberUid", value)
		f.Add("uniqueMember", value)
	}
	f.Fuzz(func(t *testing.T, attribute, value string) {
		ref, ok := refer(attribute, value)
		if !ok {
			if strings.TrimSpace(value) != "" && !strings.EqualFold(attribute, "uniqueMember") {
				t.Fatalf("%q is taken for nobody", value)
			}
			return
		}
		if strings.EqualFold(attribute, "memberUid") && ref.dn {
			t.Fatalf("%q in memberUid is taken for a DN", value)
		}
		if kind, text, _ := strings.Cut(ref.key, " "); ref.dn {
			// A key is a spelling of the same DN.
			if again, isDN := dnKey(text); !isDN || again != ref.key {
				t.Fatalf("%q has the key %q, which has the key %q", value, ref.key, again)
			}
		} else if kind != "uid" {
			t.Fatalf("%q has the key %q", value, ref.key)
		}
		// Whatever it is, a filter asks for it and for nothing else.
		filter, err := ldap.CompileFilter(fmt.Sprintf("(|(uid=%s))", ldap.EscapeFilter(ref.text)))
		if err != nil {
			t.Fatalf("%q makes no filter: %v", value, err)
		}
		if len(filter.Children) != 1 || filter.Children[0].Tag != ldap.FilterEqualityMatch || filter.Children[0].Children[1].Data.String() != ref.text {
			t.Fatalf("%q makes another filter", value)
		}
	})
}

// Members that were not asked for, because the context ended, are not taken
// for nobody.
func TestEntriesOfAnEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&session{}).entries(ctx, []reference{{dn: true, text: "uid=anna"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
