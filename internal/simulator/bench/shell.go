package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// count runs a query that finds a number, in SQLite's shell.
func count(file, query string) (int, error) {
	out, err := shell(file, query)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(out))
}

// shell runs a script in SQLite's shell.
func shell(file, script string) (string, error) {
	cmd := exec.Command("sqlite3", "-bail", file)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("sqlite3: %w: %s", err, out)
	}
	return string(out), nil
}

// remove removes a database with what belongs to it.
func remove(file string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + suffix); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
