package entra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
)

func TestToken(t *testing.T) {
	srv := newSignIn(t)
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	first := mustToken(t, s, scope)
	if same, err := s.For(scope)(t.Context()); same != first || err != nil {
		t.Errorf("For gives another token, error %v", err)
	}
	if got := Roles(first); !reflect.DeepEqual(got, []string{"Contacts.Read", "User.ReadBasic.All"}) {
		t.Errorf("roles %v", got)
	}
	if again := mustToken(t, s, scope); again != first || srv.tokens.Load() != 1 {
		t.Errorf("the second call made request %d", srv.tokens.Load())
	}
	if other := mustToken(t, s, "https://outlook.office365.com/.default"); other == first {
		t.Error("one token for two scopes")
	}
	if srv.discovery.Load() != 1 || srv.tokens.Load() != 2 {
		t.Errorf("%d discoveries and %d token requests, want 1 and 2", srv.discovery.Load(), srv.tokens.Load())
	}
}

// TestOneRequestForMany lets many goroutines ask while the service is slow.
func TestOneRequestForMany(t *testing.T) {
	srv := newSignIn(t)
	release := make(chan struct{})
	srv.override = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/token") {
			<-release
		}
		return false
	}
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	scopes := []string{scope, "https://outlook.office365.com/.default"}
	var started, done sync.WaitGroup
	for i := range 60 {
		started.Add(1)
		done.Go(func() {
			started.Done()
			if _, err := s.Token(t.Context(), scopes[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	started.Wait()
	close(release)
	done.Wait()
	if n := srv.tokens.Load(); n != 2 {
		t.Errorf("%d requests for 2 scopes", n)
	}
}

// TestCallersEnd ends the call that began the request; the other one goes on.
func TestCallersEnd(t *testing.T) {
	srv := newSignIn(t)
	asked, release := make(chan struct{}), make(chan struct{})
	srv.override = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/token") {
			close(asked)
			<-release
		}
		return false
	}
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := s.Token(ctx, scope); first <- err }()
	<-asked
	second := make(chan error)
	go func() { _, err := s.Token(t.Context(), scope); second <- err }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the ended call: %v", err)
	}
	close(release)
	if err := <-second; err != nil {
		t.Errorf("the other call: %v", err)
	}
	if srv.tokens.Load() != 1 {
		t.Errorf("%d requests", srv.tokens.Load())
	}
}

// TestRefresh gets a token that is about to expire, which is not handed out twice.
func TestRefresh(t *testing.T) {
	srv := newSignIn(t)
	srv.lifetime = 299
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	first := mustToken(t, s, scope)
	if mustToken(t, s, scope) == first {
		t.Error("a token of less than five minutes was handed out again")
	}
}

// TestInvalidate renews once, although many were refused.
func TestInvalidate(t *testing.T) {
	srv := newSignIn(t)
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	old := mustToken(t, s, scope)
	s.Invalidate("another token")
	s.Invalidate("")
	if mustToken(t, s, scope) != old {
		t.Fatal("a token was dropped that nobody refused")
	}
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() {
			s.Invalidate(old)
			if token, err := s.Token(t.Context(), scope); err != nil || token == old {
				t.Errorf("token %v, error %v", token == old, err)
			}
		})
	}
	done.Wait()
	if n := srv.tokens.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// TestRefusals answers each code once, and looks at what becomes of it.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status int
		name   string
		code   int
		class  fault.Class
		hint   string
	}{
		{401, "invalid_client", 7000215, fault.Config, "copied in part"},
		{401, "invalid_client", 7000222, fault.Config, "expired"},
		{401, "invalid_client", 7000216, fault.Config, "no client secret"},
		{400, "unauthorized_client", 700016, fault.Config, "check client_id"},
		{400, "unauthorized_client", 7000112, fault.Config, "switch the app on"},
		{400, "invalid_request", 90002, fault.Config, "check tenant_id"},
		{400, "invalid_request", 900023, fault.Config, "check tenant_id"},
		{400, "invalid_request", 90038, fault.Config, "national cloud"},
		{400, "invalid_grant", 65001, fault.Config, "Grant admin consent"},
		{400, "invalid_resource", 500011, fault.Config, "Exchange Online"},
		{401, "invalid_client", 700027, fault.Config, "upload the certificate"},
		{401, "invalid_client", 700024, fault.Config, "clock"},
		{400, "invalid_grant", 53003, fault.Config, "Conditional Access"},
		{400, "invalid_request", 50034, fault.Config, "check tenant_id"},
		{403, "access_denied", 500021, fault.Config, "proxy or firewall"},
		{400, "invalid_client", 4242424, fault.Config, "error?code=4242424"},
		{400, "something_new", 4242424, fault.Config, "error?code=4242424"},
		{400, "invalid_request", 90055, fault.Unavailable, "throttles"},
		{400, "invalid_grant", 90033, fault.Unavailable, "next run"},
		{400, "temporarily_unavailable", 4242424, fault.Unavailable, "next run"},
		{503, "invalid_client", 7000215, fault.Unavailable, "next run"},
		{429, "something_new", 4242424, fault.Unavailable, "next run"},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.name, " ", c.code), func(t *testing.T) {
			srv := newSignIn(t)
			srv.override = func(w http.ResponseWriter, r *http.Request) bool {
				token := strings.HasSuffix(r.URL.Path, "/token")
				if token {
					refuse(w, c.status, c.name, c.code, "No such\r\nluck.")
				}
				return token
			}
			cfg, waits := srv.config(transport.Options{})
			s := mustNew(t, cfg)
			_, err := s.Token(t.Context(), scope)
			if fault.ClassOf(err) != c.class || !strings.Contains(fault.HintOf(err), c.hint) {
				t.Errorf("class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
			}
			for _, part := range []string{fmt.Sprint("AADSTS", c.code), "No such luck.", c.name, "trace 1f2e, correlation 3d4c"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %q", part, err)
				}
			}
			if retry := (*transport.Retry)(nil); errors.As(err, &retry) {
				t.Error("it asks its caller for another try, after all of ours")
			}
			if strings.ContainsAny(err.Error(), "\r\n") || strings.Count(err.Error(), "1f2e") != 1 {
				t.Errorf("text %q", err)
			}
			want := int64(1)
			if c.class == fault.Unavailable {
				want = maxAttempts
			}
			if n := srv.tokens.Load(); n != want || len(waits.list) != int(want)-1 {
				t.Errorf("%d requests with waits %v, want %d", n, waits.list, want)
			}
			// Further mailboxes get the same answer without a request.
			if _, again := s.Token(t.Context(), scope); again == nil || again.Error() != err.Error() || srv.tokens.Load() != want {
				t.Errorf("asked again: %v", again)
			}
		})
	}
}

// TestUnknownTenant is refused by the first request already, the discovery.
func TestUnknownTenant(t *testing.T) {
	srv := newSignIn(t)
	srv.override = func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, 400, "invalid_tenant", 90002, "Tenant not found.")
		return true
	}
	c, _ := srv.config(transport.Options{})
	_, err := mustNew(t, c).Token(t.Context(), scope)
	if fault.ClassOf(err) != fault.Config || !strings.Contains(fault.HintOf(err), "tenant_id") {
		t.Errorf("class %v, hint %q of %v", fault.ClassOf(err), fault.HintOf(err), err)
	}
}

// TestPatience has a busy service answer the third time.
func TestPatience(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter)
		waits  []time.Duration
	}{
		{"429 with Retry-After", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "17")
			refuse(w, 429, "temporarily_unavailable", 90055, "Busy.")
		}, []time.Duration{17 * time.Second, 17 * time.Second}},
		{"503 of a load balancer", func(w http.ResponseWriter) { w.WriteHeader(503) }, []time.Duration{time.Second, 2 * time.Second}},
		{"cut off", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte(`{"token_type":`))
		}, []time.Duration{time.Second, 2 * time.Second}},
		{"closed", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, []time.Duration{time.Second, 2 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := newSignIn(t)
			srv.override = func(w http.ResponseWriter, r *http.Request) bool {
				busy := strings.HasSuffix(r.URL.Path, "/token") && srv.tokens.Load() < 3
				if busy {
					c.answer(w)
				}
				return busy
			}
			// Without HTTP/2, whose client repeats some requests on its own.
			cfg, waits := srv.config(transport.Options{HTTP1: true})
			mustToken(t, mustNew(t, cfg), scope)
			if !reflect.DeepEqual(waits.list, c.waits) {
				t.Errorf("waits %v, want %v", waits.list, c.waits)
			}
		})
	}
}

// TestTooLongAWait gives up where the service asks for more than our patience.
func TestTooLongAWait(t *testing.T) {
	srv := newSignIn(t)
	srv.override = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
		return true
	}
	c, waits := srv.config(transport.Options{})
	_, err := mustNew(t, c).Token(t.Context(), scope)
	if fault.ClassOf(err) != fault.Unavailable || len(waits.list) != 0 || srv.discovery.Load() != 1 {
		t.Errorf("%v after waits %v", err, waits.list)
	}
}

// TestCutOff has all tries broken off in the middle of the answer.
func TestCutOff(t *testing.T) {
	srv := newSignIn(t)
	srv.override = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte("{"))
		return true
	}
	c, waits := srv.config(transport.Options{})
	_, err := mustNew(t, c).Token(t.Context(), scope)
	if fault.ClassOf(err) != fault.Unavailable || fault.HintOf(err) == "" || len(waits.list) != maxAttempts-1 {
		t.Errorf("%v after waits %v", err, waits.list)
	}
	// A source that asked for the token would begin all over again.
	if retry := (*transport.Retry)(nil); errors.As(err, &retry) {
		t.Error("it asks its caller for another try, after all of ours")
	}
}

// TestOutageIsForgotten asks again after the time that an outage is remembered for.
func TestOutageIsForgotten(t *testing.T) {
	srv := newSignIn(t)
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	s.remember(scope, fault.New(fault.Unavailable, "", "down"))
	if _, err := s.Token(t.Context(), scope); err == nil {
		t.Fatal("the outage was forgotten at once")
	}
	s.failures[scope] = failure{err: s.failures[scope].err, until: time.Now().Add(-time.Second)}
	mustToken(t, s, scope)
}

func TestNoCredential(t *testing.T) {
	for name, secret := range map[string]func() string{"none": nil, "empty": func() string { return "" }} {
		_, err := New(Config{Authority: "https://login.microsoftonline.com", TenantID: tenantID, ClientID: clientID, Secret: secret})
		if fault.ClassOf(err) != fault.Config || fault.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := New(Config{Authority: "http://127.0.0.1", TenantID: tenantID, ClientID: clientID, Secret: func() string { return "x" }})
	if fault.ClassOf(err) != fault.Config {
		t.Errorf("http: %v", err)
	}
}

func TestRoles(t *testing.T) {
	for _, token := range []string{"", "a.b", "a.!.c", "a.e30.c", "a.bm8.c"} {
		if got := Roles(token); len(got) != 0 {
			t.Errorf("%q: %v", token, got)
		}
	}
	if got := Roles(makeToken(1, scope)); len(got) != 2 {
		t.Errorf("roles %v", got)
	}
}

func TestClockDifference(t *testing.T) {
	now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct{ date, want string }{
		{"Sat, 21 Nov 2026 20:00:30 GMT", ""},
		{"Sat, 21 Nov 2026 19:40:00 GMT", "20m0s ahead"},
		{"Sat, 21 Nov 2026 21:00:00 GMT", "1h0m0s behind"},
		{"", ""}, {"noon", ""},
	} {
		got := clockDifference(c.date, now)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.date, got, c.want)
		}
	}
}
