package simulator

import (
	"bytes"
	"compress/gzip"
	"sync"
)

// cache keeps finished pages, so that a benchmark measures its client and not
// the simulator. A key holds the sequence number of what the page was made of,
// so that an entry never becomes wrong, only useless.
type cache struct {
	mu      sync.Mutex
	entries map[string]*answer
	bytes   int
}

const cacheBytes = 1 << 30 // then begin anew

func newCache() *cache { return &cache{entries: map[string]*answer{}} }

func (c *cache) get(key string) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[key]
}

func (c *cache) put(key string, a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes > cacheBytes {
		clear(c.entries)
		c.bytes = 0
	}
	c.entries[key] = a
	c.bytes += len(key) + 2*len(a.body)
}

// zip compresses fast.
func zip(b []byte) []byte {
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	_, _ = z.Write(b)
	_ = z.Close()
	return buf.Bytes()
}
