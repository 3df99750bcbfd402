package settings

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// decisive is a setting that decides what is read, from where, or how it is
// written.
type decisive struct {
	key   string
	value any
}

// decisive returns all of them, in an order that stays. Credentials, ways
// through the network and the number of workers are not among them: to renew a
// secret costs no full read.
func (s Settings) decisive() []decisive {
	l := s.LDAP
	return []decisive{
		{"tenant_id", s.TenantID}, {"client_id", s.ClientID}, {"office365", s.Office365}, {"source", s.Source},
		{"authority", s.Authority}, {"graph_url", s.GraphURL}, {"ews_url", s.EWSURL}, {"ews_username", s.EWSUsername},
		{"phonebookname", s.PhonebookName}, {"contact_folders", s.AllFolders}, {"skip_without_number", s.SkipWithoutNumber},
		{"include_notes", s.IncludeNotes}, {"default_region", s.DefaultRegion}, {"default_area_code", s.DefaultAreaCode},
		{"ldap_url", l.URL}, {"ldap_base_dn", l.BaseDN}, {"ldap_group_filter", l.GroupFilter}, {"ldap_member_attribute", l.MemberAttribute},
		{"ldap_uid_attribute", l.UIDAttribute}, {"ldap_mail_attribute", l.MailAttribute}, {"ldap_object_id_attribute", l.ObjectIDAttribute},
	}
}

// Digest returns a short text that changes with every setting that decides
// what is read, from where, or how it is written. A run that finds another
// digest than the last one's reads everything anew.
//
// It is made of the settings in force, so that writing down a default changes
// nothing. After a digest of them all stands a byte of each one's, which is
// enough to find out which of them changed; see ChangedSince.
func (s Settings) Digest() string {
	all := sha256.New()
	var each strings.Builder
	for _, d := range s.decisive() {
		text := fmt.Sprintf("%q\n", fmt.Sprint(d.value))
		fmt.Fprint(all, text)
		one := sha256.Sum256([]byte(text))
		fmt.Fprintf(&each, "%02x", one[0])
	}
	return fmt.Sprintf("%x-%s", all.Sum(nil)[:16], each.String())
}

// ChangedSince returns the keys of the settings that are others than those of
// an older digest; none where it cannot tell, as once in some hundred times.
func (s Settings) ChangedSince(digest string) (keys []string) {
	_, then, _ := strings.Cut(digest, "-")
	_, now, _ := strings.Cut(s.Digest(), "-")
	if len(then) != len(now) {
		return nil
	}
	for i, d := range s.decisive() {
		if then[2*i:2*i+2] != now[2*i:2*i+2] {
			keys = append(keys, d.key)
		}
	}
	return keys
}
