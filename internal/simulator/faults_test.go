package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The faults in an answer's body leave the rest of the answer as it is.
func TestFaultsInTheBody(t *testing.T) {
	tenant, c := start(t, Options{MaxPage: 10})
	m := alice(tenant, 60)
	c.auth()
	ask := func(link string, f Fault) (*http.Response, []byte) {
		t.Helper()
		c.s.SetFault(Always("/contacts", f))
		defer c.s.SetFault(nil)
		req, _ := http.NewRequest("GET", link, nil)
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Accept-Encoding", "gzip")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || resp.ContentLength >= 0 && resp.ContentLength != int64(len(b)) || resp.Header.Get("request-id") == "" {
			t.Errorf("%s, %d bytes of %d: %v", resp.Status, len(b), resp.ContentLength, err)
		}
		return resp, b
	}
	first := c.s.GraphURL() + "/users/" + m.ObjectID + "/contacts?$select=displayName"
	_, zipped := ask(first, nil)
	whole := unzip(zipped)
	second := nextLink(t, whole)

	if _, b := ask(first, Rewrite(bytes.ToUpper)); !bytes.Equal(b, bytes.ToUpper(whole)) {
		t.Errorf("rewritten: %s", b)
	}
	if resp, b := ask(first, ContentType("image/png")); resp.Header.Get("Content-Type") != "image/png" || !bytes.Equal(b, whole) {
		t.Errorf("content type: %v %s", resp.Header, b)
	}
	if _, b := ask(first, Elsewhere("https://evil.example")); nextLink(t, b) != strings.Replace(second, c.s.base, "https://evil.example", 1) {
		t.Errorf("elsewhere: %s", b)
	}
	again := Repeated()
	if _, b := ask(first, again); !bytes.Equal(b, whole) {
		t.Errorf("the first time: %s", b)
	}
	if _, b := ask(second, again); !bytes.Equal(b, whole) {
		t.Errorf("the second time: %s", b)
	}
	if _, b := ask(first, Padded(1<<20+1)); len(unzip(b)) != len(whole)+len(`,"padding":""`)+1<<20+1 || nextLink(t, unzip(b)) != second {
		t.Errorf("padded: %d bytes", len(unzip(b)))
	}
	resp, b := ask(first, HalfZipped)
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("half of gzip: %v %v", resp.Header, err)
	}
	if half, err := io.ReadAll(z); err != io.ErrUnexpectedEOF || !bytes.HasPrefix(whole, half) || len(half) == len(whole) {
		t.Errorf("half of gzip: %s, %v", half, err)
	}
}

func TestGraphError(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 1)
	c.s.SetFault(Always("/contacts", GraphError(503, "ErrorMailboxStoreUnavailable", "Later.")))
	status, doc, _ := c.get("/users/" + m.ObjectID + "/contacts")
	if e, _ := doc["error"].(map[string]any); status != 503 || e["code"] != "ErrorMailboxStoreUnavailable" || e["message"] != "Later." {
		t.Errorf("%d: %v", status, doc)
	}
}

// nextLink returns the link to the next page.
func nextLink(t *testing.T, body []byte) string {
	t.Helper()
	var page struct {
		Next string `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal(body, &page); err != nil || page.Next == "" {
		t.Fatalf("no link to the next page: %v in %s", err, body)
	}
	return page.Next
}

// A padded answer of EWS is as good as one that is not.
func TestPaddedEWS(t *testing.T) {
	s := newEWSSite(t, Options{})
	s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a"})
	_, want := s.post(s.token(s.app), envelope(smtp(s.box.Mail), someItems))
	s.SetFault(Always("/EWS/", Padded(1<<20)))
	resp, got := s.post(s.token(s.app), envelope(smtp(s.box.Mail), someItems))
	if resp.StatusCode != 200 || len(got) < len(want)+1<<20 || tree(t, got).codes() != tree(t, want).codes() {
		t.Errorf("%s, %d bytes: %.300s", resp.Status, len(got), got)
	}
}
