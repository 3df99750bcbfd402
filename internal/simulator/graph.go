package simulator

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is a finished answer of Graph. It is made while the tenant is locked
// and sent afterwards; a batch puts several into one.
type answer struct {
	status int
	header map[string]string
	body   []byte // JSON, also where zipped is set
	zipped []byte // the same with gzip; nil: not made yet
}

// graphError is an error as Graph answers it.
type graphError struct {
	status  int
	code    string
	message string
	header  map[string]string
}

func (e *graphError) Error() string { return e.code + ": " + e.message }

var errThrottled = &graphError{http.StatusTooManyRequests, "ApplicationThrottled",
	"Application is over its MailboxConcurrency limit.", nil}

// answer returns the error's document, with the ids that a support case wants.
func (e *graphError) answer() *answer {
	id := requestID()
	body, _ := json.Marshal(map[string]any{"error": map[string]any{
		"code":    e.code,
		"message": e.message,
		"innerError": map[string]string{
			"date": time.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": id,
		},
	}})
	header := map[string]string{"Content-Type": "application/json", "request-id": id, "client-request-id": id}
	maps.Copy(header, e.header)
	return &answer{status: e.status, header: header, body: body}
}

// write sends the answer, compressed where r accepts it.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for k, v := range a.header {
		h.Set(k, v)
	}
	if h.Get("request-id") == "" {
		h.Set("request-id", requestID())
	}
	h.Set("Cache-Control", "no-cache")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	body := a.body
	if r != nil && len(body) > 512 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if a.zipped == nil {
			a.zipped = zip(a.body)
		}
		body = a.zipped
		h.Set("Content-Encoding", "gzip")
		h.Set("Vary", "Accept-Encoding")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// requestID returns a random GUID.
func requestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request) {
	(&graphError{501, "NotImplemented", "not yet", nil}).answer().write(w, r)
}
