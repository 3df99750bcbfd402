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
	r.need("tenant_id", s.TenantID == "", "want the {tenant id}, e.g. %s", exampleGUID)
	r.need("client_id", s.ClientID == "", "want the {client id}, e.g. %s", exampleGUID)
	if s.ClientID != "" && s.ClientID == s.TenantID {
		r.problem("tenant_id", "is the same as client_id; want the {tenant id}, which differs from the {client id}")
		r.problem("client_id", "is the same as tenant_id; want the {client id}, which differs from the {tenant id}")
	}
	secret := s.ClientSecret.Reveal()
	switch {
	case s.ClientCertificate != "":
		if secret != "" {
			r.warn("client_secret", "has no effect, because client_certificate is set")
		}
	case s.secretFlaw() != "":
		r.problem("client_secret", "%s", words.Fill(s.secretFlaw()))
	case !r.failed("client_certificate"):
		r.need("client_secret", secret == "", "want the value of a client secret, or client_certificate instead of it")
	}
}

// secretFlaw returns what is wrong with a client secret that cannot be one, as it
// is said behind the key; an empty string where nothing is. Entra makes them of
// letters, digits and a few marks.
func (s *Settings) secretFlaw() string {
	const wanted = "; want the secret's value, which Entra shows once, right after the secret was made: make a new one in {secrets}"
	secret := s.ClientSecret.Reveal()
	switch id := strings.ToLower(secret); {
	case id == "":
		return ""
	case id == s.TenantID:
		return "is the tenant's id, the same as tenant_id" + wanted
	case id == s.ClientID:
		return "is the app's id, the same as client_id" + wanted
	case guid.MatchString(secret):
		return "is the secret's id, a GUID; want its value, which Entra shows next to it once, " +
			"right after the secret was made: make a new one in {secrets}"
	case nameBefore.MatchString(secret):
		return "begins with the key's own name; store what stands behind it alone"
	case inQuotes(secret):
		return "begins and ends with a quotation mark; store it without"
	case strings.ContainsAny(secret, " \u00a0"):
		return "has a blank in the middle, which no client secret has; want the content of the column {value} alone"
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
		r.problem("authority", "must start with https://; want e.g. https://login.microsoftonline.com")
	} else if u.Path != "" {
		r.problem("authority", "must end after the host: the tenant belongs in tenant_id; want e.g. https://login.microsoftonline.com")
	}
	graph, _ := url.Parse(s.GraphURL)
	if c, ok := find(func(c cloud) bool { return c.hasGraph(graph.Hostname()) }); ok && graph.Path != "/v1.0" && graph.Path != "/beta" {
		r.problem("graph_url", "must end in the version; want %s", c.graphURL)
	}
	s.checkEWSPath(r, clouds[0].ewsURL)
}

func (s *Settings) checkEWSPath(r *reader, example string) {
	if u, _ := url.Parse(s.EWSURL); u.Path == "" {
		r.problem("ews_url", "has no path; want e.g. %s", example)
	}
}

// checkOwnServer looks at what an Exchange server of one's own needs.
func (s *Settings) checkOwnServer(r *reader) {
	if s.Source == Graph {
		r.problem("source", "is a service of Microsoft 365; want ews or auto where office365 is false")
	}
	s.Source = EWS
	const why, example = "where office365 is false", "https://mail.example.org/EWS/Exchange.asmx"
	_, microsoft := find(func(c cloud) bool { return c.hasEWS(hostOf(s.EWSURL)) })
	switch {
	case clean(r.values["ews_url"]) == "":
		r.need("ews_url", true, "want the Exchange server's address %s, e.g. %s", why, example)
	case microsoft && !r.failed("ews_url"):
		r.problem("ews_url", "is Microsoft's server; want that of an Exchange server of one's own %s", why)
	default:
		s.checkEWSPath(r, example)
	}
	r.need("ews_username", s.EWSUsername == "", "want the account that may impersonate %s, e.g. EXAMPLE\\contactsync or contactsync@example.org", why)
	r.need("ews_password", !s.EWSPassword.IsSet(), "want the account's password %s", why)
}

func (s *Settings) checkProxy(r *reader) {
	switch {
	case s.ProxyURL == "" && !r.failed("proxy_url") && (s.ProxyUsername != "" || s.ProxyPassword.IsSet()):
		r.warn("proxy_url", "is not set, so proxy_username and proxy_password have no effect")
	case s.ProxyURL != "":
		r.need("proxy_username", s.ProxyUsername == "" && s.ProxyPassword.IsSet(), "proxy_password is set; want the user that it belongs to")
	}
}

// checkLDAP keeps the bind password from a line that others can read.
func (s *Settings) checkLDAP(r *reader) {
	l := s.LDAP
	r.need("ldap_bind_dn", l.BindDN == "" && l.BindPassword.IsSet(), "ldap_bind_password is set; want the entry that it belongs to, e.g. cn=contactsync,dc=example,dc=org")
	// RFC 4513, 5.1.2: a name without a password binds as nobody, and succeeds.
	r.need("ldap_bind_password", l.BindDN != "" && !l.BindPassword.IsSet(), "ldap_bind_dn is set; want its password")
	if strings.HasPrefix(l.URL, "ldap://") && !l.StartTLS && l.BindPassword.IsSet() && !transport.Loopback(hostOf(l.URL)) {
		r.problem("ldap_starttls", "would send ldap_bind_password unencrypted; want true, or an ldaps:// address in ldap_url")
	}
}
