package simulator

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"sync"
)

// ewsCaller is who signed in: an app or an account, never both.
type ewsCaller struct {
	app     *App
	account *Mailbox
}

// name names the caller where requests in flight are counted.
func (c *ewsCaller) name() string {
	if c.app != nil {
		return c.app.ClientID
	}
	return c.account.UPN
}

// ewsCaller returns who calls. Where nobody may, it has answered already and
// returns nil.
func (s *Server) ewsCaller(w http.ResponseWriter, r *http.Request) *ewsCaller {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "bearer":
		return s.ewsApp(w, r)
	case "basic":
		user, password, _ := r.BasicAuth()
		if m := s.account(user, ""); m != nil && s.password(m) == password && password != "" {
			return &ewsCaller{account: m}
		}
	case "ntlm", "negotiate":
		return s.ewsNTLM(w, r, scheme, value)
	case "":
		if c := ntlmOf(r); c != nil && c.user() != nil {
			return &ewsCaller{account: c.user()}
		}
	}
	ewsUnauthorized(w, r)
	return nil
}

// ewsUnauthorized answers 401 with the ways in that there are.
func ewsUnauthorized(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if ntlmOf(r) != nil { // it binds the connection, which HTTP/2 shares
		h.Add("WWW-Authenticate", "Negotiate")
		h.Add("WWW-Authenticate", "NTLM")
	}
	h.Add("WWW-Authenticate", `Basic realm="mail.example.test"`)
	h.Add("WWW-Authenticate", ewsBearer)
	w.WriteHeader(http.StatusUnauthorized)
}

const ewsBearer = `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", token_types="app_asserted_user_v1 service_asserted_app_v1"`

// ewsApp checks an access token.
func (s *Server) ewsApp(w http.ResponseWriter, r *http.Request) *ewsCaller {
	app, c, err := s.caller(r, EWSResource)
	if err != nil {
		w.Header().Set("WWW-Authenticate", ewsBearer+`, error="invalid_token"`)
		w.Header().Set("x-ms-diagnostics", `2000003;reason="`+err.Error()+`";error_category="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	if !c.has("full_access_as_app") {
		w.Header().Set("x-ms-diagnostics", `2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`)
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	return &ewsCaller{app: app}
}

// account returns the user who signs in by a name: a sign-in name, or
// DOMAIN\name, where the domain does not matter.
func (s *Server) account(user, domain string) *Mailbox {
	if d, u, ok := strings.Cut(user, `\`); ok {
		domain, user = d, u
	}
	s.tenant.mu.RLock()
	defer s.tenant.mu.RUnlock()
	if m := s.tenant.upn(user); m != nil {
		return m
	}
	if domain == "" || strings.Contains(user, "@") {
		return nil
	}
	for _, m := range s.tenant.mailboxes {
		if name, _, _ := strings.Cut(m.UPN, "@"); strings.EqualFold(name, user) {
			return m
		}
	}
	return nil
}

func (s *Server) password(m *Mailbox) string {
	s.tenant.mu.RLock()
	defer s.tenant.mu.RUnlock()
	return m.Password
}

// mailbox returns the mailbox that a call is about: the impersonated one, or
// an account's own. The tenant must be locked.
func (c *ewsCaller) mailbox(t *Tenant, sid *element) (*Mailbox, *ewsError) {
	if sid == nil {
		if c.app != nil {
			return nil, errNotImpersonating
		}
		if c.account.NoMailbox {
			return nil, errNoMailbox
		}
		return c.account, nil
	}
	m, fail := connecting(t, sid)
	switch {
	case fail != nil:
		return nil, fail
	case c.account != nil && !c.account.MayImpersonate:
		return nil, errImpersonate
	case c.app != nil && c.app.Scope != nil && !c.app.Scope(m):
		return nil, errEWSAccess
	}
	return m, nil
}

// connecting returns the mailbox that ConnectingSID names.
func connecting(t *Tenant, sid *element) (*Mailbox, *ewsError) {
	var m *Mailbox
	name := strings.TrimSpace(sid.text)
	switch sid.name {
	case "t:PrimarySmtpAddress":
		if m = t.address(name); m != nil && !strings.EqualFold(m.Mail, name) {
			return nil, &ewsError{code: "ErrorNonPrimarySmtpAddress", values: []string{"Primary", m.Mail},
				text: "The primary SMTP address must be specified when referencing a mailbox."}
		}
	case "t:SmtpAddress":
		m = t.address(name)
	case "t:PrincipalName":
		m = t.upn(name)
	case "t:SID":
	default:
		return nil, schemaError("The element 'ConnectingSID' has invalid child element '%s'.", sid.name)
	}
	if m == nil || m.NoMailbox {
		return nil, errNoMailbox
	}
	return m, nil
}

// ntlmConn is what a connection remembers of NTLM, which signs in a connection
// and not a request.
type ntlmConn struct {
	mu        sync.Mutex
	handshake *ntlmHandshake
	account   *Mailbox
}

func (c *ntlmConn) user() *Mailbox {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.account
}

type ntlmKey struct{}

// withNTLM gives a connection its memory (http.Server.ConnContext).
func withNTLM(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, ntlmKey{}, &ntlmConn{})
}

// ntlmOf returns what r's connection remembers; nil where NTLM does not work.
func ntlmOf(r *http.Request) *ntlmConn {
	if r.ProtoMajor != 1 {
		return nil
	}
	c, _ := r.Context().Value(ntlmKey{}).(*ntlmConn)
	return c
}

// ewsNTLM takes one message of NTLM.
func (s *Server) ewsNTLM(w http.ResponseWriter, r *http.Request, scheme, value string) *ewsCaller {
	c := ntlmOf(r)
	msg, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if c == nil || err != nil {
		ewsUnauthorized(w, r)
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.account = nil
	switch ntlmMessageType(msg) {
	case 1:
		c.handshake = newNTLMHandshake(msg, "example.test", s.tenant.Now())
		w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(c.handshake.challenge))
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	case 3:
		if m := s.ntlmAccount(c.handshake, msg); m != nil {
			c.account = m
			return &ewsCaller{account: m}
		}
	}
	c.handshake = nil
	ewsUnauthorized(w, r)
	return nil
}

// ntlmAccount returns the account whose password the message proves, or nil.
func (s *Server) ntlmAccount(h *ntlmHandshake, msg []byte) *Mailbox {
	if h == nil {
		return nil
	}
	user, domain, err := h.user(msg)
	if err != nil {
		return nil
	}
	m := s.account(user, domain)
	if m == nil {
		return nil
	}
	password := s.password(m)
	if password == "" || h.verify(msg, password) != nil {
		return nil
	}
	return m
}
