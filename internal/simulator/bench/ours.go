package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// report is what contactsync --json says of a run.
type report struct {
	Members []struct {
		Result, Error           string
		Added, Updated, Removed int
	}
	Requests, Bytes int64
	Error           string
}

// changes is how many entries the run wrote or removed.
func (r *report) changes() (n int) {
	for _, m := range r.Members {
		n += m.Added + m.Updated + m.Removed
	}
	return n
}

// syncs is contactsync with a store of settings and phonebooks of its own.
type syncs struct {
	*stage
	store, phonebooks string
	last              report
}

// ours configures contactsync for a source.
func (s *stage) ours(ctx context.Context, source string, more map[string]string) (*syncs, error) {
	store, err := s.configure(ctx, source, more)
	return &syncs{stage: s, store: store, phonebooks: filepath.Join(store, "books", "phonebooks.db")}, err
}

// command is a run of contactsync.
func (o *syncs) command(ctx context.Context, more ...string) *exec.Cmd {
	args := append([]string{"--store", o.store, "--phonebooks", o.phonebooks, "-q", "--json"}, more...)
	return exec.CommandContext(ctx, filepath.Join(o.bin, "contactsync"), args...)
}

// first is a first sync, from nothing.
func (o *syncs) first(name string, rounds int) *program {
	return &program{
		name: name, rounds: rounds,
		prepare: func() error { return os.RemoveAll(filepath.Dir(o.phonebooks)) },
		command: func(ctx context.Context) *exec.Cmd { return o.command(ctx) },
		check: func(stdout []byte) error {
			if err := o.read(stdout); err != nil {
				return err
			}
			return whole(o.phonebooks, o.entries())
		},
	}
}

// later is a run after the first, which has to write and remove as many
// entries as changed says, but for a few: some contacts show nothing.
func (o *syncs) later(name string, changed int, more ...string) *program {
	return &program{
		name:    name,
		command: func(ctx context.Context) *exec.Cmd { return o.command(ctx, more...) },
		check: func(stdout []byte) error {
			if err := o.read(stdout); err != nil {
				return err
			}
			if n := o.last.changes(); n < changed*97/100 || n > changed {
				return fmt.Errorf("it wrote %d entries where %d contacts changed", n, changed)
			}
			return nil
		},
	}
}

// read takes the report of a run, which has to be about all members and to
// know of no failure.
func (o *syncs) read(stdout []byte) error {
	o.last = report{}
	if err := json.Unmarshal(stdout, &o.last); err != nil {
		return fmt.Errorf("read report: %w", err)
	}
	if o.last.Error != "" || len(o.last.Members) != o.mailboxes {
		return fmt.Errorf("%d members of %d: %s", len(o.last.Members), o.mailboxes, o.last.Error)
	}
	for _, m := range o.last.Members {
		if m.Error != "" {
			return fmt.Errorf("a member failed: %s", m.Error)
		}
	}
	return nil
}

// whole checks that a program wrote so many contacts. A few have nothing that
// a phonebook could show, and not every program keeps those.
func whole(file string, contacts int) error {
	n, err := count(file, "SELECT count(*) FROM entry;")
	if err != nil {
		return err
	}
	if n < contacts*99/100 || n > contacts {
		return fmt.Errorf("%d entries of %d contacts", n, contacts)
	}
	return nil
}
