// Package prompt reads what a person is asked for: at a terminal, where a
// secret is not shown while it is typed, and from any other standard input.
package prompt

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"contactsync/internal/words"
)

// Nothing to go on with: nothing was typed, or standard input was empty.
var (
	ErrNothingTyped = words.Errorf(words.NothingTyped)
	ErrEmptyInput   = words.Errorf(words.InputEmpty)
)

// IsTerminal tells whether stream, a reader or a writer, is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Secret reads a secret: from a terminal the line that is typed or pasted after
// the question, without showing it, and from anything else all there is, less
// one line end. The error is ErrNothingTyped, ErrEmptyInput or ctx's where there
// is none; whenever it returns, the terminal shows again what is typed.
func Secret(ctx context.Context, in io.Reader, out io.Writer, question string) (string, error) {
	if !IsTerminal(in) {
		return Value(in)
	}
	fd := int(in.(*os.File).Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", fmt.Errorf("ask at the terminal: %w", err)
	}
	secret, err := answer(ctx, out, question, func() (string, error) {
		typed, err := term.ReadPassword(fd)
		return string(typed), err
	})
	if ctx.Err() != nil {
		// Whoever reads is not heard of any more. Nor is what was typed: a shell
		// would take it for a command, and show it.
		_ = unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH)
		_ = unix.IoctlSetTermios(fd, unix.TCSETS, before)
	}
	fmt.Fprintln(out) // that of the line was not shown either
	if err == nil && secret == "" {
		err = ErrNothingTyped
	}
	return secret, err
}

// Line reads a line from a terminal, which shows it; an empty one where nothing
// was typed.
func Line(ctx context.Context, in io.Reader, out io.Writer, question string) (string, error) {
	return answer(ctx, out, question, func() (string, error) {
		// A terminal gives a line at a time, so nothing of the next one is lost.
		line, err := bufio.NewReader(in).ReadString('\n')
		return withoutLineEnd(line), err
	})
}

// answer asks and waits for the answer, but not longer than ctx. The end of
// input is an empty answer.
func answer(ctx context.Context, out io.Writer, question string, read func() (string, error)) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	fmt.Fprint(out, question)
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err == io.EOF {
			r.err = nil
		}
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Value reads all of standard input, less one line end. The error is
// ErrEmptyInput where nothing is left.
func Value(in io.Reader) (string, error) {
	all, err := io.ReadAll(in)
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	value := withoutLineEnd(string(all))
	if value == "" {
		return "", ErrEmptyInput
	}
	return value, nil
}

// withoutLineEnd drops one LF or CR LF from the end.
func withoutLineEnd(s string) string {
	if s, ok := strings.CutSuffix(s, "\n"); ok {
		return strings.TrimSuffix(s, "\r")
	}
	return s
}
