package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"contactsync/internal/simulator/directory"
)

// tenant is what the simulator's process says of itself in tenant.json.
type tenant struct {
	Authority    string `json:"authority"`
	GraphURL     string `json:"graph_url"`
	EWSURL       string `json:"ews_url"`
	CAFile       string `json:"ca_file"`
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Mailboxes    []struct{ Mail string }
}

// stage is a tenant with its directory, and a folder for whoever reads it.
type stage struct {
	bin, dir            string
	mailboxes, contacts int
	tenant              tenant
	ldap                string // address of the directory

	commands io.Writer      // to the simulator
	answers  *bufio.Scanner // from it
	closers  []func()
}

// stage starts a tenant and its directory.
func (b *bench) stage(ctx context.Context, mailboxes, contacts int) (_ *stage, err error) {
	s := &stage{bin: b.bin, mailboxes: mailboxes, contacts: contacts}
	if s.dir, err = os.MkdirTemp(b.dir, "stage-"); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() { os.RemoveAll(s.dir) })
	if err = s.startTenant(ctx); err == nil {
		err = s.startDirectory()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) close() {
	for _, f := range s.closers {
		defer f()
	}
}

// startTenant starts the simulator as a process and waits until it serves.
func (s *stage) startTenant(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "simulator"), "-dir", s.dir, "-control",
		"-mailboxes", strconv.Itoa(s.mailboxes), "-contacts", strconv.Itoa(s.contacts))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	// A bench that is killed leaves no tenant behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.commands, s.answers = in, bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start simulator: %w", err)
	}
	exited := make(chan struct{})
	go func() { defer close(exited); _ = cmd.Wait() }()
	s.closers = append(s.closers, func() { cmd.Cancel(); <-exited })
	for {
		data, err := os.ReadFile(s.path("tenant.json"))
		if err == nil {
			return json.Unmarshal(data, &s.tenant)
		}
		select {
		case <-exited:
			return fmt.Errorf("start simulator: it ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// startDirectory serves the owners of the mailboxes as members of a group.
func (s *stage) startDirectory() error {
	var people []directory.Person
	group := directory.Group{Name: "all", Synced: true}
	for i, m := range s.tenant.Mailboxes {
		uid := "u" + strconv.Itoa(i)
		people = append(people, directory.Person{UID: uid, Mail: m.Mail})
		group.People = append(group.People, uid)
	}
	d, err := directory.Start(people, []directory.Group{group})
	if err != nil {
		return fmt.Errorf("start directory: %w", err)
	}
	s.closers = append(s.closers, func() { d.Close() })
	s.ldap = d.URL
	return nil
}

// configure writes our settings for a source, and further ones, into a store
// of their own and returns its folder.
func (s *stage) configure(ctx context.Context, source string, more map[string]string) (store string, err error) {
	if store, err = os.MkdirTemp(s.dir, "store-"); err != nil {
		return "", err
	}
	settings := map[string]string{
		"tenant_id": s.tenant.TenantID, "client_id": s.tenant.ClientID, "client_secret": s.tenant.ClientSecret,
		"authority": s.tenant.Authority, "graph_url": s.tenant.GraphURL, "ews_url": s.tenant.EWSURL, "ca_file": s.tenant.CAFile,
		"source": source, "ldap_url": s.ldap, "ldap_starttls": "false",
	}
	maps.Copy(settings, more)
	for key, value := range settings {
		cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "kvstore"), "--store", store, "set", "contactsync", key)
		cmd.Stdin = strings.NewReader(value)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("set %s: %w: %s", key, err, out)
		}
	}
	return store, nil
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// entries is how many contacts the tenant's Contacts folders hold.
func (s *stage) entries() int { return s.mailboxes * s.contacts }
