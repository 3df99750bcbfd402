package simulator

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Fault answers a request in place of the service, or lets the service answer
// through it.
type Fault func(w http.ResponseWriter, r *http.Request, service http.Handler)

// SetFault has hook see each request before the service does. Where it returns
// nil, the service answers. A nil hook ends all faults.
func (s *Server) SetFault(hook func(*http.Request) Fault) {
	if hook == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&hook)
}

// Times returns a hook that gives f to the first n requests whose path
// contains part.
func Times(n int, part string, f Fault) func(*http.Request) Fault {
	var left atomic.Int64
	left.Store(int64(n))
	return func(r *http.Request) Fault {
		if !strings.Contains(r.URL.Path, part) || left.Add(-1) < 0 {
			return nil
		}
		return f
	}
}

// Always returns a hook that gives f to each request whose path contains part.
func Always(part string, f Fault) func(*http.Request) Fault {
	return func(r *http.Request) Fault {
		if !strings.Contains(r.URL.Path, part) {
			return nil
		}
		return f
	}
}

// Throttled answers 429 with Retry-After, as Graph does.
func Throttled(retryAfter string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", retryAfter)
		errThrottled.answer().write(w, nil)
	}
}

// GraphError answers with an error in Graph's form.
func GraphError(status int, code, message string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		(&graphError{status, code, message, nil}).answer().write(w, nil)
	}
}

// Broken answers with a status and a Retry-After, where that is not empty, and
// a body that is no document of any service.
func Broken(status int, retryAfter string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.Header().Set("Content-Type", "text/html; charset=us-ascii")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html><body><h2>%s</h2></body></html>", http.StatusText(status))
	}
}

// LoginPage answers as a captive portal does: 200 and a page in HTML.
func LoginPage(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body><form method=post></form></body></html>")
}

// CutAfter cuts the connection once n bytes of the service's answer are out.
func CutAfter(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		if n <= 0 {
			panic(http.ErrAbortHandler)
		}
		service.ServeHTTP(&cutter{ResponseWriter: w, left: n}, r)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) < c.left {
		c.left -= len(b)
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// Drip sends the service's answer in pieces of size bytes with a pause between.
func Drip(size int, pause time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		service.ServeHTTP(&dripper{w, r, size, pause}, r)
	}
}

type dripper struct {
	http.ResponseWriter
	r     *http.Request
	size  int
	pause time.Duration
}

func (d *dripper) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := d.ResponseWriter.Write(b[done:min(done+d.size, len(b))])
		done += n
		if err != nil {
			return done, err
		}
		_ = http.NewResponseController(d.ResponseWriter).Flush()
		select {
		case <-d.r.Context().Done():
			return done, d.r.Context().Err()
		case <-time.After(d.pause):
		}
	}
	return done, nil
}

// Delay lets the service answer after a pause, or when the client gives up.
func Delay(pause time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		select {
		case <-r.Context().Done():
		case <-time.After(pause):
			service.ServeHTTP(w, r)
		}
	}
}

// Rewrite sends the service's answer with its body changed, and never zipped.
// The body that change gets is its own.
func Rewrite(change func(body []byte) []byte) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		rec := take(r, service)
		rec.send(w, change(rec.body.Bytes()))
	}
}

// ContentType sends the service's answer under another media type.
func ContentType(name string) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		rec := take(r, service)
		rec.header.Set("Content-Type", name)
		rec.send(w, rec.body.Bytes())
	}
}

// Elsewhere sends the service's answers with all links in them leading to
// another server, at an address such as https://127.0.0.1:1.
func Elsewhere(address string) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		rec := take(r, service)
		rec.send(w, bytes.ReplaceAll(rec.body.Bytes(), []byte("https://"+r.Host+"/"), []byte(address+"/")))
	}
}

// Repeated sends the service's next answer, and that again and again.
func Repeated() Fault {
	var first *partRecorder
	var once sync.Once
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		once.Do(func() { first = take(r, service) })
		first.send(w, first.body.Bytes())
	}
}

// Padded sends the service's answer with size bytes more that mean nothing: in
// a property that nobody asked for, or as blanks behind the SOAP body.
func Padded(size int) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		rec := take(r, service)
		before, behind := bytes.TrimSpace(rec.body.Bytes()), "</s:Envelope>"
		before, soap := bytes.CutSuffix(before, []byte(behind))
		if !soap {
			before, behind = append(bytes.TrimSuffix(before, []byte("}")), `,"padding":"`...), `"}`
		}
		maps.Copy(w.Header(), rec.header)
		w.Header().Del("Content-Length")
		to := io.Writer(w)
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			to = z
		}
		w.WriteHeader(rec.status)
		_, _ = to.Write(before)
		blanks := bytes.Repeat([]byte(" "), 1<<16)
		for left := size; left > 0; left -= len(blanks) {
			_, _ = to.Write(blanks[:min(len(blanks), left)])
		}
		_, _ = io.WriteString(to, behind)
	}
}

// HalfZipped sends the first half of the service's answer in gzip, as if that
// were all. A part of a batch, which is never zipped, is cut in half.
func HalfZipped(w http.ResponseWriter, r *http.Request, service http.Handler) {
	rec := take(r, service)
	body := rec.body.Bytes()
	if _, part := w.(*partRecorder); !part {
		rec.header.Set("Content-Encoding", "gzip")
		body = zip(body)
	}
	rec.send(w, body[:len(body)/2])
}

// take has the service answer a request, without compression.
func take(r *http.Request, service http.Handler) *partRecorder {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding")
	rec := &partRecorder{header: http.Header{}}
	service.ServeHTTP(rec, r)
	return rec
}

// send sends what was answered with another body.
func (p *partRecorder) send(w http.ResponseWriter, body []byte) {
	maps.Copy(w.Header(), p.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.status)
	_, _ = w.Write(body)
}
