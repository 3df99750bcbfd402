package main

import (
	"slices"
	"time"

	"contactsync/internal/entra"
	"contactsync/internal/settings"
	"contactsync/internal/words"
)

// soon is how many days before the last day of what the app signs in with
// warnings begin.
const soon = 60

// proof is what the app proves itself with.
type proof int

const (
	noProof proof = iota // none is needed
	bySecret
	byCertificate
)

// expiry is until when the app can sign in with what it has. The run, check
// and status ask it.
type expiry struct {
	what  proof
	last  time.Time        // the last day; zero: nobody noted it
	renew string           // how another one takes its place
	amiss settings.Problem // with the day that somebody noted; without a key: nothing is
}

// expiry returns the end of what the settings have the app sign in with. A
// certificate tells it itself; the error is about its file.
func (p *program) expiry(set settings.Settings) (e expiry, err error) {
	switch {
	case !set.Office365:
		return expiry{}, nil
	case set.ClientCertificate == "":
		e = expiry{what: bySecret, last: set.ClientSecretExpires, renew: words.Say(words.RenewSecret, p.renewal())}
		if i := slices.IndexFunc(set.Warnings, func(w settings.Problem) bool { return w.Key == "client_secret_expires" }); i >= 0 {
			e.amiss = set.Warnings[i]
		}
		return e, nil
	}
	end, err := entra.CertificateEnd(set.ClientCertificate)
	return expiry{what: byCertificate, last: end, renew: words.Say(words.RenewCertificate, set.ClientCertificate)}, err
}

// days returns how many days are left: 0 on the last one, less than 0 when it
// is over.
func (e expiry) days(now time.Time) int {
	const day = 24 * time.Hour
	return int(e.last.UTC().Truncate(day).Sub(now.UTC().Truncate(day)) / day)
}

// warning returns what to say where the end is near or past; else nothing.
func (e expiry) warning(now time.Time) string {
	if e.last.IsZero() || e.days(now) > soon {
		return ""
	}
	return e.end(now)
}

// end says when the end is; nothing where nobody noted it.
func (e expiry) end(now time.Time) string {
	if e.last.IsZero() {
		return ""
	}
	was, today, is := words.LastDaySecretWas, words.LastDaySecretToday, words.LastDayOfSecret
	if e.what == byCertificate {
		was, today, is = words.LastDayCertWas, words.LastDayCertToday, words.LastDayOfCertificate
	}
	switch day, left := e.last.UTC().Format(time.DateOnly), e.days(now); {
	case left < 0:
		return words.Say(was, day)
	case left == 0:
		return words.Say(today, day)
	default:
		return words.Say(is, day, words.Count(left, words.Days))
	}
}
