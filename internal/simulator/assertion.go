package simulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
)

// assertion is a client assertion (RFC 7523) taken apart.
type assertion struct {
	Algorithm string   `json:"alg"`
	SHA1      string   `json:"x5t"`
	SHA256    string   `json:"x5t#S256"`
	Chain     []string `json:"x5c"`

	body   assertionClaims
	signed string
	sig    []byte
}

type assertionClaims struct {
	Audience string  `json:"aud"`
	Issuer   string  `json:"iss"`
	Subject  string  `json:"sub"`
	Expires  float64 `json:"exp"`
	Begins   float64 `json:"nbf"`
}

func parseAssertion(text string) (*assertion, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("not a JSON web token")
	}
	a := &assertion{signed: parts[0] + "." + parts[1]}
	for i, into := range []any{a, &a.body} {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, into); err != nil {
			return nil, err
		}
	}
	var err error
	a.sig, err = base64.RawURLEncoding.DecodeString(parts[2])
	return a, err
}

// checkAssertion checks a client assertion against the app's certificates.
func (s *Server) checkAssertion(app *App, text, tenant string) *entraError {
	a, err := parseAssertion(text)
	if err != nil {
		return &entraError{401, "invalid_client", 50027, "JWT token is invalid or malformed."}
	}
	now := float64(s.tenant.clock().Unix())
	audiences := []string{s.base + "/" + tenant + "/oauth2/v2.0/token", s.base + "/" + tenant + "/v2.0", s.base + "/" + s.tenant.ID + "/v2.0"}
	cert := app.certificate(a)
	switch {
	case cert == nil:
		return keyError(app, a, "The key was not found.")
	case now < float64(cert.NotBefore.Unix()) || now > float64(cert.NotAfter.Unix()):
		return keyError(app, a, fmt.Sprintf("The key used is expired., Found key 'Start=%s, End=%s'",
			cert.NotBefore.Format("01/02/2006 15:04:05"), cert.NotAfter.Format("01/02/2006 15:04:05")))
	case a.verify(cert) != nil:
		return keyError(app, a, "The signature does not match the key.")
	case a.body.Issuer != app.ClientID || a.body.Subject != app.ClientID:
		return &entraError{401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter."}
	case !slices.Contains(audiences, a.body.Audience):
		return &entraError{401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer."}
	case now > a.body.Expires+300 || now < a.body.Begins-300:
		return &entraError{401, "invalid_client", 700024, "Client assertion is not within its valid time range."}
	}
	return nil
}

func keyError(app *App, a *assertion, reason string) *entraError {
	thumbprint := a.SHA1
	fill(&thumbprint, a.SHA256)
	b, _ := base64.RawURLEncoding.DecodeString(base64URL(thumbprint))
	return &entraError{401, "invalid_client", 700027, fmt.Sprintf("The certificate with identifier used to sign the client assertion is "+
		"not registered on application. [Reason - %s, Thumbprint of key used by client: '%X', Please visit the Azure Portal, Graph "+
		"Explorer or directly use MS Graph to see configured keys for app Id '%s'.]", reason, b, app.ClientID)}
}

// certificate returns the registered certificate that the assertion names:
// one that is known whole, or the first of x5c where its thumbprint is known.
func (app *App) certificate(a *assertion) *x509.Certificate {
	candidates := app.Certificates
	if len(a.Chain) > 0 {
		if der, err := base64.StdEncoding.DecodeString(a.Chain[0]); err == nil {
			if c, err := x509.ParseCertificate(der); err == nil && slices.Contains(app.Thumbprints, thumbprint256(c)) {
				candidates = append([]*x509.Certificate{c}, candidates...)
			}
		}
	}
	for _, c := range candidates {
		if base64URL(a.SHA256) == thumbprint256(c) || base64URL(a.SHA1) == thumbprint1(c) {
			return c
		}
	}
	return nil
}

// base64URL writes base64 of any sort as base64url without padding. The
// standard wants that; Microsoft's own libraries send the other.
func base64URL(s string) string {
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(s)
}

func thumbprint256(c *x509.Certificate) string {
	h := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(h[:])
}

func thumbprint1(c *x509.Certificate) string {
	h := sha1.Sum(c.Raw)
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// verify checks the signature.
func (a *assertion) verify(c *x509.Certificate) error {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("not an RSA key")
	}
	sum := sha256.Sum256([]byte(a.signed))
	switch a.Algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.sig)
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], a.sig, nil)
	}
	return fmt.Errorf("algorithm %q", a.Algorithm)
}

// serveKeys answers the key that access tokens are signed with (RFC 7517).
func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	pub := s.tokens.key.PublicKey
	enc := base64.RawURLEncoding
	writeSignIn(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": enc.EncodeToString(pub.N.Bytes()),
		"e": enc.EncodeToString(big.NewInt(int64(pub.E)).Bytes()),
	}}})
}
