// Command kvstore reads and writes the appliance's key-value store: a folder
// with one SQLite file for each namespace. Standard output carries values,
// standard error everything else.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"contactsync/internal/coredump"
	"contactsync/internal/words"
	"contactsync/kvstore"
	"contactsync/kvstore/dbfile"

	"github.com/urfave/cli/v2"
)

// version is set when a package is built (-ldflags "-X main.version=...").
var version = "devel"

func main() {
	coredump.Forbid()
	os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// Exit statuses (sysexits.h) other than 0.
const (
	exitNotFound   = 1
	exitUsage      = 2
	exitIO         = 74
	exitTryAgain   = 75
	exitPermission = 77
)

// run does what the command line says and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var store string
	err := newApp(stdin, stdout, stderr, &store).RunContext(ctx, args)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "kvstore: error: %s\n", visible(err.Error()))
	status, hint := judge(err, store)
	if hint != "" {
		fmt.Fprintf(stderr, "kvstore: hint: %s\n", words.Fill(hint))
	}
	return status
}

// errUsage marks an error in the command line.
var errUsage = errors.New("wrong usage")

var errStopped = words.Errorf(words.StoppedUnchanged)

func usage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUsage, words.Say(format, args...))
}

// judge returns the exit status that belongs to an error, and what to do; store
// is the folder that was used.
func judge(err error, store string) (status int, hint string) {
	switch {
	case errors.Is(err, kvstore.ErrNotFound):
		return exitNotFound, ""
	case errors.Is(err, errUsage), errors.Is(err, kvstore.ErrName):
		return exitUsage, words.SeeKVStoreHelp
	case errors.Is(err, kvstore.ErrPermission):
		return exitPermission, cmp.Or(dbfile.Hint(err), whoMay(store))
	case errors.Is(err, kvstore.ErrDamaged) && dbfile.Hint(err) != "":
		return exitIO, visible(dbfile.Hint(err))
	case errors.Is(err, kvstore.ErrDamaged):
		return exitIO, words.RestoreStore
	case errors.Is(err, kvstore.ErrFull):
		return exitIO, words.Say(words.FreeSpace, visible(store))
	case errors.Is(err, kvstore.ErrBusy):
		return exitTryAgain, cmp.Or(dbfile.Hint(err), words.FileBusy)
	case errors.Is(err, errStopped):
		return exitTryAgain, ""
	}
	return exitIO, ""
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, store *string) *cli.App {
	app := &cli.App{
		Name:        "kvstore",
		Usage:       words.Fill(words.KVStoreUsage),
		Version:     version,
		Description: words.Fill(words.KVStoreDescription),
		Flags: []cli.Flag{&cli.StringFlag{
			Name: "store", Usage: words.Fill(words.KVStoreFolder), EnvVars: []string{"UCWARE_KVSTORE"}, Value: kvstore.DefaultDir, Destination: store,
		}},
		Commands:        commands(),
		HideHelpCommand: true,
		Reader:          stdin,
		Writer:          stdout,
		ErrWriter:       stderr,
		Action:          unknown,
		ExitErrHandler:  func(*cli.Context, error) {}, // run does it
		OnUsageError:    onUsageError,
	}
	for _, command := range app.Commands {
		command.OnUsageError = onUsageError
		command.HideHelpCommand = true
	}
	return app
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return usage("%v", err) }

// unknown runs where the command line names no command of ours.
func unknown(c *cli.Context) error {
	if c.Args().Present() {
		return usage(words.NoSuchCommand, c.Args().First())
	}
	return usage(words.WhichCommand)
}
