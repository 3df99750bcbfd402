package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
)

// prefer asks for ids that outlive a change of the contact, and for the
// largest page that lists are known to take.
const prefer = `IdType="ImmutableId", odata.maxpagesize=999`

// repeats is how often a request is sent again after an answer that may be a
// passing failure but does not say so (500, a page that is cut off).
const repeats = 2

// buffers holds buffers for the bodies of answers.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// link returns the address of a first page. The path and the query are escaped
// already.
func (s *Source) link(path, query string) string {
	return s.base.Scheme + "://" + s.base.Host + s.base.EscapedPath() + path + "?" + query
}

// errChanged says that a listing grew or shrank between two pages. The links
// count entries, so what comes after the change moves, and one that moves from
// a page to come to a page that has been is never seen.
var errChanged = errors.New("a folder changed while it was read")

// list follows a listing from its first page to its last and hands each page
// over once it is whole. The error is errChanged where the pages tell totals
// that differ; what the totals themselves are means nothing, because they count
// entries that never come.
func list[T any](ctx context.Context, s *Source, link string, decode func([]byte) (page[T], error), use func([]T) error) error {
	seen := make(map[string]bool)
	for total := unknown; ; {
		seen[link] = true
		var p page[T]
		err := s.get(ctx, link, func(body []byte) (err error) {
			p, err = decode(body)
			return err
		})
		if err != nil {
			return err
		}
		if total != unknown && p.total != unknown && p.total != total {
			return errChanged
		}
		total = max(total, p.total)
		if len(p.items) > 0 {
			if err := use(p.items); err != nil {
				return err
			}
		}
		if p.next == "" {
			return nil
		}
		if link, err = s.follow(p.next); err != nil {
			return err
		}
		if seen[link] {
			return fault.New(fault.Unavailable, hintStrange, "read pages: Microsoft Graph leads in a circle")
		}
	}
}

// follow returns a link to a next page as it is to be requested: unchanged.
// One that leads to another server is an error, because our token would go
// there.
func (s *Source) follow(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != s.base.Scheme || !strings.EqualFold(origin(u), origin(s.base)) || u.User != nil {
		where := "somewhere that is no address"
		if err == nil {
			where = "to " + u.Scheme + "://" + u.Host
		}
		return "", fault.New(fault.Config, "if graph_url names a gateway of your own, it must rewrite the links in answers; else set graph_url to your cloud's address",
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

// get requests link and has use take the body of a successful answer, which is
// a JSON object; use may be called again with the body of another try, and
// must not keep it.
func (s *Source) get(ctx context.Context, link string, use func(body []byte) error) error {
	e := exchange{source: s, link: link, use: use}
	return s.transport.Do(ctx, 1, e.build, e.read)
}

// exchange is one request with all its tries.
type exchange struct {
	source  *Source
	link    string
	use     func([]byte) error
	token   string // of the try under way
	renewed bool   // a token was refused once
	tries   int    // answers that were no good
}

// build makes the request. It runs for every try, since a token can expire
// while we wait.
func (e *exchange) build(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.link, nil)
	if err != nil {
		return nil, fault.New(fault.Config, "check graph_url", "make request: %w", err)
	}
	if e.token, err = e.source.token(ctx); err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+e.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Prefer", prefer)
	return req, nil
}

// read takes an answer.
func (e *exchange) read(resp *http.Response) error {
	if busy := transport.Busy(resp); busy != nil {
		return busy
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if _, err := buf.ReadFrom(resp.Body); err != nil {
		return err
	}
	body := buf.Bytes()
	if resp.StatusCode == http.StatusOK && isObject(body) {
		if err := e.use(body); err != nil {
			return e.again(fault.New(fault.Unavailable, hintStrange, "read answer of Microsoft Graph: %w", err))
		}
		return nil
	}
	err := failure(resp, body)
	switch {
	case resp.StatusCode == http.StatusUnauthorized && !e.renewed && fault.ClassOf(err) == fault.Config:
		e.renewed = true
		e.source.invalidate(e.token)
		return &transport.Retry{After: time.Millisecond, Err: err}
	case passing(resp.StatusCode, err):
		return e.again(err)
	}
	return err
}

// again asks for another try while there are some left.
func (e *exchange) again(err error) error {
	if e.tries++; e.tries > repeats {
		return wrap(fmt.Sprintf("tried %d times", e.tries), err)
	}
	return &transport.Retry{Err: err}
}

// isObject tells whether a body begins as a JSON object does, which a login
// page does not.
func isObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
}

// wrap says in front of err what was being done.
func wrap(what string, err error) error { return fmt.Errorf("%s: %w", what, err) }
