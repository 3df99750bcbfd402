package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// figure is what the operating system says of one finished process and of the
// processes that it waited for.
type figure struct {
	Wall   float64 `json:"wall"`   // seconds
	CPU    float64 `json:"cpu"`    // seconds, user and system
	Memory float64 `json:"memory"` // peak resident set of the largest process, MiB
}

// measureMode is the first argument of a bench that measures one command.
const measureMode = "measure"

// measured runs a command and returns its figures. Linux counts the peak of
// whoever starts a process as its own (execve takes it over), and a bench with
// tenants and figures in memory is large: hence a small bench in between.
func measured(ctx context.Context, cmd *exec.Cmd) (figure, error) {
	self, err := os.Executable()
	if err != nil {
		return figure{}, err
	}
	result, end, err := os.Pipe()
	if err != nil {
		return figure{}, err
	}
	defer result.Close()
	outer := exec.CommandContext(ctx, self, append([]string{measureMode}, cmd.Args...)...)
	var complaint bytes.Buffer
	outer.Stdout, outer.Stderr, outer.ExtraFiles = cmd.Stdout, &complaint, []*os.File{end}
	err = outer.Start()
	end.Close()
	if err != nil {
		return figure{}, err
	}
	var f figure
	unread := json.NewDecoder(result).Decode(&f)
	if err := outer.Wait(); err != nil {
		return figure{}, fmt.Errorf("%s: %w\n%s", cmd.Args[0], err, complaint.String())
	}
	return f, unread
}

// measureHere runs a command, writes its figures to descriptor 3 and returns
// its exit status.
func measureHere(args []string) int {
	// The command is told of its parent's death by the thread that started it.
	runtime.LockOSThread()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	_ = json.NewEncoder(os.NewFile(3, "result")).Encode(figure{
		Wall:   wall.Seconds(),
		CPU:    (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		Memory: float64(usage.Maxrss) / 1024,
	})
	return cmd.ProcessState.ExitCode()
}

// program is one of the programs that are compared.
type program struct {
	name string
	// prepare makes the state from which the command begins, and is not
	// counted; check says whether it did the whole job. Either may be nil.
	prepare func() error
	command func(context.Context) *exec.Cmd
	check   func(stdout []byte) error
	rounds  int // those that count
	figures []figure
}

// run runs the program once.
func (p *program) run(ctx context.Context) (figure, error) {
	if p.prepare != nil {
		if err := p.prepare(); err != nil {
			return figure{}, err
		}
	}
	var out bytes.Buffer
	cmd := p.command(ctx)
	cmd.Stdout = &out
	f, err := measured(ctx, cmd)
	if err == nil && p.check != nil {
		err = p.check(out.Bytes())
	}
	if err != nil {
		return f, fmt.Errorf("%s: %w", p.name, err)
	}
	say("  %-24s %7.2f s wall  %7.2f s CPU  %6.1f MiB", p.name, f.Wall, f.CPU, f.Memory)
	return f, nil
}

// inTurn runs programs in turn, each as often as it wants to be counted.
func inTurn(ctx context.Context, programs ...*program) error {
	for again := true; again; {
		again = false
		for _, p := range programs {
			if len(p.figures) == p.rounds {
				continue
			}
			f, err := p.run(ctx)
			if err != nil {
				return err
			}
			p.figures = append(p.figures, f)
			again = true
		}
	}
	return nil
}

// warmUp runs programs once without counting.
func warmUp(ctx context.Context, programs ...*program) error {
	for _, p := range programs {
		if _, err := p.run(ctx); err != nil {
			return err
		}
	}
	return nil
}
