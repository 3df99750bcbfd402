package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"contactsync/internal/simulator"
)

// control obeys the lines of in until it ends, each answered with a line of
// out, "ok N" or "error" with the reason:
//
//	change PERMILLE SEED   change so many of each thousand contacts; N: how many changed
//	record                 write down what is asked from now on
//	requests FILE          end that; FILE gets a line of JSON for each request; N: how many
func control(s *simulator.Server, in io.Reader, out io.Writer) {
	c := controller{server: s}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := c.obey(lines.Text())
		if err != nil {
			fmt.Fprintln(out, "error", err)
			continue
		}
		fmt.Fprintln(out, "ok", n)
	}
}

type controller struct {
	server   *simulator.Server
	recorder *recorder
}

func (c *controller) obey(line string) (n int, err error) {
	var (
		permille int
		seed     uint64
	)
	command, argument, _ := strings.Cut(line, " ")
	switch command {
	case "change":
		if _, err := fmt.Sscanf(argument, "%d %d", &permille, &seed); err != nil {
			return 0, fmt.Errorf("want: change PERMILLE SEED: %w", err)
		}
		return change(c.server.Tenant(), permille, seed), nil
	case "record":
		c.recorder = &recorder{}
		c.server.SetFault(c.recorder.watch)
		return 0, nil
	case "requests":
		if c.recorder == nil {
			return 0, fmt.Errorf("nothing has been recorded")
		}
		c.server.SetFault(nil)
		return c.write(argument)
	}
	return 0, fmt.Errorf("no such command: %q", line)
}

// write writes what has been recorded to a file.
func (c *controller) write(file string) (int, error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := json.NewEncoder(f)
	all := c.recorder.requests()
	for _, r := range all {
		if err := lines.Encode(r); err != nil {
			return 0, err
		}
	}
	return len(all), f.Close()
}
