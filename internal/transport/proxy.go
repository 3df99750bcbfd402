package transport

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/url"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// throughProxy is a failure on the way to a proxy, or through it to the server:
// net/http tells of the proxy only where there was no connection to it.
type throughProxy struct {
	proxy *url.URL
	err   error
}

// Error returns the text of the failure with the proxy's address.
func (t throughProxy) Error() string {
	return words.Say(words.ThroughProxyFailed, t.proxy.Host, t.err)
}

// Unwrap returns the failure.
func (t throughProxy) Unwrap() error { return t.err }

// hint says what to do where nothing more is known of a failure.
func (t throughProxy) hint() string {
	if t.proxy.Scheme == "https" {
		return words.ProxyBrokeOffTLS
	}
	return words.ProxyBrokeOff
}

// send sends a request through the proxy, where there is one.
func (w *wire) send(req *http.Request) (*http.Response, error) {
	proxy := w.t.opts.Proxy
	if proxy == nil || req.URL.Scheme == "http" {
		return w.base.RoundTrip(req)
	}
	reached := false // the server
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached = true }}
	resp, err := w.base.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil && !reached {
		err = throughProxy{proxy, err}
	}
	return resp, err
}

// proxyAnswer explains a proxy's refusal to connect us (RFC 9110, 9.3.6).
func proxyAnswer(_ context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
	class, hint := fault.Config, words.Say(words.ProxyForbids, req.Host)
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusProxyAuthRequired:
		hint = words.ProxyWantsLogin
		if proxy.User != nil {
			hint = words.ProxyWantsOtherLogin
		}
	case resp.StatusCode >= 500:
		class, hint = fault.Unavailable, words.Say(words.ProxyDoesNotReach, req.Host)
	}
	return fault.New(class, hint, words.ProxyAnswersConnect, req.Host, proxy.Host, status(resp.StatusCode))
}
