// Command bench compares contactsync with another program that does the same
// job, in one run against one simulated tenant, which runs in a process of its
// own: wall time, CPU time and peak memory of the first sync, from nothing.
// `make bench` runs it.
//
// Both read the same mailboxes over EWS with four workers and the same fields,
// no notes. (exchangelib asks for every contact twice, with FindItem and with
// GetItem, whatever it is told; that time is its own.) The simulator answers from finished pages; a client that throws
// them away shows what it can serve at most. Figures are medians; the minimum
// and maximum stand beside, because machines are noisy.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := bench{}
	flag.StringVar(&b.bin, "bin", "bin", "folder of contactsync, kvstore and simulator")
	flag.StringVar(&b.peer, "peer", "../shared/peer/exchangelib_sync.py", "the program to compare with")
	flag.IntVar(&b.mailboxes, "mailboxes", 20, "mailboxes")
	flag.IntVar(&b.contacts, "contacts", 1000, "contacts of each mailbox")
	flag.IntVar(&b.rounds, "rounds", 5, "counted rounds, after one to warm up")
	flag.Parse()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one comparison.
type bench struct {
	bin, peer                   string
	mailboxes, contacts, rounds int

	dir    string // temporary
	tenant tenant
	ldap   string // address of the directory
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "contactsync-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.bin, err = filepath.Abs(b.bin); err != nil {
		return err
	}
	fmt.Printf("%d mailboxes of %d contacts over EWS, from nothing; %d cores, %s, %s\n",
		b.mailboxes, b.contacts, runtime.NumCPU(), runtime.Version(), b.sqlite())
	stop, err := b.startTenant(ctx)
	if err != nil {
		return err
	}
	defer stop()
	stop, err = b.startDirectory()
	if err != nil {
		return err
	}
	defer stop()
	if err := b.configure(ctx); err != nil {
		return err
	}
	if err := b.capacity(ctx); err != nil {
		return err
	}
	return b.compare(ctx)
}

// compare runs both programs in turn and prints the table.
func (b *bench) compare(ctx context.Context) error {
	programs := []*program{{name: "contactsync", start: b.ours}}
	if _, err := os.Stat(b.peer); err == nil {
		programs = append(programs, &program{name: "exchangelib", start: b.theirs})
	} else {
		fmt.Printf("no comparison: there is no %s\n", b.peer)
	}
	for round := range b.rounds + 1 {
		for _, p := range programs {
			f, err := p.measure(ctx)
			if err != nil {
				return err
			}
			if round > 0 {
				p.figures = append(p.figures, f)
			}
		}
	}
	printTable(b.mailboxes*b.contacts, programs)
	return nil
}
