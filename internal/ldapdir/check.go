package ldapdir

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// SignIn connects to the directory as Members does, encrypts the connection
// and signs in where the configuration says so, and hangs up again. It returns
// who it was to the directory, in words. The error is as of Members, and says
// besides whose certificate is not trusted.
func (d *Directory) SignIn(ctx context.Context) (who string, err error) {
	s, err := d.connect(ctx)
	if err != nil {
		return "", firstOf(ctx, d.untrusted(ctx, err))
	}
	s.close()
	switch {
	case d.cfg.BindDN != "":
		return d.cfg.BindDN, nil
	case d.server.scheme == "ldapi":
		return words.Fill(words.ThisProcess), nil
	}
	return words.Fill(words.Anonymous), nil
}

// untrusted adds to an error whose certificate it was. Of StartTLS the library
// keeps the text alone, so that the handshake has to be made once more.
func (d *Directory) untrusted(ctx context.Context, err error) error {
	whose := transport.Untrusted(err)
	if whose == "" && d.server.scheme == "ldap" && d.tls != nil && fault.ClassOf(err) == fault.Config {
		whose = transport.Untrusted(d.handshake(ctx))
	}
	if whose == "" {
		return err
	}
	return fault.New(fault.ClassOf(err), fault.HintOf(err), "%w; %s", err, whose)
}

// startTLS asks for TLS on a connection: an ExtendedRequest in BER (RFC 4511,
// 4.14.1), as the first message.
const startTLS = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + "1.3.6.1.4.1.1466.20037"

// handshake returns why TLS does not come about, as crypto/tls has it.
func (d *Directory) handshake(ctx context.Context) error {
	dialer := net.Dialer{Timeout: d.cfg.Timeout}
	conn, err := dialer.DialContext(ctx, d.server.network, d.server.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(d.cfg.Timeout)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(startTLS)); err != nil {
		return err
	}
	// Whatever the answer says, nothing but a handshake comes next.
	if _, err := conn.Read(make([]byte, 512)); err != nil {
		return err
	}
	return tls.Client(conn, d.tls).HandshakeContext(ctx)
}

// Groups returns the names (cn) of the groups that carry the parameter, in the
// order of the directory; at least one. The error is as of Members.
func (d *Directory) Groups(ctx context.Context) (names []string, err error) {
	s, err := d.connect(ctx)
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	defer s.close()
	base, err := s.base()
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	groups, err := s.groups(base)
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	for _, g := range groups {
		names = append(names, g.group.name)
	}
	return names, nil
}
