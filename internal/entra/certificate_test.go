package entra

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
)

// TestCertificate signs in with each form of file; the server verifies the
// assertion.
func TestCertificate(t *testing.T) {
	now := time.Now()
	p, other := makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour)), makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour))
	for name, text := range map[string]string{
		"PKCS#1":       p.certPEM() + p.pkcs1(),
		"PKCS#8":       p.certPEM() + pkcs8(t, p.key),
		"key first":    pkcs8(t, p.key) + p.certPEM(),
		"chain":        other.certPEM() + p.certPEM() + p.pkcs1(),
		"bag comments": "Bag Attributes\n    friendlyName: app\nKey Attributes: <No Attributes>\n" + pkcs8(t, p.key) + "Bag Attributes\nsubject=CN = contactsync\n" + p.certPEM(),
		"CRLF":         strings.ReplaceAll(p.certPEM()+p.pkcs1(), "\n", "\r\n"),
		"other blocks": encode("X509 CRL", []byte{1}) + p.certPEM() + p.pkcs1(),
	} {
		t.Run(name, func(t *testing.T) {
			srv := newSignIn(t)
			srv.cert = p.cert
			c, _ := srv.config(transport.Options{})
			c.CertificateFile = filepath.Join(t.TempDir(), "app.pem")
			write(t, c.CertificateFile, []byte(text))
			c.Secret = nil
			mustToken(t, mustNew(t, c), scope)
		})
	}
}

// TestVerifyFails makes sure that the server's check can fail.
func TestVerifyFails(t *testing.T) {
	now := time.Now()
	p, other := makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour)), makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour))
	srv := newSignIn(t)
	srv.cert = p.cert
	var form url.Values
	srv.override = func(_ http.ResponseWriter, r *http.Request) bool {
		_ = r.ParseForm()
		form = r.PostForm
		return false
	}
	c, _ := srv.config(transport.Options{})
	c.CertificateFile = filepath.Join(t.TempDir(), "app.pem")
	write(t, c.CertificateFile, []byte(p.certPEM()+p.pkcs1()))
	mustToken(t, mustNew(t, c), scope)

	assertion, kind, audience := form.Get("client_assertion"), form.Get("client_assertion_type"), srv.URL+"/"+tenantID+"/oauth2/v2.0/token"
	if err := verify(assertion, kind, audience, p.cert); err != nil {
		t.Errorf("the assertion as it was sent: %v", err)
	}
	parts := strings.Split(assertion, ".")
	for name, err := range map[string]error{
		"another certificate": verify(assertion, kind, audience, other.cert),
		"another audience":    verify(assertion, kind, "https://x", p.cert),
		"another signature":   verify(parts[0]+"."+parts[1]+"."+strings.Repeat("A", len(parts[2])), kind, audience, p.cert),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestBadCertificates(t *testing.T) {
	now := time.Now()
	p, other := makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour)), makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour))
	expired, future := p, p
	expired.cert = makeCert(t, &p.key.PublicKey, p.key, now.Add(-2*time.Hour), now.Add(-time.Hour))
	future.cert = makeCert(t, &p.key.PublicKey, p.key, now.Add(time.Hour), now.Add(2*time.Hour))
	short := makePair(t, 1024, now.Add(-time.Hour), now.Add(time.Hour))
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecCert := encode("CERTIFICATE", makeCert(t, &ec.PublicKey, ec, now.Add(-time.Hour), now.Add(time.Hour)).Raw)
	sec1, err := x509.MarshalECPrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	legacy := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY",
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00112233445566778899AABBCCDDEEFF"}, Bytes: []byte("scrambled")}))
	for _, c := range []struct{ name, text, want, hint string }{
		{"empty", "", "no PEM file", "openssl pkcs12"},
		{"PKCS#12", "\x30\x82\x0a\x11\x02\x01\x03", "no PEM file", "openssl pkcs12"},
		{"no certificate", p.pkcs1(), "no certificate", "one PEM file"},
		{"no key", p.certPEM(), "no key", "one PEM file"},
		{"encrypted PKCS#8", p.certPEM() + encode("ENCRYPTED PRIVATE KEY", []byte("scrambled")), "encrypted", "openssl pkey -in app.pem -out app.key; join app.key and the certificate in one file"},
		{"encrypted PKCS#1", p.certPEM() + legacy, "encrypted", "openssl pkey"},
		{"EC key", ecCert + encode("EC PRIVATE KEY", sec1), "no RSA key", "openssl req"},
		{"EC key in PKCS#8", ecCert + pkcs8(t, ec), "no RSA key", "openssl req"},
		{"somebody else's key", p.certPEM() + other.pkcs1(), "does not belong", "one PEM file"},
		{"two keys", p.certPEM() + p.pkcs1() + other.pkcs1(), "more than one key", "one PEM file"},
		{"expired", expired.certPEM() + p.pkcs1(), "expired on 2", "it expired on 2"},
		{"not yet", future.certPEM() + p.pkcs1(), "not valid before", "clock"},
		{"short", short.certPEM() + short.pkcs1(), "too short: 1024", "2048"},
		{"damaged certificate", encode("CERTIFICATE", []byte("x")) + p.pkcs1(), "damaged", "one PEM file"},
		{"damaged key", p.certPEM() + encode("PRIVATE KEY", []byte("secretish")), "damaged", "one PEM file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "app.pem")
			write(t, file, []byte(c.text))
			_, err := New(Config{Authority: "https://x", TenantID: tenantID, ClientID: clientID, CertificateFile: file})
			if err == nil {
				t.Fatal("it was taken")
			}
			if fault.ClassOf(err) != fault.Config || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.HintOf(err), c.hint) {
				t.Errorf("class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
			}
			if !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "secretish") {
				t.Errorf("text %q", err)
			}
		})
	}
}

// The end is that of the key's own certificate, not of another in the file, and
// is told though it be over.
func TestCertificateEnd(t *testing.T) {
	now := time.Now()
	end := now.Add(-time.Hour).UTC().Truncate(time.Second)
	p, other := makePair(t, 2048, end.Add(-time.Hour), end), makePair(t, 2048, now, now.Add(time.Hour))
	file := filepath.Join(t.TempDir(), "app.pem")
	write(t, file, []byte(other.certPEM()+p.certPEM()+p.pkcs1()))
	if got, err := CertificateEnd(file); err != nil || !got.Equal(end) {
		t.Errorf("got %v, %v; want %v", got, err, end)
	}
	write(t, file, []byte(other.certPEM()+p.pkcs1()))
	if _, err := CertificateEnd(file); fault.ClassOf(err) != fault.Config || fault.HintOf(err) == "" || !strings.Contains(err.Error(), file) {
		t.Errorf("a certificate of another key: %v", err)
	}
	if _, err := CertificateEnd(file + "x"); fault.ClassOf(err) != fault.Config || fault.HintOf(err) == "" {
		t.Errorf("no file: %v", err)
	}
}

// FuzzParsePEM reads files of any content.
func FuzzParsePEM(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: x\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, key, err := parsePEM(data)
		if (err == nil) != (len(certs) > 0 && key != nil) {
			t.Errorf("%d certificates, key %v, error %v", len(certs), key != nil, err)
		}
	})
}
