package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"contactsync/kvstore"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func commands() []*cli.Command {
	return []*cli.Command{
		{Name: "list", Usage: "show keys and values, tab-separated", ArgsUsage: "[NAMESPACE]", Action: with(0, 1, list)},
		{Name: "get", Usage: "show a value", ArgsUsage: "NAMESPACE KEY", Action: with(2, 2, get)},
		{Name: "set", Usage: "store a value, by default that on standard input", ArgsUsage: "NAMESPACE KEY [VALUE]", Action: with(2, 3, set)},
		{Name: "delete", Usage: "remove a key", ArgsUsage: "NAMESPACE KEY", Action: with(2, 2, remove)},
	}
}

// with opens the store for a command that takes so many arguments.
func with(atLeast, atMost int, do func(*kvstore.Store, *cli.Context) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if n := c.NArg(); n < atLeast || n > atMost {
			return usage("kvstore %s %s", c.Command.Name, c.Command.ArgsUsage)
		}
		store, err := kvstore.Open(c.String("store"))
		if err != nil {
			return err
		}
		return do(store, c)
	}
}

func list(store *kvstore.Store, c *cli.Context) error {
	namespaces := c.Args().Slice()
	if len(namespaces) == 0 {
		all, err := store.Namespaces()
		if err != nil {
			return err
		}
		namespaces = all
	}
	var failed error // one namespace does not hide the others
	for _, namespace := range namespaces {
		entries, err := store.List(namespace)
		switch {
		case err != nil && failed != nil:
			failed = fmt.Errorf("%w; %w", failed, err)
		case err != nil:
			failed = err
		}
		if err := show(c.App.Writer, namespace, entries); err != nil {
			return err
		}
	}
	return failed
}

func show(out io.Writer, namespace string, entries []kvstore.Entry) error {
	for _, e := range entries {
		value := visible(e.Value)
		if isSecret(e.Key) {
			value = "••••"
		}
		if _, err := fmt.Fprintf(out, "%s\t%s\t%s\n", namespace, e.Key, value); err != nil {
			return err
		}
	}
	return nil
}

func get(store *kvstore.Store, c *cli.Context) error {
	value, err := store.Get(c.Args().Get(0), c.Args().Get(1))
	if err != nil {
		return err
	}
	if isTerminal(c.App.Writer) {
		value = visibleLines(value)
	}
	_, err = fmt.Fprintln(c.App.Writer, value)
	return err
}

func set(store *kvstore.Store, c *cli.Context) error {
	namespace, key, value := c.Args().Get(0), c.Args().Get(1), c.Args().Get(2)
	if c.NArg() == 3 && isSecret(key) {
		fmt.Fprintln(c.App.ErrWriter, "kvstore: warning: every user of this machine can read a command line, and the shell may keep it; "+
			"without VALUE a secret is read from standard input")
	}
	if c.NArg() == 2 {
		var err error
		if value, err = input(c.App, key); err != nil {
			return err
		}
	}
	return store.Set(namespace, key, value)
}

// input reads a value from standard input; from a terminal a secret without
// showing it, and anything else until the end of input.
func input(app *cli.App, key string) (string, error) {
	f, terminal := app.Reader.(*os.File)
	if terminal = terminal && isTerminal(f); terminal && isSecret(key) {
		fmt.Fprintf(app.ErrWriter, "%s (what you type or paste is not shown): ", key)
		typed, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(app.ErrWriter)
		if err == nil && len(typed) == 0 {
			return "", usage("nothing was typed, so the key stays as it is")
		}
		return string(typed), err
	}
	if terminal {
		fmt.Fprintln(app.ErrWriter, "kvstore: reading the value; Return and Ctrl-D end it")
	}
	typed, err := io.ReadAll(app.Reader)
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	value := withoutLineEnd(string(typed))
	if value == "" && isSecret(key) {
		return "", usage("standard input is empty, so the key stays as it is")
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

func remove(store *kvstore.Store, c *cli.Context) error {
	return store.Delete(c.Args().Get(0), c.Args().Get(1))
}
