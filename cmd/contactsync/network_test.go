package main

import (
	"contactsync/internal/simulator"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connectProxy starts an HTTP proxy that wants a login and counts the
// connections that it makes.
func connectProxy(t *testing.T, user, password string) (address string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != want {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close()
		connections.Add(1)
		w.WriteHeader(http.StatusOK)
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		go io.Copy(there, here)
		io.Copy(here, there)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, connections
}

func TestEverythingGoesThroughTheProxy(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	address, connections := connectProxy(t, "svc", secret)
	w.set("proxy_url", address)
	r := w.sync(78)
	contains(t, r.Error+r.Hint, "proxy_username")
	check(t, "connections without a login", connections.Load(), 0)
	w.set("proxy_username", "svc")
	w.set("proxy_password", secret)
	w.sync(0)
	check(t, "names", w.names("anna"), "Erika")
	if connections.Load() == 0 {
		t.Error("nothing went through the proxy")
	}
}

// The settings' spelling of an address reaches the directory in every form.
func TestDirectoryByEveryAddress(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	for _, address := range []string{w.ldap.URL, w.ldap.TLSURL, w.ldap.SocketURL} {
		w.set("ldap_url", address)
		out := w.run("members", "--json")
		check(t, "exit status by "+address, out.status, 0)
		check(t, "members by "+address, out.stdout, `[{"user":"anna","mail":"anna@example.org","groups":["telefonie"],"problem":""}]`+"\n")
	}
}

func TestSignInByCertificate(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	thumbprint := w.certificate("app.pem")
	w.set("client_secret", "")
	w.set("client_certificate", w.path("app.pem"))
	r := w.sync(78)
	contains(t, r.Error+r.Hint, "certificate")
	w.tenant.Change(func() { w.app.Thumbprints = []string{thumbprint} })
	w.sync(0)
	check(t, "names", w.names("anna"), "Erika")
}

// certificate writes a certificate for twenty days with its key into a PEM file
// and returns its thumbprint, as x5t#S256 has it.
func (w *world) certificate(name string) (thumbprint string) {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "contactsync"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 20),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		w.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	var text strings.Builder
	pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	if err := os.WriteFile(w.path(name), []byte(text.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// With -v a run says what it waits for at the sign-in, too.
func TestSaysWhatTheSignInWaitsFor(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	var once sync.Once
	w.cloud.SetFault(func(r *http.Request) (f simulator.Fault) {
		if strings.Contains(r.URL.Path, "oauth2") {
			once.Do(func() { f = simulator.Broken(http.StatusServiceUnavailable, "1") })
		}
		return f
	})
	out := w.run("-v")
	check(t, "exit status", out.status, 0)
	contains(t, out.stderr, "waiting 1s before try 2 of 5", "503")
}
