package transport

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// FuzzRetryAfter: no header asks for a wait before now, and one in whole
// seconds is taken at its word.
func FuzzRetryAfter(f *testing.F) {
	f.Add("120", uint16(120))
	f.Fuzz(func(t *testing.T, value string, seconds uint16) {
		if wait := RetryAfter(http.Header{"Retry-After": {value}}); wait < 0 {
			t.Fatalf("%q: %v", value, wait)
		}
		whole := strconv.Itoa(int(seconds))
		if wait := RetryAfter(http.Header{"Retry-After": {whole}}); wait != time.Duration(seconds)*time.Second {
			t.Fatalf("%q: %v", whole, wait)
		}
	})
}
