package transport

import (
	"io"
	"net/http"
	"sync"
)

// lanes gives every request in flight a connection of its own, and keeps the
// requests of one handshake together on it. NTLM authenticates a connection in
// three steps; from a common pool another worker's request could slip in
// between them, or the last step could leave on another connection.
type lanes struct {
	open func() http.RoundTripper // a round trip over one connection, wrapped

	mu   sync.Mutex
	idle []http.RoundTripper // the last one used is on top: its connection is the warmest
}

// newLanes returns a round trip whose lanes are copies of base, each with one
// connection a host and with a layer of wrap of its own.
func newLanes(base *http.Transport, t *Transport, wrap func(http.RoundTripper) http.RoundTripper) *lanes {
	return &lanes{open: func() http.RoundTripper {
		one := base.Clone()
		one.MaxConnsPerHost, one.MaxIdleConnsPerHost = 1, 1
		return wrap(&wire{base: one, t: t})
	}}
}

// RoundTrip implements http.RoundTripper. The lane is free again when the
// answer's body is closed.
func (l *lanes) RoundTrip(req *http.Request) (*http.Response, error) {
	lane := l.take()
	resp, err := lane.RoundTrip(req)
	if err != nil {
		l.put(lane)
		return nil, err
	}
	resp.Body = &laneBody{ReadCloser: resp.Body, free: sync.OnceFunc(func() { l.put(lane) })}
	return resp, nil
}

func (l *lanes) take() http.RoundTripper {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.idle); n > 0 {
		lane := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return lane
	}
	return l.open()
}

func (l *lanes) put(lane http.RoundTripper) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, lane)
}

// laneBody frees its lane when it is closed.
type laneBody struct {
	io.ReadCloser
	free func()
}

func (b *laneBody) Close() error {
	defer b.free()
	return b.ReadCloser.Close()
}
