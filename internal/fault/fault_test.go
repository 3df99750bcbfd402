package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestClassAndHintSurviveWrapping(t *testing.T) {
	base := errors.New("connection refused")
	err := fmt.Errorf("read mailbox: %w", New(Unavailable, "try later", "connect: %w", base))
	if got := ClassOf(err); got != Unavailable {
		t.Errorf("class %v, want Unavailable", got)
	}
	if got := HintOf(err); got != "try later" {
		t.Errorf("hint %q", got)
	}
	if !errors.Is(err, base) {
		t.Error("the cause is lost")
	}
	if got, want := err.Error(), "read mailbox: connect: connection refused"; got != want {
		t.Errorf("text %q, want %q: the hint is not part of it", got, want)
	}
}

func TestOutermostClassWinsAndInnerHintShows(t *testing.T) {
	err := New(Config, "", "sign in: %w", New(Unavailable, "check the proxy", "no network"))
	if ClassOf(err) != Config || HintOf(err) != "check the proxy" {
		t.Errorf("class %v, hint %q", ClassOf(err), HintOf(err))
	}
	if ClassOf(errors.New("plain")) != Member || HintOf(errors.New("plain")) != "" {
		t.Error("a plain error has a class or a hint")
	}
}

func TestExitStatus(t *testing.T) {
	want := map[Class]int{Member: 1, Refused: 1, Unavailable: 75, Config: 78, Permission: 77, Damage: 74, Usage: 2}
	for class, status := range want {
		if got := class.ExitStatus(); got != status {
			t.Errorf("class %d: exit status %d, want %d", class, got, status)
		}
	}
}

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		in    string
		limit int
		want  string
	}{
		{"a\r\n b\x1b[2Jc", 20, "a b [2Jc"},
		{"äöüß!", 5, "äöüß!"},
		{"äöüßabc", 5, "äöüßa…"},
		{"\n", 5, ""},
	} {
		if got := Line(tt.in, tt.limit); got != tt.want {
			t.Errorf("Line(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
}
