package ldapdir_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/ldapdir"
	"contactsync/internal/ldapdir/ldaptest"
)

// tlsServer returns the addresses of a server that shows a certificate of its
// own, over ldaps and after StartTLS, and nothing else.
func tlsServer(t *testing.T, cn string, dns ...string) (ldaps, startTLS, caFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: cn}, DNSNames: dns, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	serve := func(begin func(net.Conn)) (address string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				raw, err := l.Accept()
				if err != nil {
					return
				}
				begin(raw)
				tls.Server(raw, config).Handshake()
				raw.Close()
			}
		}()
		return l.Addr().String()
	}
	return "ldaps://" + serve(func(net.Conn) {}), "ldap://" + serve(func(raw net.Conn) {
		raw.Read(make([]byte, 1000))
		// An ExtendedResponse to message 1 that says success (RFC 4511, 4.12).
		raw.Write([]byte{0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0})
	}), caFile
}

// The name that a certificate bears is what one needs to know.
func TestNamesOfCertificates(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	byName := func(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }
	ldaps, startTLS, ca := tlsServer(t, "old.example.org", "ldap.example.org", "ldap2.example.org")
	cnLDAPS, cnStartTLS, cnCA := tlsServer(t, "localhost")
	for name, c := range map[string]struct{ url, ca, hint string }{
		"ldaps by another name":    {byName(ldaps), ca, "write into ldap_url, in the place of localhost: ldap.example.org, ldap2.example.org; or make one with subjectAltName=DNS:localhost"},
		"StartTLS by another name": {byName(startTLS), ca, "write into ldap_url, in the place of localhost: ldap.example.org, ldap2.example.org"},
		"ldaps by number":          {ldaps, ca, "write into ldap_url, in the place of 127.0.0.1: ldap.example.org, ldap2.example.org; or make one with subjectAltName=IP:127.0.0.1"},
		"StartTLS by number":       {startTLS, ca, "write into ldap_url, in the place of 127.0.0.1: the name that stands in it"},
		"ldaps with a CN alone":    {byName(cnLDAPS), cnCA, "make one with subjectAltName=DNS:localhost"},
		"StartTLS with a CN alone": {byName(cnStartTLS), cnCA, "make one with subjectAltName=DNS:localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			members, err := read(t, s, func(c2 *ldapdir.Config) { c2.URL, c2.CAFile = c.url, c.ca })
			wantFault(t, members, err, fault.Config, "", c.hint)
			if strings.Contains(name, "alone") && strings.Contains(fault.HintOf(err), "write into ldap_url") {
				t.Errorf("there is no name: %s", fault.HintOf(err))
			}
		})
	}
}

// A port of ldaps behind ldap:// breaks off at every run.
func TestPortOfLDAPS(t *testing.T) {
	s := ldaptest.NewServer(t, ldaptest.Options{}, anna()...)
	for name, change := range map[string]func(*ldapdir.Config){
		"StartTLS": func(*ldapdir.Config) {},
		"plain":    func(c *ldapdir.Config) { c.StartTLS = false },
		"sign-in": func(c *ldapdir.Config) {
			signIn(ldaptest.ReaderDN, ldaptest.ReaderPassword)(c)
			c.StartTLS = false
		},
	} {
		t.Run(name, func(t *testing.T) {
			members, err := read(t, s, func(c *ldapdir.Config) {
				c.URL, c.Timeout = strings.Replace(s.TLSURL, "ldaps:", "ldap:", 1), time.Second
				change(c)
			})
			wantFault(t, members, err, fault.Unavailable, "", "is the port in ldap_url one of ldaps?")
		})
	}
}
