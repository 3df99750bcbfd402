package journal

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"contactsync/internal/journal/journaltest"
)

// asWriter makes the test binary write what writers has under a name: the
// socket's path is fixed, so whoever writes to another has to be elsewhere.
const asWriter = "TEST_JOURNAL_WRITER"

func TestMain(m *testing.M) {
	if write, ok := writers[os.Getenv(asWriter)]; ok {
		if !Here() {
			panic("standard error is not taken for the journal")
		}
		write(New("contactsync", slog.LevelInfo, slog.NewTextHandler(os.Stderr, nil)))
		Flush(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type secret struct{}

func (secret) LogValue() slog.Value { return slog.StringValue("••••") }

var writers = map[string]func(*Handler){
	"levels": func(h *Handler) {
		l := slog.New(h)
		l.Debug("not wanted")
		l.Info("a note")
		l.Log(context.Background(), slog.LevelInfo+2, "a notice")
		l.Warn("a warning")
		l.Error("an error")
	},
	"debug": func(h *Handler) {
		slog.New(New("contactsync", slog.LevelDebug, h.lost)).Debug("a detail")
	},
	"attributes": func(h *Handler) {
		l := slog.New(h).With("run", 7).WithGroup("request").With("try", 2)
		l.Warn("slow", "took", 3*time.Second, "of", slog.GroupValue(slog.String("path", "/x")), "empty", "")
	},
	"fields": func(h *Handler) {
		slog.New(h).Error("anna: failed", Hint, "do that", slog.Group(Fields, "member", "anna", "error", errors.New("e"), "client secret", secret{}))
	},
	"injection": func(h *Handler) {
		slog.New(h).Info("a\nPRIORITY=0\nb\x1b[31m\x00", slog.Group(Fields,
			"member", "x\nPRIORITY=0\n_UID=0\nMESSAGE\n\x04\x00\x00\x00\x00\x00\x00\x00fake\n", "error", "\xff\x80"))
	},
	"names": func(h *Handler) {
		slog.New(h).Info("x", slog.Group(Fields, "message", 1, "PRIORITY", 2, "syslog_identifier", 3, "_uid", 4, "9a", 5, "ü", 6, "a=b\nc", 7, strings.Repeat("n", 70), 8, "", 9))
	},
	"large": func(h *Handler) { slog.New(h).Info("large", slog.Group(Fields, "text", strings.Repeat("ä\n", 1<<20))) },
	"many": func(h *Handler) {
		for i := range 5000 {
			slog.New(h).Info("one of many", slog.Group(Fields, "n", i))
		}
	},
}

// written returns what a writer writes to a journal.
func written(t *testing.T, j *journaltest.Journal, writer string) []journaltest.Record {
	t.Helper()
	run(t, j, writer)
	if text := j.Stderr(); text != "" {
		t.Errorf("standard error got it too: %s", text)
	}
	return j.Records()
}

func run(t *testing.T, j *journaltest.Journal, writer string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), asWriter+"="+writer)
	if err := j.Command(cmd).Run(); err != nil {
		t.Fatalf("%v: %s", err, j.Stderr())
	}
}

func expect(t *testing.T, got []journaltest.Record, want ...journaltest.Record) {
	t.Helper()
	for i := range want {
		want[i]["SYSLOG_IDENTIFIER"] = "contactsync"
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLevels(t *testing.T) {
	expect(t, written(t, journaltest.New(t), "levels"),
		journaltest.Record{"MESSAGE": "a note", "PRIORITY": "6"},
		journaltest.Record{"MESSAGE": "a notice", "PRIORITY": "5"},
		journaltest.Record{"MESSAGE": "a warning", "PRIORITY": "4"},
		journaltest.Record{"MESSAGE": "an error", "PRIORITY": "3"})
	expect(t, written(t, journaltest.New(t), "debug"), journaltest.Record{"MESSAGE": "a detail", "PRIORITY": "7"})
}

func TestAttributesStandInTheMessageAndInFields(t *testing.T) {
	expect(t, written(t, journaltest.New(t), "attributes"), journaltest.Record{
		"MESSAGE":  "slow (run: 7, request.try: 2, request.took: 3s, request.of.path: /x)",
		"PRIORITY": "4", "RUN": "7", "REQUEST_TRY": "2", "REQUEST_TOOK": "3s", "REQUEST_OF_PATH": "/x",
	})
	expect(t, written(t, journaltest.New(t), "fields"), journaltest.Record{
		"MESSAGE": "anna: failed\nhint: do that", "PRIORITY": "3", "MEMBER": "anna", "ERROR": "e", "HINT": "do that", "CLIENT_SECRET": "••••",
	})
}

func TestAValueNeverBecomesAField(t *testing.T) {
	const r = "\uFFFD"
	expect(t, written(t, journaltest.New(t), "injection"), journaltest.Record{
		"MESSAGE": "a\nPRIORITY=0\nb" + r + "[31m" + r, "PRIORITY": "6", "ERROR": r + r,
		"MEMBER": "x\nPRIORITY=0\n_UID=0\nMESSAGE\n" + strings.Repeat(r, 8) + "fake\n",
	})
}

func TestNamesThatTheJournalWouldNotTake(t *testing.T) {
	expect(t, written(t, journaltest.New(t), "names"), journaltest.Record{
		"MESSAGE": "x", "PRIORITY": "6", "X_MESSAGE": "1", "X_PRIORITY": "2", "X_SYSLOG_IDENTIFIER": "3", "X__UID": "4", "X_9A": "5", "X__": "6", "A_B_C": "7",
		strings.Repeat("N", 64): "8",
	})
}

// What a datagram does not hold goes another way.
func TestLargeValues(t *testing.T) {
	got := written(t, journaltest.New(t), "large")
	if len(got) != 1 || got[0]["MESSAGE"] != "large" || got[0]["TEXT"] != strings.Repeat("ä\n", 1<<20) {
		t.Errorf("%d records", len(got))
	}
}

// The queue holds few; whoever writes faster waits.
func TestManyRecords(t *testing.T) {
	if n := len(written(t, journaltest.New(t), "many")); n != 5000 {
		t.Errorf("%d records", n)
	}
}

// Of a process that has gone, the journal cannot tell to which unit it belonged.
func TestFlushWaitsUntilTheJournalHasDealtWithAll(t *testing.T) {
	j := journaltest.New(t)
	j.Slow(50 * time.Millisecond)
	run(t, j, "levels")
	if n := j.Received(); n != 4 {
		t.Errorf("%d of 4 records were received when the process ended", n)
	}
}

func TestNothingIsLostWithoutAJournal(t *testing.T) {
	j := journaltest.New(t)
	j.Close()
	run(t, j, "attributes")
	for _, words := range []string{"slow", "run=7", "request.try=2", "request.took=3s"} {
		if !strings.Contains(j.Stderr(), words) {
			t.Errorf("%q does not contain %q", j.Stderr(), words)
		}
	}
}

// A terminal, a file and a pipe are not the journal, whatever the environment
// that a shell inherited from a service says.
func TestHereIsTheJournalAlone(t *testing.T) {
	for _, stream := range []string{"", "1:1", "nonsense"} {
		t.Setenv("JOURNAL_STREAM", stream)
		if Here() {
			t.Errorf("JOURNAL_STREAM=%q: standard error is taken for the journal", stream)
		}
	}
}

func FuzzFields(f *testing.F) {
	f.Add("member", "anna\nPRIORITY=0")
	f.Add("_x\n", "\x00")
	f.Fuzz(func(t *testing.T, key, value string) {
		fields := flatten(nil, "", slog.String(key, value))
		if len(fields) == 0 {
			return
		}
		var wire bytes.Buffer
		name := variable(fields[0].name)
		wire.WriteString(name + "=x\n")
		if _, err := journaltest.Parse(wire.Bytes()); err != nil {
			t.Errorf("attribute %q: %v", key, err)
		}
		if name == "MESSAGE" || name == "PRIORITY" || name == "SYSLOG_IDENTIFIER" {
			t.Errorf("attribute %q takes the place of a field of ours", key)
		}
	})
}
