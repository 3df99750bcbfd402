package entra

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"contactsync/internal/transport"
)

const (
	tenantID = "aaaaaaaa-1111-2222-3333-444444444444"
	clientID = "bbbbbbbb-1111-2222-3333-444444444444"
	secret   = "Xy8~correct.horse+battery/staple="
	scope    = "https://graph.microsoft.com/.default"
)

// signIn is a sign-in service on loopback, with TLS of its own authority. Its
// answers have the form of Microsoft's.
type signIn struct {
	*httptest.Server
	t         *testing.T
	caFile    string
	discovery atomic.Int64 // requests
	tokens    atomic.Int64 // requests
	lifetime  int          // seconds
	cert      *x509.Certificate

	// override, where it is set, answers instead; false leaves it to the service.
	override func(w http.ResponseWriter, r *http.Request) bool
}

func newSignIn(t *testing.T) *signIn {
	t.Helper()
	s := &signIn{t: t, lifetime: 3600}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	s.caFile = filepath.Join(t.TempDir(), "ca.pem")
	write(t, s.caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	return s
}

func (s *signIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base := s.URL + "/" + tenantID
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch r.URL.Path {
	case "/" + tenantID + "/v2.0/.well-known/openid-configuration":
		s.discovery.Add(1)
		if s.override != nil && s.override(w, r) {
			return
		}
		fmt.Fprintf(w, `{"token_endpoint":%q,"authorization_endpoint":%q,"issuer":%q}`, base+"/oauth2/v2.0/token", base+"/oauth2/v2.0/authorize", base+"/v2.0")
	case "/" + tenantID + "/oauth2/v2.0/token":
		n := s.tokens.Add(1)
		if s.override != nil && s.override(w, r) {
			return
		}
		if err := s.check(r); err != nil {
			s.t.Errorf("token request: %v", err)
			refuse(w, 401, "invalid_client", 7000215, err.Error())
			return
		}
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%d,"ext_expires_in":%[1]d,"access_token":%q}`, s.lifetime, makeToken(n, r.PostFormValue("scope")))
	default:
		http.NotFound(w, r)
	}
}

// check says what is wrong with a token request (RFC 6749, 4.4.2; RFC 7523, 3).
func (s *signIn) check(r *http.Request) error {
	f := r.PostFormValue
	switch {
	case f("grant_type") != "client_credentials" || f("client_id") != clientID || !strings.Contains(f("scope"), "/.default"):
		return fmt.Errorf("form %v", r.PostForm)
	case s.cert != nil:
		return verify(f("client_assertion"), f("client_assertion_type"), s.URL+"/"+tenantID+"/oauth2/v2.0/token", s.cert)
	case f("client_secret") != secret:
		return errors.New("wrong secret")
	}
	return nil
}

// verify checks a client assertion as its reader would, by the certificate
// that is registered and by nothing else.
func verify(assertion, kind, audience string, cert *x509.Certificate) error {
	if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return fmt.Errorf("assertion type %q", kind)
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return fmt.Errorf("%d parts", len(parts))
	}
	var header struct {
		Alg  string   `json:"alg"`
		S256 string   `json:"x5t#S256"`
		X5C  []string `json:"x5c"`
	}
	var claims struct {
		Aud, Iss, Sub, Jti string
		Exp, Nbf           int64
	}
	for i, into := range []any{&header, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, into); err != nil {
			return err
		}
	}
	print := sha256.Sum256(cert.Raw)
	now := time.Now().Unix()
	switch {
	case strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(header.S256) != base64.RawURLEncoding.EncodeToString(print[:]):
		return fmt.Errorf("x5t#S256 %q", header.S256)
	case len(header.X5C) == 0 || header.X5C[0] != base64.StdEncoding.EncodeToString(cert.Raw):
		return errors.New("x5c does not begin with the certificate")
	case claims.Aud != audience || claims.Iss != clientID || claims.Sub != clientID || claims.Jti == "":
		return fmt.Errorf("claims %+v", claims)
	case claims.Nbf > now+60 || claims.Exp < now || claims.Exp > now+3600:
		return fmt.Errorf("not valid now: %+v", claims)
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch key := cert.PublicKey.(*rsa.PublicKey); header.Alg {
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], sig, nil)
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig)
	}
	return fmt.Errorf("algorithm %q", header.Alg)
}

// refuse answers an error as Entra does.
func refuse(w http.ResponseWriter, status int, name string, code int, text string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{
		"error":             name,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: 1f2e Correlation ID: 3d4c Timestamp: 2026-11-21 20:00:00Z", code, text),
		"error_codes":       []int{code}, "trace_id": "1f2e", "correlation_id": "3d4c", "timestamp": "2026-11-21 20:00:00Z",
	})
}

// makeToken returns an unsigned token with roles.
func makeToken(n int64, scope string) string {
	b := base64.RawURLEncoding.EncodeToString
	payload, _ := json.Marshal(map[string]any{"jti": n, "aud": strings.TrimSuffix(strings.Fields(scope)[0], "/.default"), "roles": []string{"Contacts.Read", "User.ReadBasic.All"}})
	return b([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." + b(payload) + "." + b([]byte("signature"))
}

// config returns what signs in to the service, with waits that are noted and
// not waited for.
func (s *signIn) config(o transport.Options) (Config, *waits) {
	s.t.Helper()
	o.CAFile = s.caFile
	return config(s.t, s.URL, o)
}

func config(t *testing.T, authority string, o transport.Options) (Config, *waits) {
	t.Helper()
	tr, err := transport.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Client().CloseIdleConnections)
	w := &waits{}
	return Config{Authority: authority, TenantID: tenantID, ClientID: clientID, Secret: func() string { return secret },
		HTTPClient: tr.Client(), Sleep: w.sleep}, w
}

// waits notes how long was to be waited.
type waits struct {
	mu   sync.Mutex
	list []time.Duration
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, d)
	return ctx.Err()
}

func mustNew(t *testing.T, c Config) *TokenSource {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

func mustToken(t *testing.T, s *TokenSource, scope string) string {
	t.Helper()
	token, err := s.Token(t.Context(), scope)
	if err != nil {
		t.Fatalf("Token: %v", err)
	}
	return token
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// pair is a certificate with its key.
type pair struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

func makePair(t *testing.T, bits int, from, to time.Time) pair {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return pair{key, makeCert(t, &key.PublicKey, key, from, to)}
}

func makeCert(t *testing.T, public any, signer crypto.Signer, from, to time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "contactsync"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func (p pair) certPEM() string { return encode("CERTIFICATE", p.cert.Raw) }

func (p pair) pkcs1() string { return encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(p.key)) }

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return encode("PRIVATE KEY", der)
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
