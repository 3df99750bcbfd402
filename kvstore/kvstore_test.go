package kvstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"contactsync/kvstore"
	"contactsync/kvstore/dbfile"
)

func open(t *testing.T) (*kvstore.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "kv?st%ore#") // characters that mean something in a URI
	s, err := kvstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestValues(t *testing.T) {
	s, _ := open(t)
	values := map[string]string{
		"empty":   "",
		"plain":   "value",
		"lines":   "-----BEGIN\n\n\ttab\r\n-----END\n",
		"binary":  "\x00\xff\xfe\x00",
		"unicode": "Grüße 🤝",
		"long":    strings.Repeat("0123456789", 300_000),
		"quote'":  `"'; DROP TABLE value --`,
	}
	for key, value := range values {
		if err := s.Set("ns", key, value); err != nil {
			t.Fatal(err)
		}
	}
	for key, value := range values {
		got, err := s.Get("ns", key)
		if err != nil || got != value {
			t.Errorf("Get(%q) = %.40q, %v; want %.40q", key, got, err, value)
		}
	}
	entries, err := s.List("ns")
	if err != nil || len(entries) != len(values) {
		t.Fatalf("List: %d entries, %v; want %d", len(entries), err, len(values))
	}
	for i, e := range entries {
		if e.Value != values[e.Key] || i > 0 && entries[i-1].Key >= e.Key {
			t.Errorf("List: %q is wrong or out of order", e.Key)
		}
	}
}

func TestReplaceAndDelete(t *testing.T) {
	s, _ := open(t)
	for _, value := range []string{"one", "two", "two", ""} {
		if err := s.Set("ns", "key", value); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get("ns", "key"); got != value || err != nil {
			t.Errorf("Get = %q, %v; want %q", got, err, value)
		}
	}
	if err := s.Delete("ns", "key"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("ns", "key"); !errors.Is(err, kvstore.ErrNotFound) {
		t.Errorf("Get after Delete: %v, want ErrNotFound", err)
	}
	if err := s.Delete("ns", "key"); !errors.Is(err, kvstore.ErrNotFound) {
		t.Errorf("second Delete: %v, want ErrNotFound", err)
	}
}

// Several keys change together or not at all.
func TestChange(t *testing.T) {
	s, dir := open(t)
	change := func(err error, values map[string]string) error {
		return s.Change("ns", func(stored map[string]string) error {
			clear(stored)
			maps.Copy(stored, values)
			return err
		})
	}
	if err := change(nil, map[string]string{"a": "1", "b": "2"}); err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(dir, "ns.db"), 0o600)
	refused := errors.New("no")
	if err := change(refused, map[string]string{"c": "3"}); !errors.Is(err, refused) {
		t.Errorf("Change: %v, want the error of edit", err)
	}
	if err := change(nil, map[string]string{"c": "3", "a b": "4"}); !errors.Is(err, kvstore.ErrName) {
		t.Errorf("Change to a key that is none: %v, want ErrName", err)
	}
	if entries, err := s.List("ns"); err != nil || len(entries) != 2 || entries[0] != (kvstore.Entry{Key: "a", Value: "1"}) {
		t.Errorf("List = %v, %v", entries, err)
	}
	if err := s.Change("../x", func(map[string]string) error { return nil }); !errors.Is(err, kvstore.ErrName) {
		t.Errorf("Change in a namespace that is none: %v", err)
	}
}

func TestNamespacesAreApart(t *testing.T) {
	s, dir := open(t)
	for _, ns := range []string{"b", "a", "A.x-y_1"} {
		if err := s.Set(ns, "key", "of "+ns); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(dir, "no namespace.db"), nil, 0o600)
	os.WriteFile(filepath.Join(dir, "README"), nil, 0o600)
	names, err := s.Namespaces()
	if got := strings.Join(names, " "); got != "A.x-y_1 a b" || err != nil {
		t.Errorf("Namespaces = %s, %v", got, err)
	}
	if got, _ := s.Get("a", "key"); got != "of a" {
		t.Errorf("Get = %q", got)
	}
}

func TestReadingMakesNoFile(t *testing.T) {
	s, dir := open(t)
	if _, err := s.Get("ns", "key"); !errors.Is(err, kvstore.ErrNotFound) {
		t.Errorf("Get: %v, want ErrNotFound", err)
	}
	if err := s.Delete("ns", "key"); !errors.Is(err, kvstore.ErrNotFound) {
		t.Errorf("Delete: %v, want ErrNotFound", err)
	}
	if entries, err := s.List("ns"); len(entries) != 0 || err != nil {
		t.Errorf("List = %v, %v", entries, err)
	}
	if names, err := s.Namespaces(); len(names) != 0 || err != nil {
		t.Errorf("Namespaces = %v, %v", names, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder exists: %v", err)
	}
}

func TestNames(t *testing.T) {
	s, dir := open(t)
	for _, ns := range []string{"", ".", "..", "../x", "a/b", "/etc/x", "a\x00b", "a b", ".hidden", "-x", "a\n", "ü", strings.Repeat("x", 65)} {
		if err := s.Set(ns, "key", "v"); !errors.Is(err, kvstore.ErrName) {
			t.Errorf("Set in namespace %q: %v, want ErrName", ns, err)
		}
		if _, err := s.Get(ns, "key"); !errors.Is(err, kvstore.ErrName) {
			t.Errorf("Get in namespace %q: %v, want ErrName", ns, err)
		}
		if _, err := s.List(ns); !errors.Is(err, kvstore.ErrName) {
			t.Errorf("List of namespace %q: %v, want ErrName", ns, err)
		}
	}
	for _, key := range []string{"", "a b", "a\tb", "a\nb", "a\x00", "\x1b[2J", "a\u00a0b", "a\u202eb", "\xff", strings.Repeat("x", 256)} {
		if err := s.Set("ns", key, "v"); !errors.Is(err, kvstore.ErrName) {
			t.Errorf("Set of key %q: %v, want ErrName", key, err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a refused name made the folder")
	}
}

func TestModesWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		t.Run(fmt.Sprintf("%03o", umask), func(t *testing.T) {
			s, dir := open(t)
			old := syscall.Umask(umask)
			err := s.Set("ns", "key", "value")
			syscall.Umask(old)
			if err != nil {
				t.Fatal(err)
			}
			wantMode(t, dir, 0o750|os.ModeDir)
			wantMode(t, filepath.Join(dir, "ns.db"), 0o600)
		})
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
	}
}

func TestExistingModeStays(t *testing.T) {
	s, dir := open(t)
	s.Set("ns", "key", "value")
	os.Chmod(dir, 0o755)
	os.Chmod(filepath.Join(dir, "ns.db"), 0o640)
	if err := s.Set("ns", "key", "other"); err != nil {
		t.Fatal(err)
	}
	wantMode(t, dir, 0o755|os.ModeDir)
	wantMode(t, filepath.Join(dir, "ns.db"), 0o640)
}

func TestDamagedFileIsRefusedAndLeftAsItIs(t *testing.T) {
	garbage := func(b []byte) []byte { return bytes.Repeat([]byte("garbage!"), 512) }
	damages := map[string]func([]byte) []byte{
		"empty":          func([]byte) []byte { return nil },
		"garbage":        garbage,
		"short":          func(b []byte) []byte { return b[:50] },
		"half":           func(b []byte) []byte { return b[:len(b)/2] },
		"header":         func(b []byte) []byte { return append([]byte("X"), b[1:]...) },
		"page overlaid":  func(b []byte) []byte { return append(b[:len(b)-4096:len(b)-4096], garbage(nil)...) },
		"other database": func(b []byte) []byte { copy(b[68:], "XXXX"); return b },
		"newer version":  func(b []byte) []byte { b[63]++; return b },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			s, dir := open(t)
			for i := range 40 {
				if err := s.Set("ns", fmt.Sprint("key", i), strings.Repeat("v", i*50)); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "ns.db")
			before, _ := os.ReadFile(path)
			before = damage(before)
			os.WriteFile(path, before, 0o600)

			_, getErr := s.Get("ns", "key0")
			_, listErr := s.List("ns")
			for call, err := range map[string]error{
				"Get": getErr, "List": listErr, "Set": s.Set("ns", "key0", "new"), "Delete": s.Delete("ns", "key0"),
			} {
				if !errors.Is(err, kvstore.ErrDamaged) {
					t.Errorf("%s: %v, want ErrDamaged", call, err)
				}
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
			if files, _ := os.ReadDir(dir); len(files) != 1 {
				t.Errorf("files beside the damaged one: %v", files)
			}
		})
	}
}

func TestLinksAreRefused(t *testing.T) {
	s, dir := open(t)
	s.Set("other", "key", "value")
	if err := os.Symlink("other.db", filepath.Join(dir, "ns.db")); err != nil {
		t.Fatal(err)
	}
	if err := s.Set("ns", "key", "value"); !errors.Is(err, kvstore.ErrDamaged) {
		t.Errorf("Set through a symbolic link: %v", err)
	}
	_, err := s.Get("ns", "key")
	if !strings.Contains(err.Error(), "ns.db is a symbolic link") || !strings.Contains(dbfile.Hint(err), "put the file itself") {
		t.Errorf("Get through a symbolic link: %v, hint %q", err, dbfile.Hint(err))
	}
}

// TestFilesOfOthers: in the wrong folder lie the files of other programs, which
// nobody is told to remove.
func TestFilesOfOthers(t *testing.T) {
	s, dir := open(t)
	s.Set("ns", "key", "value")
	path := filepath.Join(dir, "phonebooks.db")
	if err := (dbfile.Rights{FileMode: 0o600}).File(path, dbfile.Fill("CREATE TABLE phonebook(id)")); err != nil {
		t.Fatal(err)
	}
	_, err := s.List("phonebooks")
	if hint := dbfile.Hint(err); !errors.Is(err, kvstore.ErrDamaged) || !strings.Contains(hint, "is --store") || !strings.Contains(hint, "leave the file as it is") {
		t.Errorf("%v, hint %q", err, hint)
	}
}

// TestDamageIsSaidFirst: SQLite's own words mean little to anybody.
func TestDamageIsSaidFirst(t *testing.T) {
	s, dir := open(t)
	for n := range 50 {
		s.Set("ns", fmt.Sprint("key", n), strings.Repeat("value", 1000))
	}
	path := filepath.Join(dir, "ns.db")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(content[len(content)/2:], strings.Repeat("garbage!", len(content)/32))
	os.WriteFile(path, content, 0o600)
	_, err = s.List("ns")
	if text := fmt.Sprint(err); !strings.Contains(text, "ns.db: the file is damaged: ") || strings.Contains(text, "***") {
		t.Error(text)
	}
}

// markPattern finds the marks of which TestNothingLeftBehind makes its values.
var markPattern = regexp.MustCompile(`<[0-9]{4}-[0-9a-f]{16}>`)

// TestNothingLeftBehind replaces and deletes values at random and looks for
// every value that is gone in every byte of the folder.
func TestNothingLeftBehind(t *testing.T) {
	s, dir := open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	lengths := []int{1, 30, 200, 400, 1500, 4000, 60_000}
	live := map[string]string{} // the mark that a key's value repeats
	for n := range 120 {
		key := fmt.Sprint("key", rng.IntN(25))
		if _, ok := live[key]; ok && rng.IntN(3) == 0 {
			delete(live, key)
			if err := s.Delete("ns", key); err != nil {
				t.Fatal(err)
			}
		} else {
			// A value repeats its mark, so that each piece of it that survives
			// somewhere gives it away.
			live[key] = fmt.Sprintf("<%04d-%016x>", n, rng.Uint64())
			if err := s.Set("ns", key, strings.Repeat(live[key], 1+lengths[rng.IntN(len(lengths))]/22)); err != nil {
				t.Fatal(err)
			}
		}
		found := map[string]bool{}
		for _, mark := range markPattern.FindAll(folder(t, dir), -1) {
			found[string(mark)] = true
		}
		for key, mark := range live {
			if !found[mark] {
				t.Fatalf("step %d: the search does not find %s, which is there", n, key)
			}
			delete(found, mark)
		}
		if len(found) > 0 {
			t.Fatalf("step %d: values that are gone still stand in the folder: %v", n, found)
		}
	}
}

// folder returns all bytes of all files in dir.
func folder(t *testing.T, dir string) (content []byte) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, b...)
	}
	return content
}

func TestFileShrinks(t *testing.T) {
	s, dir := open(t)
	s.Set("ns", "key", strings.Repeat("x", 1<<20))
	s.Delete("ns", "key")
	info, err := os.Stat(filepath.Join(dir, "ns.db"))
	if err != nil || info.Size() > 64<<10 {
		t.Errorf("size %d after the only value went, %v", info.Size(), err)
	}
}

// TestManyAtOnce makes a namespace and writes to it from several goroutines,
// each with a connection of its own, as processes have.
func TestManyAtOnce(t *testing.T) {
	s, dir := open(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 5 {
				key := fmt.Sprintf("key-%d-%d", i, j)
				if err := s.Set("ns", key, key); err != nil {
					t.Error(err)
				}
				if got, err := s.Get("ns", key); got != key || err != nil {
					t.Errorf("Get(%s) = %q, %v", key, got, err)
				}
			}
		})
	}
	wg.Wait()
	if entries, err := s.List("ns"); len(entries) != 40 || err != nil {
		t.Errorf("List: %d entries, %v; want 40", len(entries), err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left in the folder: %v", files)
	}
}

func TestOpenRefusesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	os.WriteFile(path, nil, 0o600)
	if _, err := kvstore.Open(path); err == nil {
		t.Error("Open of a file succeeded")
	}
}
