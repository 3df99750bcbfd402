package main

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"contactsync/internal/simulator"
)

// listener closes heard when what it looks for was written.
type listener struct {
	mu    sync.Mutex
	text  bytes.Buffer
	what  *regexp.Regexp
	heard chan bool
}

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.what.Match(l.text.Bytes())
	l.text.Write(p)
	if !before && l.what.Match(l.text.Bytes()) {
		close(l.heard)
	}
	return len(p), nil
}

// TestLongRunSaysHowFarItIs: while a mailbox takes its time, -v says again and
// again what came so far; without -v nothing is said of it.
func TestLongRunSaysHowFarItIs(t *testing.T) {
	parallel(t)
	const twice = `(?s)(note: reading: [01] of 2 members done, 6 contacts came so far\n.*){2}`
	for source, last := range map[string]int64{"graph": 4, "ews": 2} {
		t.Run(source, func(t *testing.T) {
			w := newWorldWith(t, simulator.Options{MaxPage: 5}, "anna", "bram")
			w.set("source", source)
			w.add("anna", "Erika", "030 901820")
			for range 7 {
				w.add("bram", "Jan", "030 901820")
			}
			l := &listener{what: regexp.MustCompile(twice), heard: make(chan bool)}
			var asked atomic.Int64
			w.cloud.SetFault(func(r *http.Request) simulator.Fault {
				if !w.about("bram", r) || asked.Add(1) != last {
					return nil
				}
				return func(rw http.ResponseWriter, r *http.Request, service http.Handler) {
					select {
					case <-l.heard: // one page of two has come
						service.ServeHTTP(rw, r)
					case <-r.Context().Done():
					}
				}
			})
			p := newProgram(w.line("-v"), strings.NewReader(""), io.Discard, l)
			p.lull = 10 * time.Millisecond
			check(t, "exit status", p.run(t.Context()), 0)
			check(t, "bram's entries", len(w.book("bram").Entries), 7)
			text := l.text.String()
			if _, end, _ := strings.Cut(text, "source: "); end == "" || strings.Contains(end, "reading: ") {
				t.Errorf("the last word is not the last: %s", text)
			}

			var quiet strings.Builder
			p = newProgram(w.line("--full"), strings.NewReader(""), io.Discard, &quiet)
			p.lull = time.Millisecond
			check(t, "exit status without -v", p.run(t.Context()), 0)
			check(t, "lines without -v", strings.Count(quiet.String(), "reading: "), 0)
		})
	}
}

// TestSlowDirectorySaysThatItIsAsked: a large directory takes its time too.
func TestSlowDirectorySaysThatItIsAsked(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	l := &listener{what: regexp.MustCompile(`(?s)(note: asking the directory for the members\n.*){2}`), heard: make(chan bool)}
	w.through(func(r io.Reader) io.Reader { return held{r, l.heard} })
	p := newProgram(w.line("-v"), strings.NewReader(""), io.Discard, l)
	p.lull = 10 * time.Millisecond
	check(t, "exit status", p.run(t.Context()), 0)
}

// held hands nothing on before a moment.
type held struct {
	r     io.Reader
	until <-chan bool
}

func (h held) Read(p []byte) (int, error) { <-h.until; return h.r.Read(p) }
