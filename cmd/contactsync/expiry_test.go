package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
)

func TestEndOfTheSecret(t *testing.T) {
	parallel(t)
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.Truncate(24*time.Hour).AddDate(0, 0, n) }
	for _, tt := range []struct {
		name string
		last time.Time
		want string
	}{
		{"nobody noted it", time.Time{}, ""},
		{"far away", day(61), ""},
		{"60 days before", day(60), "the last day of the client secret is 2027-01-20, in 60 days"},
		{"tomorrow", day(1), "the last day of the client secret is 2026-11-22, in 1 day"},
		{"today", day(0), "the last day of the client secret is today, 2026-11-21"},
		{"over", day(-1), "the last day of the client secret was 2026-11-20"},
	} {
		check(t, tt.name, expiry{what: bySecret, last: tt.last}.warning(now), tt.want)
	}
}

func TestRunWarnsOfTheSecretsEnd(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret_expires", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	out := w.run()
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "warning: the last day of the client secret is", "hint: make another one", "contactsync --store "+w.path("kvstore")+" secret\n")
	lacks(t, out.stderr, "dpkg-reconfigure", "sudo")
}

// A last day that is none keeps no phonebook from being brought up to date.
func TestADayThatIsNone(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret_expires", "31.12.2027")
	for _, args := range [][]string{nil, {"check"}, {"configured"}} {
		check(t, "exit status of "+strings.Join(args, " "), w.run(args...).status, 0)
	}
	contains(t, w.run().stderr, `warning: client_secret_expires: "31.12.2027" does not fit; want a date as YYYY-MM-DD`, "set contactsync client_secret_expires YYYY-MM-DD\n")
	out := w.run("check").stdout
	contains(t, out, "! keys", "want a date", "set contactsync client_secret_expires YYYY-MM-DD\n")
	contains(t, out, "– secret       not tested, because of: keys\n")
	lacks(t, out, "all are well-formed", "nobody noted")
}

// certify lets the app sign in with a certificate instead of the secret.
func (w *world) certify(end time.Time) {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.t.Fatal(err)
	}
	like := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, like, like, &key.PublicKey, key)
	if err != nil {
		w.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	w.tenant.Change(func() { w.app.Certificates = append(w.app.Certificates, cert) })
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})...)
	if err := os.WriteFile(w.path("app.pem"), text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.set("client_certificate", w.path("app.pem"))
}

func TestRunWarnsOfTheCertificatesEnd(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_secret_expires", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	w.certify(time.Now().AddDate(1, 0, 0))
	out := w.run()
	check(t, "exit status", out.status, 0)
	lacks(t, out.stderr, "the last day of the")
	end := time.Now().AddDate(0, 0, 20)
	w.certify(end)
	out = w.run()
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "warning: the last day of the certificate is "+end.UTC().Format(time.DateOnly)+", in 20 days", "Certificates & secrets", "takes the place of "+w.path("app.pem"))
}
