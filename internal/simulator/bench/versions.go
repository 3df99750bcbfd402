package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// versions says when, on what and with what the table was made.
func versions() string {
	return fmt.Sprintf("Measured by `make bench` on %s: %d cores (%s), %s, SQLite %s, exchangelib %s, curl %s.",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), processor(), strings.Replace(runtime.Version(), "go", "Go ", 1),
		version("sqlite3", "--version"),
		version("/usr/bin/python3", "-c", "import importlib.metadata as m; print(m.version('exchangelib'))"),
		version("curl", "--version"))
}

// version returns the first number with a dot that a program prints.
func version(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if number := regexp.MustCompile(`[0-9]+\.[0-9.]*[0-9]`).Find(out); err == nil && number != nil {
		return string(number)
	}
	return "unknown"
}

// processor returns the model of the first core.
func processor() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, model, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}
