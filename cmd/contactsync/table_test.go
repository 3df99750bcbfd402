package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"contactsync/internal/simulator/terminal"
)

// TestTable: columns stand below each other whatever is in them, a terminal
// gets lines that fit, and a file or a program gets everything.
func TestTable(t *testing.T) {
	parallel(t)
	rows := [][]string{
		{"anna", "山田花子 (Vertrieb)", "1"},
		{"z\u0301\u0302oe", "Zoë", "23"},
		{"👨🏽‍🚒", strings.Repeat("Gruppe ", 20), "12345"},
		{"a\x1b[2Jb", "über", "0"},
		{strings.Repeat("長", 60), "x", "7"},
	}
	printed := func(out *os.File) {
		tb := newTable(column{head: "USER"}, column{head: "GROUPS", spare: true}, column{head: "ENTRIES", right: true})
		for _, row := range rows {
			tb.row(slices.Clone(row)...)
		}
		if err := tb.print(newStream(guarded(out), out)); err != nil {
			t.Error(err)
		}
	}

	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { printed(write); write.Close() }()
	whole, err := io.ReadAll(read)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(whole), "\n"), "\n") {
		if i > 0 {
			for _, cell := range rows[i-1] {
				contains(t, line, strings.TrimSpace(visible(cell)))
			}
		}
		check(t, "width of a line without an end", width(line), 120+2+140+2+7)
	}

	for _, columns := range []uint16{0, 40, 80, 132} {
		master, slave := terminal.Open(t)
		if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: 24}); err != nil {
			t.Fatal(err)
		}
		go func() { printed(slave); slave.Close() }()
		got, err := io.ReadAll(master)
		if !errors.Is(err, unix.EIO) { // nobody has the other end any more
			t.Fatal(err)
		}
		shown := strings.ReplaceAll(string(got), "\r\n", "\n")
		harmless(t, "table", shown)
		if columns == 0 {
			columns = 80
		}
		for line := range strings.Lines(shown) {
			check(t, "width of "+line, width(strings.TrimSuffix(line, "\n")), int(columns))
		}
		contains(t, shown, "…", "GROUPS", "12345\n")
	}
}
