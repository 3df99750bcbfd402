package graph

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"contactsync/internal/phonebook"
	"contactsync/internal/transport"
)

// service is a TLS server that answers what a test tells it to, for answers
// that a well-behaved Graph never gives.
type service struct {
	*httptest.Server
	mux    *http.ServeMux
	caFile string

	mu    sync.Mutex
	asked []string        // path and query, the parts of batches too, but of no delta
	waits []time.Duration // that the transport was asked to sleep

	batches []batchType
	raw     http.HandlerFunc // answers batches, if not nil
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{mux: http.NewServeMux()}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1.0/$batch" {
			s.batch(t, w, r)
			return
		}
		s.serve(w, r)
	}))
	t.Cleanup(s.Close)
	s.mux.HandleFunc("/v1.0/users/{who}/contactFolders/{folder}/contacts/delta",
		body(`{"value":[],"@odata.deltaLink":"$/users/0a1b/contactFolders/contacts/contacts/delta?token=1"}`))
	s.caFile = filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
	if err := os.WriteFile(s.caFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/delta") {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path+"?"+r.URL.RawQuery)
		s.mu.Unlock()
	}
	s.mux.ServeHTTP(w, r)
}

// batch answers the parts of a batch one after the other.
func (s *service) batch(t *testing.T, w http.ResponseWriter, r *http.Request) {
	var doc batchType
	if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
		t.Error(err)
	}
	s.batches = append(s.batches, doc)
	if s.raw != nil {
		s.raw(w, r)
		return
	}
	var parts []string
	for _, p := range doc.Requests {
		part := httptest.NewRequest(p.Method, "https://"+r.Host+"/v1.0"+p.URL, nil)
		part.Header = r.Header.Clone()
		rec := httptest.NewRecorder()
		s.serve(rec, part)
		headers, _ := json.Marshal(map[string]string{"Retry-After": rec.Header().Get("Retry-After"), "Content-Type": rec.Header().Get("Content-Type")})
		parts = append(parts, fmt.Sprintf(`{"id":%q,"status":%d,"headers":%s,"body":%s}`, p.ID, rec.Code, headers, rec.Body))
	}
	fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(parts, ","))
}

// source returns a Source on the service; change may be nil.
func (s *service) source(t *testing.T, change func(*Config)) *Source {
	t.Helper()
	c := Config{BaseURL: s.URL + "/v1.0", Token: fixedToken, Transport: s.transport(t)}
	if change != nil {
		change(&c)
	}
	return New(c)
}

func (s *service) transport(t *testing.T) *transport.Transport {
	t.Helper()
	return newTransport(t, s.caFile, func(d time.Duration) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waits = append(s.waits, d)
	})
}

// newTransport returns a transport that notes how long it is to wait in place
// of waiting.
func newTransport(t *testing.T, caFile string, slept func(time.Duration)) *transport.Transport {
	t.Helper()
	tr, err := transport.New(transport.Options{
		CAFile:  caFile,
		MaxBody: 8 << 20,
		Sleep: func(ctx context.Context, d time.Duration) error {
			slept(d)
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func fixedToken(context.Context) (string, error) { return "a-token", nil }

// count returns how many requests had part in path or query.
func (s *service) count(part string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.asked {
		if strings.Contains(a, part) {
			n++
		}
	}
	return n
}

// answer has the service answer requests for path in turn with answers, and
// with the last of them for ever.
func (s *service) answer(path string, answers ...http.HandlerFunc) {
	var mu sync.Mutex
	n := 0
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		h(w, r)
	})
}

// body answers 200 and a JSON document, in which $ stands for the service's
// own address.
func body(format string, args ...any) http.HandlerFunc {
	text := fmt.Sprintf(format, args...)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json;odata.metadata=minimal")
		fmt.Fprint(w, strings.ReplaceAll(text, "$", "https://"+r.Host+"/v1.0"))
	}
}

// refuse answers a status and an error as Graph writes it.
func refuse(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"code":%q,"message":%q,"innerError":{"date":"2026-11-21T20:00:00","request-id":"5cdb0c2e-0000-4000-8000-7d6b3d2b9a51","client-request-id":"x"}}}`, code, message)
	}
}

// raw answers a status, a content type and a text.
func raw(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// anna is a member whose mailbox the directory names by object id, so that no
// look-up comes first.
var anna = phonebook.Member{User: "anna", Mail: "anna@example.com", ObjectID: "0a1b"}

// read reads a mailbox whole, and counts the pages with contacts. A service
// whose delta names nobody makes those who were shown go again, which does not
// count.
func read(s *Source, m phonebook.Member) (all []phonebook.Contact, pages int, err error) {
	_, err = s.Read(context.Background(), m, "", func(p phonebook.Page) error {
		if len(p.Contacts) > 0 {
			pages++
		}
		all = append(all, p.Contacts...)
		return nil
	})
	return all, pages, err
}
