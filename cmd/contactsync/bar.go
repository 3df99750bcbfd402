package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cheggaaa/pb/v3"
	"golang.org/x/sys/unix"

	"contactsync/internal/words"
)

// bar is the progress bar of a run: the last line of a terminal, which makes
// way for everything else that is written there. A nil bar shows nothing.
type bar struct {
	screen   screen
	members  *pb.ProgressBar // done
	counted  string          // how many those are of how many
	contacts *pb.ProgressBar // that came, for their pace

	// mu is never held while something is written: a terminal that stands still
	// (Ctrl-S) must not hold up the run.
	mu    sync.Mutex
	begun time.Time
	doing string // instead of the bar
	wait  wait
	slow  string

	lines sync.Mutex    // one writes to the terminal at a time
	drawn bool          // by lines
	over  chan struct{} // closed by close
	ended chan struct{} // closed when the last line was drawn
}

// wait is what a request waits for.
type wait struct {
	until   time.Time
	try, of int
	why     string
}

// redraw is how often the bar changes, at most.
const redraw = 200 * time.Millisecond

// worthwhile is after how long it makes sense to say how long the rest takes:
// members are done some at a time, when their phonebooks are written together.
const worthwhile = 5 * time.Second

// stuck is how long the end of a run waits for a terminal that takes nothing.
const stuck = time.Second

// margin is how many columns stay empty behind the bar: those in which a
// terminal shows ^C, and the last, from which some go on to the next line.
const margin = 3

// newBar returns the bar of a run, or nil where it has none: it is for people
// who look at a terminal and did not ask for anything else there.
func (p *program) newBar(loud loudness, json bool) *bar {
	_, spoken := p.voice.(*console)
	switch {
	case !spoken, loud.verbose, loud.quiet, !p.stderr.moves:
		return nil
	case json && p.stdout.file != nil:
		return nil
	case loud.dryRun && !json && piped(p.stdout.raw):
		return nil // who reads them, such as less, shows the changes on the same terminal
	}
	b := &bar{screen: p.stderr.screen, over: make(chan struct{}), ended: make(chan struct{})}
	b.contacts = pb.New(0).SetTemplateString(`{{speed . "` + words.Fill(words.Speed) + `" "` + words.Fill(words.NoSpeed) + `"}}`)
	for _, s := range []*stream{p.stdout, p.stderr} {
		if s.file != nil {
			s.share(b)
		}
	}
	go b.draw()
	return b
}

// draw draws the bar until it is closed.
func (b *bar) draw() {
	defer close(b.ended)
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-b.over:
			return
		case <-tick.C:
			b.lines.Lock()
			b.show()
			b.lines.Unlock()
		}
	}
}

// say shows what the run does before the members are known, and at its end.
func (b *bar) say(doing string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.doing = doing
}

// begin shows how many of the members are done.
func (b *bar) begin(members int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counted = words.Fill(words.MembersDone)
	if members == 1 {
		b.counted = words.Fill(words.MemberDone)
	}
	b.members = pb.New(members).SetTemplateString(
		`{{counters . "` + b.counted + `"}} {{bar . "[" "=" ">" " " "]"}} {{string . "pace"}}`)
	b.begun, b.doing = time.Now(), ""
}

// member is called when one is done.
func (b *bar) member() {
	if b != nil {
		b.members.Increment()
	}
}

// came is called as contacts come.
func (b *bar) came(contacts int) {
	if b != nil {
		b.contacts.Add(contacts)
	}
}

// Waiting implements transport.Observer: of several waits the longest is shown.
func (b *bar) Waiting(d time.Duration, try, of int, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := time.Now().Add(d); until.After(b.wait.until) {
		b.wait = wait{until, try, of, visible(why.Error())}
	}
}

// Places implements transport.Observer.
func (b *bar) Places(now, most int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = ""
	if now < most {
		b.slow = words.Say(words.SlowedDown, now, most)
	}
}

// close takes the bar away for good.
func (b *bar) close() {
	if b == nil {
		return
	}
	close(b.over)
	select {
	case <-b.ended:
		b.lines.Lock()
		defer b.lines.Unlock()
		b.hide()
	case <-time.After(stuck):
	}
}

// aside takes the bar away while something else is written to the terminal.
func (b *bar) aside() (back func()) {
	if b == nil {
		return func() {}
	}
	b.lines.Lock()
	shown := b.drawn
	b.hide()
	return func() {
		if shown {
			b.show()
		}
		b.lines.Unlock()
	}
}

// show draws the line, as wide as the terminal is now. A program in the
// background would draw into another one's lines.
func (b *bar) show() {
	if !inForeground(b.screen.file) {
		return
	}
	fmt.Fprint(b.screen.file, "\r"+b.line(max(b.screen.width()-margin, 1))+"\x1b[K")
	b.drawn = true
}

// hide clears the line.
func (b *bar) hide() {
	if b.drawn {
		fmt.Fprint(b.screen.file, "\r\x1b[K")
		b.drawn = false
	}
}

// line returns what the bar shows in so many columns.
func (b *bar) line(columns int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doing != "" || b.members == nil {
		return shortened(b.doing, columns)
	}
	pace := b.contacts.String()
	if b.slow != "" {
		pace += ", " + b.slow
	}
	why := ""
	if left := time.Until(b.wait.until); left > 0 {
		why = b.wait.why
		pace = words.Say(words.WaitingBeforeTry, left.Truncate(time.Second)+time.Second, b.wait.try, b.wait.of)
	}
	if left := b.left(); left > 0 {
		pace = words.Say(words.TimeLeft, pace, left)
	}
	if why != "" { // last, because it is what can be cut off
		pace = words.Say(words.WaitingBecause, pace, why)
	}
	room := columns - len(gap) - width(words.Say(b.counted, fmt.Sprint(b.members.Current()), fmt.Sprint(b.members.Total())))
	line := b.members.Set("pace", shortened(pace, room)).SetWidth(columns).String()
	if !strings.Contains(line, "[") { // there was no room for one
		line = strings.Replace(line, "  ", " ", 1)
	}
	return shortened(line, columns)
}

// left returns how long the rest of the members takes if it goes on as so far;
// 0 where that is not known yet.
func (b *bar) left() time.Duration {
	took := time.Since(b.begun)
	done, all := b.members.Current(), b.members.Total()
	if done == 0 || took < worthwhile {
		return 0
	}
	return (took / time.Duration(done) * time.Duration(all-done)).Round(time.Second)
}

// piped tells whether an output leads into another program.
func piped(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// inForeground tells whether the terminal is this process's to write to, as far
// as can be told.
func inForeground(terminal *os.File) bool {
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
