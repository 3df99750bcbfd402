package entra

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
)

// proxy is an HTTP proxy that wants a login and knows the method CONNECT only.
type proxy struct {
	*httptest.Server
	tunnels, refused atomic.Int64
}

func newProxy(t *testing.T, user, password string) *proxy {
	t.Helper()
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != login {
			p.refused.Add(1)
			w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		there, err := net.Dial("tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.tunnels.Add(1)
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { io.Copy(there, buffered); there.Close() }()
		io.Copy(here, there)
		here.Close()
	}))
	t.Cleanup(p.Close)
	return p
}

func TestProxy(t *testing.T) {
	srv, p := newSignIn(t), newProxy(t, "user", "pass:word")
	u := mustURL(t, p.URL)

	refused, waits := srv.config(transport.Options{Proxy: u})
	_, err := mustNew(t, refused).Token(t.Context(), scope)
	if fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "proxy_username") {
		t.Errorf("without a login: class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
	}
	if len(waits.list) > 0 || p.refused.Load() != 1 || srv.discovery.Load() != 0 {
		t.Errorf("without a login: %d tries, %d requests past the proxy", p.refused.Load(), srv.discovery.Load())
	}

	u = mustURL(t, strings.Replace(p.URL, "//", "//user:pass%3Aword@", 1))
	c, _ := srv.config(transport.Options{Proxy: u})
	mustToken(t, mustNew(t, c), scope)
	if p.tunnels.Load() == 0 {
		t.Error("the proxy was passed by")
	}

	p.Close()
	down, waits := srv.config(transport.Options{Proxy: u})
	_, err = mustNew(t, down).Token(t.Context(), scope)
	if fault.ClassOf(err) != fault.Unavailable || !strings.Contains(fault.HintOf(err), "proxy_url") || len(waits.list) != maxAttempts-1 {
		t.Errorf("proxy down: class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "pass") {
		t.Errorf("the proxy's password is in %v", err)
	}
}

// TestSomebodyElseAnswers has a portal, a filter or a wrong server answer in
// place of the sign-in service.
func TestSomebodyElseAnswers(t *testing.T) {
	page := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter)
		class  fault.Class
		text   string
		hint   string
	}{
		{"login page", func(w http.ResponseWriter) {
			page(w, 200, "<html><head><title>Guest\n Wi-Fi &amp; Login</title></head><body>Welcome</body></html>")
		}, fault.Config, `a web page: "Guest Wi-Fi & Login"`, "guest network's login page"},
		{"empty page", func(w http.ResponseWriter) { page(w, 200, "") }, fault.Config, "no answer of a sign-in service", "proxy_url"},
		{"redirect", func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://portal.example.org/login?from=secret")
			page(w, 302, "")
		}, fault.Config, "a redirect to portal.example.org", "guest network's login page"},
		{"filter", func(w http.ResponseWriter) { page(w, 403, "<title>Blocked</title>") }, fault.Config, "Blocked", "firewall"},
		{"JSON of another server", func(w http.ResponseWriter) { page(w, 200, `["hello"]`) }, fault.Config, "no answer of a sign-in service", "proxy_url"},
		{"other JSON", func(w http.ResponseWriter) { page(w, 200, `{"hello":"world"}`) }, fault.Config, "not one of a sign-in service", "authority"},
		{"not found", func(w http.ResponseWriter) { page(w, 404, "404") }, fault.Config, "404", "authority"},
		{"broken gateway", func(w http.ResponseWriter) { page(w, 502, "<title>Squid</title>") }, fault.Unavailable, "Squid", "next run"},
	} {
		for _, path := range []string{"openid-configuration", "token"} {
			t.Run(c.name+" for "+path, func(t *testing.T) {
				srv := newSignIn(t)
				srv.override = func(w http.ResponseWriter, r *http.Request) bool {
					if strings.HasSuffix(r.URL.Path, path) {
						c.answer(w)
						return true
					}
					return false
				}
				cfg, _ := srv.config(transport.Options{})
				_, err := mustNew(t, cfg).Token(t.Context(), scope)
				if err == nil {
					t.Fatal("a token out of nothing")
				}
				if fault.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.text) || !strings.Contains(fault.HintOf(err), c.hint) {
					t.Errorf("class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
				}
				if strings.ContainsAny(err.Error(), "\r\n") {
					t.Errorf("text %q", err)
				}
			})
		}
	}
}

// TestForeignIssuer has an answer of the right form from the wrong service.
func TestForeignIssuer(t *testing.T) {
	srv := newSignIn(t)
	srv.override = func(w http.ResponseWriter, _ *http.Request) bool {
		fmt.Fprint(w, `{"token_endpoint":"https://evil.example/t","authorization_endpoint":"https://evil.example/a","issuer":"https://evil.example/"}`)
		return true
	}
	c, _ := srv.config(transport.Options{})
	_, err := mustNew(t, c).Token(t.Context(), scope)
	if fault.ClassOf(err) != fault.Config || srv.tokens.Load() != 0 {
		t.Errorf("%v after %d token requests", err, srv.tokens.Load())
	}
}

func TestNetworkFailures(t *testing.T) {
	srv := newSignIn(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, c := range []struct {
		name, authority, ca string
		class               fault.Class
		hint                string
	}{
		{"untrusted TLS", srv.URL, "", fault.Config, "ca_file"},
		{"certificate of another name", strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), srv.caFile, fault.Config, "another name"},
		{"no TLS server", strings.Replace(plain.URL, "http://", "https://", 1), "", fault.Config, "no TLS server"},
		{"nobody listens", "https://" + closed.Addr().String(), "", fault.Unavailable, "firewall"},
		{"no such name", "https://login.invalid", "", fault.Unavailable, "DNS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, waits := config(t, c.authority, transport.Options{CAFile: c.ca})
			_, err := mustNew(t, cfg).Token(t.Context(), scope)
			if fault.ClassOf(err) != c.class || !strings.Contains(fault.HintOf(err), c.hint) {
				t.Errorf("class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
			}
			if retried := len(waits.list) > 0; retried != (c.class == fault.Unavailable) {
				t.Errorf("waits %v", waits.list)
			}
			if !strings.HasPrefix(err.Error(), "sign in to Microsoft Entra: connect to ") {
				t.Errorf("text %q", err)
			}
		})
	}
}

// TestRegionIsIgnored sets the variable by which MSAL would go elsewhere.
func TestRegionIsIgnored(t *testing.T) {
	t.Setenv("MSAL_FORCE_REGION", "westeurope")
	srv := newSignIn(t)
	c, _ := srv.config(transport.Options{})
	mustToken(t, mustNew(t, c), scope)
}

// TestMissingFile is a certificate that is not there.
func TestMissingFile(t *testing.T) {
	_, err := New(Config{Authority: "https://x", TenantID: tenantID, ClientID: clientID, CertificateFile: filepath.Join(t.TempDir(), "app.pem")})
	if fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "client_certificate") {
		t.Errorf("%v, hint %q", err, fault.HintOf(err))
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read every file")
	}
	file := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(file, nil, 0); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{Authority: "https://x", TenantID: tenantID, ClientID: clientID, CertificateFile: file})
	if fault.ClassOf(err) != fault.Permission || !strings.Contains(fault.HintOf(err), "ucservices") {
		t.Errorf("%v, hint %q", err, fault.HintOf(err))
	}
}
