package simulator

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Options configure a Server. The zero value behaves as Microsoft's service
// does when it is not busy.
type Options struct {
	Addr          string        // default 127.0.0.1:0
	TokenLifetime time.Duration // of access tokens; default 1 hour
	MaxPage       int           // entries of a page at most, whatever a client asks for; 0: Graph's and EWS's own bounds
	// Limit refuses more than four requests in flight over Graph for an app and
	// mailbox with 429 ApplicationThrottled. A batch takes a place for each part
	// about the mailbox, four at most; the parts that find none are refused.
	Limit bool
	// LimitApp does so for the app as a whole, whatever the mailboxes.
	LimitApp bool
	// Latency is how long Graph and EWS take for an answer, or for up to four
	// parts of a batch, while the request holds its place. Without it a request
	// is in flight for so short a time that Limit hardly ever bites.
	Latency time.Duration
	// ListsDefault makes /contactFolders show the Contacts folder itself too.
	// The documentation says that it lists the folders in it; answers that
	// hold both have been seen.
	ListsDefault bool
	NoLog        bool // keep no request log: for benchmarks
}

// Server serves a tenant over TLS.
type Server struct {
	CAPEM []byte // the certificate authority that signed the server's certificate

	tenant *Tenant
	opts   Options
	http   *http.Server
	base   string // https://127.0.0.1:PORT
	tokens *tokens
	cache  *cache
	limit  *limiter
	parsed parsedEWS
	log    requestLog
	fault  atomic.Pointer[func(*http.Request) Fault]
}

// Start serves the tenant on loopback until Close.
func Start(t *Tenant, o Options) (*Server, error) {
	fill(&o.Addr, "127.0.0.1:0")
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	ca, cert, err := makeCertificates()
	if err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		CAPEM: ca, tenant: t, opts: o, base: "https://" + l.Addr().String(),
		tokens: newTokens(), cache: newCache(), limit: newLimiter(o),
	}
	s.log.off = o.NoLog
	s.http = &http.Server{
		Handler:     s.Handler(),
		ConnContext: withNTLM,
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		// A client that breaks off its handshake is none of our business.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = s.http.ServeTLS(l, "", "") }()
	return s, nil
}

// Close ends the service and cuts what is under way.
func (s *Server) Close() error { return s.http.Close() }

// Tenant returns what is served.
func (s *Server) Tenant() *Tenant { return s.tenant }

// Authority returns the address of the sign-in service, without a tenant, as
// https://login.microsoftonline.com is.
func (s *Server) Authority() string { return s.base }

// GraphURL returns the address of Microsoft Graph, version included.
func (s *Server) GraphURL() string { return s.base + "/v1.0" }

// EWSURL returns the address of Exchange Web Services.
func (s *Server) EWSURL() string { return s.base + "/EWS/Exchange.asmx" }

// WriteCA writes the certificate authority to a PEM file.
func (s *Server) WriteCA(path string) error { return os.WriteFile(path, s.CAPEM, 0o644) }

// Handler returns everything that is served, for a listener of one's own.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.serveDiscovery)
	mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.serveKeys)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.serveToken)
	service := func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.ToLower(r.URL.Path); {
		case strings.HasPrefix(path, "/v1.0/"):
			s.serveGraph(w, r)
		case strings.HasPrefix(path, "/ews/"):
			s.serveEWS(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	}
	return s.logged(s.faulty(http.HandlerFunc(service)))
}

// faulty lets the fault hook have a request before the service.
func (s *Server) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hook := s.fault.Load(); hook != nil {
			if f := (*hook)(r); f != nil {
				f(w, r, next)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// logged records a request once it has been answered.
func (s *Server) logged(next http.Handler) http.Handler {
	if s.opts.NoLog {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := &Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
		rec := &recorder{ResponseWriter: w}
		defer func() {
			entry.Status, entry.Bytes = rec.status, rec.bytes
			s.log.add(*entry)
		}()
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), logKey{}, entry)))
	})
}
