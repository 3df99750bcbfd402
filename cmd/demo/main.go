// Command demo shows contactsync's main job without anything to configure: it
// starts a simulated Microsoft 365 tenant and a directory on loopback, runs
// the real kvstore and contactsync against them in a temporary folder, lets
// somebody change contacts and somebody else scribble in a phonebook, and runs
// again. The folder is removed at the end.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"contactsync/internal/simulator"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	signal.Ignore(syscall.SIGPIPE) // whoever stops reading must not keep us from cleaning up
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	bin := flags.String("bin", "bin", "folder of the programs contactsync and kvstore")
	looked := flags.Bool("terminal", false, "run some commands as a person at this terminal sees them, without explanations")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	play, o := (*demo).play, simulator.Options{}
	if *looked {
		play, o = (*demo).onTerminal, simulator.Options{Latency: latency}
	}
	d, err := newDemo(*bin, stdout, o)
	if err == nil {
		defer d.close()
		err = play(d, ctx)
	}
	if err != nil {
		fmt.Fprintf(stderr, "demo: %v\n", err)
		return 1
	}
	return 0
}
