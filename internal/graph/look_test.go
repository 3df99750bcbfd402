package graph

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
)

// crew adds so many persons with a few contacts each, and returns their books.
func (n *tenant) crew(people int) (boxes []*simulator.Mailbox, books []*book) {
	for i := range people {
		mail := fmt.Sprintf("m%02d@example.com", i)
		boxes = append(boxes, n.person(simulator.Mailbox{Mail: mail, UPN: "upn" + mail}, numbered(fmt.Sprintf("%02d-", i), 3)...))
		books = append(books, newBook(mail))
	}
	return boxes, books
}

// A night without changes costs two batches for twenty members.
func TestQuietNight(t *testing.T) {
	for _, o := range []simulator.Options{{}, {Limit: true}, {LimitApp: true, Latency: time.Millisecond}} {
		n := newTenant(t, o)
		_, books := n.crew(20)
		src := n.source(nil)
		must(t, src, books...)
		for _, b := range books {
			b.compare(t, src)
		}
		before, _ := n.transport.Count()
		if got := must(t, src, books...); got != 20 {
			t.Errorf("%d mailboxes unchanged", got)
		}
		if after, _ := n.transport.Count(); after-before != 2 {
			t.Errorf("%d requests, want 2", after-before)
		}
		if n.server.MostInFlight(n.app.ClientID) > 4 || len(n.waits) > 0 {
			t.Errorf("%d requests at once, waits %v", n.server.MostInFlight(n.app.ClientID), n.waits)
		}
	}
}

// What a look found is not asked for again. Few contacts are read together
// with those of other mailboxes.
func TestChangedMailboxes(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	boxes, books := n.crew(20)
	src := n.source(nil)
	must(t, src, books...)
	for range maxRead {
		boxes[9].AddContact(boxes[9].Contacts, simulator.Contact{DisplayName: "many"})
	}
	for _, i := range []int{3, 7, 9} {
		boxes[i].AddContact(boxes[i].Contacts, simulator.Contact{DisplayName: "new"})
		boxes[i].DeleteContact(boxes[i].Items(boxes[i].Contacts)[0].ID)
	}
	n.server.ResetLog()
	before, _ := n.transport.Count()
	if got := must(t, src, books...); got != 17 {
		t.Errorf("%d mailboxes unchanged, want 17", got)
	}
	// Look-ups, deltas, a contact of each of two; 20 and one of the third.
	if after, _ := n.transport.Count(); after-before != 5 || n.server.Count("/delta") != 20 || n.server.Count("$expand") != 23 {
		t.Errorf("%d requests, want 5; %d deltas, %d contacts", after-before, n.server.Count("/delta"), n.server.Count("$expand"))
	}
	for _, b := range books {
		b.compare(t, src)
	}
}

// With folders the batches are shared too: for each level of folders, and for
// the deltas.
func TestQuietNightWithFolders(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	boxes, books := n.crew(10)
	for i, box := range boxes {
		f := box.Contacts
		for range i % 3 {
			f = box.AddFolder(f, "Sub", "", false)
			box.AddContact(f, simulator.Contact{DisplayName: "below"})
		}
	}
	src := n.source(withFolders)
	must(t, src, books...)
	before, _ := n.transport.Count()
	if got := must(t, src, books...); got != 10 {
		t.Errorf("%d mailboxes unchanged", got)
	}
	// Look-ups; three levels; deltas, which begin while others are still listed.
	if after, _ := n.transport.Count(); after-before > 6 {
		t.Errorf("%d requests", after-before)
	}
}

// partly answers some parts of batches with a fault, and counts them.
func partly(hits *atomic.Int64, times int, fault simulator.Fault, match func(*http.Request) bool) func(*http.Request) simulator.Fault {
	var left atomic.Int64
	left.Store(int64(times))
	return func(r *http.Request) simulator.Fault {
		if strings.HasSuffix(r.URL.Path, "$batch") || !match(r) || left.Add(-1) < 0 {
			return nil
		}
		hits.Add(1)
		return fault
	}
}

func of(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path+"?"+r.URL.RawQuery, part) }
}

// TestFaultsInParts has parts of a batch fail while the others do not.
func TestFaultsInParts(t *testing.T) {
	for name, c := range map[string]struct {
		times    int
		fault    simulator.Fault
		failed   bool // the mailbox
		requests int64
	}{
		"429":              {1, simulator.Throttled("7"), false, 1},
		"429 twice":        {2, simulator.Throttled("7"), false, 2},
		"503":              {2, simulator.Broken(503, "3"), false, 2},
		"429 for ever":     {1 << 20, simulator.Throttled("7"), true, 5},
		"500 in HTML":      {2, simulator.Broken(500, ""), false, 2},
		"500 for ever":     {1 << 20, simulator.Broken(500, ""), true, 2},
		"401 once":         {1, answerWith(401, "InvalidAuthenticationToken"), false, 2}, // and the sign-in
		"401 for ever":     {1 << 20, answerWith(401, "InvalidAuthenticationToken"), true, 2},
		"no such mailbox":  {1 << 20, answerWith(404, "MailboxNotEnabledForRESTAPI"), true, 0},
		"no right":         {1 << 20, answerWith(403, "ErrorAccessDenied"), true, 0},
		"database is down": {2, answerWith(503, "ErrorMailboxStoreUnavailable"), false, 2},
		"far too large":    {1 << 20, simulator.Padded(9 << 20), true, 20},
		"being moved":      {2, answerWith(409, "ErrorMailboxMoveInProgress"), false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, simulator.Options{})
			boxes, books := n.crew(20)
			src := n.source(nil)
			must(t, src, books...)
			before, _ := n.transport.Count()
			n.waits = nil
			var hits atomic.Int64
			n.server.SetFault(partly(&hits, c.times, c.fault, of(boxes[5].ObjectID+"/contactFolders")))
			got, err := night(src, books...)
			want := 20
			if c.failed {
				want = 19
			}
			if got != want || (err != nil) != c.failed || hits.Load() == 0 {
				t.Errorf("%d unchanged, want %d; error %v", got, want, err)
			}
			if after, _ := n.transport.Count(); after-before != 2+c.requests {
				t.Errorf("%d requests, want %d", after-before, 2+c.requests)
			}
			if strings.HasPrefix(name, "429") && !slices.Contains(n.waits, 7*time.Second) || name == "503" && !slices.Contains(n.waits, 3*time.Second) {
				t.Errorf("waits %v", n.waits)
			}
		})
	}
}

func answerWith(status int, code string) simulator.Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) { refuse(status, code, "x")(w, r) }
}

// The others go on to their next requests while a part that was throttled
// waits.
func TestThrottledPartHoldsUpNobody(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	_, books := n.crew(20)
	src := n.source(nil)
	must(t, src, books...)
	n.server.ResetLog()
	var hits atomic.Int64
	n.server.SetFault(partly(&hits, 1, simulator.Throttled("5"), of("m03%40")))
	var during int
	n.slept = func(time.Duration) {
		for range 1000 { // the wait ends once the others have been asked, or never
			if during = n.server.Count("/delta"); during == 19 {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	if got := must(t, src, books...); got != 20 || during != 19 || hits.Load() != 1 {
		t.Errorf("%d unchanged, %d deltas during the wait", got, during)
	}
}

// TestFaultsOfTheBatch has the batch itself fail.
func TestFaultsOfTheBatch(t *testing.T) {
	for name, f := range map[string]simulator.Fault{
		"429": simulator.Throttled("7"), "503": simulator.Broken(503, "1"), "500": simulator.Broken(500, ""), "cut": simulator.CutAfter(300),
		"401": answerWith(401, "InvalidAuthenticationToken"),
	} {
		n := newTenant(t, simulator.Options{})
		boxes, books := n.crew(5)
		src := n.source(nil)
		must(t, src, books...)
		boxes[2].AddContact(boxes[2].Contacts, simulator.Contact{DisplayName: "new"})
		boxes[2].AddContact(boxes[2].Contacts, simulator.Contact{DisplayName: "newer"})
		n.server.SetFault(simulator.Times(1, "$batch", f))
		if got := must(t, src, books...); got != 4 || !strings.Contains(books[2].names(), "new newer") {
			t.Errorf("%s: %d unchanged, contacts %s", name, got, books[2].names())
		}
		n.server.SetFault(simulator.Always("$batch", f))
		if got, err := night(src, books...); err == nil || got != 0 {
			t.Errorf("%s for ever: %d unchanged, error %v", name, got, err)
		}
		n.server.SetFault(nil)
		must(t, src, books...)
	}
}

// TestOddBatches has answers to batches that no service should give.
func TestOddBatches(t *testing.T) {
	part := func(id string) string { return `{"id":"` + id + `","status":200,"body":{"value":[]}}` }
	for name, doc := range map[string]string{
		"no parts":      `{"responses":[]}`,
		"one missing":   `{"responses":[` + part("0") + `]}`,
		"others":        `{"responses":[` + part("7") + `,` + part("x") + `,` + part("-1") + `]}`,
		"no list":       `{}`,
		"cut":           `{"responses":[` + part("0") + `,{"id":"1","status":200,"bo`,
		"no body":       `{"responses":[{"id":"0","status":200},{"id":"1","status":200,"body":null}]}`,
		"text":          `{"responses":[{"id":"0","status":200,"body":"PGh0bWw+"},{"id":"1","status":"x","body":"PGh0bWw+"}]}`,
		"login page":    `<html>`,
		"error in 200":  `{"error":{"code":"x"}}`,
		"part is error": `{"responses":[{"id":"0","status":200,"body":{"error":{"code":"x"}}},{"id":"1","body":{}}]}`,
	} {
		s := newService(t)
		s.raw = func(w http.ResponseWriter, r *http.Request) { body("%s", doc)(w, r) }
		requests := []*request{{page: 1}, {page: 1}}
		src := s.source(t, nil)
		for i, q := range requests {
			q.link = src.link(fmt.Sprint("/x", i), "")
			q.use = func(r *reader) error { _, err := decodeItems[user](r); return err }
		}
		src.ask(context.Background(), requests...)
		if name == "one missing" || name == "cut" { // and alone in the second try
			if requests[0].err != nil || requests[1].err != nil || len(s.batches) != 2 || len(s.batches[1].Requests) != 1 {
				t.Errorf("%s: errors %v and %v after %d batches", name, requests[0].err, requests[1].err, len(s.batches))
			}
			continue
		}
		if requests[1].err == nil || fault.ClassOf(requests[1].err) == fault.Member {
			t.Errorf("%s: error %v", name, requests[1].err)
		}
	}
}

// TestBatchBreaksOff: of an answer that breaks off, nothing is taken.
func TestBatchBreaksOff(t *testing.T) {
	s := newService(t)
	const one, two = `{"responses":[{"id":"0","status":200,"body":{"value":[]}},`, `{"id":"1","status":200,"body":{"value":[]}}]}`
	s.raw = func(w http.ResponseWriter, r *http.Request) {
		if len(s.batches) > 1 {
			body(one+two)(w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(one+two)))
		fmt.Fprint(w, one)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	src := s.source(t, nil)
	requests := []*request{{page: 1}, {page: 1}}
	for i, q := range requests {
		q.link = src.link(fmt.Sprint("/x", i), "")
		q.use = func(r *reader) error { _, err := decodeItems[user](r); return err }
	}
	src.ask(context.Background(), requests...)
	if requests[0].err != nil || requests[1].err != nil || len(s.batches) != 2 || len(s.batches[1].Requests) != 2 {
		t.Errorf("errors %v and %v after %d batches, want both sent again", requests[0].err, requests[1].err, len(s.batches))
	}
}

// TestBatchOnTheWire holds what is sent against the documentation.
func TestBatchOnTheWire(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/x", body(`{"value":[]}`))
	src := s.source(t, nil)
	use := func(*reader) error { return nil }
	elsewhere := strings.Replace(src.link("/x", "alone"), "https://", "HTTPS://", 1)
	var sent []*request
	for i := range 25 {
		sent = append(sent, &request{link: src.link("/x", fmt.Sprint("$n=", i)), page: 7, use: use})
	}
	sent = append(sent, &request{link: elsewhere, page: 7, use: use})
	src.ask(context.Background(), sent...)
	for _, q := range sent {
		if q.err != nil {
			t.Error(q.err)
		}
	}
	if len(s.batches) != 2 || len(s.batches[0].Requests) != 20 || len(s.batches[1].Requests) != 5 || s.count("alone") != 1 {
		t.Fatalf("%d batches, asked %q", len(s.batches), s.asked)
	}
	want := partType{ID: "3", Method: "GET", URL: "/x?$n=3", Headers: map[string]string{
		"Prefer": `IdType="ImmutableId", odata.maxpagesize=7`}}
	if got := s.batches[0].Requests[3]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

// What a look found is forgotten after the next but one, and good for one
// reading.
func TestFindings(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	boxes, books := n.crew(2)
	src := n.source(nil)
	must(t, src, books...)
	boxes[0].AddContact(boxes[0].Contacts, simulator.Contact{DisplayName: "new"})
	look := func(b *book) {
		src.Look(context.Background(), []phonebook.Mailbox{{Member: b.member, State: b.state}})
	}
	look(books[0])
	look(books[1])
	n.server.ResetLog()
	old := *books[0]
	if err := books[0].read(src); err != nil || n.server.Count("/delta") != 0 {
		t.Errorf("%d deltas after a look at another, error %v", n.server.Count("/delta"), err)
	}
	if err := old.read(src); err != nil || n.server.Count("/delta") != 1 || len(old.entries) != 4 || n.server.Count("mail eq")+n.server.Count("mail%20eq") != 0 {
		t.Errorf("second reading: %d deltas, %d contacts, error %v", n.server.Count("/delta"), len(old.entries), err)
	}
	for range 3 {
		look(books[1])
	}
	if len(src.found.last)+len(src.found.before) != 2 {
		t.Errorf("%d findings are kept", len(src.found.last)+len(src.found.before))
	}
}

// TestLookEndsWithTheRun ends the run in the middle of a look.
func TestLookEndsWithTheRun(t *testing.T) {
	n := newTenant(t, simulator.Options{})
	_, books := n.crew(20)
	src := n.source(nil)
	must(t, src, books...)
	ctx, cancel := context.WithCancel(context.Background())
	var once sync.Once
	n.server.SetFault(func(r *http.Request) simulator.Fault {
		if strings.HasSuffix(r.URL.Path, "/delta") {
			once.Do(cancel)
		}
		return nil
	})
	var boxes []phonebook.Mailbox
	for _, b := range books {
		boxes = append(boxes, phonebook.Mailbox{Member: b.member, State: b.state})
	}
	for i, look := range src.Look(ctx, boxes) {
		if look.Err == nil && !look.Unchanged {
			t.Errorf("mailbox %d: %+v", i, look)
		}
	}
}
