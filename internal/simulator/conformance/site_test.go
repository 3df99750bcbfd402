package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"contactsync/internal/simulator"
)

// site is a served tenant with what a client needs to reach it.
type site struct {
	*simulator.Server
	app *simulator.App
	ca  string
}

func serve(t *testing.T, tenant *simulator.Tenant, o simulator.Options) *site {
	t.Helper()
	s, err := simulator.Start(tenant, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := s.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	return &site{s, tenant.Apps()[0], ca}
}

// trusting returns an HTTP client that trusts a certificate authority.
func trusting(ca []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

// contacts returns the contacts of a mailbox's default folder.
func contacts(m *simulator.Mailbox) []*simulator.Item {
	return slices.DeleteFunc(m.Items(m.Contacts), func(it *simulator.Item) bool { return it.List })
}
