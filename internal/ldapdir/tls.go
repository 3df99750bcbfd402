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
)

// tlsError explains why the connection could not be encrypted. The library
// keeps nothing of a handshake after StartTLS that failed but its text.
func (d *Directory) tlsError(err error) error {
	class, hint := fault.Unavailable, brokeOff
	text := err.Error()
	says := func(part string) bool { return strings.Contains(text, part) }
	var e *ldap.Error
	switch {
	case says("certificate signed by unknown authority"):
		class, hint = fault.Config, "name the PEM file of the authority that signed the directory's certificate in the key ca_file"
	case says("certificate is valid for"), says("cannot validate certificate for"), says("certificate is not valid for any names"),
		says("certificate relies on legacy Common Name field"):
		class, hint = fault.Config, d.nameHint(err)
	case says("certificate has expired"):
		class, hint = fault.Config, "renew the directory's certificate, or correct this machine's clock (timedatectl)"
	case says("failed to verify certificate"), says("x509:"):
		class, hint = fault.Config, "the directory needs a certificate that its users can verify; see also the key ca_file"
	case says("first record does not look like a TLS handshake"):
		class, hint = fault.Config, "that port speaks no TLS; use ldap:// with ldap_starttls, or the port of ldaps"
	case says("remote error: tls"), says("protocol version not supported"):
		class, hint = fault.Config, "the directory refuses this TLS connection; it must offer TLS 1.2 or newer"
	case text == "EOF":
		hint = "the directory hung up; check that the port in ldap_url is one of ldaps"
	case errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork && e.ResultCode != ldap.LDAPResultBusy:
		class, hint = fault.Config, "the directory offers no StartTLS; give it a certificate, or use an ldaps:// address in ldap_url"
	}
	if errors.As(err, &e) {
		err = answer{e}
	}
	return fault.New(class, hint, "start TLS with %s: %w", d.server.address, err)
}

// brokeOff is what to do about a connection that ends. One to a port of ldaps
// without TLS does so each time, and nothing tells the two from each other.
const brokeOff = "the directory broke off or did not answer in time; the next run tries again; " +
	"where no run ever works, is the port in ldap_url one of ldaps? it wants ldaps://"

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
		there = "the name that stands in it" // which the library kept for itself
	}
	kind := "DNS:"
	if net.ParseIP(d.server.host) != nil {
		kind = "IP:"
	}
	renew := "make one with subjectAltName=" + kind + d.server.host
	if there == "" {
		return "the certificate names nobody but in its CN, which nothing reads any more; " + renew
	}
	return "the certificate bears another name; write into ldap_url, in the place of " + d.server.host + ": " + fault.Line(there, 300) + "; or " + renew
}

// namesIn returns the names that a certificate is valid for.
func namesIn(c *x509.Certificate) string {
	list := c.DNSNames
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return strings.Join(list, ", ")
}
