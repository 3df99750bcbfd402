package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Who waits for tenant.json can sign in at once; SIGTERM ends it well.
func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	exit := make(chan int, 1)
	go func() {
		exit <- run([]string{"-mailboxes", "2", "-contacts", "3", "-latency", "1ms", "-limit", "-limit-app", "-dir", dir},
			strings.NewReader("nobody listens\n"), io.Discard, io.Discard)
	}()
	file := filepath.Join(dir, "tenant.json")
	for _, err := os.Stat(file); err != nil; _, err = os.Stat(file) {
		select {
		case code := <-exit:
			t.Fatalf("ended with %d", code)
		case <-time.After(10 * time.Millisecond):
		}
	}
	var d description
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(d.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	resp, err := client.Get(d.Authority + "/" + d.TenantID + "/v2.0/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || len(d.Mailboxes) != 2 || d.ClientSecret == "" {
		t.Errorf("%d %+v", resp.StatusCode, d)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := <-exit; code != 0 {
		t.Errorf("SIGTERM ends it with %d", code)
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-dir", "x", "-mailboxes", "0"}, {"-nonsense"}, {"-dir", "x", "more"}} {
		if code := run(args, nil, io.Discard, io.Discard); code != 2 {
			t.Errorf("%q: %d, want 2", args, code)
		}
	}
}
