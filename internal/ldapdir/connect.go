package ldapdir

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"github.com/go-ldap/ldap/v3"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// session is a connection that is signed in, for one call of Members.
type session struct {
	*Directory
	conn *ldap.Conn
	stop func() bool // no longer watches the context
}

// connect dials, encrypts and signs in. The connection breaks when ctx ends.
func (d *Directory) connect(ctx context.Context) (*session, error) {
	dialer := net.Dialer{Timeout: d.cfg.Timeout}
	raw, err := dialer.DialContext(ctx, d.server.network, d.server.address)
	if err != nil {
		return nil, d.dialError(err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	conn, err := d.encrypt(ctx, raw)
	if err == nil {
		if err = d.bind(conn); err != nil {
			conn.Close()
		}
	}
	if err != nil {
		stop()
		raw.Close()
		return nil, err
	}
	return &session{Directory: d, conn: conn, stop: stop}, nil
}

// encrypt puts TLS, where it is wanted, and the LDAP protocol onto raw.
func (d *Directory) encrypt(ctx context.Context, raw net.Conn) (*ldap.Conn, error) {
	var wire net.Conn = &patient{Conn: raw, limit: d.cfg.Timeout}
	if d.tls == nil {
		return d.start(wire, false), nil
	}
	// The library waits for a handshake without end.
	if err := raw.SetDeadline(time.Now().Add(d.cfg.Timeout)); err != nil {
		return nil, d.tlsError(err)
	}
	defer raw.SetDeadline(time.Time{})
	if d.server.scheme == "ldaps" {
		secure := tls.Client(wire, d.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, d.tlsError(err)
		}
		return d.start(secure, true), nil
	}
	conn := d.start(wire, false)
	if err := conn.StartTLS(d.tls); err != nil {
		conn.Close()
		return nil, d.tlsError(err)
	}
	return conn, nil
}

func (d *Directory) start(wire net.Conn, encrypted bool) *ldap.Conn {
	conn := ldap.NewConn(wire, encrypted)
	conn.SetTimeout(d.cfg.Timeout)
	conn.Start()
	return conn
}

// bind signs in. Without a bind DN it does so over a socket only, as the user
// that runs the process; elsewhere a connection is anonymous from the start.
func (d *Directory) bind(conn *ldap.Conn) error {
	switch {
	case d.cfg.BindDN != "":
		if err := conn.Bind(d.cfg.BindDN, d.cfg.BindPassword()); err != nil {
			return bindError(err, d.cfg.BindDN)
		}
	case d.server.scheme == "ldapi":
		if err := conn.ExternalBind(); err != nil {
			return bindError(err, "this process (SASL EXTERNAL)")
		}
	}
	return nil
}

// close signs off, so that the server's log shows no broken connection.
func (s *session) close() {
	s.stop()
	s.conn.Unbind()
}

// patient is a connection whose writes end in time. Reads need no limit: each
// request has its own.
type patient struct {
	net.Conn
	limit time.Duration
}

// Write writes b, or fails when the other side takes nothing for too long.
func (p *patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.limit)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// dialError explains why there is no connection at all.
func (d *Directory) dialError(err error) error {
	class, hint := fault.Unavailable, words.DirectorySilent
	var dns *net.DNSError
	switch {
	case errors.Is(err, os.ErrPermission):
		class, hint = fault.Permission, words.SocketForbidden
	case errors.Is(err, os.ErrNotExist):
		hint = words.SocketMissing
	case transport.Offline(err):
		hint = words.Offline
	case errors.As(err, &dns):
		hint = words.Say(words.NameUnknown, "ldap_url")
	}
	return fault.New(class, hint, "connect to the directory: %w", err)
}
