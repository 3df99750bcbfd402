package ews

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/Azure/go-ntlmssp"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// Wrap returns a layer for transport.Options.Wrap that signs in to a server on
// premises by NTLM or Basic, whichever the server offers; NTLM where it offers
// both. It needs transport.Options.HTTP1, because NTLM authenticates a
// connection. Username is DOMAIN\user or user@domain.
//
// Basic is used over TLS and to loopback only. Once the server has refused the
// sign-in it is not asked again, since every further try would count towards
// locking the account: later requests get its answer of then.
func Wrap(username string, password func() string) func(http.RoundTripper) http.RoundTripper {
	fault.Hide(password())
	a := &account{username: username, password: password}
	return func(next http.RoundTripper) http.RoundTripper { return &signIn{account: a, next: next} }
}

// account is what all connections know of the account that signs in.
type account struct {
	username string
	password func() string
	basic    atomic.Bool // the server takes Basic
	accepted atomic.Bool // the server has accepted the account
	first    sync.Mutex  // held while nobody knows yet whether it will

	mu      sync.Mutex
	refused *http.Response // without a body; nil unless the server refused the sign-in
}

// signIn signs one connection in.
type signIn struct {
	*account
	next http.RoundTripper
}

// handshakes is how often NTLM's three steps are tried where the connection
// breaks between two of them.
const handshakes = 3

// RoundTrip implements http.RoundTripper. Most requests find a connection that
// is signed in already.
func (s *signIn) RoundTrip(req *http.Request) (*http.Response, error) {
	if resp := s.refusal(req); resp != nil {
		return resp, nil
	}
	first := ""
	if s.basic.Load() && safe(req.URL) {
		first = s.basicHeader()
	}
	resp, _, err := s.send(req, first)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if first != "" {
		return s.refuse(resp)
	}
	if !s.accepted.Load() {
		// One connection tries first; the others would try the same password.
		s.first.Lock()
		defer s.first.Unlock()
		if again := s.refusal(req); again != nil {
			return again, drain(resp)
		}
	}
	resp, err = s.signIn(req, resp)
	if err == nil && resp.StatusCode != http.StatusUnauthorized {
		s.accepted.Store(true)
	}
	return resp, err
}

// signIn sends the request again, in the best of the ways that resp offers.
func (s *signIn) signIn(req *http.Request, resp *http.Response) (*http.Response, error) {
	switch o := offered(resp.Header); {
	case o.ntlm():
		return s.ntlm(req, resp, o.scheme)
	case o.basic && safe(req.URL):
		return s.tryBasic(req, resp)
	}
	return resp, nil
}

// send makes one round trip with this Authorization and says over which
// connection it went.
func (s *signIn) send(req *http.Request, authorization string) (resp *http.Response, conn net.Conn, err error) {
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn },
	})
	try := req.Clone(ctx)
	if req.GetBody != nil {
		if try.Body, err = req.GetBody(); err != nil {
			return nil, nil, err
		}
	}
	if authorization != "" {
		try.Header.Set("Authorization", authorization)
	}
	resp, err = s.next.RoundTrip(try)
	return resp, conn, err
}

// tryBasic answers a server that offers nothing better than Basic.
func (s *signIn) tryBasic(req *http.Request, offer *http.Response) (*http.Response, error) {
	if err := drain(offer); err != nil {
		return nil, err
	}
	resp, _, err := s.send(req, s.basicHeader())
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return s.refuse(resp)
	}
	s.basic.Store(true)
	return resp, nil
}

func (s *signIn) basicHeader() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(s.username+":"+s.password()))
}

// ntlm signs the connection in: negotiate, challenge, authenticate, all three
// over the same connection. The last one carries the request itself.
func (s *signIn) ntlm(req *http.Request, offer *http.Response, scheme string) (*http.Response, error) {
	hello, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return nil, err
	}
	last := offer
	for range handshakes {
		if err := drain(last); err != nil {
			return nil, err
		}
		resp, before, err := s.send(req, scheme+" "+base64.StdEncoding.EncodeToString(hello))
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		proof, err := s.prove(resp, scheme)
		if err := errors.Join(err, drain(resp)); err != nil {
			return nil, err
		}
		if proof == "" {
			return resp, nil
		}
		resp, after, err := s.send(req, scheme+" "+proof)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		if before == after {
			return s.refuse(resp)
		}
		last = resp
	}
	return nil, words.Errorf(words.NTLMBroken)
}

// prove answers the challenge in resp; "" where there is none.
func (s *signIn) prove(resp *http.Response, scheme string) (string, error) {
	challenge, err := base64.StdEncoding.DecodeString(offered(resp.Header).challenge)
	if err != nil || len(challenge) == 0 {
		return "", nil
	}
	bound, err := bindChallenge(challenge, resp.TLS)
	if err != nil {
		return "", fault.New(fault.Config, words.NoNTLMv2, "sign in by %s: %w", scheme, err)
	}
	proof, err := ntlmssp.NewAuthenticateMessage(bound, s.username, s.password(), nil)
	if err != nil {
		return "", fault.New(fault.Config, words.NoNTLMv2, "sign in by %s: %w", scheme, err)
	}
	return base64.StdEncoding.EncodeToString(proof), nil
}

// refuse remembers that the server refused the sign-in.
func (s *signIn) refuse(resp *http.Response) (*http.Response, error) {
	kept := *resp
	kept.Body, kept.Request = nil, nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = &kept
	return resp, nil
}

// refusal returns the refusal of an earlier sign-in, nil where there was none.
func (s *signIn) refusal(req *http.Request) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		return nil
	}
	if req.Body != nil {
		req.Body.Close()
	}
	again := *s.refused
	again.Body, again.Request = http.NoBody, req
	return &again
}

// drain reads an answer to its end, so that its connection is free for the
// next step.
func drain(resp *http.Response) error {
	_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return errors.Join(err, resp.Body.Close())
}

// offer is what a server takes for a sign-in.
type offer struct {
	scheme    string // NTLM or Negotiate, in which Windows takes NTLM as well
	challenge string // base64
	basic     bool
}

func (o offer) ntlm() bool { return o.scheme != "" }

// offered reads WWW-Authenticate (RFC 9110, section 11.6.1), of which several
// may stand in one line.
func offered(h http.Header) (o offer) {
	for _, value := range h.Values("WWW-Authenticate") {
		for part := range strings.SplitSeq(value, ",") {
			scheme, data, _ := strings.Cut(strings.TrimSpace(part), " ")
			switch {
			case strings.EqualFold(scheme, "NTLM"):
				o.scheme, o.challenge = "NTLM", strings.TrimSpace(data)
			case strings.EqualFold(scheme, "Negotiate") && o.scheme == "":
				o.scheme, o.challenge = "Negotiate", strings.TrimSpace(data)
			case strings.EqualFold(scheme, "Basic"):
				o.basic = true
			}
		}
	}
	return o
}

// safe tells whether secrets may be sent to u: over TLS, or to loopback.
func safe(u *url.URL) bool {
	switch u.Scheme {
	case "https":
		return true
	case "http":
		return transport.Loopback(u.Hostname())
	}
	return false
}

// newRequest returns a POST of a SOAP envelope.
func newRequest(ctx context.Context, address string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("Accept", "text/xml")
	return req, nil
}
