package simulator

import "sync"

// limiter counts the requests in flight by app and mailbox.
type limiter struct {
	mu       sync.Mutex
	inFlight map[string]int
}

// mailboxConcurrency is Outlook's limit for an app and a mailbox
// (Microsoft Graph service-specific throttling limits).
const mailboxConcurrency = 4

func newLimiter() *limiter { return &limiter{inFlight: map[string]int{}} }

// enter takes weight places, or reports that there are not so many.
func (l *limiter) enter(key string, weight int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight[key]+weight > mailboxConcurrency {
		return false
	}
	l.inFlight[key] += weight
	return true
}

func (l *limiter) leave(key string, weight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight[key] -= weight; l.inFlight[key] <= 0 {
		delete(l.inFlight, key)
	}
}
