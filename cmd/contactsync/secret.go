package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"contactsync/internal/entra"
	"contactsync/internal/fault"
	"contactsync/internal/journal"
	"contactsync/internal/prompt"
	"contactsync/internal/settings"
	"contactsync/internal/words"
	"contactsync/kvstore"
)

// replacement is a client secret on its way into the store. Until it is there,
// the old one stays as it was.
type replacement struct {
	*program
	cli    *cli.Context
	values map[string]string // what is stored now
	secret settings.Secret
	last   time.Time // its last day; zero: nobody noted it
}

// secret is `contactsync secret`: it takes a new client secret, signs in with
// it, and only then stores it. Root may do it too.
func (p *program) secret(c *cli.Context) error {
	if c.Args().Present() {
		return p.onCommandLine()
	}
	r := &replacement{program: p, cli: c}
	if day := c.String("expires"); day != "" {
		var err error
		if r.last, err = lastDay(day, time.Now()); err != nil {
			return err
		}
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.take(); err != nil {
		return r.kept(err)
	}
	return r.done()
}

// take asks for the secret, tests and stores it.
func (r *replacement) take() error {
	typed, err := prompt.Secret(r.cli.Context, r.stdin, r.stderr, words.Fill(words.AskSecret))
	if errors.Is(err, prompt.ErrNothingTyped) || errors.Is(err, prompt.ErrEmptyInput) {
		return fault.New(fault.Usage, "", "%w", err)
	}
	if err != nil {
		return err
	}
	set, err := r.fitting(typed)
	if err != nil {
		return err
	}
	r.secret = set.ClientSecret
	if prompt.IsTerminal(r.stdin) && r.last.IsZero() {
		if err := r.askLastDay(); err != nil {
			return err
		}
	}
	if err := r.signIn(set); err != nil {
		return err
	}
	return r.keep()
}

// onCommandLine refuses words behind the command, which could be the secret:
// they are not repeated.
func (p *program) onCommandLine() error {
	return fault.New(fault.Usage, words.Say(words.TypeSecretAlone, p.renewal()), words.OnCommandLine)
}

// lastDay reads a day that is not over.
func lastDay(text string, now time.Time) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fault.New(fault.Usage, words.LastDayLike, words.NotALastDay) // it could be the secret
	}
	if e := (expiry{what: bySecret, last: day}); e.days(now) < 0 {
		return day, fault.New(fault.Usage, words.LastDayIsOver, "%s", e.end(now))
	}
	return day, nil
}

// prepare reads what is stored, and looks whether it leads to a sign-in, before
// anybody is asked for anything.
func (r *replacement) prepare() error {
	if os.Geteuid() != 0 {
		if err := r.mine(r.store); err != nil {
			return err
		}
	}
	var err error
	if r.values, err = r.program.values(); err != nil {
		return err
	}
	set, problems := r.load("")
	problems = slices.DeleteFunc(problems, func(p settings.Problem) bool { return p.Key == "client_secret" })
	switch {
	case len(problems) > 0:
		return r.settingsError(fault.New(fault.Config, "", "read settings:\n%w", problems))
	case !set.Office365:
		return fault.New(fault.Config, words.Say(words.StorePassword, r.kvstore()+" set contactsync ews_password"), words.NoSecretNeeded)
	}
	return nil
}

// load returns the settings with another secret, and what is wrong with those
// of them that a sign-in takes.
func (r *replacement) load(secret string) (settings.Settings, settings.Problems) {
	values := maps.Clone(r.values)
	values["client_secret"] = secret
	delete(values, "client_secret_expires")
	delete(values, "client_certificate")
	set, err := settings.Load(values)
	var problems settings.Problems
	errors.As(err, &problems)
	return set, slices.DeleteFunc(problems, func(p settings.Problem) bool {
		part := partOf(p.Key)
		return part != networkKeys && part != signInKeys
	})
}

// fitting returns the settings with a secret that was typed, unless it cannot
// be one.
func (r *replacement) fitting(typed string) (settings.Settings, error) {
	set, problems := r.load(typed)
	if len(problems) > 0 {
		return set, fault.New(fault.Usage, "", "%w", problems)
	}
	return set, nil
}

// askLastDay asks until there is a day, or none.
func (r *replacement) askLastDay() error {
	for {
		line, err := prompt.Line(r.cli.Context, r.stdin, r.stderr, words.Fill(words.AskLastDay))
		if err != nil || line == "" {
			return err
		}
		if r.last, err = lastDay(line, time.Now()); err == nil {
			return nil
		}
		fmt.Fprintf(r.stderr, "%s; %s\n", err, fault.HintOf(err))
	}
}

// signIn signs in with the secret, for the service that contacts are read over.
func (r *replacement) signIn(set settings.Settings) error {
	way, err := r.newWay(set, r.logger(r.cli))
	if err != nil {
		return err
	}
	token := way.graphToken
	if set.Source == settings.EWS {
		token = way.ewsToken
	}
	_, err = token(r.cli.Context)
	if err != nil && set.Source == settings.Auto && fault.ClassOf(err) == fault.Config {
		// A tenant may know one of the services only.
		if _, other := way.ewsToken(r.cli.Context); other == nil {
			return nil
		}
	}
	if entra.UnknownSecret(err) {
		return fault.New(fault.ClassOf(err), words.FreshSecret, "%w", err)
	}
	return err
}

// keep stores the secret and its last day; that of another secret goes.
func (r *replacement) keep() error {
	store, err := kvstore.Open(r.store)
	if err != nil {
		return r.storeError("store the secret", err)
	}
	err = store.Change(namespace, func(values map[string]string) error {
		if r.another() {
			delete(values, "client_secret_expires")
		}
		values["client_secret"] = r.secret.Reveal()
		if !r.last.IsZero() {
			values["client_secret_expires"] = r.last.Format(time.DateOnly)
		}
		return nil
	})
	if err != nil {
		return r.storeError("store the secret", err)
	}
	return nil
}

// another tells whether the secret is not the one that is stored already.
func (r *replacement) another() bool {
	set, _ := r.load(r.values["client_secret"])
	return set.ClientSecret.Reveal() != r.secret.Reveal()
}

// kept says with an error what became of the old secret: nothing.
func (r *replacement) kept(err error) error {
	what := words.OldSecretStays
	if r.values["client_secret"] == "" {
		what = words.NothingIsStored
	}
	return fault.New(fault.ClassOf(err), fault.HintOf(err), what, err)
}

// done says what is stored now.
func (r *replacement) done() error {
	log, old := r.logger(r.cli), r.values["client_secret"] != ""
	said := words.Fill(words.SecretStored)
	if old && !r.another() {
		said = words.Fill(words.SecretStoredOnce)
	}
	if !r.last.IsZero() {
		said += "; " + expiry{what: bySecret, last: r.last}.end(time.Now())
	}
	var attrs []any
	if old && r.another() {
		attrs = []any{journal.Hint, words.Fill(words.DropOldSecret)}
	}
	log.Info(said, attrs...)
	note := words.Say(words.NoteLastDay, r.noteLastDay())
	switch noted := r.values["client_secret_expires"] != ""; {
	case !r.last.IsZero(), noted && !r.another():
	case noted:
		log.Warn(words.Fill(words.LastDayDropped), journal.Hint, note)
	default:
		log.Info(words.Fill(words.NobodyNoted), journal.Hint, note)
	}
	if r.values["client_certificate"] != "" {
		log.Warn(words.Fill(words.CertificateFirst), journal.Hint, words.Say(words.UseNoCertificate, r.kvstore()+" delete contactsync client_certificate"))
	}
	return nil
}

// secretUsage is usageError for a command line on which a secret could stand.
func (p *program) secretUsage(_ *cli.Context, _ error, _ bool) error { return p.onCommandLine() }
