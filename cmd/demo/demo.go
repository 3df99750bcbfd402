package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"contactsync/internal/simulator"
	"contactsync/internal/simulator/directory"
)

// demo is the stage: two servers, a folder, and the programs.
type demo struct {
	bin       string // folder of the programs
	dir       string // temporary folder
	out       io.Writer
	tenant    *simulator.Tenant
	app       *simulator.App
	cloud     *simulator.Server
	directory *directory.Server
}

func newDemo(bin string, out io.Writer, o simulator.Options) (d *demo, err error) {
	d = &demo{out: out}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.bin, err = filepath.Abs(bin); err != nil {
		return d, err
	}
	if d.dir, err = os.MkdirTemp("", "contactsync-demo-"); err != nil {
		return d, err
	}
	d.tenant, d.app = newTenant()
	if d.cloud, err = simulator.Start(d.tenant, o); err != nil {
		return d, err
	}
	if d.directory, err = newDirectory(); err != nil {
		return d, err
	}
	return d, d.cloud.WriteCA(d.path("ca.pem"))
}

func (d *demo) close() {
	if d.cloud != nil {
		d.cloud.Close()
	}
	if d.directory != nil {
		d.directory.Close()
	}
	if d.dir != "" {
		os.RemoveAll(d.dir)
	}
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// play is the whole demo.
func (d *demo) play(ctx context.Context) error {
	d.say("A Microsoft 365 tenant and a directory, both simulated, on loopback",
		fmt.Sprintf("Microsoft 365: %s with %d mailboxes", d.cloud.GraphURL(), len(d.tenant.Mailboxes())),
		fmt.Sprintf("directory:     %s with a group of %d that carries ews_synccontacts=true", d.directory.URL, len(people)),
		"files:         "+d.dir+" (removed at the end)")
	steps := []func(context.Context) error{d.configure, d.firstRun, d.show, d.secondRun, d.change, d.thirdRun, d.show}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.say("That was it: " + d.dir + " is removed, and no file of the system was touched")
	return nil
}

// configure writes the keys as an administrator does.
func (d *demo) configure(ctx context.Context) error {
	d.say("The settings: keys of the namespace contactsync")
	for _, kv := range [][2]string{
		{"tenant_id", d.tenant.ID}, {"client_id", d.app.ClientID},
		{"authority", d.cloud.Authority()}, {"graph_url", d.cloud.GraphURL()}, {"ca_file", d.path("ca.pem")},
		{"ldap_url", d.directory.URL}, {"ldap_starttls", "false"}, {"default_area_code", "30"},
	} {
		if _, err := d.command(ctx, "", 0, "kvstore", "set", "contactsync", kv[0], kv[1]); err != nil {
			return err
		}
	}
	if _, err := d.command(ctx, secret, 0, "kvstore", "set", "contactsync", "client_secret"); err != nil {
		return err
	}
	_, err := d.command(ctx, "", 0, "kvstore", "list")
	return err
}

func (d *demo) firstRun(ctx context.Context) error {
	d.say("The first run reads everything. Dora's account has lost its licence and Emil has no mail address: that stops nobody else")
	_, err := d.command(ctx, "", 1, "contactsync", "-v")
	return err
}

// secondRun is a night on which one contact has changed.
func (d *demo) secondRun(ctx context.Context) error {
	m := d.tenant.Mailbox("bram@example.com")
	items := m.Items(m.Contacts)
	i := slices.IndexFunc(items, func(item *simulator.Item) bool { return item.DisplayName != "" })
	m.UpdateContact(items[i].ID, func(c *simulator.Contact) { c.Phones = map[string]string{"MobilePhone": "0160 5550123"} })
	d.say(fmt.Sprintf("One of Bram's %d contacts gets another number in Outlook: the second run reads that one, as on every night", len(items)))
	d.cloud.ResetLog()
	text, err := d.command(ctx, "", 1, "contactsync", "-v")
	if err != nil {
		return err
	}
	const one = "bram          400 entries: 0 added, 1 updated, 0 removed"
	if !strings.Contains(text, one) {
		return fmt.Errorf("the second run does not say %q", one)
	}
	whole := func(r simulator.Request) bool { return strings.HasSuffix(r.Path, "/contacts") }
	if slices.ContainsFunc(d.cloud.Requests(), whole) {
		return errors.New("the second run reads a mailbox in full")
	}
	return nil
}

func (d *demo) thirdRun(ctx context.Context) error {
	d.say("The third run writes what changed. Because of the scribble it reads Anna's mailbox in full, and puts that right")
	_, err := d.command(ctx, "", 1, "contactsync", "-v")
	return err
}

// change changes contacts in Outlook and scribbles in a phonebook.
func (d *demo) change(ctx context.Context) error {
	m := d.tenant.Mailbox("anna@example.com")
	for _, item := range m.Items(m.Contacts) {
		switch item.DisplayName {
		case "Erika Mustermann":
			m.UpdateContact(item.ID, func(c *simulator.Contact) { c.Phones["MobilePhone"] = "0160 5550199" })
		case "Ada Lovelace":
			m.DeleteContact(item.ID)
		}
	}
	m.AddContact(m.Contacts, simulator.Contact{DisplayName: "Neue Kundin", Phones: map[string]string{"HomePhone": "901820"}})
	d.say("Meanwhile, in Outlook, Anna gives Erika a new mobile number, deletes Ada and adds Neue Kundin",
		"and in the phonebook somebody renames Jan van den Berg to Mickey Mouse")
	return scribble(ctx, d.path("phonebooks.db"))
}

// show prints Anna's phonebook as her phone shows it.
func (d *demo) show(ctx context.Context) error {
	d.say("Anna's phonebook: contactsync phonebook export --user anna")
	out, err := d.output(ctx, "contactsync", "phonebook", "export", "--user", "anna")
	if err != nil {
		return err
	}
	var book struct {
		Entries []struct {
			Name    string `json:"display_name"`
			Numbers []struct {
				Kind, Number string
				AsTyped      string `json:"as_typed"`
			}
		}
	}
	if err := json.Unmarshal(out, &book); err != nil {
		return fmt.Errorf("read export: %w", err)
	}
	w := tabwriter.NewWriter(d.out, 0, 8, 2, ' ', 0)
	for _, e := range book.Entries {
		name := e.Name
		for _, n := range e.Numbers {
			number := n.Number
			if number == "" {
				number = "-"
			}
			fmt.Fprintf(w, "    %s\t%s\t%s\ttyped as %s\n", name, n.Kind, number, n.AsTyped)
			name = ""
		}
	}
	return w.Flush()
}

// say prints a heading and lines below it.
func (d *demo) say(heading string, lines ...string) {
	fmt.Fprintf(d.out, "\n== %s\n", heading)
	for _, l := range lines {
		fmt.Fprintln(d.out, "   "+l)
	}
}

// command shows and runs one of our programs, and expects its exit status.
func (d *demo) command(ctx context.Context, stdin string, status int, name string, args ...string) (string, error) {
	fmt.Fprintf(d.out, "   $ %s %s", name, strings.Join(args, " "))
	if stdin != "" {
		fmt.Fprint(d.out, "    (its value comes from standard input)")
	}
	fmt.Fprintln(d.out)
	cmd := d.program(ctx, name, args...)
	var text bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &text, &text
	err := cmd.Run()
	for line := range strings.Lines(text.String()) {
		fmt.Fprint(d.out, "     ", line)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("run %s: %w", name, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		return "", fmt.Errorf("%s ended with exit status %d instead of %d", name, got, status)
	}
	return text.String(), nil
}

// output runs a program and returns its standard output.
func (d *demo) output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := d.program(ctx, name, args...)
	cmd.Stderr = d.out
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return out, nil
}

func (d *demo) program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(d.bin, name), args...)
	cmd.Env = append(os.Environ(), "UCWARE_KVSTORE="+d.path("kvstore"), "UCWARE_PHONEBOOKS="+d.path("phonebooks.db"))
	return cmd
}
