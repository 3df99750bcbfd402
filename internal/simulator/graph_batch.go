package simulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// batchMax is how many requests a batch may hold (Combine multiple requests in
// one HTTP call using JSON batching).
const batchMax = 20

type batchRequest struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	DependsOn []string          `json:"dependsOn"`
}

type batchResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// serveBatch answers a batch. Its answers come in another order than its
// requests, as they do where several are worked on at once.
func (s *Server) serveBatch(w http.ResponseWriter, r *http.Request, app *App) {
	requests, failed := readBatch(r)
	if failed != nil {
		failed.answer().write(w, r)
		return
	}
	p := s.limit.enter(app.ClientID, s.mailboxesOf(r, requests)...)
	var responses []batchResponse
	p.hold(func() {
		if s.wait(r, rounds(p.refused)) {
			responses = s.batchParts(r, requests, p.refused)
		}
	})
	if responses == nil {
		return
	}
	slices.Reverse(responses)
	body, _ := json.Marshal(map[string]any{"responses": responses})
	ok(body).write(w, r)
}

// rounds returns how often Graph begins anew with four parts of a batch.
func rounds(refused []bool) int {
	served := 0
	for _, no := range refused {
		if !no {
			served++
		}
	}
	return (served + mailboxConcurrency - 1) / mailboxConcurrency
}

// mailboxesOf returns which mailbox each part of a batch is about.
func (s *Server) mailboxesOf(outer *http.Request, requests []batchRequest) []string {
	ids := make([]string, len(requests))
	for i, part := range requests {
		if r, err := innerRequest(outer, part); err == nil {
			ids[i] = s.mailboxOf(r)
		}
	}
	return ids
}

// batchParts answers the parts of a batch, those that are refused with 429.
func (s *Server) batchParts(r *http.Request, requests []batchRequest, refused []bool) []batchResponse {
	status := map[string]int{}
	var responses []batchResponse
	for i, req := range requests {
		if blocked := slices.ContainsFunc(req.DependsOn, func(id string) bool { return status[id] < 200 || status[id] > 299 }); blocked {
			failed := &graphError{http.StatusFailedDependency, "FailedDependency", "The request depends on one that failed.", nil}
			responses = append(responses, failed.answer().part(req.ID))
		} else if refused[i] {
			responses = append(responses, throttled().answer().part(req.ID))
		} else {
			responses = append(responses, s.batchPart(r, req))
		}
		status[req.ID] = responses[i].Status
	}
	return responses
}

// readBatch reads and checks a batch.
func readBatch(r *http.Request) ([]batchRequest, *graphError) {
	var doc struct {
		Requests []batchRequest `json:"requests"`
	}
	if r.Method != http.MethodPost {
		return nil, &graphError{http.StatusMethodNotAllowed, "BadRequest", "The method '" + r.Method + "' is not supported.", nil}
	}
	if err := json.NewDecoder(r.Body).Decode(&doc); err != nil || len(doc.Requests) == 0 {
		return nil, badRequest("BadRequest", "Invalid batch payload format.")
	}
	if len(doc.Requests) > batchMax {
		return nil, badRequest("BadRequest", "Number of batch request steps exceeds the maximum value of %d.", batchMax)
	}
	seen := map[string]bool{}
	for _, req := range doc.Requests {
		if req.ID == "" || seen[req.ID] || req.Method == "" || req.URL == "" {
			return nil, badRequest("BadRequest", "Invalid batch payload format: each request needs an id of its own, a method and a url.")
		}
		for _, id := range req.DependsOn {
			if !seen[id] {
				return nil, badRequest("BadRequest", "Request '%s' depends on '%s', which does not come before it.", req.ID, id)
			}
		}
		seen[req.ID] = true
	}
	return doc.Requests, nil
}

// innerRequest makes the request that a part of a batch stands for. Its
// address is relative to the version.
func innerRequest(outer *http.Request, part batchRequest) (*http.Request, error) {
	address := "/v1.0/" + strings.TrimPrefix(part.URL, "/")
	r, err := http.NewRequestWithContext(outer.Context(), strings.ToUpper(part.Method), strings.ReplaceAll(address, " ", "%20"), nil)
	if err != nil {
		return nil, err
	}
	for k, v := range part.Headers {
		r.Header.Set(k, v)
	}
	r.Header.Set("Authorization", outer.Header.Get("Authorization"))
	r.Header.Del("Accept-Encoding")
	return r, nil
}

// batchPart answers one request of a batch: the same service, fault hook and
// log as if it had come alone.
func (s *Server) batchPart(outer *http.Request, part batchRequest) batchResponse {
	r, err := innerRequest(outer, part)
	if err != nil {
		return badRequest("BadRequest", "Invalid URL in batch request '%s'.", part.ID).answer().part(part.ID)
	}
	entry := &Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Op: "$batch"}
	r = r.WithContext(context.WithValue(r.Context(), logKey{}, entry))
	rec := &partRecorder{header: http.Header{}}
	s.faulty(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		app, claims, err := s.caller(r, GraphResource)
		if err != nil {
			unauthorized(err).answer().write(w, r)
			return
		}
		s.graph(r, app, claims).write(w, r)
	})).ServeHTTP(rec, r)
	entry.Status, entry.Bytes = rec.status, int64(rec.body.Len())
	s.log.add(*entry)
	return rec.part(part.ID)
}

// partRecorder takes the answer of a part.
type partRecorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *partRecorder) Header() http.Header { return p.header }

func (p *partRecorder) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *partRecorder) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}

// part returns the answer in its place in a batch: JSON as it is, anything
// else in base64.
func (p *partRecorder) part(id string) batchResponse {
	headers := map[string]string{}
	for k := range p.header {
		if k != "Content-Length" {
			headers[k] = p.header.Get(k)
		}
	}
	body := json.RawMessage(p.body.Bytes())
	if !json.Valid(body) {
		body, _ = json.Marshal(base64.StdEncoding.EncodeToString(p.body.Bytes()))
	}
	return batchResponse{ID: id, Status: p.status, Headers: headers, Body: body}
}

func (a *answer) part(id string) batchResponse {
	return batchResponse{ID: id, Status: a.status, Headers: a.header, Body: a.body}
}
