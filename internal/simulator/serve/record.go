package main

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"contactsync/internal/simulator"
)

// request is what a client asked, with all that another client needs to ask
// the same, and what it was answered. It holds no token.
type request struct {
	Method string `json:"method"`
	URL    string `json:"url"` // path and query, as sent
	Prefer string `json:"prefer,omitempty"`
	Body   string `json:"body,omitempty"` // of a POST to Graph
	Status int    `json:"status"`         // 0: the connection was cut
	Sent   int64  `json:"sent"`           // bytes of the request's body
	Bytes  int64  `json:"bytes"`          // of the answer's body on the wire
}

// recorder writes down what is asked. It stands where faults do, so that the
// simulator needs no log of bodies for the sake of benchmarks.
type recorder struct {
	mu  sync.Mutex
	all []request
}

func (r *recorder) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// watch is a hook for SetFault. The parts of a batch come from no client and
// are in its body.
func (r *recorder) watch(req *http.Request) simulator.Fault {
	if req.RemoteAddr == "" {
		return nil
	}
	return r.record
}

func (r *recorder) record(w http.ResponseWriter, req *http.Request, service http.Handler) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	seen := request{Method: req.Method, URL: req.URL.RequestURI(), Prefer: req.Header.Get("Prefer"), Sent: int64(len(body))}
	// A sign-in holds the app's secret.
	if req.Header.Get("Authorization") != "" && strings.HasPrefix(req.Header.Get("Content-Type"), "application/json") {
		seen.Body = string(body)
	}
	counted := &counter{ResponseWriter: w}
	defer func() {
		seen.Status, seen.Bytes = counted.status, counted.bytes
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, seen)
	}()
	service.ServeHTTP(counted, req)
}

// counter sees what an answer was.
type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
