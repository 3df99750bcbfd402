package simulator

import "sync"

// mailboxConcurrency is Outlook's limit for an app and a mailbox (Microsoft
// Graph service-specific throttling limits), and how many parts of a batch
// Graph works on at a time.
const mailboxConcurrency = 4

// limiter counts the requests in flight, by app and by app and mailbox.
type limiter struct {
	byMailbox, byApp bool // what more than four is refused for

	mu       sync.Mutex
	inFlight map[string]int
	most     map[string]int // of each key so far
}

func newLimiter(o Options) *limiter {
	return &limiter{byMailbox: o.Limit, byApp: o.LimitApp, inFlight: map[string]int{}, most: map[string]int{}}
}

// places are what a request or batch has taken.
type places struct {
	limiter *limiter
	taken   map[string]int
	refused []bool // by part: there was no place for it
}

// enter takes places for a request, or for the parts of a batch: mailboxes
// names each one's mailbox, "" where it needs no place. Where there are fewer
// than wanted it takes those there are and refuses parts.
func (l *limiter) enter(app string, mailboxes ...string) *places {
	return l.take(l.byApp, l.byMailbox, app, mailboxes)
}

// count takes a place whether there is one or not: Exchange Web Services have
// limits of their own, far beyond four.
func (l *limiter) count(caller, mailbox string) *places {
	return l.take(false, false, caller, []string{mailbox})
}

func (l *limiter) take(byApp, byMailbox bool, app string, mailboxes []string) *places {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &places{l, map[string]int{}, make([]bool, len(mailboxes))}
	p.share(app, byApp, p.parts(mailboxes, nil))
	tried := map[string]bool{"": true}
	for _, m := range mailboxes {
		if !tried[m] {
			tried[m] = true
			p.share(app+" "+m, byMailbox, p.parts(mailboxes, &m))
		}
	}
	p.taken[app] = min(p.taken[app], len(p.parts(mailboxes, nil)))
	for key, n := range p.taken {
		if n > 0 {
			l.inFlight[key] += n
			l.most[key] = max(l.most[key], l.inFlight[key])
		}
	}
	return p
}

// parts returns which parts still want a place, all or those for a mailbox.
func (p *places) parts(mailboxes []string, of *string) (all []int) {
	for i, m := range mailboxes {
		if m != "" && !p.refused[i] && (of == nil || m == *of) {
			all = append(all, i)
		}
	}
	return all
}

// share deals parts to as many places as can be worked on at a time, and
// refuses those of the places that are not free.
func (p *places) share(key string, limited bool, parts []int) {
	want := min(mailboxConcurrency, len(parts))
	got := want
	if limited {
		got = min(want, max(0, mailboxConcurrency-p.limiter.inFlight[key]))
	}
	for n, part := range parts {
		p.refused[part] = n%want >= got
	}
	p.taken[key] = got
}

// hold does the work that the places are for and frees them. They are free
// before the answer is sent, so that who has read one may ask again at once.
func (p *places) hold(work func()) {
	defer p.leave()
	work()
}

func (p *places) leave() {
	l := p.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, n := range p.taken {
		if l.inFlight[key] -= n; l.inFlight[key] <= 0 {
			delete(l.inFlight, key)
		}
	}
}

// MostInFlight returns how many requests about mailboxes an app had in flight
// at most, over Graph and EWS. A batch counts as up to four, as Graph works on
// it; a request that was refused does not count. An account is named by its
// sign-in name.
func (s *Server) MostInFlight(clientID string) int { return s.limit.peak(clientID) }

// MostInMailbox is MostInFlight for one mailbox.
func (s *Server) MostInMailbox(clientID string, m *Mailbox) int {
	return s.limit.peak(clientID + " " + m.ObjectID)
}

func (l *limiter) peak(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most[key]
}
