package entra

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// maxAnswer is far above what the sign-in service answers, in bytes.
const maxAnswer = 1 << 20

// web is the HTTP client that MSAL gets. It tries again where that may help,
// and returns nothing but good answers; every other one becomes a
// *fault.Error here.
type web struct {
	client  *http.Client
	waits   func(wait time.Duration, try, of int, why error)
	sleep   func(context.Context, time.Duration) error
	renewal string // Config.Renewal
	consent string // see ConsentPage
}

// CloseIdleConnections implements MSAL's HTTPClient.
func (w *web) CloseIdleConnections() { w.client.CloseIdleConnections() }

// Do implements MSAL's HTTPClient.
func (w *web) Do(req *http.Request) (*http.Response, error) {
	var waited time.Duration
	for n := 1; ; n++ {
		resp, err := w.try(req)
		var retry *transport.Retry
		if !errors.As(err, &retry) {
			return resp, err
		}
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		wait := retry.After
		if wait <= 0 {
			wait = time.Second << (n - 1)
		}
		if n >= maxAttempts || waited+wait > patience {
			return nil, gaveUp(retry, n)
		}
		w.waits(wait, n+1, maxAttempts, retry.Err)
		if err := w.sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		waited += wait
	}
}

// gaveUp returns what the last try failed with, and says how often it was tried.
func gaveUp(r *transport.Retry, attempts int) error {
	if attempts == 1 {
		return r.Err
	}
	return fault.New(fault.ClassOf(r.Err), fault.HintOf(r.Err), words.TriedTimes, r.Err, attempts)
}

// try makes one try. The answer's body has been read whole.
func (w *web) try(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), tryTimeout)
	defer cancel()
	attempt := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		attempt.Body = body
	}
	resp, err := w.client.Do(attempt)
	if err != nil {
		return nil, network(req.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, network(req.URL, err)
	}
	if err := w.judge(req.URL, resp, body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// network explains why there is no answer or half of one, and asks for another
// try where one may help.
func network(u *url.URL, err error) error {
	// The wish for another try must be the outermost, so that it ends with us.
	var broken *transport.Retry
	if errors.As(err, &broken) {
		return broken
	}
	f := transport.Explain(u, err)
	if f.Class == fault.Config {
		return f
	}
	return &transport.Retry{Err: f}
}

// judge returns nil for a good answer: a JSON object with status 200.
func (w *web) judge(u *url.URL, resp *http.Response, body []byte) error {
	var a answer
	isObject := json.Unmarshal(body, &a) == nil
	switch {
	case isObject && resp.StatusCode == http.StatusOK && a.Error == "":
		return nil
	case isObject && a.Error != "":
		return a.explain(u.Host, resp, w)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout:
		return &transport.Retry{After: transport.RetryAfter(resp.Header), Err: fault.New(fault.Unavailable,
			words.SignInOrProxyBusy,
			"%s answers %s%s", u.Host, resp.Status, title(body))}
	case resp.StatusCode == http.StatusNotFound:
		return fault.New(fault.Config, words.CheckAuthority,
			"%s answers %s", u.Host, resp.Status)
	}
	what := words.Say(words.NotOfSignInService, title(body))
	if to, err := resp.Location(); err == nil {
		what = words.Say(words.RedirectTo, oneLine(to.Host))
	}
	return fault.New(fault.Config, words.Say(words.SomethingElseAnswers, u.Hostname()),
		"%s answers %s with %s", u.Host, resp.Status, what)
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>(.{1,200}?)</title>`)

// title returns the title of a web page, which often names the proxy that made it.
func title(body []byte) string {
	m := titleElement.FindSubmatch(body)
	if m == nil {
		return ""
	}
	return fmt.Sprintf(" (a web page: %q)", oneLine(html.UnescapeString(string(m[1]))))
}

// oneLine returns a text as one line without secrets and orders to a terminal,
// cut where it becomes too long for a log.
func oneLine(text string) string { return fault.Line(text, 400) }
