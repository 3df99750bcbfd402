package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if status, is := part(context.Background(), os.Args[1:]); is {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// Every row comes out of a run, with small tenants and without anybody to
// compare with.
func TestAllRows(t *testing.T) {
	bin := t.TempDir()
	for program, folder := range map[string]string{"contactsync": "cmd/contactsync", "kvstore": "cmd/kvstore", "simulator": "internal/simulator/serve"} {
		build := exec.Command("go", "build", "-tags", "libsqlite3", "-o", bin+"/"+program, "contactsync/"+folder)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	var out bytes.Buffer
	file := bin + "/new/figures.tsv"
	err := run(t.Context(), []string{"-figures", file, "-bin", bin, "-peer", bin + "/nobody.py", "-mailboxes", "2", "-many", "3", "-contacts", "40", "-rounds", "2"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"first sync over EWS, 2 mailboxes of 40: wall time | ", "no comparison: there is no nobody.py | at least 25 times less |  |",
		"first sync over Graph, 2 mailboxes of 40 | ", "night without changes over Graph, 3 mailboxes of 40: wall time | ",
		"night without changes over EWS, 3 mailboxes of 40: requests | 3; 5 with signing in, 5 by its own count | at most 3 | met |",
		"1 % of contacts changed, over EWS, 3 mailboxes of 40: bytes | ", "peak memory, one mailbox of 4,000 | ",
		"growth over Graph, from 3 to 30 mailboxes of 4: memory of a first sync | ",
		"readers during a first sync over Graph, 2 mailboxes of 40: failures | 0 of ",
	} {
		if !strings.Contains(out.String(), row) {
			t.Errorf("the table lacks %q", row)
		}
	}
	figures, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"what\tprogram\twall s\tleast\tmost\tCPU s\tpeak MiB",
		"first sync over EWS, 2 × 40\tcontactsync\tN\tN\tN\tN\tN", "first sync over EWS, 2 × 40\tcontactsync with notes\tN\tN\tN\tN\tN",
		"first sync over Graph, 2 × 40\tcontactsync\tN\tN\tN\tN\tN", "first sync over Graph, 2 × 40\tcurl, sqlite3\tN\tN\tN\tN\tN",
	}
	for _, source := range []string{"Graph", "EWS"} {
		for _, name := range []string{"first sync", "night, 1 % changed", "night, nothing changed"} {
			want = append(want, "over "+source+", 3 × 40\t"+name+"\tN\tN\tN\tN\tN")
		}
	}
	if got := regexp.MustCompile(`\d+\.\d+`).ReplaceAllString(string(figures), "N"); got != strings.Join(want, "\n")+"\n" {
		t.Errorf("figures: %s", figures)
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestUnknownRow(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-rows", "quiet,nonsense"}, &out); err == nil || !strings.Contains(err.Error(), "growth") || out.Len() > 0 {
		t.Errorf("error %v, output %q", err, &out)
	}
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{atMost(1.5, 1.5), "met"}, {atMost(3, 2), "**missed** by 50 %"}, {atLeast(25, 25), "met"},
		{atLeast(20, 25), "**missed** by 25 %"}, {verdict(false, 0), "**missed**"}, {atLeast(0, 25), "**missed**"},
		{spreadOf([]float64{3, 1, 2}).seconds(), "2.00 (1.00–3.00) s"}, {spreadOf([]float64{4}).mib(), "4.0 MiB"},
		{thousands(999), "999"}, {thousands(1234567), "1,234,567"},
		{quoted("a\"b\\c\td"), `"a\"b\\c\td"`},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
