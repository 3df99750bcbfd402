// Command serve runs the simulated tenant as a process of its own, for
// benchmarks and for clients that nobody here wrote:
//
//	serve -mailboxes 50 -contacts 1000 -dir /tmp/tenant
//
// It writes ca.pem and, once it listens, tenant.json into the folder, and
// serves until SIGTERM. With -control it also obeys the lines on its standard
// input, and answers each with one on its standard output (see control.go).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"contactsync/internal/simulator"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// description is what a client has to know. Its numbers say what the tenant
// holds, so that a client can check what it read.
type description struct {
	Authority    string `json:"authority"`
	GraphURL     string `json:"graph_url"`
	EWSURL       string `json:"ews_url"`
	CAFile       string `json:"ca_file"`
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Contacts     int    `json:"contacts"` // in each mailbox's Contacts folder

	Mailboxes []mailbox `json:"mailboxes"`
}

type mailbox struct {
	Mail     string `json:"mail"`
	UPN      string `json:"upn"`
	ObjectID string `json:"object_id"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	mailboxes := flags.Int("mailboxes", 50, "number of mailboxes")
	contacts := flags.Int("contacts", 1000, "contacts of each")
	seed := flags.Uint64("seed", 1, "what the contacts are made from")
	dir := flags.String("dir", "", "folder for ca.pem and tenant.json (required)")
	addr := flags.String("addr", "127.0.0.1:0", "address to listen on")
	maxPage := flags.Int("max-page", 0, "entries of a page at most; 0: the services' own bounds")
	limit := flags.Bool("limit", false, "refuse more than four requests at once over Graph for a mailbox")
	limitApp := flags.Bool("limit-app", false, "refuse more than four requests at once over Graph for the app as a whole")
	latency := flags.Duration("latency", 0, "how long each answer takes at least, as from a service far away")
	lifetime := flags.Duration("token-lifetime", time.Hour, "lifetime of access tokens")
	obey := flags.Bool("control", false, "obey the lines on standard input: change PERMILLE SEED, record, requests FILE")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *dir == "" || *mailboxes < 1 || *contacts < 0 || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "serve: -dir is required, -mailboxes must be at least 1")
		flags.Usage()
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	// A tenant is mostly what never becomes garbage: under load, the heap may
	// grow by three tenths of it and not by as much again.
	debug.SetGCPercent(30)
	tenant := simulator.Generate(*seed, *mailboxes, *contacts)
	s, err := simulator.Start(tenant, simulator.Options{
		Addr: *addr, MaxPage: *maxPage, Limit: *limit, LimitApp: *limitApp, Latency: *latency, TokenLifetime: *lifetime, NoLog: true,
	})
	if err == nil {
		defer s.Close()
		err = write(s, *dir, *contacts)
	}
	if err != nil {
		fmt.Fprintln(stderr, "serve:", err)
		return 1
	}
	if *obey {
		go control(s, stdin, stdout)
	}
	fmt.Fprintf(stderr, "serving %d mailboxes at %s\n", *mailboxes, s.Authority())
	<-ctx.Done()
	return 0
}

// write puts the description into the folder; tenant.json comes last and
// whole, so that who waits for it can begin.
func write(s *simulator.Server, dir string, contacts int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ca, err := filepath.Abs(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return err
	}
	if err := s.WriteCA(ca); err != nil {
		return err
	}
	app := s.Tenant().Apps()[0]
	d := description{
		Authority: s.Authority(), GraphURL: s.GraphURL(), EWSURL: s.EWSURL(), CAFile: ca, TenantID: s.Tenant().ID,
		ClientID: app.ClientID, ClientSecret: app.Secret, Contacts: contacts,
	}
	for _, m := range s.Tenant().Mailboxes() {
		d.Mailboxes = append(d.Mailboxes, mailbox{m.Mail, m.UPN, m.ObjectID, m.DisplayName, m.Password})
	}
	b, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	part := filepath.Join(dir, ".tenant.json.part")
	if err := os.WriteFile(part, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(dir, "tenant.json"))
}
