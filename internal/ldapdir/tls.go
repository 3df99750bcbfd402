package ldapdir

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// tlsError explains why the connection could not be encrypted. The library
// keeps nothing of a handshake after StartTLS that failed but its text.
func (d *Directory) tlsError(err error) error {
	class, hint := fault.Unavailable, words.DirectoryBrokeOff
	text := err.Error()
	says := func(part string) bool { return strings.Contains(text, part) }
	var e *ldap.Error
	switch {
	case says("certificate signed by unknown authority"):
		class, hint = fault.Config, words.DirectoryAuthority
	case says("certificate is valid for"), says("cannot validate certificate for"), says("certificate is not valid for any names"),
		says("certificate relies on legacy Common Name field"):
		class, hint = fault.Config, d.nameHint(err)
	case says("certificate has expired"):
		class, hint = fault.Config, words.DirectoryExpired
	case says("failed to verify certificate"), says("x509:"):
		class, hint = fault.Config, words.DirectoryUnproved
	case says("first record does not look like a TLS handshake"):
		class, hint = fault.Config, words.PortWithoutTLS
	case says("remote error: tls"), says("protocol version not supported"):
		class, hint = fault.Config, words.TLSRefused
	case text == "EOF":
		hint = words.DirectoryHungUp
	case errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork && e.ResultCode != ldap.LDAPResultBusy:
		class, hint = fault.Config, words.NoStartTLS
	}
	if errors.As(err, &e) {
		err = answer{e}
	}
	return fault.New(class, hint, "start TLS with %s: %w", d.server.address, err)
}

// names are those that a certificate is valid for, in the text of an
// x509.HostnameError.
var names = regexp.MustCompile(`certificate is valid for (.+), not `)

// nameHint says what to do about a certificate without the name in ldap_url.
func (d *Directory) nameHint(err error) string {
	there := ""
	var unverified *tls.CertificateVerificationError
	if m := names.FindStringSubmatch(err.Error()); m != nil {
		there = m[1]
	} else if errors.As(err, &unverified) && len(unverified.UnverifiedCertificates) > 0 {
		there = namesIn(unverified.UnverifiedCertificates[0])
	} else if strings.Contains(err.Error(), "cannot validate certificate for") {
		there = words.Fill(words.NameInside) // which the library kept for itself
	}
	kind := "DNS:"
	if net.ParseIP(d.server.host) != nil {
		kind = "IP:"
	}
	if there == "" {
		return words.Say(words.NamedInCNOnly, kind+d.server.host)
	}
	return words.Say(words.NamedOtherwise, d.server.host, fault.Line(there, 300), kind+d.server.host)
}

// namesIn returns the names that a certificate is valid for.
func namesIn(c *x509.Certificate) string {
	list := c.DNSNames
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return strings.Join(list, ", ")
}
