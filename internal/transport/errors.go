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
	"contactsync/internal/words"
)

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
	class, hint := fault.Unavailable, words.CheckNetwork
	errors.As(err, &op)
	switch {
	case op != nil && op.Op == "proxyconnect" && errors.As(err, &record):
		class, hint = fault.Config, words.ProxyWithoutTLS
	case errors.As(err, &unknown):
		class, hint = fault.Config, words.NameAuthority
	case errors.As(err, &hostname):
		class, hint = fault.Config, words.CertificateOfOther
	case errors.As(err, &invalid):
		class, hint = fault.Config, words.CertificateNotValid
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		class, hint = fault.Config, words.NoTLSServer
	case op != nil && op.Op == "remote error": // a TLS alert
		class, hint = fault.Config, words.TLSRefused
	case Offline(err):
		hint = words.OfflineOrProxy
	case errors.As(err, &dns):
		hint = words.SomeNameUnknown
	case op != nil && op.Op == "proxyconnect" && dialled(op):
		hint = words.ProxySilent
	case errors.As(err, &via):
		hint = via.hint()
	case op != nil && op.Op == "dial":
		hint = words.NoConnection
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
		f.Err = words.Errorf(words.ClosedUnheard, u.Host)
	}
	return &Retry{Err: f}
}
