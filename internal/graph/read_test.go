package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

func names(contacts []phonebook.Contact) string {
	var n []string
	for _, c := range contacts {
		n = append(n, c.ID)
	}
	return strings.Join(n, " ")
}

func TestPages(t *testing.T) {
	s := newService(t)
	s.mux.HandleFunc("/v1.0/users/0a1b/contacts", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		default:
			body(`{"value":[{"id":"A"},{"id":"B"}],"@odata.nextLink":"$/users/0a1b/contacts?%%24skip=2&x='a'%%20b+c"}`)(w, r)
		case "%24skip=2&x='a'%20b+c": // unchanged, byte for byte
			body(`{"value":[],"@odata.nextLink":"$/users/0a1b/contacts?skiptoken=with blank"}`)(w, r)
		case "skiptoken=with%20blank":
			body(`{"value":[{"id":"C"}]}`)(w, r)
		}
	})
	got, pages, err := read(s.source(t, nil), anna)
	if err != nil || names(got) != "A B C" || pages != 2 {
		t.Errorf("contacts %s in %d pages, error %v; want A B C in two that are not empty", names(got), pages, err)
	}
}

func TestRequest(t *testing.T) {
	s := newService(t)
	var asked []string // what was selected
	s.mux.HandleFunc("/v1.0/users/0a1b/contacts", func(w http.ResponseWriter, r *http.Request) {
		for header, want := range map[string]string{
			"Authorization": "Bearer a-token",
			"Prefer":        `IdType="ImmutableId", odata.maxpagesize=999`,
			"Accept":        "application/json",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		}
		if strings.Contains(r.URL.RawQuery, "+") {
			t.Errorf("a + in the query: %s", r.URL.RawQuery)
		}
		asked = append(asked, r.FormValue("$select"))
		if got := r.FormValue("$expand"); !strings.HasPrefix(got, "singleValueExtendedProperties($filter=id eq 'String 0x3A1B' or id eq ") || !strings.HasSuffix(got, "')") {
			t.Errorf("$expand=%s", got)
		}
		body(`{"value":[]}`)(w, r)
	})
	deltas := 0
	s.mux.HandleFunc("/v1.0/users/0a1b/contactFolders/contacts/contacts/delta", func(w http.ResponseWriter, r *http.Request) {
		deltas++
		if got, want := r.Header.Get("Prefer"), `IdType="ImmutableId", odata.maxpagesize=500`; got != want || r.URL.RawQuery != "$select=id" {
			t.Errorf("delta %s with Prefer %q, want %q", r.URL.RawQuery, got, want)
		}
		body(`{"value":[],"@odata.deltaLink":"$/x?token"}`)(w, r)
	})
	for _, notes := range []bool{false, true} {
		if _, _, err := read(s.source(t, func(c *Config) { c.Notes = notes }), anna); err != nil {
			t.Error(err)
		}
	}
	if deltas != 2 || len(asked) != 2 || strings.Contains(asked[0], "personalNotes") || asked[1] != asked[0]+",personalNotes" {
		t.Errorf("selected %q, notes in the second only", asked)
	}
}

func TestLinkElsewhere(t *testing.T) {
	for _, next := range []string{
		"https://evil.example/v1.0/users/0a1b/contacts?x", "http://HOST/v1.0/x", "https://HOST:1/v1.0/x", "//HOST/v1.0/x",
		"/v1.0/users/0a1b/contacts", "https://HOST@evil.example/", "https://u:p@HOST/v1.0/x", "https://%zz/", "ftp://HOST/",
	} {
		s := newService(t)
		s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "x" {
				t.Errorf("%s was followed", next)
			}
			body(`{"value":[{"id":"A"}],"@odata.nextLink":"%s"}`, strings.ReplaceAll(strings.ReplaceAll(next, "HOST", r.Host), "%", "%%"))(w, r)
		})
		_, _, err := read(s.source(t, nil), anna)
		if fault.ClassOf(err) != fault.Config || err == nil || len(s.asked) != 1 {
			t.Errorf("%s: %v after %d requests", next, err, len(s.asked))
		}
	}
}

func TestSameServer(t *testing.T) {
	s := New(Config{BaseURL: "https://Graph.Example"})
	for _, next := range []string{"https://graph.example/v1.0/x?a", "https://graph.example:443/x"} {
		if got, err := s.follow(next); err != nil || got != next {
			t.Errorf("%s: %q, %v", next, got, err)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for address, want := range map[string]string{
		"":                                 "https://graph.microsoft.com/v1.0/users?q",
		"https://graph.microsoft.us":       "https://graph.microsoft.us/v1.0/users?q",
		"https://graph.microsoft.us/":      "https://graph.microsoft.us/v1.0/users?q",
		"https://graph.microsoft.us/v1.0/": "https://graph.microsoft.us/v1.0/users?q",
		"https://gate.example/a%2Fb/v1.0":  "https://gate.example/a%2Fb/v1.0/users?q",
	} {
		if got := New(Config{BaseURL: address}).link("/users", "q"); got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
	s := newService(t).source(t, func(c *Config) { c.BaseURL = "https://%zz" })
	if _, _, err := read(s, anna); err == nil {
		t.Error("an address that is none was used")
	}
}

func TestCircle(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts",
		body(`{"value":[],"@odata.nextLink":"$/users/0a1b/contacts?a"}`),
		body(`{"value":[],"@odata.nextLink":"$/users/0a1b/contacts?b"}`),
		body(`{"value":[],"@odata.nextLink":"$/users/0a1b/contacts?a"}`))
	if _, _, err := read(s.source(t, nil), anna); err == nil || len(s.asked) != 3 {
		t.Errorf("error %v after %d requests", err, len(s.asked))
	}
}

func TestYieldEndsTheReading(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[{"id":"A"}],"@odata.nextLink":"$/users/0a1b/contacts?a"}`))
	full := errors.New("disk full")
	_, err := s.source(t, nil).Read(context.Background(), anna, "", func(phonebook.Page) error { return full })
	if err != full || len(s.asked) != 1 {
		t.Errorf("error %v after %d requests", err, len(s.asked))
	}
}

// TestBrokenPage has pages that do not arrive whole: nothing of them may be
// handed over, and the next try is taken.
func TestBrokenPage(t *testing.T) {
	whole := `{"value":[{"id":"A"},{"id":"B"}]}`
	for name, broken := range map[string]http.HandlerFunc{
		"closed at the end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)+1))
			fmt.Fprint(w, whole)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"closed in the middle": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			fmt.Fprint(w, whole[:20])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"cut off":           body(`{"value":[{"id":"A"},`),
		"error in a stream": body(`{"value":[{"id":"A"},{"error":{"code":"InternalServerError"}}]}`),
		"500":               refuse(500, "UnknownError", ""),
		"500 in HTML":       raw(500, "text/html", "<h1>Server Error"),
		"504":               refuse(504, "UnknownError", ""),
		"503":               refuse(503, "serviceNotAvailable", ""),
		"busy mailbox":      refuse(409, "ErrorMailboxMoveInProgress", ""),
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.answer("/v1.0/users/0a1b/contacts", broken, body("%s", whole))
			got, pages, err := read(s.source(t, nil), anna)
			if err != nil || names(got) != "A B" || pages != 1 || len(s.waits) != 1 {
				t.Errorf("contacts %s in %d pages after %d waits, error %v", names(got), pages, len(s.waits), err)
			}
		})
		t.Run(name+" for ever", func(t *testing.T) {
			s := newService(t)
			s.answer("/v1.0/users/0a1b/contacts", broken)
			got, _, err := read(s.source(t, nil), anna)
			if err == nil || len(got) > 0 {
				t.Errorf("contacts %s, error %v", names(got), err)
			}
			if class := fault.ClassOf(err); class != fault.Unavailable && name != "busy mailbox" {
				t.Errorf("class %v of %v", class, err)
			}
			if n := len(s.asked); n < 3 || n > 6 {
				t.Errorf("%d tries", n)
			}
		})
	}
}

func TestThrottled(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "17")
		refuse(429, "ApplicationThrottled", "slow down")(w, r)
	}, body(`{"value":[{"id":"A"}]}`))
	got, _, err := read(s.source(t, nil), anna)
	if err != nil || names(got) != "A" || !slices.Equal(s.waits, []time.Duration{17 * time.Second}) {
		t.Errorf("contacts %s, waits %v, error %v", names(got), s.waits, err)
	}
}

func TestTokenIsRenewedOnce(t *testing.T) {
	old := refuse(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
	fresh := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer fresh" {
			old(w, r)
			return
		}
		body(`{"value":[{"id":"A"}]}`)(w, r)
	}
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", fresh)
	token := "old"
	src := s.source(t, func(c *Config) {
		c.Token = func(context.Context) (string, error) { return token, nil }
		c.Invalidate = func(refused string) {
			if refused != "old" {
				t.Errorf("%q was invalidated", refused)
			}
			token = "fresh"
		}
	})
	if got, _, err := read(src, anna); err != nil || names(got) != "A" || s.count("contacts") != 2 {
		t.Errorf("contacts %s after %d requests, error %v", names(got), s.count("contacts"), err)
	}
	// A token that is refused twice is nobody's age.
	_, _, err := read(s.source(t, nil), anna)
	if fault.ClassOf(err) != fault.Config || fault.HintOf(err) == "" || s.count("contacts") != 4 {
		t.Errorf("error %v after %d requests", err, s.count("contacts"))
	}
	if strings.Contains(fmt.Sprintf("%+v", err), "a-token") {
		t.Error("the token stands in the error")
	}
}

func TestTokenError(t *testing.T) {
	s := newService(t)
	noSecret := fault.New(fault.Config, "enter a new secret", "sign in: secret expired")
	src := s.source(t, func(c *Config) {
		c.Token = func(context.Context) (string, error) { return "", noSecret }
	})
	if _, _, err := read(src, anna); !errors.Is(err, noSecret) || len(s.asked) != 0 {
		t.Errorf("error %v after %d requests", err, len(s.asked))
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		class  fault.Class
		text   string // in the error
		hint   string // in the hint
	}{
		{"no consent", refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."), fault.Refused, "ErrorAccessDenied: Access is denied", "Contacts.Read"},
		{"no directory role", refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."), fault.Refused, "Insufficient", "admin consent"},
		{"other 403", refuse(403, "Forbidden", ""), fault.Refused, "403 Forbidden", "access policy"},
		{"token without roles", refuse(401, "NoPermissionsInAccessToken", "The token contains no permissions"), fault.Refused, "401", "Contacts.Read"},
		{"codes in other case", refuse(403, "erroraccessdenied", ""), fault.Refused, "403", "Contacts.Read"},
		{"no such user", refuse(404, "Request_ResourceNotFound", "Resource '0a1b' does not exist"), fault.Member, "does not exist", "directory"},
		{"invalid user", refuse(404, "ErrorInvalidUser", "The requested user '0a1b' is invalid."), fault.Member, "invalid", "directory"},
		{"no licence", refuse(404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."), fault.Member, "inactive", "licence"},
		{"gone meanwhile", refuse(404, "ErrorItemNotFound", "The specified object was not found in the store."), fault.Member, "not found", "next run"},
		{"no Exchange", refuse(404, "OrganizationFromTenantGuidNotFound", "x"), fault.Config, "404", "tenant_id"},
		{"unknown 404", refuse(404, "Whatever", "x"), fault.Member, "404 Whatever", "mailbox"},
		{"bad request", refuse(400, "BadRequest", "Parsing Select and Expand failed."), fault.Member, "Parsing Select", ""},
		{"401 without words", raw(401, "text/plain", ""), fault.Config, "401", "graph_url"},
		{"support case", refuse(500, "InternalServerError", "x"), fault.Unavailable, "request id 5cdb0c2e", "request id"},
		{"login page", raw(200, "text/html", "<!DOCTYPE html><html>"), fault.Config, "200 OK with text/html", "proxy"},
		{"login page that lies", raw(200, "application/json", "<!DOCTYPE html><html>"), fault.Config, "Microsoft Graph's form", "proxy"},
		{"forbidden by a proxy", raw(403, "text/html", "<html>"), fault.Config, "403 Forbidden with text/html", "proxy"},
		{"not Graph", raw(404, "text/plain", "404 page not found"), fault.Config, "404", "graph_url"},
		{"no content", raw(204, "", ""), fault.Config, "204", "graph_url"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, fault.Config, "302", "proxy"},
		{"long message", refuse(400, "x", strings.Repeat("é\n", 1000)), fault.Member, "é é é", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t)
			s.answer("/v1.0/users/0a1b/contacts", c.answer)
			_, inspected := s.source(t, nil).Inspect(context.Background(), anna)
			for what, err := range map[string]error{
				"read":    second(read(s.source(t, nil), anna)),
				"probe":   s.source(t, nil).Probe(context.Background(), anna),
				"inspect": inspected,
			} {
				if err == nil {
					t.Fatalf("%s: no error", what)
				}
				if got := fault.ClassOf(err); got != c.class {
					t.Errorf("%s: class %v, want %v: %v", what, got, c.class, err)
				}
				if !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000 {
					t.Errorf("%s: %q does not say %q in a line", what, err, c.text)
				}
				if !strings.Contains(fault.HintOf(err), c.hint) {
					t.Errorf("%s: hint %q does not say %q", what, fault.HintOf(err), c.hint)
				}
			}
			if n := s.count("login"); n > 0 {
				t.Error("a redirect was followed")
			}
		})
	}
}

func second(_ []phonebook.Contact, _ int, err error) error { return err }

func TestProbeAsksForLittle(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[{"id":"A"}],"@odata.nextLink":"$/users/0a1b/contacts?more"}`))
	if err := s.source(t, nil).Probe(context.Background(), anna); err != nil {
		t.Error(err)
	}
	if want := "/v1.0/users/0a1b/contacts?$top=1&$select=id"; !slices.Equal(s.asked, []string{want}) {
		t.Errorf("asked %q, want %q", s.asked, want)
	}
}

func TestCancelled(t *testing.T) {
	s := newService(t)
	ctx, cancel := context.WithCancel(context.Background())
	s.answer("/v1.0/users/0a1b/contacts", func(w http.ResponseWriter, r *http.Request) {
		cancel()
		refuse(503, "serviceNotAvailable", "")(w, r)
	})
	_, err := s.source(t, nil).Read(ctx, anna, "", func(phonebook.Page) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func FuzzError(f *testing.F) {
	f.Add(400, fmt.Appendf(nil, `{"error":{"code":"%s","message":"%s"}}`, strings.Repeat("C", 300), strings.Repeat("ü", 1000)))
	f.Add(403, []byte(`{"error":{"code":"ErrorAccessDenied","message":"x","innerError":{"request-id":"y"}}}`))
	f.Add(500, []byte(`{"error":{"code":"","message":null,"innererror":[]}}`))
	f.Add(200, []byte(`{"error":"invalid_grant"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		req, _ := http.NewRequest(http.MethodGet, "https://graph.example/v1.0/x", nil)
		err := failure(&http.Response{StatusCode: status, Status: fmt.Sprint(status), Request: req}, body)
		if err == nil {
			t.Fatal("a failure is no error")
		}
		if text := err.Error(); text == "" || len(text) > 4000 || strings.ContainsAny(text, "\n\r\x00\x1b") {
			t.Errorf("text %q", text)
		}
	})
}
