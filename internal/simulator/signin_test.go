package simulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// entraCode returns the AADSTS code of an error's document, or 0.
func entraCode(doc map[string]any) int {
	codes, _ := doc["error_codes"].([]any)
	if len(codes) != 1 {
		return 0
	}
	code, _ := codes[0].(float64)
	return int(code)
}

func TestSignInErrors(t *testing.T) {
	tenant, c := start(t, Options{})
	tenant.AddApp(App{ClientID: "expired", Secret: "old", Expired: true})
	set := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	for _, tt := range []struct {
		name   string
		tenant string
		change url.Values
		status int
		err    string
		code   int
	}{
		{"wrong secret", tenant.ID, set("client_secret", "no"), 401, "invalid_client", 7000215},
		{"the secret's id", tenant.ID, set("client_secret", c.app.SecretID), 401, "invalid_client", 7000215},
		{"no secret", tenant.ID, set("client_secret", ""), 401, "invalid_client", 7000216},
		{"expired secret", tenant.ID, set("client_id", "expired", "client_secret", "old"), 401, "invalid_client", 7000222},
		{"unknown app", tenant.ID, set("client_id", "1234"), 400, "unauthorized_client", 700016},
		{"no app", tenant.ID, set("client_id", ""), 400, "invalid_request", 900144},
		{"unknown tenant", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", nil, 400, "invalid_request", 90002},
		{"unknown domain", "nowhere.example", nil, 400, "invalid_request", 90002},
		{"no tenant at all", "nonsense", nil, 400, "invalid_request", 900023},
		{"unknown resource", tenant.ID, set("scope", "https://nowhere.example/.default"), 400, "invalid_resource", 500011},
		{"delegated scope", tenant.ID, set("scope", "https://graph.microsoft.com/Contacts.Read"), 400, "invalid_scope", 1002012},
		{"no scope", tenant.ID, set("scope", ""), 400, "invalid_scope", 70011},
		{"two scopes", tenant.ID, set("scope", GraphResource+"/.default "+EWSResource+"/.default"), 400, "invalid_scope", 70011},
		{"other grant", tenant.ID, set("grant_type", "password"), 400, "unsupported_grant_type", 70003},
		{"bad assertion", tenant.ID, set("client_assertion", "a.b.c"), 401, "invalid_client", 50027},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, doc := c.signIn(tt.tenant, tt.change)
			if status != tt.status || doc["error"] != tt.err || entraCode(doc) != tt.code {
				t.Errorf("%d %v %d, want %d %s %d", status, doc["error"], entraCode(doc), tt.status, tt.err, tt.code)
			}
			text, _ := doc["error_description"].(string)
			if !strings.HasPrefix(text, fmt.Sprintf("AADSTS%d: ", tt.code)) || doc["trace_id"] == nil || doc["correlation_id"] == nil || doc["timestamp"] == nil {
				t.Errorf("document: %v", doc)
			}
			if strings.Contains(fmt.Sprint(doc), c.app.Secret) {
				t.Error("the secret stands in the answer")
			}
		})
	}
}

func TestDiscovery(t *testing.T) {
	tenant, c := start(t, Options{})
	get := func(name string) (int, map[string]any) {
		resp, err := c.Get(c.s.Authority() + "/" + name + "/v2.0/.well-known/openid-configuration")
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, decode(t, resp)
	}
	status, doc := get(tenant.ID)
	if status != 200 || doc["token_endpoint"] != c.s.Authority()+"/"+tenant.ID+"/oauth2/v2.0/token" || doc["issuer"] == nil {
		t.Errorf("%d %v", status, doc)
	}
	status, doc = get("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
	if status != 400 || doc["error"] != "invalid_tenant" || entraCode(doc) != 90002 {
		t.Errorf("unknown tenant: %d %v", status, doc)
	}
}

func TestToken(t *testing.T) {
	tenant, c := start(t, Options{TokenLifetime: time.Minute})
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tenant.SetClock(func() time.Time { return now })
	m := alice(tenant, 1)
	status, doc := c.signIn("example.org", nil)
	if status != 200 || doc["token_type"] != "Bearer" || doc["expires_in"] != 60.0 {
		t.Fatalf("%d %v", status, doc)
	}
	c.token = doc["access_token"].(string)
	body, _ := base64.RawURLEncoding.DecodeString(strings.Split(c.token, ".")[1])
	var claims map[string]any
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"aud": GraphResource, "appid": c.app.ClientID, "tid": tenant.ID, "idtyp": "app", "roles": "[Contacts.Read User.ReadBasic.All]",
		"iat": float64(now.Unix()), "exp": float64(now.Unix() + 60),
	} {
		if fmt.Sprint(claims[name]) != fmt.Sprint(want) {
			t.Errorf("claim %s is %v, want %v", name, claims[name], want)
		}
	}
	path := "/users/" + m.ObjectID + "/contacts"
	c.must(path)
	good := c.token
	for name, bad := range map[string]string{
		"forged":   good[:len(good)-8] + "AAAAAAAA",
		"changed":  strings.Replace(good, ".", ".e30", 1),
		"nonsense": "nonsense",
	} {
		c.token = bad
		if status, doc, _ := c.get(path); status != 401 || code(doc) != "InvalidAuthenticationToken" {
			t.Errorf("a %s token: %d %v", name, status, doc)
		}
	}
	_, doc = c.signIn(tenant.ID, url.Values{"scope": {EWSResource + "/.default"}})
	c.token = doc["access_token"].(string)
	if status, doc, _ := c.get(path); status != 401 || code(doc) != "InvalidAuthenticationToken" {
		t.Errorf("a token for EWS: %d %v", status, doc)
	}
	c.token = good
	tenant.SetClock(func() time.Time { return now.Add(time.Minute) })
	status, doc, h := c.get(path)
	if status != 401 || code(doc) != "InvalidAuthenticationToken" || !strings.Contains(h.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("an expired token: %d %v", status, doc)
	}
}

func TestBasicHeader(t *testing.T) {
	tenant, c := start(t, Options{})
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {GraphResource + "/.default"}}
	req, _ := http.NewRequest("POST", c.s.Authority()+"/"+tenant.ID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(c.app.ClientID, c.app.Secret)
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if doc := decode(t, resp); resp.StatusCode != 200 || doc["access_token"] == nil {
		t.Errorf("%d %v", resp.StatusCode, doc)
	}
}

// certificate makes a certificate that is valid until notAfter.
func certificate(t *testing.T, notAfter time.Time) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "contactsync"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

// signAssertion writes a client assertion; change may spoil header and claims.
func signAssertion(t *testing.T, key *rsa.PrivateKey, alg string, header, claims map[string]any) string {
	t.Helper()
	header["alg"], header["typ"] = alg, "JWT"
	h, _ := json.Marshal(header)
	b, _ := json.Marshal(claims)
	enc := base64.RawURLEncoding
	text := enc.EncodeToString(h) + "." + enc.EncodeToString(b)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if alg == "PS256" {
		sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + enc.EncodeToString(sig)
}

func TestAssertion(t *testing.T) {
	tenant, c := start(t, Options{})
	key, cert := certificate(t, time.Now().Add(time.Hour))
	oldKey, oldCert := certificate(t, time.Now().Add(-time.Hour))
	strange, strangeCert := certificate(t, time.Now().Add(time.Hour))
	known := tenant.AddApp(App{Roles: allRoles, Certificates: []*x509.Certificate{cert, oldCert}})
	byPrint := tenant.AddApp(App{Roles: allRoles, Thumbprints: []string{thumbprint256(cert)}})
	audience := c.s.Authority() + "/" + tenant.ID + "/oauth2/v2.0/token"
	chain := func(c *x509.Certificate) []string { return []string{base64.StdEncoding.EncodeToString(c.Raw)} }
	for _, tt := range []struct {
		name   string
		app    *App
		key    *rsa.PrivateKey
		alg    string
		header map[string]any
		claims map[string]any // besides what is right
		code   int            // 0 for a token
	}{
		{"PS256 by x5t#S256", known, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, nil, 0},
		{"RS256 by x5t", known, key, "RS256", map[string]any{"x5t": thumbprint1(cert)}, nil, 0},
		{"x5c with a known thumbprint", byPrint, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert), "x5c": chain(cert)}, nil, 0},
		{"the issuer as audience", known, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, map[string]any{"aud": c.s.Authority() + "/" + tenant.ID + "/v2.0"}, 0},
		{"thumbprint without certificate", byPrint, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, nil, 700027},
		{"unknown certificate", known, strange, "PS256", map[string]any{"x5t#S256": thumbprint256(strangeCert), "x5c": chain(strangeCert)}, nil, 700027},
		{"another key", known, strange, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, nil, 700027},
		{"expired certificate", known, oldKey, "PS256", map[string]any{"x5t#S256": thumbprint256(oldCert)}, nil, 700027},
		{"no algorithm", known, key, "none", map[string]any{"x5t#S256": thumbprint256(cert)}, nil, 700027},
		{"wrong audience", known, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, map[string]any{"aud": "https://nowhere.example"}, 700023},
		{"expired", known, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, map[string]any{"exp": time.Now().Unix() - 3600}, 700024},
		{"another issuer", known, key, "PS256", map[string]any{"x5t#S256": thumbprint256(cert)}, map[string]any{"iss": "x"}, 700021},
	} {
		t.Run(tt.name, func(t *testing.T) {
			claims := map[string]any{"aud": audience, "iss": tt.app.ClientID, "sub": tt.app.ClientID, "exp": time.Now().Unix() + 600, "nbf": time.Now().Unix()}
			for k, v := range tt.claims {
				claims[k] = v
			}
			status, doc := c.signIn(tenant.ID, url.Values{
				"client_id": {tt.app.ClientID}, "client_secret": nil,
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {signAssertion(t, tt.key, tt.alg, tt.header, claims)},
			})
			if entraCode(doc) != tt.code || (status == 200) != (doc["access_token"] != nil) {
				t.Errorf("%d %v, want %d", status, doc, tt.code)
			}
		})
	}
}

func TestThrottledSignIn(t *testing.T) {
	tenant, c := start(t, Options{})
	c.s.SetFault(Times(1, "/token", SignInThrottled("5")))
	if status, doc := c.signIn(tenant.ID, nil); status != 429 || entraCode(doc) != 90055 {
		t.Errorf("%d %v", status, doc)
	}
	if status, _ := c.signIn(tenant.ID, nil); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
}
