// Command bench measures what a run of contactsync costs, side by side with
// other programs where there are any, against simulated tenants that run in a
// process of their own. `make bench` runs it and prints a table in Markdown:
// each row with its bar, and whether that is met. Figures are figures: a bar
// that is missed does not fail the run.
//
// Programs are measured as whole processes, by what the operating system says
// of them when they have ended (see process.go): wall time, user and system
// CPU time, peak resident memory. What is compared runs in turn. Figures are
// medians with minimum and maximum, because machines are noisy.
//
// The simulator answers from finished pages once it has made them, so that it
// costs little beside who reads it; what it serves to a client that throws the
// pages away is printed too.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	if status, is := part(ctx, os.Args[1:]); is {
		os.Exit(status)
	}
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part plays the part of another process, where this one was started for it.
func part(ctx context.Context, args []string) (status int, is bool) {
	switch {
	case len(args) > 1 && args[0] == measureMode:
		return measureHere(args[1:]), true
	case len(args) == 3 && args[0] == readMode:
		if err := readAllTheTime(ctx, args[1], args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "read:", err)
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	b := bench{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rows := flags.String("rows", "", "rows of the table, separated by commas: "+strings.Join(rowNames(), ",")+"; empty: all")
	flags.StringVar(&b.bin, "bin", "bin", "folder of contactsync, kvstore and simulator")
	flags.StringVar(&b.peer, "peer", "../shared/peer/exchangelib_sync.py", "the program to compare with over EWS")
	flags.StringVar(&b.profile, "profile", "", "folder for CPU profiles of first syncs, made with perf; empty: none")
	flags.StringVar(&b.file, "figures", "", "file for the figures of each program, parted by tabs; empty: none")
	flags.IntVar(&b.mailboxes, "mailboxes", 50, "mailboxes of the rows that compare")
	flags.IntVar(&b.many, "many", 1000, "mailboxes of the rows about nights; ten times as many for growth")
	flags.IntVar(&b.contacts, "contacts", 1000, "contacts of each mailbox; a hundredth of one large mailbox, ten times those of growth")
	flags.IntVar(&b.rounds, "rounds", 5, "counted rounds, after one to warm up")
	flags.IntVar(&b.peerRounds, "peer-rounds", 2, "counted rounds of the program to compare with, which takes long")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rows != "" {
		b.rows = strings.Split(*rows, ",")
	}
	return b.run(ctx, stdout)
}

// bench is one run.
type bench struct {
	bin, peer, profile, file  string
	rows                      []string // those that are wanted; nil: all
	mailboxes, many, contacts int
	rounds, peerRounds        int

	dir     string // temporary
	table   table
	figures figures
}

// fewRounds is how often is measured what takes long or has no other to be
// compared with, so that all of it takes ten minutes.
func (b *bench) fewRounds() int { return min(b.rounds, 3) }

// groups measure rows of the table, in its order; some share their tenant.
var groups = []struct {
	names   []string
	measure func(*bench, context.Context) error
}{
	{[]string{"ews"}, (*bench).overEWS},
	{[]string{"graph"}, (*bench).overGraph},
	{[]string{"quiet", "change", "memory"}, (*bench).nights},
	{[]string{"growth"}, (*bench).growth},
	{[]string{"readers"}, (*bench).readers},
}

func rowNames() (all []string) {
	for _, g := range groups {
		all = append(all, g.names...)
	}
	return all
}

// wants says whether one of the rows is wanted.
func (b *bench) wants(names ...string) bool {
	return b.rows == nil || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(b.rows, n) })
}

func (b *bench) run(ctx context.Context, stdout io.Writer) (err error) {
	for _, name := range b.rows {
		if !slices.Contains(rowNames(), name) {
			return fmt.Errorf("no row %q; there are %s", name, strings.Join(rowNames(), ", "))
		}
	}
	if b.bin, err = filepath.Abs(b.bin); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "contactsync-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	// Where a row fails, those before it are worth having.
	defer func() { b.table.print(stdout, versions()) }()
	for _, g := range groups {
		if !b.wants(g.names...) {
			continue
		}
		if err := g.measure(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(g.names, ", "), err)
		}
	}
	return b.figures.write(b.file)
}

// say tells on standard error what is going on, so that standard output holds
// the table alone.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
