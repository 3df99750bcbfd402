package ews

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/transport"
)

// emptyFolder is the answer to FindItem in a folder without items.
const emptyFolder = `<s:Envelope xmlns:s="s"><s:Body><m:FindItemResponse xmlns:m="m"><m:ResponseMessages><m:FindItemResponseMessage ResponseClass="Success">` +
	`<m:ResponseCode>NoError</m:ResponseCode><m:RootFolder TotalItemsInView="0" IncludesLastItemInRange="true"><t:Items xmlns:t="t"/></m:RootFolder>` +
	`</m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>`

// exchange is a server on premises of our own making, which sees every
// request.
type exchange struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // the scheme of each request's Authorization
}

func startExchange(t *testing.T, serve http.HandlerFunc) *exchange {
	t.Helper()
	e := &exchange{}
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Contains(body, []byte("PrimarySmtpAddress")) {
			t.Errorf("a request arrives without its body: %d bytes, %v", len(body), err)
		}
		scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		e.mu.Lock()
		e.seen = append(e.seen, scheme)
		e.mu.Unlock()
		serve(w, r)
	}))
	e.EnableHTTP2 = true // which the client must not use
	e.StartTLS()
	t.Cleanup(e.Close)
	return e
}

func (e *exchange) schemes() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.seen, " ")
}

// source returns a source that signs in at e.
func (e *exchange) source(t *testing.T, user, password string) *Source {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: e.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return newSource(t, &Config{URL: e.URL + "/EWS/Exchange.asmx"}, transport.Options{
		CAFile: ca, HTTP1: true, Wrap: Wrap(user, func() string { return password }),
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
}

func probe(t *testing.T, src *Source) error {
	t.Helper()
	return src.Probe(t.Context(), phonebook.Member{User: "anna", Mail: "anna@example.test"})
}

func TestBasic(t *testing.T) {
	e := startExchange(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != `EXAMPLE\svc` || password != "geheim: ü" {
			w.Header().Set("WWW-Authenticate", `Basic realm="a, b", charset="utf-8"`)
			http.Error(w, strings.Repeat("Unauthorized\n", 5000), http.StatusUnauthorized)
			return
		}
		io.WriteString(w, emptyFolder)
	})
	src := e.source(t, `EXAMPLE\svc`, "geheim: ü")
	for range 3 {
		if err := probe(t, src); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.schemes(); got != " Basic Basic Basic" {
		t.Errorf("the requests carried %q; want one without and three with Basic", got)
	}

	wrong := e.source(t, `EXAMPLE\svc`, "falsch")
	for range 3 {
		if err := probe(t, wrong); fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "ews_password") {
			t.Errorf("%v (%s)", err, fault.HintOf(err))
		}
	}
	if got := e.schemes(); got != " Basic Basic Basic  Basic" {
		t.Errorf("the requests carried %q; a refused password must not be sent again", got)
	}
}

func TestNoSchemeOffered(t *testing.T) {
	e := startExchange(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer token_types="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	if err := probe(t, e.source(t, "svc", "x")); fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "NTLM") {
		t.Errorf("%v (%s)", err, fault.HintOf(err))
	}
}

// challenge is a CHALLENGE_MESSAGE with two attributes and the flag for a key
// exchange, which some servers set unasked.
func challenge() []byte {
	info := []byte{2, 0, 2, 0, 'X', 0, avEnd, 0, 0, 0}
	msg := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	msg = append(msg, 0, 0, 0, 0, 56, 0, 0, 0)
	msg = binary.LittleEndian.AppendUint32(msg, 1|1<<9|1<<15|1<<19|1<<23|1<<29|keyExchange)
	msg = append(msg, "12345678\x00\x00\x00\x00\x00\x00\x00\x00"...)
	msg = binary.LittleEndian.AppendUint16(msg, uint16(len(info)))
	msg = binary.LittleEndian.AppendUint16(msg, uint16(len(info)))
	msg = binary.LittleEndian.AppendUint32(msg, 56)
	msg = append(msg, make([]byte, 8)...)
	return append(msg, info...)
}

// A server with Extended Protection looks for the connection's binding among
// the attributes of the proof.
func TestExtendedProtection(t *testing.T) {
	var binding []byte
	var proofs [][]byte
	e := startExchange(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Error("NTLM over ", r.Proto)
		}
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		msg, _ := base64.StdEncoding.DecodeString(token)
		switch {
		case len(msg) < 12:
			w.Header().Set("WWW-Authenticate", "Negotiate, NTLM, Basic realm=x")
		case msg[8] == 1:
			w.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(challenge()))
		default:
			proofs = append(proofs, msg)
			if bytes.Contains(msg, append([]byte{avChannelBindings, 0, 16, 0}, binding...)) {
				io.WriteString(w, emptyFolder)
				return
			}
		}
		http.Error(w, strings.Repeat("no ", 10_000), http.StatusUnauthorized)
	})
	binding = channelBinding(e.Certificate())
	if err := probe(t, e.source(t, `D\svc`, "geheim")); err != nil {
		t.Error(err)
	}
	if got := e.schemes(); got != " NTLM NTLM" {
		t.Errorf("the requests carried %q", got)
	}
	for _, p := range proofs {
		if binary.LittleEndian.Uint32(p[60:])&keyExchange != 0 {
			t.Error("the proof promises a key exchange")
		}
	}
}

// The example of Microsoft's article "NTLM and Channel Binding Hash".
func TestBindingHash(t *testing.T) {
	certificate, _ := hex.DecodeString("ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95")
	if got := hex.EncodeToString(bindingHash(certificate)); got != "6586e99d81c2fc984e47172fd4dd0310" {
		t.Error(got)
	}
}

func TestBindChallengeDamaged(t *testing.T) {
	state := &tls.ConnectionState{PeerCertificates: nil}
	whole := challenge()
	if out, err := bindChallenge(whole, state); err != nil || len(out) != len(whole) {
		t.Errorf("without a certificate: %d bytes, %v", len(out), err)
	}
	for n := range len(whole) {
		if n < headerLen {
			if _, err := bindChallenge(whole[:n], nil); err == nil {
				t.Errorf("%d bytes are taken for a challenge", n)
			}
		}
		if n < len(whole)-56 {
			if _, err := withBinding(whole[56:56+n], make([]byte, 16)); err == nil {
				t.Errorf("%d bytes are taken for all attributes", n)
			}
		}
	}
}

func TestForeignChallenge(t *testing.T) {
	e := startExchange(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", "NTLM")
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString([]byte("NTLMSSP")))
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	if err := probe(t, e.source(t, "svc", "x")); fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "NTLMv2") {
		t.Errorf("%v (%s)", err, fault.HintOf(err))
	}
}

// A server or proxy that closes the connection in the middle of the handshake
// does not mean that the password is wrong.
func TestHandshakeBroken(t *testing.T) {
	t.Run("as it should be", func(t *testing.T) { handshake(t, 0, true) })
	t.Run("closed once", func(t *testing.T) { handshake(t, 1, true) })
	t.Run("closed always", func(t *testing.T) { handshake(t, 1000, false) })
}

// handshake signs in at a server that closes the connection after its
// challenge the given number of times, and that takes a proof only on the
// connection of the challenge.
func handshake(t *testing.T, drops int, works bool) {
	t.Helper()
	var mu sync.Mutex
	challenged := map[string]bool{} // remote addresses
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		msg, _ := base64.StdEncoding.DecodeString(token)
		switch {
		case len(msg) >= 12 && msg[8] == 1:
			w.Header().Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(challenge()))
			challenged[r.RemoteAddr] = true
			if drops > 0 {
				drops--
				w.Header().Set("Connection", "close")
			}
		case len(msg) >= 12 && challenged[r.RemoteAddr]:
			io.WriteString(w, emptyFolder)
			return
		default:
			w.Header().Set("WWW-Authenticate", "NTLM")
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	server.Start()
	t.Cleanup(server.Close)
	src := newSource(t, &Config{URL: server.URL}, transport.Options{
		HTTP1: true, Wrap: Wrap("svc", func() string { return "x" }), Attempts: 2,
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	err := probe(t, src)
	if (err == nil) != works {
		t.Error(err)
	}
	if err != nil && fault.ClassOf(err) != fault.Unavailable {
		t.Errorf("class %v: %v", fault.ClassOf(err), err)
	}
}

// roundTrip is a round trip that needs no network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestBasicNeedsTLS(t *testing.T) {
	for address, want := range map[string]bool{
		"https://mail.example.test/": true, "http://127.0.0.1/": true, "http://[::1]:80/": true, "http://localhost/": true,
		"http://mail.example.test/": false, "http://127.0.0.1.example.test/": false, "http://10.0.0.1/": false,
	} {
		sent := false
		rt := Wrap("svc", func() string { return "x" })(roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = sent || r.Header.Get("Authorization") != ""
			return &http.Response{
				StatusCode: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {"Basic realm=x"}},
				Body: io.NopCloser(strings.NewReader("no")), Request: r,
			}, nil
		}))
		req, _ := http.NewRequest(http.MethodPost, address, strings.NewReader("x"))
		if _, err := rt.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
		if sent != want {
			t.Errorf("%s: password sent: %v, want %v", address, sent, want)
		}
		u, _ := url.Parse(address)
		if safe(u) != want {
			t.Errorf("safe(%s) = %v", address, !want)
		}
	}
}

func TestOffered(t *testing.T) {
	tests := map[string]struct {
		headers []string
		want    offer
	}{
		"nothing":      {nil, offer{}},
		"one each":     {[]string{"Negotiate", "NTLM", `Basic realm="x"`}, offer{scheme: "NTLM", basic: true}},
		"in one line":  {[]string{`Basic realm="x", Negotiate`}, offer{scheme: "Negotiate", basic: true}},
		"in lower":     {[]string{"ntlm", "basic"}, offer{scheme: "NTLM", basic: true}},
		"challenge":    {[]string{"NTLM TlRMTQ=="}, offer{scheme: "NTLM", challenge: "TlRMTQ=="}},
		"Bearer alone": {[]string{`Bearer client_id="x", token_types="y"`}, offer{}},
	}
	for name, tt := range tests {
		if got := offered(http.Header{"Www-Authenticate": tt.headers}); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	tr, err := transport.New(transport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"http://mail.example.test/EWS/Exchange.asmx", "mail.example.test", "https://", "ftp://x/", "https://svc:geheim@mail.example.test/", "https://a b/"} {
		_, err := New(Config{URL: address, Transport: tr})
		if fault.ClassOf(err) != fault.Config || strings.Contains(fmt.Sprint(err), "geheim") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := New(Config{Transport: tr}); err != nil {
		t.Errorf("the default address: %v", err)
	}
}

func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	src := newSource(t, &Config{URL: "https://" + l.Addr().String()}, transport.Options{Attempts: 1})
	if err := probe(t, src); fault.ClassOf(err) != fault.Unavailable {
		t.Errorf("class %v: %v", fault.ClassOf(err), err)
	}
}
