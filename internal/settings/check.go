package settings

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// check looks at keys that must fit each other.
func (s *Settings) check(r *reader) {
	if s.Office365 {
		s.checkApp(r)
		s.checkURLs(r)
		s.checkCloud(r)
	} else {
		s.checkOwnServer(r)
	}
	s.checkProxy(r)
	s.checkLDAP(r)
}

// checkApp looks at the app registration.
func (s *Settings) checkApp(r *reader) {
	r.need("tenant_id", s.TenantID == "", words.WantTenantID, exampleGUID)
	r.need("client_id", s.ClientID == "", words.WantClientID, exampleGUID)
	if s.ClientID != "" && s.ClientID == s.TenantID {
		r.problem("tenant_id", words.TenantIsApp)
		r.problem("client_id", words.AppIsTenant)
	}
	secret := s.ClientSecret.Reveal()
	switch {
	case s.ClientCertificate != "":
		if secret != "" {
			r.idle("client_secret", words.HasNoEffect)
		}
	case s.secretFlaw() != "":
		r.problem("client_secret", "%s", words.Fill(s.secretFlaw()))
	case !r.failed("client_certificate"):
		r.need("client_secret", secret == "", words.WantSecret)
	}
}

// secretFlaw returns what is wrong with a client secret that cannot be one, as it
// is said behind the key; an empty string where nothing is. Entra makes them of
// letters, digits and a few marks.
func (s *Settings) secretFlaw() string {
	secret := s.ClientSecret.Reveal()
	switch id := strings.ToLower(secret); {
	case id == "":
		return ""
	case id == s.TenantID:
		return words.SecretIsTenant
	case id == s.ClientID:
		return words.SecretIsApp
	case guid.MatchString(secret):
		return words.SecretIsItsID
	case nameBefore.MatchString(secret):
		return words.SecretWithName
	case inQuotes(secret):
		return words.SecretQuoted
	case strings.ContainsAny(secret, " \u00a0"):
		return words.SecretWithBlanks
	}
	return ""
}

var nameBefore = regexp.MustCompile(`(?i)^["']?client_secret["']?[\s\p{Zs}]*[=:]`)

// inQuotes tells whether a text is quoted, in a way of any language.
func inQuotes(text string) bool {
	const marks = "\"'`´„“”‚‘’«»‹›"
	first, n := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return len(text) > n && strings.ContainsRune(marks, first) && strings.ContainsRune(marks, last)
}

// checkURLs looks at addresses of Microsoft's services.
func (s *Settings) checkURLs(r *reader) {
	u, _ := url.Parse(s.Authority)
	if u.Scheme != "https" {
		r.problem("authority", words.AuthorityPlain)
	} else if u.Path != "" {
		r.problem("authority", words.AuthorityLong)
	}
	graph, _ := url.Parse(s.GraphURL)
	if c, ok := find(func(c cloud) bool { return c.hasGraph(graph.Hostname()) }); ok && graph.Path != "/v1.0" && graph.Path != "/beta" {
		r.problem("graph_url", words.GraphURLVersion, c.graphURL)
	}
	s.checkEWSPath(r, clouds[0].ewsURL)
}

func (s *Settings) checkEWSPath(r *reader, example string) {
	if u, _ := url.Parse(s.EWSURL); u.Path == "" {
		r.problem("ews_url", words.EWSURLNoPath, example)
	}
}

// checkOwnServer looks at what an Exchange server of one's own needs.
func (s *Settings) checkOwnServer(r *reader) {
	if s.Source == Graph {
		r.problem("source", words.SourceOfTheCloud)
	}
	s.Source = EWS
	const example = "https://mail.example.org/EWS/Exchange.asmx"
	_, microsoft := find(func(c cloud) bool { return c.hasEWS(hostOf(s.EWSURL)) })
	switch {
	case clean(r.values["ews_url"]) == "":
		r.need("ews_url", true, words.WantOwnServer, example)
	case microsoft && !r.failed("ews_url"):
		r.problem("ews_url", words.NotOwnServer)
	default:
		s.checkEWSPath(r, example)
	}
	r.need("ews_username", s.EWSUsername == "", words.WantAccount)
	r.need("ews_password", !s.EWSPassword.IsSet(), words.WantPassword)
}

func (s *Settings) checkProxy(r *reader) {
	switch {
	case s.ProxyURL == "" && !r.failed("proxy_url") && (s.ProxyUsername != "" || s.ProxyPassword.IsSet()):
		r.warn("proxy_url", words.ProxyNotSet)
	case s.ProxyURL != "":
		r.need("proxy_username", s.ProxyUsername == "" && s.ProxyPassword.IsSet(), words.WantProxyUser)
	}
}

// checkLDAP keeps the bind password from a line that others can read.
func (s *Settings) checkLDAP(r *reader) {
	l := s.LDAP
	r.need("ldap_bind_dn", l.BindDN == "" && l.BindPassword.IsSet(), words.WantBindDN)
	// RFC 4513, 5.1.2: a name without a password binds as nobody, and succeeds.
	r.need("ldap_bind_password", l.BindDN != "" && !l.BindPassword.IsSet(), words.WantBindPassword)
	if strings.HasPrefix(l.URL, "ldap://") && !l.StartTLS && l.BindPassword.IsSet() && !transport.Loopback(hostOf(l.URL)) {
		r.problem("ldap_starttls", words.PasswordPlain)
	}
}
