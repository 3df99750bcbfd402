package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"contactsync/internal/simulator"
)

// exchange has the mailboxes lie on an Exchange server of one's own, which
// takes NTLM, or Basic alone.
func (w *world) exchange(scheme string) {
	w.t.Helper()
	w.ownServer(secret)
	if scheme == "Basic" { // the simulator knows the connections of its own listener alone
		w.set("ews_url", w.front(w.cloud.Handler())+"/EWS/Exchange.asmx")
	}
	seen := new(sync.Map)
	w.cloud.SetFault(func(r *http.Request) simulator.Fault {
		scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		seen.Store(scheme, true)
		return nil
	})
	w.sync(0)
	w.cloud.SetFault(nil)
	for _, one := range []string{"NTLM", "Basic"} {
		_, found := seen.Load(one)
		check(w.t, "signed in by "+one, found, one == scheme)
	}
}

// front starts a server of HTTP/1.1 whose certificate is good, before a service
// or in its place.
func (w *world) front(h http.Handler) (address string) {
	w.t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	w.t.Cleanup(srv.Close)
	ca, err := os.ReadFile(w.path("ca.pem"))
	if err != nil {
		w.t.Fatal(err)
	}
	ca = append(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})...)
	if err := os.WriteFile(w.path("ca.pem"), ca, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return srv.URL
}

// proofOf returns what a request proves itself with: of a header with and
// without its scheme, of a form all of it and the secret.
func proofOf(r *http.Request) []string {
	var all []string
	if header := r.Header.Get("Authorization"); header != "" {
		_, value, _ := strings.Cut(header, " ")
		all = append(all, header, value)
	}
	if !strings.Contains(r.URL.Path, "/oauth2/") {
		return all
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body)) // to be read once more
	form, _ := url.ParseQuery(string(body))
	return append(all, string(body), form.Get("client_secret"))
}

// echo answers with an error that repeats the request.
func echo(w http.ResponseWriter, r *http.Request, service http.Handler) {
	text := "no <" + strings.Join(proofOf(r), "> <") + ">"
	switch {
	case strings.Contains(r.URL.Path, "/oauth2/"):
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": "invalid_request", "error_description": text})
	case strings.Contains(r.URL.Path, "/EWS/"):
		simulator.EWSFault("ErrorInvalidOperation", text)(w, r, service)
	default:
		simulator.GraphError(http.StatusBadRequest, "BadRequest", text)(w, r, service)
	}
}

// raw returns a fault that repeats the request somewhere in an answer which is
// written as it stands.
func raw(answer func(proof string) string) simulator.Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		text := answer(strings.Join(proofOf(r), " "))
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		io.WriteString(conn, text)
	}
}

// status returns an answer with a status line, headers, and a page.
func status(line, headers, page string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", line, headers, len(page), page)
}

// echoes are the places in an answer that may repeat the request. None of them
// has us wait.
var echoes = map[string]simulator.Fault{
	"in the error":     echo,
	"as a status":      raw(func(proof string) string { return status("403 no <"+proof+"> "+strings.Repeat("A", 2<<20), "", "") }),
	"as a status, 401": raw(func(proof string) string { return status("401 "+proof, "", "") }),
	"as a busy status": raw(func(proof string) string { return status("503 "+proof, "Retry-After: 3600\r\n", "") }),
	"as a policy": raw(func(proof string) string {
		return status("403 Forbidden", "X-EWS-Policy-Reason: Blocked by policy: "+proof+"\r\n", "")
	}),
	"as a diagnosis": raw(func(proof string) string {
		return status("403 Forbidden", `X-Ms-Diagnostics: 2000001;reason="`+proof+`";error_category="x"`+"\r\n", "")
	}),
	"as a type": raw(func(proof string) string { return status("200 OK", "Content-Type: text/"+proof+"\r\n", "<html>") }),
	"as a redirect": raw(func(proof string) string {
		return status("302 Found", "Location: https://"+proof[strings.LastIndexByte(proof, ' ')+1:]+"/\r\n", "")
	}),
	"as a title": raw(func(proof string) string {
		return status("200 OK", "Content-Type: text/html\r\n", "<html><title>"+proof[max(0, len(proof)-190):]+"</title></html>")
	}),
	"as XML": raw(func(proof string) string {
		return status("200 OK", "Content-Type: text/xml\r\n", "<x></"+strings.ReplaceAll(proof, " ", "/")+">")
	}),
}

// piece is how much of a secret is too much to be seen, in bytes.
const piece = 12

// showsNothing makes a run that fails, and looks for what a service was told in
// all that is left of it. It may have been told several things.
func (w *world) showsNothing(told *sync.Map) {
	w.t.Helper()
	out := w.run("--json", "-v")
	var r report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		w.t.Fatal(err)
	}
	why, hint := r.Error, r.Hint
	for _, m := range r.Members {
		why, hint = why+m.Error, hint+m.Hint
	}
	if out.status == 0 || why == "" || hint == "" {
		w.t.Errorf("exit status %d, error %q, hint %q", out.status, why, hint)
	}
	if n := len(out.stdout + out.stderr); n > 10_000 {
		w.t.Errorf("%d bytes are said", n)
	}
	left := out.stdout + out.stderr
	for _, file := range []string{"phonebooks.db", "phonebooks.db-wal"} {
		text, _ := os.ReadFile(w.path(file)) // there may be none
		left += string(text)
	}
	proofs := 0
	for proof := range told.Range {
		proofs++
		for text := proof.(string); len(text) >= piece; text = text[1:] {
			// Base64 has many an A in a row.
			if strings.Contains(left, text[:piece]) && !strings.Contains(text[:piece], "AAA") {
				w.t.Fatalf("a piece of %q is seen, %q: %s", proof, text[:piece], why)
			}
		}
	}
	if proofs == 0 {
		w.t.Errorf("the service was told nothing: %s", why)
	}
}

// Whoever repeats our requests, service, proxy or firewall, cannot have a run
// show what proves who we are, nor flood a log.
func TestEchoesShowNothing(t *testing.T) {
	parallel(t)
	to := func(path string) func(*http.Request) bool {
		return func(r *http.Request) bool { return strings.Contains(r.URL.Path, path) }
	}
	proving := func(scheme string) func(*http.Request) bool {
		return func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("Authorization"), scheme) }
	}
	for name, tt := range map[string]struct {
		key, path string                   // of the service before which something stands; empty: it is itself
		begin     func(*world)             // before that
		repeats   func(*http.Request) bool // which requests
	}{
		"graph":               {"graph_url", "/v1.0", func(w *world) { w.set("source", "graph") }, to("/v1.0/")},
		"ews":                 {"ews_url", "/EWS/Exchange.asmx", func(w *world) { w.set("source", "ews") }, to("/EWS/")},
		"sign-in":             {"authority", "", func(*world) {}, to("/oauth2/")},
		"own server by Basic": {"ews_url", "/EWS/Exchange.asmx", func(w *world) { w.exchange("Basic") }, proving("Basic ")},
		// The third message, which alone holds a proof ([MS-NLMP], 2.2.1.3).
		"own server by NTLM": {"", "", func(w *world) { w.exchange("NTLM") }, proving("NTLM TlRMTVNTUAAD")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.add("anna", "Erika", "030 901820")
			tt.begin(w)
			w.sync(0)
			w.add("anna", "Zoë", "030 901821")
			before, _ := w.value(tt.key)
			front := w.cloud.Authority()
			if tt.key != "" {
				front = w.front(w.cloud.Handler())
				w.set(tt.key, front+tt.path)
			}
			itself := simulator.Rewrite(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(w.cloud.Authority()), []byte(front)) })
			for place, fault := range echoes {
				t.Run(place, func(t *testing.T) {
					w := *w
					w.t = t
					told := new(sync.Map)
					w.cloud.SetFault(func(r *http.Request) simulator.Fault {
						if to("/openid-configuration")(r) && tt.key == "authority" {
							return itself // it says where the rest of it is
						}
						if !tt.repeats(r) {
							return nil
						}
						proofs := proofOf(r)
						told.Store(proofs[len(proofs)-1], true)
						return fault
					})
					w.showsNothing(told)
				})
			}
			w.cloud.SetFault(nil)
			if tt.key != "" {
				w.set(tt.key, before)
			}
			check(t, "phonebook", w.names("anna"), "Erika")
			w.sync(0)
			check(t, "phonebook healed", w.names("anna"), "Erika, Zoë")
		})
	}
}
