package simulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The resources that a token can be for.
const (
	GraphResource = "https://graph.microsoft.com"
	EWSResource   = "https://outlook.office365.com"
)

// claims are those of an access token that the services look at.
type claims struct {
	Audience string   `json:"aud"`
	Issuer   string   `json:"iss"`
	IssuedAt int64    `json:"iat"`
	Begins   int64    `json:"nbf"`
	Expires  int64    `json:"exp"`
	AppID    string   `json:"appid"`
	Auth     string   `json:"appidacr"` // 1: secret, 2: certificate
	IDType   string   `json:"idtyp"`
	ObjectID string   `json:"oid"`
	Subject  string   `json:"sub"`
	Roles    []string `json:"roles,omitempty"`
	TenantID string   `json:"tid"`
	Version  string   `json:"ver"`
	ID       string   `json:"uti"`
}

// tokens signs access tokens and remembers which signatures it has checked.
type tokens struct {
	key     *rsa.PrivateKey
	checked sync.Map // token to *claims
}

// signingKey is made once for a process, because making one is slow.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // no randomness: nothing works
	}
	return key
})

func newTokens() *tokens { return &tokens{key: signingKey()} }

const keyID = "simulator-1"

// sign returns the token with these claims.
func (t *tokens) sign(c claims) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"typ":"JWT","alg":"RS256","kid":"`+keyID+`"}`)) + "." + enc.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, t.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + enc.EncodeToString(sig), nil
}

// check returns the claims of a token that this server signed. Whether it has
// expired is not looked at.
func (t *tokens) check(token string) (*claims, error) {
	if c, ok := t.checked.Load(token); ok {
		return c.(*claims), nil
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, refusal("JWT is not well formed")
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, fmt.Errorf("decode signature: %w", err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&t.key.PublicKey, crypto.SHA256, sum[:], sig); err != nil {
		return nil, refusal("signature validation failed")
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("decode claims: %w", err)
	}
	c := &claims{}
	if err := json.Unmarshal(body, c); err != nil {
		return nil, fmt.Errorf("decode claims: %w", err)
	}
	t.checked.Store(token, c)
	return c, nil
}

// refusal is why a token is not taken, in the words of the service.
type refusal string

func (r refusal) Error() string { return string(r) }

const errNoToken = refusal("Access token is empty.")

// caller returns the app whose token the request carries, where that is valid
// for the resource, and the token's claims. The tenant must not be locked.
func (s *Server) caller(r *http.Request, resource string) (*App, *claims, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, nil, errNoToken
	}
	c, err := s.tokens.check(strings.TrimSpace(token))
	if err != nil {
		return nil, nil, err
	}
	if c.Audience != resource {
		return nil, nil, refusal("Invalid audience.")
	}
	s.tenant.mu.RLock()
	defer s.tenant.mu.RUnlock()
	if s.tenant.clock().Unix() >= c.Expires {
		return nil, nil, refusal("Lifetime validation failed, the token is expired.")
	}
	app := s.tenant.app(c.AppID)
	if app == nil {
		return nil, nil, refusal("The identity of the calling application could not be established.")
	}
	return app, c, nil
}

// has says whether the token shows one of the roles.
func (c *claims) has(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(c.Roles, r) })
}

// issue returns a token for the app and resource, and its lifetime.
func (s *Server) issue(app *App, resource, auth string) (string, time.Duration, error) {
	now := s.tenant.clock()
	sp := guid(s.tenant.ID, "service principal", app.ClientID)
	token, err := s.tokens.sign(claims{
		Audience: resource, Issuer: "https://sts.windows.net/" + s.tenant.ID + "/",
		IssuedAt: now.Unix(), Begins: now.Unix(), Expires: now.Add(s.opts.TokenLifetime).Unix(),
		AppID: app.ClientID, Auth: auth, IDType: "app", ObjectID: sp, Subject: sp,
		Roles: app.Roles[resource], TenantID: s.tenant.ID, Version: "1.0", ID: requestID(),
	})
	return token, s.opts.TokenLifetime, err
}
