package simulator

import (
	"net/http/httptest"
	"testing"
)

// discard takes an answer and keeps nothing of it.
func discard() *httptest.ResponseRecorder { return &httptest.ResponseRecorder{Body: nil} }

// A page of 999 contacts, made anew each time and from the cache.
func BenchmarkPage(b *testing.B) {
	tenant := Generate(1, 1, 1000)
	s, err := Start(tenant, Options{NoLog: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	m := tenant.Mailboxes()[0]
	token, _, err := s.issue(tenant.Apps()[0], GraphResource, "1")
	if err != nil {
		b.Fatal(err)
	}
	h := s.Handler()
	page := func() {
		r := httptest.NewRequest("GET", "/v1.0/users/"+m.ObjectID+"/contacts?$top=999", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Accept-Encoding", "gzip")
		w := discard()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			s.cache = newCache()
			page()
		}
	})
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			page()
		}
	})
}
