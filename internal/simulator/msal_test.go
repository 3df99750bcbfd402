package simulator

import (
	"context"
	"crypto/x509"
	"net/url"
	"testing"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// Microsoft's own library for sign-in gets tokens that Graph accepts, by
// secret and by certificate.
func TestMicrosoftsOwnSignIn(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 1)
	key, cert := certificate(t, time.Now().Add(time.Hour))
	withCert := tenant.AddApp(App{Roles: allRoles, Certificates: []*x509.Certificate{cert}})
	bySecret, err := confidential.NewCredFromSecret(c.app.Secret)
	if err != nil {
		t.Fatal(err)
	}
	byCert, err := confidential.NewCredFromCert([]*x509.Certificate{cert}, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		app  *App
		cred confidential.Credential
	}{{"secret", c.app, bySecret}, {"certificate", withCert, byCert}} {
		t.Run(tt.name, func(t *testing.T) {
			authority, err := url.JoinPath(c.s.Authority(), tenant.ID)
			if err != nil {
				t.Fatal(err)
			}
			lib, err := confidential.New(authority, tt.app.ClientID, tt.cred,
				confidential.WithHTTPClient(c.Client), confidential.WithInstanceDiscovery(false))
			if err != nil {
				t.Fatal(err)
			}
			result, err := lib.AcquireTokenByCredential(context.Background(), []string{GraphResource + "/.default"})
			if err != nil {
				t.Fatal(err)
			}
			asked := &client{Client: c.Client, t: t, s: c.s, app: tt.app, token: result.AccessToken}
			asked.must("/users/" + m.ObjectID + "/contacts")
		})
	}
}
