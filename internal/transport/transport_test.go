package transport

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"contactsync/internal/fault"
)

// serve starts a TLS server with the handler and returns a Transport that
// trusts it, and the server. Waits are recorded, not waited.
func serve(t *testing.T, o Options, h http.HandlerFunc) (*Transport, *httptest.Server, *[]time.Duration) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = !o.HTTP1
	srv.StartTLS()
	t.Cleanup(srv.Close)
	if o.CAFile == "" {
		o.CAFile = caFile(t, srv)
	}
	var waits []time.Duration
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		return ctx.Err()
	}
	tr, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return tr, srv, &waits
}

func caFile(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// get returns the body of one answer, as a source would read it.
func get(ctx context.Context, tr *Transport, address string) (string, error) {
	var text string
	err := tr.Do(ctx, 1, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, "GET", address, nil)
	}, func(resp *http.Response) error {
		if busy := Busy(resp); busy != nil {
			return busy
		}
		b, err := io.ReadAll(resp.Body)
		text = string(b)
		return err
	})
	return text, err
}

func TestWaitsAsLongAsTheServiceAsks(t *testing.T) {
	var n atomic.Int32
	tr, srv, waits := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, "done")
		}
	})
	text, err := get(t.Context(), tr, srv.URL)
	if err != nil || text != "done" {
		t.Fatalf("%q, %v", text, err)
	}
	if len(*waits) != 2 || (*waits)[0] != 17*time.Second {
		t.Errorf("waits %v, want 17s and one of our own", *waits)
	}
	if own := (*waits)[1]; own < time.Second || own > 3*time.Second {
		t.Errorf("our own second wait is %v", own)
	}
	if requests, bytes := tr.Count(); requests != 3 || bytes != 4 {
		t.Errorf("counted %d requests, %d bytes", requests, bytes)
	}
}

func TestGivesUp(t *testing.T) {
	for name, retryAfter := range map[string]string{"after its attempts": "1", "at once where the wait is too long": "3600"} {
		t.Run(name, func(t *testing.T) {
			tr, srv, waits := serve(t, Options{Attempts: 3}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", retryAfter)
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			_, err := get(t.Context(), tr, srv.URL)
			if fault.ClassOf(err) != fault.Unavailable || fault.HintOf(err) == "" || !strings.Contains(err.Error(), "503") {
				t.Errorf("error %v, hint %q", err, fault.HintOf(err))
			}
			if want := map[string]int{"1": 2, "3600": 0}[retryAfter]; len(*waits) != want {
				t.Errorf("%d waits, want %d", len(*waits), want)
			}
		})
	}
}

func TestBrokenAnswerIsAskedForAgain(t *testing.T) {
	broken := map[string]http.HandlerFunc{
		"cut in the middle": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		},
		"gzip that ends early": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, strings.Repeat("half ", 1000))
			z.Flush()
		},
		"standing still": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "half")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, fail := range broken {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			tr, srv, _ := serve(t, Options{IdleTimeout: 200 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) == 1 {
					fail(w, r)
					return
				}
				fmt.Fprint(w, "whole")
			})
			text, err := get(t.Context(), tr, srv.URL)
			if err != nil || text != "whole" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

func TestUnpacksGzipAndCountsTheWire(t *testing.T) {
	page := strings.Repeat("contact ", 10000)
	tr, srv, _ := serve(t, Options{UserAgent: "contactsync/1"}, func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "contactsync/1" || r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("headers %v", r.Header)
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		fmt.Fprint(z, page)
	})
	text, err := get(t.Context(), tr, srv.URL)
	if err != nil || text != page {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	if _, bytes := tr.Count(); bytes == 0 || bytes > int64(len(page))/10 {
		t.Errorf("counted %d bytes of a page of %d", bytes, len(page))
	}
}

func TestBoundsTheSize(t *testing.T) {
	tr, srv, waits := serve(t, Options{MaxBody: 1 << 20}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		for range 64 {
			z.Write(make([]byte, 1<<16))
		}
	})
	if _, err := get(t.Context(), tr, srv.URL); err == nil || !strings.Contains(err.Error(), "more than 1 MiB") || len(*waits) != 0 {
		t.Errorf("error %v after %d waits", err, len(*waits))
	}
}

func TestFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	tr, srv, _ := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	if _, err := get(t.Context(), tr, srv.URL); err != nil || elsewhere.Load() != 0 {
		t.Errorf("error %v, %d requests elsewhere", err, elsewhere.Load())
	}
}

func TestHoldsItsPlaces(t *testing.T) {
	var now, most atomic.Int32
	tr, srv, _ := serve(t, Options{Places: 2}, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
	})
	errs := make(chan error)
	for range 12 {
		go func() {
			_, err := get(context.Background(), tr, srv.URL)
			errs <- err
		}()
	}
	for range 12 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 2 {
		t.Errorf("%d requests at once, want 2", most.Load())
	}
}

func TestCancelledRequestIsNoFailureOfTheService(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tr, srv, _ := serve(t, Options{}, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := get(ctx, tr, srv.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestExplains(t *testing.T) {
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	defer stranger.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	proxyURL, _ := url.Parse(proxy.URL)
	forbids := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	defer forbids.Close()
	forbidsURL, _ := url.Parse(forbids.URL)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	hangsUp := listener(t, func(conn net.Conn) { conn.Read(make([]byte, 1)) })
	talks := listener(t, func(conn net.Conn) { fmt.Fprint(conn, "220 mail.example.org ESMTP\r\n") })
	proxied := func(scheme, host string) Options {
		return Options{Proxy: &url.URL{Scheme: scheme, Host: host}, CAFile: caFile(t, stranger)}
	}
	tests := map[string]struct {
		address string
		o       Options
		class   fault.Class
		hint    string
	}{
		"proxy that hangs up":       {address: stranger.URL, o: proxied("http", hangsUp), class: fault.Unavailable, hint: "an HTTP proxy listens at the address in proxy_url"},
		"proxy that is none":        {address: stranger.URL, o: proxied("http", talks), class: fault.Unavailable, hint: "an HTTP proxy listens at the address in proxy_url"},
		"TLS proxy that hangs up":   {address: stranger.URL, o: proxied("https", hangsUp), class: fault.Unavailable, hint: "that it speaks TLS, as https:// in it says"},
		"TLS proxy that is none":    {address: stranger.URL, o: proxied("https", talks), class: fault.Config, hint: "the proxy speaks no TLS; let proxy_url begin with http://"},
		"TLS server that is none":   {address: "https://www.example.org", o: proxied("https", tlsHangsUp(t, stranger)), class: fault.Unavailable, hint: "an HTTP proxy listens at the address in proxy_url"},
		"no such TLS proxy":         {address: stranger.URL, o: proxied("https", gone.Addr().String()), class: fault.Unavailable, hint: "the proxy does not answer; check proxy_url"},
		"certificate of a stranger": {address: stranger.URL, class: fault.Config, hint: "ca_file"},
		"certificate of another":    {address: strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1), o: Options{CAFile: caFile(t, stranger)}, class: fault.Config, hint: "another name"},
		"TLS 1.1 at most":           {address: old.URL, class: fault.Config, hint: "TLS 1.2"},
		"no TLS":                    {address: strings.Replace(plain.URL, "http:", "https:", 1), class: fault.Config, hint: "no TLS server"},
		"nobody listens":            {address: "https://" + gone.Addr().String(), class: fault.Unavailable, hint: "firewall"},
		"no such name":              {address: "https://nowhere.invalid/", class: fault.Unavailable, hint: "DNS"},
		"proxy wants a login":       {address: stranger.URL, o: Options{Proxy: proxyURL}, class: fault.Config, hint: "proxy_username"},
		"proxy forbids it":          {address: stranger.URL, o: Options{Proxy: forbidsURL}, class: fault.Config, hint: "let the proxy allow"},
		"no such proxy":             {address: stranger.URL, o: Options{Proxy: &url.URL{Scheme: "http", Host: gone.Addr().String()}}, class: fault.Unavailable, hint: "proxy_url"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.o.Sleep = func(context.Context, time.Duration) error { return nil }
			tr, err := New(tt.o)
			if err != nil {
				t.Fatal(err)
			}
			_, err = get(t.Context(), tr, tt.address)
			if fault.ClassOf(err) != tt.class || !strings.Contains(fault.HintOf(err), tt.hint) {
				t.Errorf("class %v, error %v, hint %q; want class %v and a hint with %q", fault.ClassOf(err), err, fault.HintOf(err), tt.class, tt.hint)
			}
			if tt.o.Proxy != nil && !strings.Contains(err.Error(), "proxy "+tt.o.Proxy.Host) {
				t.Errorf("%v does not name the proxy %s", err, tt.o.Proxy.Host)
			}
		})
	}
}

func TestPlainHTTPGoesThroughNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the proxy sees %s", r.URL)
	}))
	defer proxy.Close()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") }))
	defer service.Close()
	proxyURL, _ := url.Parse(proxy.URL)
	tr, err := New(Options{Proxy: proxyURL})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := get(t.Context(), tr, service.URL); err != nil || text != "here" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestUnusableCAFile(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, "/nonexistent/ca.pem"} {
		if _, err := New(Options{CAFile: file}); fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "ca_file") {
			t.Errorf("%s: %v, hint %q", file, err, fault.HintOf(err))
		}
	}
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]time.Duration{"": 0, "30": 30 * time.Second, "0.5": 500 * time.Millisecond, "-1": 0, "soon": 0, "Fri, 31 Dec 1999 23:59:59 GMT": 0}
	for value, want := range tests {
		if got := RetryAfter(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	in := RetryAfter(http.Header{"Retry-After": {time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)}})
	if in < 50*time.Second || in > time.Minute {
		t.Errorf("a date in a minute: %v", in)
	}
}

// An answer that comes, but never ends, is given up after the time for one try.
// The server does end at last, so that a client without that bound is seen.
func TestAnswerThatDripsIsGivenUp(t *testing.T) {
	for _, http1 := range []bool{true, false} {
		tr, srv, waits := serve(t, Options{HTTP1: http1, Attempts: 2, Timeout: 200 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			for n := 0; n < 500 && r.Context().Err() == nil; n++ {
				fmt.Fprint(w, ".")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		})
		text, err := get(t.Context(), tr, srv.URL)
		if fault.ClassOf(err) != fault.Unavailable || !strings.Contains(fmt.Sprint(err), "no whole answer within 200ms") || len(*waits) != 1 {
			t.Errorf("HTTP/1 %t: %d bytes after %d waits, error %v", http1, len(text), len(*waits), err)
		}
	}
}

// A server that takes a request and says nothing is given up, and asked again.
// It does answer at last, too.
func TestSilentServerIsGivenUp(t *testing.T) {
	for _, http1 := range []bool{true, false} {
		tr, srv, waits := serve(t, Options{HTTP1: http1, Attempts: 2, AnswerTimeout: 100 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		})
		_, err := get(t.Context(), tr, srv.URL)
		if fault.ClassOf(err) != fault.Unavailable || !strings.Contains(fmt.Sprint(err), "timeout") || len(*waits) != 1 {
			t.Errorf("HTTP/1 %t: error %v after %d waits", http1, err, len(*waits))
		}
	}
}

// What a server or a proxy says may be the request, and of any length.
func TestEchoesAreNotShown(t *testing.T) {
	const token = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"
	long := strings.Repeat("A", 1<<20)
	for name, answer := range map[string]string{
		"reason":          "HTTP/1.1 403 no <Authorization: Bearer " + token + "> " + long + "\r\nContent-Length: 0\r\n\r\n",
		"busy":            "HTTP/1.1 503 no <Authorization: Bearer " + token + "> " + long + "\r\nContent-Length: 0\r\n\r\n",
		"status line":     "Authorization: Bearer " + token + long + "\r\n\r\n",
		"line of headers": "HTTP/1.1 200 OK\r\nBearer " + token + long + "\r\n\r\n",
		"location":        "HTTP/1.1 302 Found\r\nLocation: https://x:y/%zz" + token + long + "\r\nContent-Length: 0\r\n\r\n",
		"length":          "HTTP/1.1 200 OK\r\nContent-Length: " + token + "\r\n\r\n",
		"trailer":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nBearer " + token + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			tr, srv, _ := serve(t, Options{HTTP1: true, Attempts: 1}, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				io.WriteString(conn, answer)
			})
			err := tr.Do(t.Context(), 1, func(ctx context.Context) (*http.Request, error) {
				return http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
			}, func(resp *http.Response) error {
				if busy := Busy(resp); busy != nil {
					return busy
				}
				_, err := io.ReadAll(resp.Body)
				return errors.Join(err, fmt.Errorf("it answers %s", resp.Status))
			})
			if text := fmt.Sprint(err); err == nil || len(text) > 1000 || strings.Contains(text, token[:10]) {
				t.Errorf("%d bytes: %.300s", len(text), text)
			}
		})
	}
}

// A proxy that refuses may repeat the password that it got.
func TestEchoOfAProxyIsNotShown(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 407 %s\r\nContent-Length: 0\r\n\r\n", r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	u, _ := url.Parse(proxy.URL)
	u.User = url.UserPassword("u", "pr0xy~Password")
	tr, err := New(Options{Proxy: u, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = get(t.Context(), tr, "https://service.example.org/")
	if text := fmt.Sprint(err); !strings.Contains(text, "407 Proxy Authentication Required") || strings.Contains(text, "Basic") {
		t.Error(text)
	}
	if got := fault.Line("no pr0xy~Password", 100); got != "no ••••" {
		t.Error(got)
	}
}

// listener returns the address of a server that does something with each
// connection and hangs up.
func listener(t *testing.T, do func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			do(conn)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// tlsHangsUp is one that speaks TLS with the certificate of srv, and is no proxy.
func tlsHangsUp(t *testing.T, srv *httptest.Server) (address string) {
	return listener(t, func(raw net.Conn) {
		conn := tls.Server(raw, srv.TLS)
		conn.Read(make([]byte, 1))
		conn.Close()
	})
}

// Who has no network has spelt no name wrongly.
func TestOffline(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "login.microsoftonline.com"}
	for _, c := range []struct {
		err  error
		hint string
	}{
		{&net.DNSError{Err: "server misbehaving", Name: u.Host, IsTemporary: true}, "no network"},
		{&net.DNSError{Err: "i/o timeout", Name: u.Host, IsTimeout: true}, "no network"},
		{&net.DNSError{Err: "no such host", Name: u.Host, IsNotFound: true}, "check its spelling"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, "no network"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "no connection; check the firewall"},
	} {
		f := Explain(u, &url.Error{Op: "Post", URL: u.String(), Err: c.err})
		if f.Class != fault.Unavailable || !strings.Contains(f.Hint, c.hint) {
			t.Errorf("%v: class %v, hint %q, want %q", c.err, f.Class, f.Hint, c.hint)
		}
	}
}
