package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// held returns how many keys have requests in flight.
func (l *limiter) held() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.inFlight)
}

// hold takes n places as so many requests that are still being answered do.
func hold(l *limiter, app *App, m *Mailbox, n int) (free func()) {
	var all []*places
	for range n {
		all = append(all, l.enter(app.ClientID, m.ObjectID))
	}
	return func() {
		for _, p := range all {
			p.leave()
		}
	}
}

// batchOf asks for one path after another in a batch and returns the status of
// each.
func (c *client) batchOf(paths ...string) (status []int) {
	c.t.Helper()
	var requests []map[string]any
	for i, p := range paths {
		requests = append(requests, map[string]any{"id": fmt.Sprint(i), "method": "GET", "url": p})
	}
	body, _ := json.Marshal(map[string]any{"requests": requests})
	code, doc, _ := c.send("POST", c.s.GraphURL()+"/$batch", string(body))
	if code != 200 {
		c.t.Fatalf("batch: %d %v", code, doc)
	}
	status = make([]int, len(paths))
	for _, r := range asList(doc["responses"]) {
		var i int
		_, _ = fmt.Sscan(r["id"].(string), &i)
		status[i] = int(r["status"].(float64))
		if h, _ := r["headers"].(map[string]any); status[i] == 429 && (h["Retry-After"] == nil || code0(r) != "ApplicationThrottled") {
			c.t.Errorf("a refused part: %v", r)
		}
	}
	return status
}

func code0(part map[string]any) string { return code(part["body"].(map[string]any)) }

func TestLimit(t *testing.T) {
	tenant, c := start(t, Options{Limit: true})
	m := alice(tenant, 1)
	bob := tenant.AddMailbox(Mailbox{Mail: "bob@example.org"})
	mine, his := "/users/"+m.ObjectID+"/contacts", "/users/"+bob.ObjectID+"/contacts"
	eight := slices.Repeat([]string{mine}, 8)
	for _, tt := range []struct {
		held  int
		paths []string
		want  []int
	}{
		{0, eight, []int{200, 200, 200, 200, 200, 200, 200, 200}},
		{1, eight, []int{200, 200, 200, 429, 200, 200, 200, 429}},
		{2, eight, []int{200, 200, 429, 429, 200, 200, 429, 429}},
		{3, eight, []int{200, 429, 429, 429, 200, 429, 429, 429}},
		{4, eight, []int{429, 429, 429, 429, 429, 429, 429, 429}},
		{3, []string{mine}, []int{200}},
		{4, []string{mine, his, "/users", his}, []int{429, 200, 200, 200}},
		{3, []string{mine, his, mine, his}, []int{200, 200, 429, 200}},
	} {
		free := hold(c.s.limit, c.app, m, tt.held)
		if got := c.batchOf(tt.paths...); !slices.Equal(got, tt.want) {
			t.Errorf("a batch of %d beside %d: %v, want %v", len(tt.paths), tt.held, got, tt.want)
		}
		status, doc, h := c.get(mine)
		if tt.held < 4 && status != 200 || tt.held == 4 && (status != 429 || code(doc) != "ApplicationThrottled" || h.Get("Retry-After") == "") {
			t.Errorf("a request beside %d: %d %v", tt.held, status, doc)
		}
		free()
		if n := c.s.limit.held(); n != 0 {
			t.Fatalf("%d places leaked", n)
		}
	}
	if n := c.s.MostInMailbox(c.app.ClientID, m); n != 4 {
		t.Errorf("at most %d in flight, want 4", n)
	}
}

// LimitApp counts all mailboxes together, and a batch once.
func TestLimitApp(t *testing.T) {
	tenant, c := start(t, Options{LimitApp: true})
	m := alice(tenant, 1)
	var paths []string
	for i := range 5 {
		b := tenant.AddMailbox(Mailbox{Mail: fmt.Sprintf("b%d@example.org", i)})
		paths = append(paths, "/users/"+b.ObjectID+"/contacts")
	}
	if got := c.batchOf(paths...); !slices.Equal(got, []int{200, 200, 200, 200, 200}) {
		t.Errorf("alone: %v", got)
	}
	free := hold(c.s.limit, c.app, m, 3)
	if got := c.batchOf(append(paths, "/users")...); !slices.Equal(got, []int{200, 429, 429, 429, 200, 200}) {
		t.Errorf("beside three: %v", got)
	}
	free()
	free = hold(c.s.limit, c.app, m, 4)
	if status, _, _ := c.get(paths[0]); status != 429 {
		t.Errorf("beside four of another mailbox: %d", status)
	}
	other := newClient(t, c.s, tenant.AddApp(App{Roles: allRoles}))
	if status, _, _ := other.get(paths[0]); status != 200 {
		t.Errorf("another app: %d", status)
	}
	free()
	if n, most := c.s.limit.held(), c.s.MostInFlight(c.app.ClientID); n != 0 || most != 4 {
		t.Errorf("%d places leaked, at most %d in flight", n, most)
	}
}

// Latency keeps a request in its place until its client gives up.
func TestLatencyHoldsThePlace(t *testing.T) {
	tenant, c := start(t, Options{Limit: true, Latency: 24 * time.Hour})
	m := alice(tenant, 1)
	c.auth()
	path := "/users/" + m.ObjectID + "/contacts"
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			req, _ := http.NewRequestWithContext(ctx, "GET", c.s.GraphURL()+path, nil)
			req.Header.Set("Authorization", "Bearer "+c.token)
			if resp, err := c.Do(req); err == nil {
				resp.Body.Close()
				t.Errorf("answered: %s", resp.Status)
			}
		})
	}
	for c.s.MostInFlight(c.app.ClientID) < 4 {
		runtime.Gosched()
	}
	if status, _, _ := c.get(path); status != 429 {
		t.Errorf("the fifth: %d", status)
	}
	if got := c.batchOf(path, path); !slices.Equal(got, []int{429, 429}) {
		t.Errorf("a batch: %v", got)
	}
	cancel()
	wg.Wait()
	for c.s.limit.held() > 0 {
		runtime.Gosched()
	}
}

// An answer takes as long as Latency says, and a batch begins anew with each
// four of its parts.
func TestLatency(t *testing.T) {
	const latency = 30 * time.Millisecond
	tenant, c := start(t, Options{Latency: latency})
	m := alice(tenant, 1)
	path := "/users/" + m.ObjectID + "/contacts"
	c.auth()
	took := func(f func()) time.Duration {
		begun := time.Now()
		f()
		return time.Since(begun)
	}
	if d := took(func() { c.must(path) }); d < latency {
		t.Errorf("a request takes %v", d)
	}
	if d := took(func() { c.batchOf(slices.Repeat([]string{path}, 9)...) }); d < 3*latency {
		t.Errorf("a batch of nine takes %v", d)
	}
	s := newEWSSite(t, Options{Latency: latency})
	if d := took(func() { s.ask(someItems) }); d < latency {
		t.Errorf("a call of EWS takes %v", d)
	}
	if most, n := s.MostInMailbox(s.app.ClientID, s.box), s.limit.held(); most != 1 || n != 0 {
		t.Errorf("EWS: at most %d in flight, %d held", most, n)
	}
}
