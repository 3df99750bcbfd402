package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// batchMax is how many requests a batch may hold ("Combine multiple HTTP
// requests using JSON batching").
const batchMax = 20

// atOnce is how many requests of a batch the service works on at the same
// time, and so how many requests a batch counts as.
const atOnce = 4

// batchType is a batch as it is sent.
type batchType struct {
	Requests []partType `json:"requests"`
}

// partType is a request in a batch. Its URL is relative to Graph's address.
type partType struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// send sends up to batchMax requests, as one batch where that is possible, and
// calls answered with those that have their answer or their error by now.
func (s *Source) send(ctx context.Context, requests []*request, answered func(...*request)) {
	b := &batch{source: s, answered: answered}
	b.whole.use = b.responses
	alone := requests
	if len(requests) > 1 {
		alone = nil
		for _, q := range requests {
			if strings.HasPrefix(q.link, s.address+"/") {
				b.open = append(b.open, q)
			} else {
				alone = append(alone, q) // the same server by another spelling
			}
		}
	}
	s.singly(ctx, alone, answered)
	if len(b.open) == 0 {
		return
	}
	err := s.transport.Do(ctx, int64(min(len(b.open), atOnce)), b.build, b.read)
	if err != nil && fault.ClassOf(err) == fault.Member && ctx.Err() == nil {
		// The service works, but one part may have made the answer too large.
		s.singly(ctx, b.open, answered)
		return
	}
	for _, q := range b.open {
		q.err = err
	}
	answered(b.open...)
}

// singly sends requests one by one.
func (s *Source) singly(ctx context.Context, requests []*request, answered func(...*request)) {
	for _, q := range requests {
		q.err = s.single(ctx, q)
		answered(q)
	}
}

// batch is a batch with all its tries. What the service throttles or fails on
// alone is sent again, in a smaller batch, while the others have their answers
// already.
type batch struct {
	source   *Source
	answered func(...*request)
	whole    request    // stands for the batch itself
	open     []*request // without an answer yet; the id in the batch is the index in sent
	done     []*request // with an answer in the try under way
	sent     []*request // with the try under way
	token    string     // of that
	again    *transport.Retry
}

// build makes the batch of what has no answer yet.
func (b *batch) build(ctx context.Context) (*http.Request, error) {
	b.sent = b.open
	doc := batchType{Requests: make([]partType, len(b.sent))}
	for i, q := range b.sent {
		doc.Requests[i] = partType{
			ID: strconv.Itoa(i), Method: http.MethodGet, URL: q.link[len(b.source.address):],
			Headers: map[string]string{"Prefer": q.prefer()},
		}
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // there is an & in most links
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.source.address+"/$batch", &body)
	if err != nil {
		return nil, fault.New(fault.Config, words.CheckGraphURL, "make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	b.token, err = b.source.authorise(ctx, req)
	return req, err
}

// read takes an answer, and asks for another try where parts are open then.
func (b *batch) read(resp *http.Response) error {
	b.again = nil
	if err := b.source.read(&b.whole, resp, b.token); err != nil {
		return err
	}
	if b.again != nil {
		return b.again
	}
	return nil
}

// responses hands the parts of an answer over to those who asked.
func (b *batch) responses(r *reader) error {
	body := r.all()
	if r.broken != nil {
		return r.broken
	}
	had := make([]bool, len(b.sent))
	b.open, b.done = nil, nil
	err := decodeBatch(body, func(id string, resp *http.Response, body []byte) {
		i, err := strconv.Atoi(id)
		if err != nil || i < 0 || i >= len(b.sent) || had[i] {
			return
		}
		had[i] = true
		resp.Request = &http.Request{URL: b.source.base}
		b.part(b.sent[i], b.source.take(b.sent[i], resp, &reader{data: body}, b.token))
	})
	if err == nil {
		err = errNoAnswer
	}
	for i, q := range b.sent {
		if !had[i] {
			b.part(q, q.again(fault.New(fault.Unavailable, words.AnswerStrange, "read answer of Microsoft Graph: %w", err), true))
		}
	}
	b.answered(b.done...)
	return nil
}

// part notes what a part's answer led to.
func (b *batch) part(q *request, err error) {
	var retry *transport.Retry
	if !errors.As(err, &retry) {
		q.err = err
		b.done = append(b.done, q)
		return
	}
	b.open = append(b.open, q)
	if b.again == nil {
		b.again = &transport.Retry{Err: retry.Err, Calm: true}
	}
	b.again.After = max(b.again.After, retry.After)
	b.again.Calm = b.again.Calm && retry.Calm
}

// errNoAnswer says that a batch came back without one of its parts.
var errNoAnswer = errors.New("a part of the batch has no answer")

// decodeBatch calls part for each response in a batch's answer. A body is good
// until it returns.
func decodeBatch(body []byte, part func(id string, resp *http.Response, body []byte)) error {
	r := reader{data: body}
	for name := range r.object() {
		if string(name) != "responses" {
			r.skip(1)
			continue
		}
		for range r.array() {
			id, resp, body := r.response()
			if r.err == nil {
				part(id, resp, body)
			}
		}
	}
	r.end()
	return r.err
}

// response reads one response of a batch.
func (r *reader) response() (id string, resp *http.Response, body []byte) {
	resp = &http.Response{Header: http.Header{}}
	for name := range r.object() {
		switch string(name) {
		case "id":
			id = unquoted(r.raw(2))
		case "status":
			resp.StatusCode, _ = strconv.Atoi(unquoted(r.raw(2)))
			resp.Status = strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
		case "headers":
			for name := range r.object() {
				header := string(name)
				resp.Header.Set(header, unquoted(r.raw(3)))
			}
		case "body":
			body = r.raw(2)
		default:
			r.skip(2)
		}
	}
	return id, resp, body
}

// raw reads a value and returns it as it stands, where all of the document is
// there. Depth is as for skip.
func (r *reader) raw(depth int) []byte {
	r.peek() // past blanks
	start := r.pos
	r.skip(depth)
	return r.data[start:r.pos]
}

// unquoted returns a short value that holds no escapes: a number, or a string
// without its quotes.
func unquoted(raw []byte) string { return strings.Trim(string(raw), `"`) }
