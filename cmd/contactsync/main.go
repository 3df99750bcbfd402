// Command contactsync replaces the phonebooks of a phone server's users with
// the contacts of their Outlook mailboxes. See contactsync --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"contactsync/internal/coredump"
	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// version is set by the linker: -X main.version=1.2.3.
var version = "devel"

func main() {
	coredump.Forbid()
	beSparing()
	os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is the program: it returns the exit status instead of ending the
// process, so that tests drive it as a user does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return newProgram(args, stdin, stdout, stderr).run(ctx)
}

// newProgram returns a run of the command that has not begun.
func newProgram(args []string, stdin io.Reader, stdout, stderr io.Writer) *program {
	out, errs := newStream(guarded(stdout), stdout), newStream(stderr, stderr)
	return &program{args: args, stdin: stdin, stdout: out, stderr: errs, voice: newVoice(errs), lull: lull}
}

// run returns the exit status, when all has been said.
func (p *program) run(ctx context.Context) int {
	defer p.voice.close()
	err := p.app().RunContext(ctx, p.args)
	if p.stdout.err != nil {
		err = fault.New(fault.Damage, words.FreeOutput, "write output: %w", p.stdout.err)
	}
	var status exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case ctx.Err() != nil:
		err = fault.New(fault.Unavailable, words.TryAgain, words.Stopped)
	}
	p.voice.complain(err)
	return fault.ClassOf(err).ExitStatus()
}

// exitStatus ends the program with a status when everything has been said.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// program is one run of the command.
type program struct {
	args           []string
	stdin          io.Reader
	stdout, stderr *stream
	voice          voice         // for all but what the command line itself answers
	lull           time.Duration // see progress

	limits transport.Options // of a single request; tests lower them

	store, phonebooks string // the folder and the file that this run uses
}

// stream is one of the program's outputs. It takes one write at a time, since
// warnings come from several workers, and keeps the first error.
type stream struct {
	screen
	mu  sync.Mutex
	w   io.Writer
	raw io.Writer // past the pane
	bar *bar      // on the same terminal; nil: none
	err error
}

// newStream returns the stream to an output that is guarded by w.
func newStream(w, raw io.Writer) *stream { return &stream{screen: screenOf(raw), w: w, raw: raw} }

// Write implements io.Writer.
func (s *stream) Write(p []byte) (int, error) { return s.write(s.w, p) }

// show writes text that holds our own colours, and of others only what has gone
// through visible.
func (s *stream) show(text string) error {
	_, err := s.write(s.raw, []byte(text))
	return err
}

// share lets a bar make way for what is written from now on.
func (s *stream) share(b *bar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar = b
}

func (s *stream) write(w io.Writer, p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.bar.aside()()
	n, err := w.Write(p)
	if s.err == nil {
		s.err = err
	}
	return n, err
}
