package settings

import (
	"crypto/sha256"
	"fmt"
)

// Digest returns a short text that changes with every setting that decides
// what is read, from where, or how it is written. A run that finds another
// digest than the last one's reads everything anew.
//
// It is made of the settings in force, so that writing down a default changes
// nothing. Credentials, ways through the network and the number of workers are
// not in it: to renew a secret costs no full read.
func (s Settings) Digest() string {
	l := s.LDAP
	h := sha256.New()
	for _, v := range []any{
		s.TenantID, s.ClientID, s.Office365, s.Source, s.Authority, s.GraphURL, s.EWSURL, s.EWSUsername,
		s.PhonebookName, s.AllFolders, s.SkipWithoutNumber, s.IncludeNotes, s.DefaultRegion, s.DefaultAreaCode,
		l.URL, l.BaseDN, l.GroupFilter, l.MemberAttribute, l.UIDAttribute, l.MailAttribute, l.ObjectIDAttribute,
	} {
		fmt.Fprintf(h, "%q\n", fmt.Sprint(v))
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}
