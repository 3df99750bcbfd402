package transport

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/words"
)

// wire is the innermost round trip: it adds our headers, counts, unpacks gzip
// and watches the body.
type wire struct {
	base *http.Transport
	t    *Transport
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	req = req.Clone(ctx)
	if w.t.opts.UserAgent != "" {
		req.Header.Set("User-Agent", w.t.opts.UserAgent)
	}
	if req.Header.Get("Accept-Encoding") == "" {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	w.t.requests.Add(1)
	resp, err := w.send(req)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Status = status(resp.StatusCode) // for all who name it in an error
	b := &body{raw: resp.Body, t: w.t, cancel: cancel, left: w.t.opts.MaxBody}
	b.timer = time.AfterFunc(w.t.opts.IdleTimeout, func() {
		cancel(fmt.Errorf("no byte for %s in the middle of an answer", w.t.opts.IdleTimeout))
	})
	b.ctx = ctx
	b.unpacked = counter{b}
	if resp.Header.Get("Content-Encoding") == "gzip" {
		b.gzipped = true
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
		resp.Uncompressed = true
	}
	resp.Body = b
	return resp, nil
}

// body is an answer's body: counted as it comes off the wire, unpacked,
// bounded in size, and broken off when it stands still. Any error but the end
// is a *Retry, because the same request may well succeed.
type body struct {
	raw      io.ReadCloser
	unpacked io.Reader
	gzipped  bool
	zip      *gzip.Reader // nil until something of a gzipped body is read
	t        *Transport
	ctx      context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	left     int64
}

// counter reads the raw body for the layers above it.
type counter struct{ b *body }

func (c counter) Read(p []byte) (int, error) {
	n, err := c.b.raw.Read(p)
	c.b.t.bytes.Add(int64(n))
	c.b.timer.Reset(c.b.t.opts.IdleTimeout)
	return n, err
}

func (b *body) Read(p []byte) (int, error) {
	if b.gzipped && b.zip == nil {
		b.zip = unzippers.Get().(*gzip.Reader)
		if err := b.zip.Reset(b.unpacked); err != nil {
			return 0, b.broken(err)
		}
		b.unpacked = b.zip
	}
	n, err := b.unpacked.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, fault.New(fault.Member, words.AnswerTooLarge,
			"read answer: more than %d MiB", b.t.opts.MaxBody>>20)
	}
	// A server that notices our giving up may still end the answer in good
	// order, which does not make it whole.
	if err == nil || err == io.EOF && context.Cause(b.ctx) == nil {
		return n, err
	}
	return n, b.broken(err)
}

// unzippers holds readers of gzip, each of which has a window of 32 KiB.
var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// closed is what is left of a body.
type closed struct{}

func (closed) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }

func (b *body) broken(err error) error {
	if cause := context.Cause(b.ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return &Retry{Err: fault.New(fault.Unavailable, words.BrokeOff, "read answer: %w", said{err})}
}

func (b *body) Close() error {
	b.timer.Stop()
	err := b.raw.Close()
	b.cancel(nil)
	if b.zip != nil {
		unzippers.Put(b.zip)
		b.zip, b.unpacked = nil, closed{}
	}
	return err
}
