package simulator

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answer is a finished answer of Graph. It is made while the tenant is locked
// and sent afterwards; a batch puts several into one.
type answer struct {
	status int
	header map[string]string
	body   []byte // nil where only zipped is kept
	zipped []byte // the same with gzip; nil where nobody has made it yet
}

// plain returns the body without compression.
func (a *answer) plain() []byte {
	if a.body == nil {
		return unzip(a.zipped)
	}
	return a.body
}

func ok(body []byte, applied ...string) *answer {
	h := map[string]string{"Content-Type": "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"}
	if len(applied) > 0 {
		h["Preference-Applied"] = strings.Join(applied, ", ")
	}
	return &answer{status: http.StatusOK, header: h, body: body}
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
	body := a.zipped
	if r != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && (body != nil || len(a.body) > 512) {
		if body == nil {
			body = zip(a.body)
		}
		h.Set("Content-Encoding", "gzip")
		h.Set("Vary", "Accept-Encoding")
	} else {
		body = a.plain()
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

// call is one request to Graph, on its own or as part of a batch.
type call struct {
	s      *Server
	r      *http.Request
	app    *App
	claims *claims
	path   string   // as asked, escaped, for links
	segs   []string // the path after the version, unescaped
	*odata
}

// serveGraph answers Microsoft Graph.
func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request) {
	app, c, err := s.caller(r, GraphResource)
	if err != nil {
		unauthorized(err).answer().write(w, r)
		return
	}
	if strings.EqualFold(r.URL.Path, "/v1.0/$batch") {
		s.serveBatch(w, r, app)
		return
	}
	p := s.limit.enter(app.ClientID, s.mailboxOf(r))
	var a *answer
	p.hold(func() {
		if p.refused[0] {
			a = throttled().answer()
		} else if s.wait(r, 1) {
			a = s.graph(r, app, c)
		}
	})
	if a != nil {
		a.write(w, r)
	}
}

// wait takes the time that so many answers after one another take. It reports
// false where the client gave up.
func (s *Server) wait(r *http.Request, answers int) bool {
	if s.opts.Latency <= 0 {
		return true
	}
	select {
	case <-r.Context().Done():
		return false
	case <-time.After(time.Duration(answers) * s.opts.Latency):
		return true
	}
}

func unauthorized(err error) *graphError {
	return &graphError{http.StatusUnauthorized, "InvalidAuthenticationToken", err.Error(), map[string]string{
		"WWW-Authenticate": `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`,
	}}
}

func throttled() *graphError {
	e := *errThrottled
	e.header = map[string]string{"Retry-After": "1"}
	return &e
}

// mailboxOf returns the object id of the mailbox that a request is about; ""
// where it is about none.
func (s *Server) mailboxOf(r *http.Request) (id string) {
	segs := segments(r.URL)
	if len(segs) < 3 || !strings.EqualFold(segs[0], "users") {
		return ""
	}
	s.tenant.view(func() {
		if m := s.tenant.user(segs[1]); m != nil {
			id = m.ObjectID
		}
	})
	return id
}

// segments returns the path's parts after the version, unescaped.
func segments(u *url.URL) []string {
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")[1:]
	for i, p := range parts {
		if s, err := url.PathUnescape(p); err == nil {
			parts[i] = s
		}
	}
	return parts
}

// graph answers one request that is no batch.
func (s *Server) graph(r *http.Request, app *App, claims *claims) *answer {
	o, failed := parseOData(r)
	if failed != nil {
		return failed.answer()
	}
	c := &call{s: s, r: r, app: app, claims: claims, path: r.URL.EscapedPath(), segs: segments(r.URL), odata: o}
	var a *answer
	s.tenant.view(func() { a, failed = c.route() })
	if failed != nil {
		return failed.answer()
	}
	return a
}

// route finds what a path means. The caller holds the tenant's lock.
func (c *call) route() (*answer, *graphError) {
	switch {
	case len(c.segs) == 0 || !strings.EqualFold(c.segs[0], "users"):
		if len(c.segs) > 0 && strings.EqualFold(c.segs[0], "me") {
			return nil, badRequest("BadRequest", "/me request is only valid with delegated authentication flow.")
		}
		return nil, c.noSegment(0)
	case c.r.Method != http.MethodGet:
		return nil, errAccessDenied
	case len(c.segs) == 1:
		return c.users()
	case len(c.segs) == 2:
		return c.user()
	}
	m, failed := c.mailbox()
	if failed != nil {
		return nil, failed
	}
	return c.inMailbox(m)
}

func (c *call) noSegment(i int) *graphError {
	name := ""
	if i < len(c.segs) {
		name = c.segs[i]
	}
	return badRequest("BadRequest", "Resource not found for the segment '%s'.", name)
}

// is says whether the path's part i is this word.
func (c *call) is(i int, word string) bool { return strings.EqualFold(c.segs[i], word) }
