package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// latency is how long the simulated service takes for an answer where the demo
// is to be looked at, so that a run takes its time, as with the real one, and
// the progress bar shows.
const latency = time.Second

// onTerminal runs some commands as a person at a terminal sees them. `make
// pictures` makes README's picture of it.
func (d *demo) onTerminal(ctx context.Context) error {
	out := d.out
	d.out = io.Discard
	if err := d.configure(ctx); err != nil {
		return err
	}
	// One after the other, so that there is something to see between them.
	if _, err := d.command(ctx, "", 0, "kvstore", "set", "contactsync", "workers", "1"); err != nil {
		return err
	}
	if err := d.typed(ctx, out); err != nil {
		return err
	}
	if err := d.change(ctx); err != nil {
		return err
	}
	return d.typed(ctx, out, "--dry-run", "--user", "anna", "--user", "bram")
}

// typed runs contactsync with the terminal of this process.
func (d *demo) typed(ctx context.Context, out io.Writer, args ...string) error {
	fmt.Fprintln(out, strings.Join(append([]string{"$ contactsync"}, args...), " "))
	cmd := d.program(ctx, "contactsync", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		return fmt.Errorf("run contactsync: %w", err)
	}
	return nil
}
