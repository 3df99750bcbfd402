package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// The largest pages that lists and rounds of delta are known to take.
const (
	listPage  = 999
	deltaPage = 500
)

// repeats is how often a request is sent again after an answer that may be a
// passing failure but does not say so (500, a page that is cut off).
const repeats = 2

// link returns the address of a first page. The path and the query are escaped
// already.
func (s *Source) link(path, query string) string { return s.address + path + "?" + query }

// follow returns a link that the service gave as it is to be requested:
// unchanged. One that leads to another server is an error, because our token
// would go there.
func (s *Source) follow(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != s.base.Scheme || !strings.EqualFold(origin(u), origin(s.base)) || u.User != nil {
		where := "somewhere that is no address"
		if err == nil {
			where = "to " + fault.Line(u.Scheme+"://"+u.Host, 100)
		}
		return "", fault.New(fault.Config, words.LinksElsewhere,
			"read pages: the link to the next page leads %s, not to %s://%s", where, s.base.Scheme, s.base.Host)
	}
	return strings.ReplaceAll(next, " ", "%20"), nil
}

// origin returns the host with its port, which may go without saying.
func origin(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "http":
		return u.Host + ":80"
	}
	return u.Host + ":443"
}

// request asks for what lies at a link.
type request struct {
	link string
	page int // entries of a page at most; 0: there are no pages
	// use reads the body of a successful answer, which is a JSON object, to its
	// end. It may be called again with the body of another try, also where the
	// last one broke off.
	use func(*reader) error
	err error // why there is no answer, once it has been asked for

	renewed bool // a token was refused once
	tries   int  // answers that were no good
}

// prefer returns the header Prefer: ids that outlive a change of the contact,
// and how long pages may be.
func (q *request) prefer() string {
	if q.page == 0 {
		return `IdType="ImmutableId"`
	}
	return fmt.Sprintf(`IdType="ImmutableId", odata.maxpagesize=%d`, q.page)
}

// asker asks for several things and returns once each has its answer or its
// error.
type asker interface {
	ask(ctx context.Context, requests ...*request)
}

// ask implements asker: one request by itself, several as batches.
func (s *Source) ask(ctx context.Context, requests ...*request) {
	for len(requests) > 0 {
		n := min(len(requests), batchMax)
		s.send(ctx, requests[:n], func(...*request) {})
		requests = requests[n:]
	}
}

// single sends one request by itself.
func (s *Source) single(ctx context.Context, q *request) error {
	e := exchange{source: s, request: q}
	return s.transport.Do(ctx, 1, e.build, e.read)
}

// exchange is one request with all its tries.
type exchange struct {
	source  *Source
	request *request
	token   string // of the try under way
}

// build makes the request. It runs for every try, since a token can expire
// while we wait.
func (e *exchange) build(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.request.link, nil)
	if err != nil {
		return nil, fault.New(fault.Config, words.CheckGraphURL, "make request: %w", err)
	}
	req.Header.Set("Prefer", e.request.prefer())
	e.token, err = e.source.authorise(ctx, req)
	return req, err
}

// authorise puts a token into a request.
func (s *Source) authorise(ctx context.Context, req *http.Request) (token string, err error) {
	if token, err = s.token(ctx); err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	return token, nil
}

// read takes an answer.
func (e *exchange) read(resp *http.Response) error { return e.source.read(e.request, resp, e.token) }

// read has the request take the answer to it that comes over the wire.
func (s *Source) read(q *request, resp *http.Response, token string) error {
	if busy := transport.Busy(resp); busy != nil {
		return busy
	}
	r := newReader(resp.Body)
	defer r.close()
	return s.take(q, resp, r, token)
}

// take has the request take an answer, by itself or out of a batch. The error is a *transport.Retry where it is to be sent again.
func (s *Source) take(q *request, resp *http.Response, r *reader, token string) error {
	if busy := transport.Busy(resp); busy != nil {
		return busy
	}
	if resp.StatusCode == http.StatusOK && r.peek() == '{' { // a login page is no JSON object
		err := q.use(r)
		switch {
		case r.broken != nil:
			return r.broken
		case err != nil:
			return q.again(fault.New(fault.Unavailable, words.AnswerStrange, "read answer of Microsoft Graph: %w", err), true)
		}
		return nil
	}
	err := failure(resp, r.all())
	switch {
	case r.broken != nil:
		return r.broken
	case resp.StatusCode == http.StatusUnauthorized && !q.renewed && fault.ClassOf(err) == fault.Config:
		q.renewed = true
		s.invalidate(token)
		return &transport.Retry{After: time.Millisecond, Err: err, Calm: true}
	case ofMailbox(err):
		return q.again(err, true)
	case passing(resp.StatusCode, err):
		return q.again(err, false)
	}
	return err
}

// again asks for another try while there are some left. Calm says that the
// others need not slow down for it.
func (q *request) again(err error, calm bool) error {
	if q.tries++; q.tries > repeats {
		return wrap(fmt.Sprintf("tried %d times", q.tries), err)
	}
	return &transport.Retry{Err: err, Calm: calm}
}

// wrap says in front of err what was being done.
func wrap(what string, err error) error { return fmt.Errorf("%s: %w", what, err) }
