package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// stateSource is the state's key for the source of the last run that worked.
const stateSource = "source"

// sync is the command without a subcommand.
func (p *program) sync(c *cli.Context) error {
	if err := nothingElse(c); err != nil {
		return err
	}
	how := progress{bar: p.newBar(loudnessOf(c), c.Bool("json")), logger: p.logger(c), lull: p.lull}
	end := how.watch(c.Context)
	r := p.advised(p.synchronise(c, &how))
	end(r)
	status := r.ExitStatus()
	if c.Bool("json") && status != fault.Usage.ExitStatus() {
		if err := r.WriteJSON(p.stdout); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	p.voice.end(r, loudnessOf(c))
	return exitStatus(status)
}

// synchronise makes the run and returns its report, whatever happens.
func (p *program) synchronise(c *cli.Context, how *progress) (r *syncer.Report) {
	started := time.Now()
	set, err := p.settings(c)
	if err != nil {
		r = syncer.Failure(started, p.blameHiding(c.Context, set, err))
		p.recordFailure(c, r)
		return r
	}
	release, db, err := p.open(c.Bool("dry-run"))
	if err != nil {
		return syncer.Failure(started, p.blameHiding(c.Context, set, err))
	}
	defer func() {
		// What was written stands; but a full disk, say, has to be known.
		if err := release(); err != nil && r.Err == nil {
			r.Err = words.Errorf(words.AfterTheLast, err)
		}
	}()
	if r, err = p.runOn(c, set, db, how); err != nil {
		r = syncer.Failure(started, p.blameHiding(c.Context, set, err))
	}
	p.record(c, db, r)
	return r
}

// runOn makes the run on phonebooks that are open. The error is of one that
// never began.
func (p *program) runOn(c *cli.Context, set settings.Settings, db *bookdb.DB, how *progress) (*syncer.Report, error) {
	way, err := p.newWay(set, p.logger(c))
	if err != nil {
		return nil, err
	}
	s, err := p.syncer(c, set, db, way, how)
	if err != nil {
		return nil, err
	}
	if how.bar != nil {
		way.transport.Observe(how.bar)
	}
	r := s.Run(c.Context)
	r.Requests, r.Bytes = way.count()
	p.warnOfTenant(c, set, r)
	if err := remember(c.Context, db, set, s, r); err != nil && r.Err == nil {
		r.Err = err
	}
	return r, nil
}

// open opens the phonebooks for a run: alone, and for writing unless nothing
// is to be changed. Release closes what was opened.
func (p *program) open(dryRun bool) (release func() error, db *bookdb.DB, err error) {
	if dryRun {
		db, err = bookdb.OpenReader(p.phonebooks)
		return db.Close, db, placeError(err)
	}
	unlock, err := bookdb.Lock(p.phonebooks)
	if err != nil {
		return nil, nil, placeError(err)
	}
	db, err = bookdb.Open(p.phonebooks)
	if err != nil {
		unlock()
		return nil, nil, placeError(err)
	}
	return func() error {
		defer unlock()
		return db.Close()
	}, db, nil
}

// placeError explains a file that cannot be where it is said to be.
func placeError(err error) error {
	var explained *fault.Error
	if err == nil || errors.As(err, &explained) {
		return err
	}
	return fault.New(fault.Config, words.NamePhonebooks, "%w", err)
}

// syncer wires a run.
func (p *program) syncer(c *cli.Context, set settings.Settings, db *bookdb.DB, way *way, how *progress) (*syncer.Syncer, error) {
	normaliser, err := phonebook.NewNormaliser(phonebook.Rules{
		Region: set.DefaultRegion, AreaCode: set.DefaultAreaCode,
		SkipWithoutNumber: set.SkipWithoutNumber, Notes: set.IncludeNotes,
	})
	if err != nil {
		return nil, fault.New(fault.Config, words.CheckNumbers, "%w", err)
	}
	directory, err := newDirectory(set)
	if err != nil {
		return nil, err
	}
	last, err := db.State(context.WithoutCancel(c.Context), stateSource)
	if err != nil {
		return nil, err
	}
	var eats appetite
	s := &syncer.Syncer{
		Directory: announced{directory, p.voice}, Store: db, Normaliser: normaliser, Logger: p.logger(c),
		Choose: way.chooser(set, last),
		Title:  set.PhonebookName, Digest: set.Digest(), Changed: set.ChangedSince, Workers: set.Workers, Users: c.StringSlice("user"),
		AllowEmpty: c.Bool("allow-empty"), Full: c.Bool("full"), DryRun: c.Bool("dry-run"), Details: p.details(loudnessOf(c)),
		Command: func(args ...string) string { return p.command(quoted(args)) },
		Begin:   func(members int) { eats.begin(members); how.begin(members) },
		Came:    func(contacts int) { eats.came(contacts); how.came(contacts) },
		Done: func(r syncer.Result) {
			p.voice.result(r, loudnessOf(c))
			if !c.Bool("json") {
				p.printChanges(r, loudnessOf(c))
			}
			how.member(r)
		},
	}
	if set.DeleteLeavers {
		s.Leavers = db
	}
	return s, nil
}

// chooser returns what settles on the source of a run; last is what remember
// wrote.
func (w *way) chooser(set settings.Settings, last string) func(context.Context, []phonebook.Member) (syncer.Choice, error) {
	return func(ctx context.Context, members []phonebook.Member) (syncer.Choice, error) {
		return syncer.Settle(ctx, string(set.Source), lastSource(last, set), w.graph, w.ews, members)
	}
}

// remember keeps which source worked for the choice of the next run, and
// forgets it where none of the mailboxes could be read.
func remember(ctx context.Context, db *bookdb.DB, set settings.Settings, s *syncer.Syncer, r *syncer.Report) error {
	if s.DryRun || len(s.Users) > 0 || set.Source != settings.Auto || r.Source == "" {
		return nil
	}
	state := r.Source + " " + set.Digest()
	if r.Read() == 0 {
		if fault.ClassOf(r.Err) != fault.Config {
			return nil // an outage tells nothing
		}
		state = ""
	}
	return db.SetState(context.WithoutCancel(ctx), stateSource, state)
}

// lastSource returns the source in a state that remember wrote, where the
// settings that lead there are still the same.
func lastSource(state string, set settings.Settings) string {
	source, digest, _ := strings.Cut(state, " ")
	if digest != set.Digest() {
		return ""
	}
	return source
}
