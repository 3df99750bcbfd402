package prompt

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"contactsync/internal/simulator/terminal"
)

func TestValue(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\n": "", "\r\n": "", "a": "a", "a\n": "a", "a\r\n": "a", "a\n\n": "a\n", " a \n": " a ", "a\nb": "a\nb", "a\r": "a\r",
	} {
		got, err := Secret(t.Context(), strings.NewReader(in), io.Discard, "never asked")
		if got != want || (want == "") != errors.Is(err, ErrEmptyInput) {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

// A secret and a line are typed one after the other, ahead even of the question.
func TestAtATerminal(t *testing.T) {
	master, slave := terminal.Open(t)
	go terminal.Type(t, master, slave, "hush-hush\n2027-03-31\n")
	secret, err := Secret(t.Context(), slave, slave, "secret? ")
	if secret != "hush-hush" || err != nil {
		t.Errorf("secret %q, %v", secret, err)
	}
	line, err := Line(t.Context(), slave, slave, "date? ")
	if line != "2027-03-31" || err != nil {
		t.Errorf("line %q, %v", line, err)
	}
	if shown := terminal.Shown(t, master, slave); strings.Contains(shown, "hush") || !strings.HasPrefix(shown, "secret? ") || !strings.HasSuffix(shown, "date? ") {
		t.Errorf("shown: %q", shown)
	}
}

// Who is stopped leaves a terminal that shows what is typed.
func TestStopped(t *testing.T) {
	master, slave := terminal.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		terminal.Type(t, master, slave, "half")
		cancel()
	}()
	if secret, err := Secret(ctx, slave, slave, "secret? "); secret != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("secret %q, %v", secret, err)
	}
	if echoes, err := terminal.Echoes(slave); !echoes || err != nil {
		t.Errorf("the terminal shows no more what is typed (%v)", err)
	}
	if shown := terminal.Shown(t, master, slave); strings.Contains(shown, "half") {
		t.Errorf("shown: %q", shown)
	}
	if _, err := Line(ctx, slave, slave, "date? "); !errors.Is(err, context.Canceled) {
		t.Errorf("the next question: %v", err)
	}
}

func TestIsTerminal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, slave := terminal.Open(t)
	if IsTerminal(f) || IsTerminal(nil) || !IsTerminal(slave) {
		t.Error("a file passes for a terminal, or a terminal does not")
	}
}
