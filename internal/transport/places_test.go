package transport

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// newTestPlaces returns places whose debug lines go to the returned buffer.
func newTestPlaces(most int64) (*places, *bytes.Buffer) {
	var log bytes.Buffer
	return newPlaces(most, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))), &log
}

// once takes a place and gives it back after an answer.
func (p *places) once(t *testing.T, busy bool) {
	t.Helper()
	w, err := p.take(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	p.free(w, busy, !busy)
}

func TestSlowsDownAndSpeedsUp(t *testing.T) {
	p, log := newTestPlaces(4)
	for i, want := range []int64{2, 1, 1} {
		if p.once(t, true); p.now != want {
			t.Errorf("after %d refusals: %d places, want %d", i+1, p.now, want)
		}
	}
	for want := int64(2); want <= 4; want++ {
		for range enough {
			if p.now != want-1 {
				t.Fatalf("%d places too early", p.now)
			}
			p.once(t, false)
		}
		if p.now != want {
			t.Fatalf("%d places, want %d", p.now, want)
		}
	}
	for range 3 * enough {
		p.once(t, false)
	}
	if p.now != 4 {
		t.Errorf("%d places, there are 4", p.now)
	}
	for line, want := range map[string]int{"slowing down to 2 of 4": 1, "slowing down to 1 of 4": 1, "slowing down": 2, "at full speed again": 1} {
		if got := strings.Count(log.String(), line); got != want {
			t.Errorf("%d lines %q, want %d:\n%s", got, line, want, log)
		}
	}
	p.once(t, true)
	for range enough - 1 {
		p.once(t, false)
	}
	p.once(t, true)
	for range enough - 1 {
		p.once(t, false)
	}
	if p.now != 1 {
		t.Errorf("%d places: answers before a refusal count after it", p.now)
	}
}

// Four requests that are refused at the same time are one complaint, and good
// answers to what was sent before it are no reason to speed up.
func TestOneComplaintHalvesOnce(t *testing.T) {
	p, _ := newTestPlaces(8)
	var held []*place
	for range 8 {
		w, err := p.take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, w)
	}
	for i, w := range held {
		p.free(w, i < 4, i >= 4)
	}
	if p.now != 4 || p.good != 0 || p.taken != 0 {
		t.Errorf("%d places, %d good answers, %d taken", p.now, p.good, p.taken)
	}
}

// A batch of four takes all places, is served in its turn, and goes alone
// where there are fewer.
func TestBatchInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newTestPlaces(4)
		var mu sync.Mutex
		var order []string
		begun := func(name string) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
		}
		run := func(name string, weight int64) {
			go func() {
				w, err := p.take(context.Background(), weight)
				if err != nil {
					t.Error(err)
					return
				}
				begun(name)
				time.Sleep(time.Second)
				p.free(w, false, true)
			}()
			synctest.Wait()
		}
		so := func() string {
			mu.Lock()
			defer mu.Unlock()
			return strings.Join(order, " ")
		}
		for range 2 {
			mu.Lock()
			order = nil
			mu.Unlock()
			run("a", 1)
			run("batch", 4)
			run("b", 1)
			run("c", 1)
			if got := so(); got != "a" {
				t.Errorf("at once: %s", got)
			}
			time.Sleep(1500 * time.Millisecond)
			if got := so(); got != "a batch" {
				t.Errorf("then: %s", got)
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if got := so(); p.taken != 0 || got != "a batch b c" && got != "a batch c b" {
				t.Errorf("in the end %d taken, order %s", p.taken, got)
			}
			p.once(t, true) // and now with two places
		}
	})
}

func TestGivesUpWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newTestPlaces(2)
		held, _ := p.take(t.Context(), 2)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := p.take(ctx, 2)
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("error %v", err)
		}
		p.free(held, false, true)
		if p.once(t, false); p.taken != 0 || len(p.queue) != 0 {
			t.Errorf("%d taken, %d waiting", p.taken, len(p.queue))
		}
	})
}

// What a service is never asked for while it has said that it is too much.
func TestBusyServiceIsAskedLess(t *testing.T) {
	var (
		now, most, refusals atomic.Int32
		busy                atomic.Bool
	)
	busy.Store(true)
	tr, srv, _ := serve(t, Options{Attempts: 100}, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		time.Sleep(2 * time.Millisecond)
		if busy.Load() {
			if n > 1 && refusals.Load() > 8 {
				t.Errorf("%d requests at once at a service that refuses them", n)
			}
			if refusals.Add(1) > 30 {
				busy.Store(false)
			}
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		most.Store(max(most.Load(), n))
	})
	tr.opts.Sleep = func(context.Context, time.Duration) error { return nil }
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := get(context.Background(), tr, srv.URL); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if tr.places.now != 4 || most.Load() > 4 {
		t.Errorf("%d places in the end, %d requests at once", tr.places.now, most.Load())
	}
}

// An expired token is no reason to slow down.
func TestCalmRetry(t *testing.T) {
	var n atomic.Int32
	tr, srv, _ := serve(t, Options{}, func(http.ResponseWriter, *http.Request) { n.Add(1) })
	err := tr.Do(t.Context(), 1, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	}, func(*http.Response) error {
		if n.Load() == 1 {
			return &Retry{Err: fmt.Errorf("token expired"), Calm: true}
		}
		return nil
	})
	if err != nil || n.Load() != 2 || tr.places.now != 4 {
		t.Errorf("%d requests, %d places, error %v", n.Load(), tr.places.now, err)
	}
}
