package bookdb_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestWritesRowsOnce counts what this process writes while phonebooks are made:
// the WAL and then the file, and little besides. SQLite writes many times as
// much where a statement may fail and be undone alone, or where an index is
// walked at random.
func TestWritesRowsOnce(t *testing.T) {
	db, path := open(t)
	before := written(t)
	for i := range 4 {
		replace(t, db, replacement(fmt.Sprint("member", i), entriesFrom(i*5000, 5000)))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	times := float64(written(t)-before) / float64(file.Size())
	t.Logf("%d bytes of file, written %.1f times", file.Size(), times)
	if times > 4 {
		t.Errorf("a file of %d bytes was written %.1f times over", file.Size(), times)
	}
}

// written returns how many bytes this process has written to files (wchar in
// proc_pid_io(5)).
func written(t *testing.T) (bytes int64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "wchar: %d", &bytes); err == nil {
			return bytes
		}
	}
	t.Fatalf("no wchar in %s", text)
	return 0
}
