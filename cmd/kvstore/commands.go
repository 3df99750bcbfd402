package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"contactsync/internal/prompt"
	"contactsync/internal/words"
	"contactsync/kvstore"

	"github.com/urfave/cli/v2"
)

func commands() []*cli.Command {
	return []*cli.Command{
		{Name: "list", Usage: words.Fill(words.KVStoreList), ArgsUsage: "[NAMESPACE]", Action: with(0, 1, list)},
		{Name: "get", Usage: words.Fill(words.KVStoreGet), ArgsUsage: "NAMESPACE KEY", Action: with(2, 2, get)},
		{Name: "set", Usage: words.Fill(words.KVStoreSet), ArgsUsage: "NAMESPACE KEY [VALUE]", Action: with(2, 3, set)},
		{Name: "delete", Usage: words.Fill(words.KVStoreDelete), ArgsUsage: "NAMESPACE KEY", Action: with(2, 2, remove)},
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
	if prompt.IsTerminal(c.App.Writer) {
		value = visibleLines(value)
	}
	_, err = fmt.Fprintln(c.App.Writer, value)
	return err
}

func set(store *kvstore.Store, c *cli.Context) error {
	namespace, key, value := c.Args().Get(0), c.Args().Get(1), c.Args().Get(2)
	known, err := store.Namespaces()
	if err != nil {
		return err
	}
	fresh := !slices.Contains(known, namespace)
	if fresh && isSecret(namespace) { // swapped with the key, and list would show the value
		return usage(words.NamespaceFirst, namespace)
	}
	if c.NArg() == 3 && isSecret(key) {
		fmt.Fprintln(c.App.ErrWriter, words.Fill(words.SecretInSight))
	}
	if c.NArg() == 2 {
		if value, err = input(c, key); err != nil {
			return err
		}
	}
	if err := store.Set(namespace, key, value); err != nil {
		return err
	}
	// A script knows what it makes; people mistake words.
	if fresh && (c.NArg() == 3 || prompt.IsTerminal(c.App.Reader)) {
		fmt.Fprintln(c.App.ErrWriter, words.Say(words.NamespaceMade, namespace, commandFor(c.String("store"))+" delete "+namespace+" "+visible(key)))
	}
	return nil
}

// input reads a value from standard input; from a terminal a secret without
// showing it, and anything else until the end of input.
func input(c *cli.Context, key string) (string, error) {
	if !isSecret(key) {
		if prompt.IsTerminal(c.App.Reader) {
			fmt.Fprintln(c.App.ErrWriter, words.Fill(words.ReadingValue))
		}
		value, err := prompt.Value(c.App.Reader)
		if errors.Is(err, prompt.ErrEmptyInput) {
			return "", nil // a value like any other
		}
		return value, err
	}
	// Whoever is stopped while he asks leaves no terminal that shows nothing.
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	value, err := prompt.Secret(ctx, c.App.Reader, c.App.ErrWriter, words.Say(words.AskForKey, key))
	switch {
	case ctx.Err() != nil:
		return "", errStopped
	case errors.Is(err, prompt.ErrNothingTyped), errors.Is(err, prompt.ErrEmptyInput):
		return "", usage(words.UnchangedBecause, err)
	}
	return value, err
}

func remove(store *kvstore.Store, c *cli.Context) error {
	return store.Delete(c.Args().Get(0), c.Args().Get(1))
}
