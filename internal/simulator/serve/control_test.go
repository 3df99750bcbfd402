package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"contactsync/internal/simulator"
)

// obeyed starts a tenant and returns what it answers to lines.
func obeyed(t *testing.T) (*simulator.Server, func(line string) string) {
	t.Helper()
	s, err := simulator.Start(simulator.Generate(7, 3, 200), simulator.Options{NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	in, lines := io.Pipe()
	answers, out := io.Pipe()
	go control(s, in, out)
	t.Cleanup(func() { lines.Close() })
	return s, func(line string) string {
		fmt.Fprintln(lines, line)
		buf := make([]byte, 1000)
		n, err := answers.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(buf[:n]))
	}
}

// held is what the Contacts folders of a tenant hold, by id.
func held(s *simulator.Server) map[string]string {
	all := map[string]string{}
	for _, m := range s.Tenant().Mailboxes() {
		for _, item := range m.Items(m.Contacts) {
			all[item.ID] = fmt.Sprint(item.Contact)
		}
	}
	return all
}

// The answer tells how many contacts changed; equal seeds change equal tenants
// equally; a mailbox keeps its size.
func TestChange(t *testing.T) {
	s, tell := obeyed(t)
	other, tellOther := obeyed(t)
	before := held(s)
	answer := tell("change 100 5")
	var said int
	if _, err := fmt.Sscanf(answer, "ok %d", &said); err != nil {
		t.Fatal(answer)
	}
	after := held(s)
	changed := 0
	for id, contact := range before {
		if after[id] != contact {
			changed++
		}
	}
	for id := range after {
		if _, old := before[id]; !old {
			changed++
		}
	}
	if said != changed || changed < 30 || changed > 120 || len(before) != len(after) {
		t.Errorf("%q; %d of %d contacts changed, %d are left", answer, changed, len(before), len(after))
	}
	if tellOther("change 100 5") != answer || fmt.Sprint(held(other)) != fmt.Sprint(after) {
		t.Error("the same seed changes the same tenant otherwise")
	}
	if answer := tell("change 0 5"); answer != "ok 0" || fmt.Sprint(held(s)) != fmt.Sprint(after) {
		t.Errorf("nothing to be changed: %q", answer)
	}
}

// What is recorded is enough to ask the same again; the app's secret is not in
// it.
func TestRecord(t *testing.T) {
	s, tell := obeyed(t)
	file := filepath.Join(t.TempDir(), "requests")
	if answer := tell("requests " + file); !strings.HasPrefix(answer, "error ") {
		t.Errorf("before anything is recorded: %q", answer)
	}
	tell("record")
	app := s.Tenant().Apps()[0]
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CAPEM)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableCompression: true}}
	resp, err := client.PostForm(s.Authority()+"/"+s.Tenant().ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {app.ClientID}, "client_secret": {app.Secret}, "scope": {simulator.GraphResource + "/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, prefer, body string) int {
		req, _ := http.NewRequest(method, s.Authority()+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		req.Header.Set("Content-Type", "application/json")
		if prefer != "" {
			req.Header.Set("Prefer", prefer)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		n, _ := io.Copy(io.Discard, resp.Body)
		return int(n)
	}
	contacts := "/users/" + s.Tenant().Mailboxes()[0].ObjectID + "/contacts?$select=id"
	batch := `{"requests":[{"id":"1","method":"GET","url":"` + contacts + `"},{"id":"2","method":"GET","url":"/nonsense"}]}`
	page := ask("GET", "/v1.0"+contacts, "odata.maxpagesize=50", "")
	parts := ask("POST", "/v1.0/$batch", "", batch)
	if answer := tell("requests " + file); answer != "ok 3" {
		t.Errorf("answer %q", answer)
	}
	ask("GET", "/v1.0"+contacts, "", "") // not recorded any more
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []request
	for lines := json.NewDecoder(bytes.NewReader(text)); lines.More(); {
		var r request
		if err := lines.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) != 3 {
		t.Fatalf("%d requests: %s", len(all), text)
	}
	if want := (request{Method: "GET", URL: "/v1.0" + contacts, Prefer: "odata.maxpagesize=50", Status: 200, Bytes: int64(page)}); all[1] != want {
		t.Errorf("%+v, want %+v", all[1], want)
	}
	if want := (request{Method: "POST", URL: "/v1.0/$batch", Body: batch, Status: 200, Sent: int64(len(batch)), Bytes: int64(parts)}); all[2] != want {
		t.Errorf("%+v, want %+v", all[2], want)
	}
	if strings.Contains(string(text), app.Secret) || strings.Contains(string(text), token.AccessToken) {
		t.Error("a secret is in the record")
	}
}

func TestUnknownCommand(t *testing.T) {
	_, tell := obeyed(t)
	for _, line := range []string{"nonsense", "change", "change a b", ""} {
		if answer := tell(line); !strings.HasPrefix(answer, "error ") {
			t.Errorf("%q: %q", line, answer)
		}
	}
}
