package graph

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// part is a part of a batch's answer.
type part struct {
	id     string
	status int
	header http.Header
	body   string
}

// batchParts reads a batch's answer.
func batchParts(body []byte) (parts []part, err error) {
	err = decodeBatch(body, func(id string, resp *http.Response, body []byte) {
		parts = append(parts, part{id, resp.StatusCode, resp.Header, string(body)})
	})
	return parts, err
}

// referenceBatch is batchParts by way of encoding/json.
func referenceBatch(body []byte) (parts []part, err error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(body, &doc); err != nil || doc["responses"] == nil {
		return nil, err
	}
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(doc["responses"], &all); err != nil {
		return nil, err
	}
	for _, one := range all {
		p := part{id: unquoted(one["id"]), header: http.Header{}, body: string(one["body"])}
		p.status, _ = strconv.Atoi(unquoted(one["status"]))
		if one["headers"] != nil {
			var headers map[string]json.RawMessage
			if err := json.Unmarshal(one["headers"], &headers); err != nil {
				return nil, err
			}
			for name, value := range headers {
				p.header.Set(name, unquoted(value))
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// FuzzBatch holds the answers of batches against encoding/json.
func FuzzBatch(f *testing.F) {
	f.Add([]byte(`{"responses":[{"id":"0","status":200,"headers":{"Retry-After":"3"},"body":{"value":[]}},{"id":"1","status":404,"body":{"error":{"code":"x"}}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		given := bytes.Clone(body)
		got, err := batchParts(body)
		if !bytes.Equal(body, given) {
			t.Fatal("the decoder wrote into the buffer")
		}
		for _, p := range got {
			if p.body != "" && !json.Valid([]byte(p.body)) && err == nil {
				t.Fatalf("the body of part %q is no JSON: %q", p.id, p.body)
			}
		}
		if !plain(body) {
			return // a name that stands twice counts twice
		}
		want, wantErr := referenceBatch(body)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, encoding/json says %v", err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("parts %+v, want %+v", got, want)
		}
	})
}

// FuzzChanges holds pages of delta against encoding/json.
func FuzzChanges(f *testing.F) {
	f.Add([]byte(`{"value":[{"id":"A"},{"id":"B","@removed":{"reason":"deleted"}}],"@odata.deltaLink":"https://x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeChanges(&reader{data: body})
		for n := range 5 {
			some, errSome := decodeChanges(&reader{src: &drops{body, n + 1}, data: make([]byte, 0, n+1)})
			if !reflect.DeepEqual(some, got) || (errSome == nil) != (err == nil) {
				t.Fatalf("by %d bytes: %v, error %v, want %v, error %v", n+1, some, errSome, got, err)
			}
		}
		if !plain(body) {
			return // encoding/json takes names in any case
		}
		want, wantErr := referenceChanges(body)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, encoding/json says %v", err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("page %+v, want %+v", got, want)
		}
	})
}

// referenceChanges is decodeChanges by way of encoding/json.
func referenceChanges(body []byte) (page[change], error) {
	p, err := decodeItems[struct {
		ID      string          `json:"id"`
		Removed json.RawMessage `json:"@removed"`
	}](&reader{data: body})
	if err != nil {
		return page[change]{}, err
	}
	if p.next == "" && p.delta == "" {
		return page[change]{}, errNoLink
	}
	out := page[change]{items: []change{}, next: p.next, delta: p.delta}
	for _, item := range p.items {
		if item.ID == "" {
			return page[change]{}, errNoID
		}
		out.items = append(out.items, change{item.ID, item.Removed != nil && string(item.Removed) != "null"})
	}
	return out, nil
}

// FuzzFollow: whatever link the service gives, the request goes to our server,
// and the state of it leads to the same place in the next run.
func FuzzFollow(f *testing.F) {
	s := New(Config{BaseURL: "https://graph.example/v1.0"})
	box := byID("0a1b")
	f.Add("https://graph.example/v1.0/users/0a1b/contactFolders/contacts/contacts/delta?$deltatoken=x y", "AAMk=")
	f.Fuzz(func(t *testing.T, link, folder string) {
		next, err := s.follow(link)
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\r\x00\x1b") {
				t.Errorf("text %q", text)
			}
			return
		}
		q, err := http.NewRequest(http.MethodGet, next, nil)
		if err != nil {
			return // nothing is sent
		}
		if host := strings.ToLower(q.URL.Host); q.URL.Scheme != "https" || host != "graph.example" && host != "graph.example:443" || q.URL.User != nil {
			t.Fatalf("%q leads to %s", link, q.URL)
		}
		if q.Host != "" && !strings.EqualFold(q.Host, q.URL.Host) {
			t.Fatalf("%q is asked in the name of %q", link, q.Host)
		}
		if !utf8.ValidString(link) {
			return // no JSON holds such a link
		}
		links := map[string]string{"": next, folder: next}
		text, err := s.state(box, links)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.parseState(box, text); err != nil || again[""] != next {
			t.Fatalf("the state %s leads to %q, %v; want %q", text, again[""], err, next)
		}
	})
}

// FuzzPath: what stands in the directory for a mailbox is one part of a path,
// whatever it holds.
func FuzzPath(f *testing.F) {
	s := New(Config{BaseURL: "https://graph.example/v1.0"})
	f.Add("o'hara/../anna@example.org?$select=id#")
	f.Fuzz(func(t *testing.T, id string) {
		link := s.link(contactsPath(byID(id), ""), "$select=id")
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		if u.Host != "graph.example" || u.RawQuery != "$select=id" || u.Fragment != "" {
			t.Fatalf("%q is asked for at %s", id, link)
		}
		parts := strings.Split(u.EscapedPath(), "/")
		if strings.HasPrefix(id, "$") {
			id = "('" + strings.ReplaceAll(id, "'", "''") + "')"
			parts = append(parts[:2], append([]string{"users", strings.TrimPrefix(parts[2], "users")}, parts[3:]...)...)
		}
		if len(parts) != 5 || parts[1] != "v1.0" || parts[2] != "users" || parts[4] != "contacts" {
			t.Fatalf("%q is asked for at %s", id, link)
		}
		if whose, err := url.PathUnescape(parts[3]); err != nil || whose != id {
			t.Fatalf("%q is asked for as %q", id, whose)
		}
	})
}
