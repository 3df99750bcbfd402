package entra_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"contactsync/internal/entra"
	"contactsync/internal/fault"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

const graphScope = "https://graph.microsoft.com/.default"

// simulated returns the simulated tenant's sign-in service with an app, and
// what signs in to it.
func simulated(t *testing.T) (*simulator.Server, *simulator.App, entra.Config) {
	t.Helper()
	tenant := simulator.NewTenant("contoso.example")
	app := tenant.AddApp(simulator.App{Secret: "right~value", Roles: map[string][]string{"https://graph.microsoft.com": {"Contacts.Read"}}})
	srv, err := simulator.Start(tenant, simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := srv.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	tr, err := transport.New(transport.Options{CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	return srv, app, entra.Config{Authority: srv.Authority(), TenantID: tenant.ID, ClientID: app.ClientID,
		Secret: func() string { return "right~value" }, HTTPClient: tr.Client(),
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func TestSimulatedTenant(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*simulator.Server, *simulator.App, *entra.Config)
		code  string // empty: it works
		class fault.Class
	}{
		{"right", func(*simulator.Server, *simulator.App, *entra.Config) {}, "", 0},
		{"throttled twice", func(s *simulator.Server, _ *simulator.App, _ *entra.Config) {
			s.SetFault(simulator.Times(2, "/token", simulator.SignInThrottled("3")))
		}, "", 0},
		{"wrong secret", func(_ *simulator.Server, _ *simulator.App, c *entra.Config) {
			c.Secret = func() string { return "wrong" }
		}, "AADSTS7000215", fault.Config},
		{"secret's id", func(_ *simulator.Server, a *simulator.App, c *entra.Config) {
			c.Secret = func() string { return a.SecretID }
		}, "AADSTS7000215", fault.Config},
		{"expired secret", func(_ *simulator.Server, a *simulator.App, _ *entra.Config) { a.Expired = true }, "AADSTS7000222", fault.Config},
		{"unknown app", func(_ *simulator.Server, _ *simulator.App, c *entra.Config) {
			c.ClientID = "00000000-1111-2222-3333-444444444444"
		}, "AADSTS700016", fault.Config},
		{"unknown tenant", func(_ *simulator.Server, _ *simulator.App, c *entra.Config) {
			c.TenantID = "00000000-1111-2222-3333-444444444444"
		}, "AADSTS90002", fault.Config},
		{"malformed tenant", func(_ *simulator.Server, _ *simulator.App, c *entra.Config) { c.TenantID = "nobody" }, "AADSTS900023", fault.Config},
		{"throttled always", func(s *simulator.Server, _ *simulator.App, _ *entra.Config) {
			s.SetFault(simulator.Always("/token", simulator.SignInThrottled("3")))
		}, "AADSTS90055", fault.Unavailable},
		{"login page", func(s *simulator.Server, _ *simulator.App, _ *entra.Config) {
			s.SetFault(func(*http.Request) simulator.Fault { return simulator.LoginPage })
		}, "web page", fault.Config},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv, app, cfg := simulated(t)
			c.set(srv, app, &cfg)
			s, err := entra.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			token, err := s.Token(t.Context(), graphScope)
			if c.code == "" {
				if err != nil || !reflect.DeepEqual(entra.Roles(token), []string{"Contacts.Read"}) {
					t.Errorf("roles %v, error %v", entra.Roles(token), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.code) || fault.ClassOf(err) != c.class || fault.HintOf(err) == "" {
				t.Errorf("class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
			}
		})
	}
}

// TestSimulatedCertificate signs in with a certificate, registered and not.
func TestSimulatedCertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "contactsync"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	thumbprint := sha256.Sum256(der)

	srv, app, cfg := simulated(t)
	cfg.CertificateFile = file
	sign := func() error {
		s, err := entra.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Token(t.Context(), graphScope)
		return err
	}
	if err := sign(); fault.ClassOf(err) != fault.Config || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("not registered: %v", err)
	}
	srv.Tenant().Change(func() { app.Thumbprints = []string{base64.RawURLEncoding.EncodeToString(thumbprint[:])} })
	if err := sign(); err != nil {
		t.Errorf("registered: %v", err)
	}
}
