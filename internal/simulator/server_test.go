package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// allRoles is what a test's app is usually allowed.
var allRoles = map[string][]string{
	GraphResource: {"Contacts.Read", "User.ReadBasic.All"},
	EWSResource:   {"full_access_as_app"},
}

// client talks to a server as a program that nobody here wrote would.
type client struct {
	*http.Client
	t     *testing.T
	s     *Server
	app   *App
	token string
}

func start(t *testing.T, o Options) (*Tenant, *client) {
	t.Helper()
	tenant := NewTenant(t.Name())
	app := tenant.AddApp(App{Roles: allRoles})
	s, err := Start(tenant, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return tenant, newClient(t, s, app)
}

// newClient returns a client that trusts the server and signs in as the app.
func newClient(t *testing.T, s *Server, app *App) *client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CAPEM) {
		t.Fatal("CAPEM holds no certificate")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &client{Client: &http.Client{Transport: tr}, t: t, s: s, app: app}
}

// signIn asks for a token with the form, which begins with what is right.
func (c *client) signIn(tenant string, change url.Values) (int, map[string]any) {
	c.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.app.ClientID}, "client_secret": {c.app.Secret},
		"scope": {GraphResource + "/.default openid offline_access profile"},
	}
	for k, v := range change {
		form[k] = v
	}
	resp, err := c.PostForm(c.s.Authority()+"/"+tenant+"/oauth2/v2.0/token", form)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, decode(c.t, resp)
}

func decode(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return doc
}

// auth makes sure that there is a token.
func (c *client) auth() string {
	c.t.Helper()
	if c.token == "" {
		status, doc := c.signIn(c.s.Tenant().ID, nil)
		if status != 200 {
			c.t.Fatalf("sign-in: %d %v", status, doc)
		}
		c.token = doc["access_token"].(string)
	}
	return c.token
}

// get asks Graph for a path below the version, or for a whole address.
func (c *client) get(path string, header ...string) (int, map[string]any, http.Header) {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.s.GraphURL() + path
	}
	return c.send("GET", path, "", header...)
}

func (c *client) send(method, address, body string, header ...string) (int, map[string]any, http.Header) {
	c.t.Helper()
	req, err := http.NewRequest(method, strings.ReplaceAll(address, " ", "%20"), strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.auth())
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, decode(c.t, resp), resp.Header
}

// must is get where only 200 will do.
func (c *client) must(path string, header ...string) map[string]any {
	c.t.Helper()
	status, doc, _ := c.get(path, header...)
	if status != 200 {
		c.t.Fatalf("GET %s: %d %v", path, status, doc)
	}
	return doc
}

// all follows nextLink and returns all values, the number of pages and the
// deltaLink.
func (c *client) all(path string, header ...string) (values []map[string]any, pages int, delta string) {
	c.t.Helper()
	for path != "" {
		doc := c.must(path, header...)
		for _, v := range doc["value"].([]any) {
			values = append(values, v.(map[string]any))
		}
		pages++
		path, _ = doc["@odata.nextLink"].(string)
		delta, _ = doc["@odata.deltaLink"].(string)
	}
	return values, pages, delta
}

// code returns an error's code.
func code(doc map[string]any) string {
	e, _ := doc["error"].(map[string]any)
	s, _ := e["code"].(string)
	return s
}
