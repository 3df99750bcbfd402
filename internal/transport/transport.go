// Package transport carries requests to Microsoft's services and to Exchange
// servers: TLS that is always verified, further certificate authorities, an
// HTTP proxy, gzip, time limits, a bound on requests in flight, and patience
// with a service that asks for it.
//
// Where a service has enough, the places for requests in flight become fewer,
// and more again by themselves while its answers are good. How long it wants
// to be left alone (Retry-After) binds the request that it told so, and not the
// others: Exchange counts by mailbox, and one that is read too fast must not
// hold up the rest. Where it is the application that is too fast, each request
// is told so itself; as there are fewer places, hardly more than one of them
// knocks at a time.
//
// A source builds a request and reads its answer; everything between is done
// here, once for all sources. An answer has to be read whole before anything
// of it is passed on, because a connection that breaks in the middle leads to
// the same request again.
package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// Options configure a Transport. The zero value talks to the public internet
// without a proxy.
type Options struct {
	CAFile    string   // PEM file with certificate authorities besides the system's
	Proxy     *url.URL // HTTP proxy, user and password included; nil: none
	UserAgent string
	HTTP1     bool  // no HTTP/2: NTLM authenticates a connection, not a request
	Places    int64 // requests in flight at most; default 4

	// Wrap puts a layer around every round trip, such as NTLM's handshake. With
	// HTTP1 each request in flight has a connection of its own, and Wrap is
	// called for each of them: what a layer sends during one round trip goes
	// over one connection, as long as it reads each answer to its end.
	Wrap func(http.RoundTripper) http.RoundTripper

	Attempts      int           // tries of one request at most; default 6
	Patience      time.Duration // all waits of one request together at most; default 15 min
	AnswerTimeout time.Duration // until the header of an answer; default 100 s
	IdleTimeout   time.Duration // between two reads of an answer's body; default 60 s
	Timeout       time.Duration // one try as a whole; default 5 min
	MaxBody       int64         // bytes of one answer, unpacked, at most; default 128 MiB

	Sleep  func(context.Context, time.Duration) error // for tests; default waits really
	Logger *slog.Logger                               // default discards
}

// Transport sends requests. It is safe for concurrent use.
type Transport struct {
	opts     Options
	client   *http.Client
	places   *places
	observer Observer
	requests atomic.Int64
	bytes    atomic.Int64
}

// Observer is told what is being waited for, by several requests at once.
type Observer interface {
	// Waiting is called when a request is to be tried once more after a wait,
	// and why.
	Waiting(wait time.Duration, try, of int, why error)
	// Places is called when there are fewer places for requests in flight, or
	// all of them again.
	Places(now, most int64)
}

// nobody is the observer where there is none.
type nobody struct{}

func (nobody) Waiting(time.Duration, int, int, error) {}
func (nobody) Places(int64, int64)                    {}

// New returns a Transport. It fails where CAFile cannot be used.
func New(o Options) (*Transport, error) {
	setDefault(&o.Places, 4)
	setDefault(&o.Attempts, 6)
	setDefault(&o.Patience, 15*time.Minute)
	setDefault(&o.AnswerTimeout, 100*time.Second)
	setDefault(&o.IdleTimeout, time.Minute)
	setDefault(&o.Timeout, 5*time.Minute)
	setDefault(&o.MaxBody, 128<<20)
	if o.Sleep == nil {
		o.Sleep = Sleep
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	roots, err := CertPool(o.CAFile)
	if err != nil {
		return nil, err
	}
	base := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:   20 * time.Second,
		ResponseHeaderTimeout: o.AnswerTimeout,
		DisableCompression:    true, // done in RoundTrip, so that the wire's bytes can be counted
		MaxIdleConnsPerHost:   int(o.Places),
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     !o.HTTP1,
	}
	if o.HTTP1 {
		base.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	if o.Proxy != nil {
		password, _ := o.Proxy.User.Password()
		fault.Hide(password)
		base.Proxy = func(req *http.Request) (*url.URL, error) {
			// Plain HTTP stays on this machine, and so must the token in it.
			if req.URL.Scheme == "http" {
				return nil, nil
			}
			return o.Proxy, nil
		}
		base.OnProxyConnectResponse = proxyAnswer
	}
	t := &Transport{opts: o, places: newPlaces(o.Places, o.Logger), observer: nobody{}}
	var rt http.RoundTripper = &wire{base: base, t: t}
	switch {
	case o.Wrap != nil && o.HTTP1:
		rt = newLanes(base, t, o.Wrap)
	case o.Wrap != nil:
		rt = o.Wrap(rt)
	}
	t.client = &http.Client{
		Transport: rt,
		// A redirect would carry the token elsewhere, and the services use none.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return t, nil
}

// Client returns an HTTP client over the same TLS, proxy and counters, for a
// library that sends its own requests. It neither retries nor limits.
func (t *Transport) Client() *http.Client { return t.client }

// Observe lets an observer know. It must be called before the first request.
func (t *Transport) Observe(o Observer) { t.observer, t.places.told = o, o.Places }

// Count returns how many requests were sent and how many bytes their answers'
// bodies had on the wire, retries included.
func (t *Transport) Count() (requests, bytes int64) { return t.requests.Load(), t.bytes.Load() }

// Retry is what a source returns of an answer that asks to be asked again.
type Retry struct {
	After time.Duration // as the service asked; 0: our own choice
	Err   error
	// Calm says that the service is not overburdened, as where a token has
	// expired, so that this is no reason to slow down.
	Calm bool
}

// Error returns the text of the wrapped error.
func (r *Retry) Error() string { return r.Err.Error() }

// Unwrap returns the wrapped error.
func (r *Retry) Unwrap() error { return r.Err }

// Do sends the request that build makes and has read take the answer, again
// and again while the network fails or read returns a *Retry, until the
// attempts or the patience are used up. Read gets every answer whatever its
// status (see Busy) and need not close its body. Weight says how many of the
// places the request takes: 1, for a Graph batch 4.
//
// The error is build's or read's; that of the network is a *fault.Error of
// class Unavailable or, where the certificate is not trusted, Config.
func (t *Transport) Do(ctx context.Context, weight int64, build func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	var waited time.Duration
	for n := 1; ; n++ {
		err := t.once(ctx, weight, build, read)
		var retry *Retry
		if !errors.As(err, &retry) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := retry.After
		if wait <= 0 {
			wait = backoff(n)
		}
		if n >= t.opts.Attempts || waited+wait > t.opts.Patience {
			return gaveUp(retry, n)
		}
		t.Waits(wait, n+1, t.opts.Attempts, retry.Err)
		if err := t.opts.Sleep(ctx, wait); err != nil {
			return err
		}
		waited += wait
	}
}

// Waits lets the log and the observer know of a wait before another try.
func (t *Transport) Waits(wait time.Duration, try, of int, why error) {
	t.opts.Logger.Debug(words.Say(words.WaitingBeforeTry, wait.Round(100*time.Millisecond), try, of), "reason", why)
	t.observer.Waiting(wait, try, of, why)
}

// once makes one try, and lets go of its place before any wait.
func (t *Transport) once(ctx context.Context, weight int64, build func(context.Context) (*http.Request, error), read func(*http.Response) error) (err error) {
	place, err := t.places.take(ctx, weight)
	if err != nil {
		return err
	}
	defer func() {
		var retry *Retry
		again := errors.As(err, &retry)
		t.places.free(place, again && !retry.Calm && ctx.Err() == nil, !again)
	}()
	limited, cancel := context.WithTimeoutCause(ctx, t.opts.Timeout, fmt.Errorf("no whole answer within %s", t.opts.Timeout))
	defer cancel()
	req, err := build(limited)
	if err != nil {
		return err
	}
	resp, err := t.client.Do(req.WithContext(limited))
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return networkError(req.URL, err)
	}
	defer resp.Body.Close()
	err = read(resp)
	if ctx.Err() != nil && err != nil {
		return ctx.Err()
	}
	return err
}

// gaveUp keeps the class of what failed, where it has one, and says how often
// it was tried.
func gaveUp(r *Retry, attempts int) error {
	err := r.Err
	if attempts > 1 {
		err = words.Errorf(words.TriedTimes, err, attempts)
	}
	var f *fault.Error
	if errors.As(r.Err, &f) {
		return err
	}
	return fault.New(fault.Unavailable, words.ServiceBusy, "%w", err)
}

// backoff returns 1, 2, 4 … seconds, up to a minute, with a random fifth more
// or less, so that many workers do not return at the same instant.
func backoff(n int) time.Duration {
	d := min(time.Second<<min(n-1, 10), time.Minute)
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// Sleep waits, or returns the context's error where that is done before.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// CertPool returns the system's authorities with those of the PEM file added;
// nil, which means the system's alone, where file is empty. A file that cannot
// be used is a *fault.Error of class Config.
func CertPool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Config, words.CAFileUnreadable, "read ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Config, words.CAFileNoCertificates, words.CAFileWithout, file)
	}
	return pool, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
