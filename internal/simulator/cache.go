package simulator

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
)

// cache keeps finished pages, so that a benchmark measures its client and not
// the simulator. A key holds the sequence number of what the page was made of,
// so that an entry never becomes wrong, only useless. Pages are kept zipped:
// nearly every client wants them so, and they take a seventh of the room.
type cache struct {
	mu      sync.Mutex
	entries map[string]*answer
	bytes   int
}

// cacheBytes bounds the cache; beyond it, any pages make room.
const cacheBytes = 1 << 30

func newCache() *cache { return &cache{entries: map[string]*answer{}} }

func (c *cache) get(key string) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[key]
}

func (c *cache) put(key string, a *answer) {
	kept := &answer{status: a.status, header: a.header, zipped: a.zipped}
	if kept.zipped == nil {
		kept.zipped = zip(a.body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for old, entry := range c.entries {
		if c.bytes < cacheBytes {
			break
		}
		c.bytes -= len(entry.zipped)
		delete(c.entries, old)
	}
	if old := c.entries[key]; old != nil {
		c.bytes -= len(old.zipped)
	}
	c.entries[key] = kept
	c.bytes += len(kept.zipped)
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	return z
}}

// zip compresses fast.
func zip(b []byte) []byte {
	var buf bytes.Buffer
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&buf)
	_, _ = z.Write(b)
	_ = z.Close()
	return buf.Bytes()
}

// unzip undoes zip.
func unzip(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	plain, _ := io.ReadAll(z)
	return plain
}
