package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

// profiled makes one more first sync under perf, where a profile is wanted,
// and leaves NAME.perf (for perf report) and NAME.txt (functions by their own
// time) in the folder. It counts for nothing.
func (b *bench) profiled(ctx context.Context, name string, o *syncs) error {
	if b.profile == "" {
		return nil
	}
	if err := os.MkdirAll(b.profile, 0o755); err != nil {
		return err
	}
	data := filepath.Join(b.profile, name+".perf")
	p := o.first("profile", 0)
	command := p.command
	p.command = func(ctx context.Context) *exec.Cmd {
		args := []string{"record", "--quiet", "--freq", "499", "-g", "--output", data, "--"}
		return exec.CommandContext(ctx, "perf", append(args, command(ctx).Args...)...)
	}
	if _, err := p.run(ctx); err != nil {
		return err
	}
	report := exec.CommandContext(ctx, "perf", "report", "--stdio", "--no-children", "-g", "none", "--percent-limit", "0.3", "--input", data)
	text, err := report.Output()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.profile, name+".txt"), text, 0o644)
}
