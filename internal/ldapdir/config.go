package ldapdir

import (
	"crypto/tls"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// defaultSocket is where OpenLDAP's slapd listens for ldapi:///.
const defaultSocket = "/var/run/slapd/ldapi"

// endpoint is where a directory listens.
type endpoint struct {
	scheme  string // ldap, ldaps or ldapi
	network string // tcp or unix
	address string // host:port, or the path of a socket
	host    string // the name that its certificate has to bear
}

// New returns the directory that c describes, without connecting to it. The
// error is a *fault.Error of class Config.
func New(c Config) (*Directory, error) {
	for field, value := range map[*string]string{
		&c.URL: "ldapi:///", &c.GroupFilter: DefaultGroupFilter, &c.MemberAttribute: "member",
		&c.UIDAttribute: "uid", &c.MailAttribute: "mail",
	} {
		if *field == "" {
			*field = value
		}
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	server, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	d := &Directory{cfg: c, server: server}
	encrypted := server.scheme == "ldaps" || server.scheme == "ldap" && c.StartTLS
	if server.scheme == "ldap" && !encrypted && c.BindDN != "" && !transport.Loopback(server.host) {
		return nil, fault.New(fault.Config, words.PasswordWithoutTLS,
			words.PasswordInPlain, server.address)
	}
	if encrypted {
		roots, err := transport.CertPool(c.CAFile)
		if err != nil {
			return nil, err
		}
		d.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: server.host, RootCAs: roots}
	}
	return d, nil
}

// check looks at what can be wrong without asking the server.
func (c *Config) check() error {
	if _, err := ldap.CompileFilter(c.GroupFilter); err != nil {
		return explain(err, "read ldap_group_filter")
	}
	for key, dn := range map[string]string{"ldap_base_dn": c.BaseDN, "ldap_bind_dn": c.BindDN} {
		if _, err := ldap.ParseDN(dn); err != nil {
			return fault.New(fault.Config, words.DNLike, "read %s: %w", key, err)
		}
	}
	for key, name := range map[string]string{
		"ldap_member_attribute": c.MemberAttribute, "ldap_uid_attribute": c.UIDAttribute,
		"ldap_mail_attribute": c.MailAttribute, "ldap_object_id_attribute": c.ObjectIDAttribute,
	} {
		if name != "" && !attributeType.MatchString(name) {
			return fault.New(fault.Config, words.OneAttribute, words.NoAttributeName, key, name)
		}
	}
	if c.BindDN != "" && (c.BindPassword == nil || c.BindPassword() == "") {
		// A server takes a DN without a password for nobody (RFC 4513, 5.1.2).
		return fault.New(fault.Config, words.SetBindPassword,
			words.NoBindPassword, c.BindDN)
	}
	if c.BindPassword != nil {
		fault.Hide(c.BindPassword())
	}
	return nil
}

// attributeType is a name or an object identifier (RFC 4512, 1.4).
var attributeType = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)$`)

// parseURL reads an address of RFC 4516 that names a server and nothing more.
// The path of a socket stands in the place of the host, percent-encoded, or
// after it, as people write it.
func parseURL(text string) (endpoint, error) {
	scheme, rest, found := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	if found && scheme == "ldapi" {
		path, err := url.PathUnescape(rest)
		if err != nil {
			return endpoint{}, badURL(text)
		}
		if path = strings.TrimRight(path, "/"); path == "" {
			path = defaultSocket
		}
		return endpoint{scheme: scheme, network: "unix", address: path}, nil
	}
	u, err := url.Parse(text)
	port, known := map[string]string{"ldap": ldap.DefaultLdapPort, "ldaps": ldap.DefaultLdapsPort}[scheme]
	if err != nil || !known || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return endpoint{}, badURL(text)
	}
	host := u.Hostname()
	if host == "" {
		host = "localhost"
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return endpoint{scheme: scheme, network: "tcp", address: net.JoinHostPort(host, port), host: host}, nil
}

// badURL says that text is no address. A password that somebody put into it
// stays out of the message.
func badURL(text string) error {
	if i := strings.LastIndex(text, "@"); i >= 0 {
		text = "…" + text[i:]
	}
	return fault.New(fault.Config, words.LDAPURLLike,
		words.NoLDAPServer, text)
}
