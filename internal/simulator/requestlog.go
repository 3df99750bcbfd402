package simulator

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Request is one request that was answered. It holds no token and no body.
type Request struct {
	Method  string
	Path    string
	Query   string // as sent
	Mailbox string // primary address of the mailbox asked for, where there is one
	Op      string // of EWS: FindItem, GetItem …; of a batch's part: "$batch"
	Status  int    // 0: the connection was cut before an answer began
	Bytes   int64  // of the answer's body on the wire
}

// requestLog keeps what was asked.
type requestLog struct {
	off     bool
	mu      sync.Mutex
	entries []Request
}

func (l *requestLog) add(r Request) {
	if l.off {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, r)
}

// Requests returns what has been asked so far, the parts of batches too.
func (s *Server) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.entries)
}

// ResetLog forgets what has been asked.
func (s *Server) ResetLog() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.entries = nil
}

// Count returns how many requests have been asked whose path, query or
// operation contains part.
func (s *Server) Count(part string) int {
	n := 0
	for _, r := range s.Requests() {
		if strings.Contains(r.Path+"?"+r.Query+" "+r.Op, part) {
			n++
		}
	}
	return n
}

type logKey struct{}

// note completes the log entry of r: which mailbox, and which operation.
func note(r *http.Request, m *Mailbox, op string) {
	entry, ok := r.Context().Value(logKey{}).(*Request)
	if !ok {
		return
	}
	if m != nil {
		entry.Mailbox = m.Mail
	}
	if op != "" {
		entry.Op = op
	}
}

// recorder sees what an answer was.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
