package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"contactsync/internal/fault"
)

// HintUnknown is what to do about an answer that nobody has met yet.
const HintUnknown = "the next run tries again; if it stays so, tell the maintainers"

// Busy returns a *Retry where the answer's status asks to come back later:
// 429, 502, 503 and 504, with the wait of Retry-After (RFC 9110, 10.2.3).
// It returns nil for every other status and does not read the body.
func Busy(resp *http.Response) *Retry {
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &Retry{After: RetryAfter(resp.Header), Err: fmt.Errorf("%s answers %s", resp.Request.URL.Host, resp.Status)}
	}
	return nil
}

// RetryAfter returns the wait that the header Retry-After asks for, in seconds
// or until a date; 0 where there is none or it cannot be read.
func RetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil && s >= 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// Explain returns err, the failure of a request to u that never got an answer,
// with its class and what to do about it.
func Explain(u *url.URL, err error) *fault.Error {
	var own *fault.Error
	if errors.As(err, &own) {
		return own // explained already, as proxyAnswer does
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its text repeats the whole address
	}
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		dns      *net.DNSError
		op       *net.OpError
		via      throughProxy
	)
	class, hint := fault.Unavailable, "check the network; the next run tries again"
	errors.As(err, &op)
	switch {
	case op != nil && op.Op == "proxyconnect" && errors.As(err, &record):
		class, hint = fault.Config, "the proxy speaks no TLS; let proxy_url begin with http://, or name the port on which it does"
	case errors.As(err, &unknown):
		class, hint = fault.Config, "if the server or a proxy uses a certificate authority of your own, name its PEM file in the key ca_file"
	case errors.As(err, &hostname):
		class, hint = fault.Config, "the certificate belongs to another name; check the address in the settings and whether something intercepts the connection"
	case errors.As(err, &invalid):
		class, hint = fault.Config, "the certificate is not valid; check its dates and this machine's clock (timedatectl)"
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		class, hint = fault.Config, "that is no TLS server; check the address and port in the settings"
	case op != nil && op.Op == "remote error": // a TLS alert
		class, hint = fault.Config, "the server refuses this TLS connection; it must offer TLS 1.2 or newer"
	case Offline(err):
		hint = HintOffline + ", or set proxy_url where only a proxy reaches out"
	case errors.As(err, &dns):
		hint = "the name cannot be resolved; check its spelling and this machine's DNS, or set proxy_url where only a proxy reaches out"
	case op != nil && op.Op == "proxyconnect" && dialled(op):
		hint = "the proxy does not answer; check proxy_url"
	case errors.As(err, &via):
		hint = via.hint()
	case op != nil && op.Op == "dial":
		hint = "no connection; check the firewall, or set proxy_url where only a proxy reaches out"
	}
	return fault.New(class, hint, "connect to %s: %w", u.Host, said{err})
}

// dialled tells whether a failure is one of making a connection.
func dialled(op *net.OpError) bool {
	var inner *net.OpError
	return errors.As(op.Err, &inner) && inner.Op == "dial"
}

// said is an error whose text may repeat what the other side sent, such as a
// header's line that is none.
type said struct{ error }

// Error returns the text as a line that is fit to be shown.
func (s said) Error() string { return fault.Line(s.error.Error(), 300) }

// Unwrap returns the error.
func (s said) Unwrap() error { return s.error }

// status returns a status with its name. The reason phrase that came with it
// means nothing (RFC 9112, section 4), and may be of any length and hold
// anything, even the request.
func status(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// networkError explains err, and asks for another try where one may help.
func networkError(u *url.URL, err error) error {
	f := Explain(u, err)
	if f.Class == fault.Config {
		return f
	}
	if via := (throughProxy{}); errors.Is(err, io.EOF) && !errors.As(err, &via) {
		f.Err = fmt.Errorf("connect to %s: the connection was closed without an answer", u.Host)
	}
	return &Retry{Err: f}
}
