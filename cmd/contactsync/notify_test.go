package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"contactsync/internal/simulator"
)

// manager is a service manager that listens to notifications.
type manager struct {
	conn *net.UnixConn
	path string

	mu   sync.Mutex
	said []string
	over chan bool
}

func newManager(t *testing.T) *manager {
	dir, err := os.MkdirTemp("", "notify-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &manager{path: filepath.Join(dir, "notify"), over: make(chan bool)}
	if m.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.conn.Close() })
	go m.listen()
	return m
}

func (m *manager) listen() {
	buffer := make([]byte, 1<<16)
	for {
		n, err := m.conn.Read(buffer)
		if err != nil || string(buffer[:n]) == "over" {
			close(m.over)
			return
		}
		m.mu.Lock()
		m.said = append(m.said, string(buffer[:n]))
		m.mu.Unlock()
	}
}

// end returns what was said by a process that has ended.
func (m *manager) end(t *testing.T) []string {
	t.Helper()
	conn, err := net.Dial("unixgram", m.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("over")); err != nil {
		t.Fatal(err)
	}
	<-m.over
	return m.said
}

func TestTellsTheServiceManagerHowFarItIs(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "bram", "chris")
	w.set("workers", "1")
	w.revoke("anna")
	m := newManager(t)
	cmd := w.process()
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	cmd.Run()
	check(t, "exit status", cmd.ProcessState.ExitCode(), 1)
	said := m.end(t)
	check(t, "notifications", len(said), 6)
	check(t, "all but the last", strings.Join(said[:len(said)-1], "|"),
		"STATUS=asking the directory for the members|STATUS=0 of 3 members|STATUS=1 of 3 members, 1 failed|STATUS=2 of 3 members, 1 failed|STATUS=3 of 3 members, 1 failed")
	contains(t, said[len(said)-1], "STATUS=3 members: 2 ok, 1 failed")
}

func TestTellsTheServiceManagerWhyItFailed(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.set("client_id", "x\nMAINPID=1")
	w.set("workers", "x")
	m := newManager(t)
	cmd := w.process()
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	cmd.Run()
	check(t, "exit status", cmd.ProcessState.ExitCode(), 78)
	for _, text := range m.end(t) {
		check(t, "lines of "+text, strings.Count(text, "\n"), 0)
	}
	contains(t, m.said[len(m.said)-1], "STATUS=", "client_id", "workers")
}

func TestTellsTheServiceManagerThatItStops(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	reached := make(chan bool, 1)
	w.cloud.SetFault(simulator.Always("/contacts", func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		reached <- true
		<-r.Context().Done()
	}))
	m := newManager(t)
	cmd := w.process()
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	interrupt(t, cmd, reached, syscall.SIGTERM)
	check(t, "exit status", cmd.ProcessState.ExitCode(), 75)
	said := m.end(t)
	if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "STOPPING=1\nSTATUS=") }) {
		t.Errorf("no word of stopping: %q", said)
	}
	check(t, "the last word", said[len(said)-1], "STATUS=stopped after 0 of 1 members")
}

// Whom nobody listens to is not held up by that.
func TestServiceManagerThatDoesNotListen(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	cmd := w.process()
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+w.path("nobody"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
