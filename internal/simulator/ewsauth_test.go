package simulator

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-ntlmssp"

	"contactsync/internal/simulator/conformance"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

var someItems = findItems(idOnly, "")

func TestEWSSignIn(t *testing.T) {
	s := newEWSSite(t, Options{})
	s.tenant.AddMailbox(Mailbox{Mail: "svc@example.test", Password: "s3cret", MayImpersonate: true, NoMailbox: true})
	s.tenant.AddMailbox(Mailbox{Mail: "nobody@example.test", NoMailbox: true})
	s.tenant.AddMailbox(Mailbox{Mail: "off@example.test", EWSDisabled: true})
	narrow := s.tenant.AddApp(App{Roles: map[string][]string{EWSResource: {"full_access_as_app"}}, Scope: func(m *Mailbox) bool { return m != s.box }})
	bare := s.tenant.AddApp(App{Roles: map[string][]string{EWSResource: {"Mail.Read"}}})
	graph, _, err := s.issue(s.app, GraphResource, "1")
	if err != nil {
		t.Fatal(err)
	}
	ok := s.token(s.app)
	ada := smtp("ada@example.test")
	var docs [][]byte
	for _, c := range []struct {
		name, auth, sid string
		status          int
		code            string
	}{
		{"nothing", "", ada, 401, ""},
		{"wrong password", basic("ada@example.test", "pass"), "", 401, ""},
		{"empty password", basic("off@example.test", ""), "", 401, ""},
		{"unknown user", basic("zoe@example.test", "pa ss"), "", 401, ""},
		{"own mailbox", basic("ada@example.test", "pa ss"), "", 200, "NoError"},
		{"own mailbox by domain", basic(`EXAMPLE\ada`, "pa ss"), "", 200, "NoError"},
		{"another's mailbox", basic("ada@example.test", "pa ss"), smtp("off@example.test"), 500, "fault ErrorImpersonateUserDenied"},
		{"service account", basic("svc@example.test", "s3cret"), ada, 200, "NoError"},
		{"service account without impersonation", basic("svc@example.test", "s3cret"), "", 500, "fault ErrorNonExistentMailbox"},
		{"garbage token", "Bearer abc", ada, 401, ""},
		{"token for Graph", "Bearer " + graph, ada, 401, ""},
		{"token without the role", s.token(bare), ada, 403, ""},
		{"no impersonation", ok, "", 500, "fault ErrorInvalidExchangeImpersonationHeaderData"},
		{"primary address", ok, smtp("ADA@Example.test"), 200, "NoError"},
		{"alias as primary", ok, smtp("countess@example.test"), 500, "fault ErrorNonPrimarySmtpAddress"},
		{"alias", ok, "<t:SmtpAddress>countess@example.test</t:SmtpAddress>", 200, "NoError"},
		{"sign-in name", ok, "<t:PrincipalName>ada@example.test</t:PrincipalName>", 200, "NoError"},
		{"unknown address", ok, smtp("zoe@example.test"), 500, "fault ErrorNonExistentMailbox"},
		{"no licence", ok, smtp("nobody@example.test"), 500, "fault ErrorNonExistentMailbox"},
		{"outside the app's scope", s.token(narrow), ada, 500, "fault ErrorAccessDenied"},
		{"two names", ok, ada + ada, 500, "fault ErrorSchemaValidation"},
		{"switched off", ok, smtp("off@example.test"), 403, ""},
	} {
		resp, body := s.post(c.auth, envelope(c.sid, someItems))
		code := ""
		if len(body) > 0 {
			code = tree(t, body).codes()
			docs = append(docs, body)
		}
		if resp.StatusCode != c.status || code != c.code {
			t.Errorf("%s: %d %q, want %d %q", c.name, resp.StatusCode, code, c.status, c.code)
		}
		if c.status == 401 && resp.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", c.name)
		}
		if reason := resp.Header.Get("X-EWS-Policy-Reason"); (reason != "") != (c.name == "switched off") {
			t.Errorf("%s: X-EWS-Policy-Reason %q", c.name, reason)
		}
	}
	conformance.ValidateEWS(t, docs...)
	s.tenant.SetClock(func() time.Time { return time.Now().Add(2 * time.Hour) })
	if resp, _ := s.post(ok, envelope(ada, someItems)); resp.StatusCode != 401 {
		t.Errorf("expired token: %s", resp.Status)
	}
}

func TestEWSTakesOnlyCalls(t *testing.T) {
	s := newEWSSite(t, Options{})
	for _, c := range []struct {
		method, kind string
		status       int
	}{{"GET", "text/xml", 405}, {"POST", "application/json", 415}, {"POST", "text/xml", 200}} {
		req, _ := http.NewRequest(c.method, s.EWSURL(), strings.NewReader(envelope(smtp(s.box.Mail), someItems)))
		req.Header.Set("Content-Type", c.kind)
		req.Header.Set("Authorization", s.token(s.app))
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: %s", c.method, c.kind, resp.Status)
		}
	}
}

// go-ntlmssp proves the password as Windows does, with an integrity code.
func TestNTLMOfGo(t *testing.T) {
	s := newEWSSite(t, Options{})
	for _, c := range []struct {
		user, password string
		http2          bool
		status         int
		requests       int // for three calls
	}{
		// The first call is challenged twice, and the connection stays signed in.
		{"ada@example.test", "pa ss", false, 200, 3 + 1 + 1},
		{`EXAMPLE\ada`, "pa ss", false, 200, 3 + 1 + 1},
		{"ada@example.test", "pass", false, 401, 3 * 3},
		{"zoe@example.test", "pa ss", false, 401, 3 * 3},
		// NTLM signs in a connection, and HTTP/2 shares one.
		{"ada@example.test", "pa ss", true, 401, 3},
	} {
		rt := httpClient(s.Server).Transport.(*http.Transport)
		rt.ForceAttemptHTTP2 = c.http2
		client := &http.Client{Transport: ntlmssp.Negotiator{RoundTripper: rt}}
		for n := range 3 {
			req, _ := http.NewRequest("POST", s.EWSURL(), bytes.NewReader([]byte(envelope("", someItems))))
			req.Header.Set("Content-Type", "text/xml; charset=utf-8")
			req.SetBasicAuth(c.user, c.password)
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body) // else the connection is closed
			resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Errorf("%s, call %d, http2 %t: %s", c.user, n, c.http2, resp.Status)
			}
		}
		rt.CloseIdleConnections()
		if n := s.Count("EWS"); n != c.requests {
			t.Errorf("%s, http2 %t: %d requests, want %d", c.user, c.http2, n, c.requests)
		}
		s.ResetLog()
	}
}

// curl is a client of NTLM that nobody here wrote.
func TestNTLMOfCurl(t *testing.T) {
	conformance.Need(t, "curl", "curl")
	s := newEWSSite(t, Options{})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := s.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ login, scheme, want string }{
		{"ada@example.test:pa ss", "--ntlm", "200"},
		{`EXAMPLE\ada:pa ss`, "--ntlm", "200"},
		{"ada@example.test:wrong", "--ntlm", "401"},
		{"ada@example.test:", "--ntlm", "401"},
		{"ada@example.test:pa ss", "--basic", "200"},
		{"ada@example.test:wrong", "--basic", "401"},
	} {
		out, err := exec.Command("curl", "--silent", "--show-error", "--http1.1", "--cacert", ca, c.scheme, "--user", c.login, "-H", "Content-Type: text/xml",
			"--data-binary", envelope("", someItems), "--output", filepath.Join(t.TempDir(), "answer"), "--write-out", "%{http_code}", s.EWSURL()).CombinedOutput()
		if err != nil || string(out) != c.want {
			t.Errorf("%s %s: %s (%v), want %s", c.scheme, c.login, out, err, c.want)
		}
	}
}

// An answer to another challenge proves nothing, nor does one that somebody
// changed on the way.
func TestNTLMRefusesReplays(t *testing.T) {
	negotiate, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		t.Fatal(err)
	}
	h := newNTLMHandshake(negotiate, "example.test", time.Now())
	answer, err := ntlmssp.NewAuthenticateMessage(h.challenge, "ada@example.test", "pa ss", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.verify(answer, "pa ss"); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if h.verify(answer, "pa sS") == nil {
		t.Error("a wrong password is accepted")
	}
	if newNTLMHandshake(negotiate, "example.test", time.Now()).verify(answer, "pa ss") == nil {
		t.Error("a replay is accepted")
	}
	for i := range answer {
		forged := bytes.Clone(answer)
		forged[i] ^= 1
		if i >= 64 && h.verify(forged, "pa ss") == nil {
			t.Errorf("a change of byte %d is accepted", i)
		}
		_ = h.verify(answer[:i], "pa ss") // must not panic
	}
}

func FuzzNTLM(f *testing.F) {
	negotiate, _ := ntlmssp.NewNegotiateMessage("", "")
	h := newNTLMHandshake(negotiate, "example.test", time.Now())
	answer, _ := ntlmssp.NewAuthenticateMessage(h.challenge, "ada@example.test", "pa ss", nil)
	f.Add(answer)
	f.Fuzz(func(t *testing.T, msg []byte) {
		if h.verify(msg, "another") == nil {
			t.Error("accepted")
		}
	})
}
