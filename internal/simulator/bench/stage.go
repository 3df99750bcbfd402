package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"contactsync/internal/simulator/directory"
)

// tenant is what the simulator's process says of itself in tenant.json.
type tenant struct {
	Authority    string `json:"authority"`
	EWSURL       string `json:"ews_url"`
	CAFile       string `json:"ca_file"`
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Mailboxes    []struct{ Mail string }
}

// startTenant starts the simulator as a process and waits until it serves.
func (b *bench) startTenant(ctx context.Context) (stop func(), err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.bin, "simulator"), "-dir", b.dir,
		"-mailboxes", strconv.Itoa(b.mailboxes), "-contacts", strconv.Itoa(b.contacts))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start simulator: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	for {
		data, err := os.ReadFile(filepath.Join(b.dir, "tenant.json"))
		if err == nil {
			stop := func() { cmd.Cancel(); <-exited }
			if err := json.Unmarshal(data, &b.tenant); err != nil {
				stop()
				return nil, fmt.Errorf("read tenant.json: %w", err)
			}
			return stop, nil
		}
		select {
		case err := <-exited:
			return nil, fmt.Errorf("start simulator: it ended (%v)", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// startDirectory serves the owners of the mailboxes as members of a group.
func (b *bench) startDirectory() (stop func(), err error) {
	var people []directory.Person
	group := directory.Group{Name: "all", Synced: true}
	for i, m := range b.tenant.Mailboxes {
		uid := "u" + strconv.Itoa(i)
		people = append(people, directory.Person{UID: uid, Mail: m.Mail})
		group.People = append(group.People, uid)
	}
	s, err := directory.Start(people, []directory.Group{group})
	if err != nil {
		return nil, fmt.Errorf("start directory: %w", err)
	}
	b.ldap = s.URL
	return func() { s.Close() }, nil
}

// configure writes our settings.
func (b *bench) configure(ctx context.Context) error {
	for key, value := range map[string]string{
		"tenant_id": b.tenant.TenantID, "client_id": b.tenant.ClientID, "client_secret": b.tenant.ClientSecret,
		"authority": b.tenant.Authority, "ews_url": b.tenant.EWSURL, "ca_file": b.tenant.CAFile,
		"source": "ews", "ldap_url": b.ldap, "ldap_starttls": "false",
	} {
		cmd := exec.CommandContext(ctx, filepath.Join(b.bin, "kvstore"), "--store", b.path("kvstore"), "set", "contactsync", key)
		cmd.Stdin = strings.NewReader(value)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("set %s: %w: %s", key, err, out)
		}
	}
	return nil
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// ours is a first sync of contactsync.
func (b *bench) ours(ctx context.Context) (*exec.Cmd, func() error, error) {
	folder := b.path("ours")
	if err := os.RemoveAll(folder); err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(b.bin, "contactsync"),
		"--store", b.path("kvstore"), "--phonebooks", filepath.Join(folder, "phonebooks.db"), "-q")
	done := func() error {
		return b.whole(filepath.Join(folder, "phonebooks.db"), "SELECT count(*) FROM entry")
	}
	return cmd, done, nil
}

// theirs is a first sync of the peer.
func (b *bench) theirs(ctx context.Context) (*exec.Cmd, func() error, error) {
	file := b.path("theirs.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(file + suffix)
	}
	args := []string{
		b.peer, "--ews", b.tenant.EWSURL, "--authority", b.tenant.Authority, "--tenant", b.tenant.TenantID,
		"--client", b.tenant.ClientID, "--secret", b.tenant.ClientSecret, "--ca", b.tenant.CAFile, "--db", file,
	}
	for _, m := range b.tenant.Mailboxes {
		args = append(args, m.Mail)
	}
	return exec.CommandContext(ctx, "/usr/bin/python3", args...), func() error { return b.whole(file, "SELECT count(*) FROM entry") }, nil
}

// whole checks that a program wrote the contacts of all mailboxes. A few have
// nothing that a phonebook could show, and not every program keeps those.
func (b *bench) whole(file, query string) error {
	out, err := exec.Command("sqlite3", file, query).Output()
	if err != nil {
		return fmt.Errorf("count entries: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return err
	}
	if all := b.mailboxes * b.contacts; n < all*99/100 || n > all {
		return fmt.Errorf("%d entries of %d contacts", n, all)
	}
	return nil
}

func (b *bench) sqlite() string {
	out, err := exec.Command("sqlite3", "--version").Output()
	if err != nil {
		return "SQLite unknown"
	}
	return "SQLite " + strings.Fields(string(out))[0]
}
