package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"contactsync/internal/ldapdir/ldaptest"
	"contactsync/internal/settings"
	"contactsync/internal/simulator"
)

// leftBehind looks for the secret and for tokens in all that is left of a test
// but the key-value store, the keys of certificates, and copies of the program,
// which here is the test itself.
func (w *world) leftBehind() {
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Dir(path) == w.path("kvstore") {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode()&0o111 != 0 {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), secret) || jwt.Match(text) {
			w.t.Errorf("%s holds a secret or a token", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

// Certificates are verified, whatever the store says: no value of any key lets
// a stranger have as much as a request.
func TestNoKeyTrustsAStranger(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("ca_file", w.ldap.CAFile)
	for _, key := range settings.Keys() {
		for _, value := range []string{"false", "no", "0", "insecure"} {
			if key == "ldap_starttls" {
				continue // of the directory, see below
			}
			before, had := w.value(key)
			w.put(key, value)
			w.run()
			if had {
				w.put(key, before)
			} else {
				w.set(key, "")
			}
		}
	}
	check(t, "requests", len(w.cloud.Requests()), 0)

	w.set("ca_file", w.path("ca.pem"))
	w.strangeDirectory() // now the service is known
	for _, address := range []string{w.ldap.URL, w.ldap.TLSURL} {
		w.set("ldap_url", address)
		contains(t, w.sync(78).Hint, "ca_file")
	}
	check(t, "requests", len(w.cloud.Requests()), 0)
	w.trust()
	w.sync(0)
}

// value returns what a key is set to.
func (w *world) value(key string) (value string, ok bool) {
	for _, e := range w.kept() {
		if e.Key == key {
			return e.Value, true
		}
	}
	return "", false
}

// A server that speaks nothing newer than TLS 1.1 is spoken to in no other way.
func TestOldTLSIsRefused(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	key := w.path("old.pem")
	w.certificate("old.pem")
	pair, err := tls.LoadX509KeyPair(key, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var talked bool
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			talked = conn.(*tls.Conn).Handshake() == nil || talked
			conn.Close()
		}
	}()
	address := "https://" + l.Addr().String()
	for key, value := range map[string]string{"authority": address, "graph_url": address + "/v1.0", "ews_url": address + "/EWS/Exchange.asmx",
		"ldap_url": "ldaps://" + l.Addr().String()} {
		t.Run(key, func(t *testing.T) {
			w := *w
			w.t = t
			before, _ := w.value(key)
			w.set(key, value)
			w.set("source", map[bool]string{true: "ews", false: "graph"}[key == "ews_url"])
			r := w.sync(78)
			contains(t, r.Error+" "+r.Hint, "TLS 1.2")
			w.set(key, before)
		})
	}
	if l.Close(); talked {
		t.Error("a handshake succeeded")
	}
}

// Nobody is sent elsewhere with a token: no redirect is followed.
func TestRedirectsAreNotFollowed(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	other := w.another()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, part := range []string{"/oauth2/", "/v1.0/", "/EWS/"} {
			w.set("source", map[bool]string{true: "ews", false: "graph"}[part == "/EWS/"])
			w.cloud.SetFault(simulator.Always(part, func(rw http.ResponseWriter, r *http.Request, _ http.Handler) {
				rw.Header().Set("Location", other.Authority()+r.URL.Path)
				rw.WriteHeader(status)
			}))
			r := w.sync(78, "--full")
			if r.Hint == "" {
				t.Errorf("no hint for %q", r.Error)
			}
		}
	}
	check(t, "requests to another host", len(other.Requests()), 0)
	w.cloud.SetFault(nil)
	check(t, "phonebook", w.names("anna"), "Erika")
}

// What a crash prints holds neither secret nor token.
func TestCrash(t *testing.T) {
	parallel(t)
	for _, source := range []string{"graph", "ews"} {
		t.Run(source, func(t *testing.T) {
			w := newWorld(t, "anna")
			w.set("source", source)
			w.bind(ldaptest.ReaderPassword)
			reached := make(chan bool, 1)
			w.cloud.SetFault(func(r *http.Request) simulator.Fault {
				if !w.about("anna", r) {
					return nil
				}
				return func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
					reached <- true
					<-r.Context().Done()
				}
			})
			cmd := w.process("-v")
			cmd.Env = append(cmd.Env, "GOTRACEBACK=all", "TMPDIR="+w.dir)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			interrupt(t, cmd, reached, syscall.SIGQUIT)
			contains(t, out.String(), "SIGQUIT", "goroutine ")
			for _, word := range []string{secret, tokenStart, ldaptest.ReaderPassword} {
				if strings.Contains(out.String(), word) {
					t.Error("the dump holds a secret or a token")
				}
			}
		})
	}
}

// plainly listens without TLS and counts who comes.
func plainly(t *testing.T) (address string, came func() int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	n := make(chan int, 1)
	n <- 0
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n <- 1 + <-n
			conn.Close()
		}
	}()
	return l.Addr().String(), func() int { c := <-n; n <- c; return c }
}

// Addresses without TLS are refused before anybody is asked, unless they are
// this machine's own.
func TestPlainAddressesAreRefused(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(w.cloud.Authority(), "https://"))
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for key, path := range map[string]string{"authority": "", "graph_url": "/v1.0", "ews_url": "/EWS/Exchange.asmx"} {
		before, _ := w.value(key)
		for _, name := range []string{"login.example.org", "192.0.2.1", host + ".example.org", "127.0.0.1.example.org", "localhost.example.org", "[2001:db8::1]"} {
			w.set(key, "http://"+name+":"+port+path)
			contains(t, w.sync(78).Error, key, "https://")
		}
		w.set(key, before)
	}
	check(t, "requests", len(w.cloud.Requests()), 0)

	// A password goes to the directory over TLS alone.
	address, came := plainly(t)
	_, port, _ = net.SplitHostPort(address)
	w.bind(ldaptest.ReaderPassword)
	w.set("ldap_starttls", "false")
	w.set("ldap_url", "ldap://directory.example.org:"+port)
	contains(t, w.sync(78).Error, "ldap_starttls", "unencrypted")
	check(t, "connections", came(), 0)
}
