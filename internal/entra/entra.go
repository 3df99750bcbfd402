// Package entra gets access tokens from Microsoft Entra ID with the client
// credentials grant, by a client secret or by a certificate.
//
// Microsoft's library (MSAL) does the grant and keeps the tokens. This package
// adds what it leaves to its callers: one request at a time for a scope,
// however many goroutines ask; another try where the service is busy; and, for
// each refusal, what an administrator has to do about it.
//
// MSAL puts whole answers into its errors, and requests behind them. None of
// its errors leaves this package: what came back from the network is judged
// before MSAL sees it, and MSAL gets nothing but good answers.
package entra

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"golang.org/x/sync/singleflight"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

const (
	tryTimeout  = 30 * time.Second // one request
	patience    = 2 * time.Minute  // all waits of one call together
	outageEcho  = time.Minute      // how long an outage is answered without asking again
	maxAttempts = 5
)

// Config says who signs in, and where.
type Config struct {
	Authority       string        // such as https://login.microsoftonline.com, without the tenant
	TenantID        string        // directory (tenant) ID, or a domain of the tenant
	ClientID        string        // application (client) ID
	Secret          func() string // the client secret's value; not used where CertificateFile is set
	CertificateFile string        // PEM with a certificate and its RSA key
	Renewal         string        // the command that stores a new secret, for hints
	HTTPClient      *http.Client  // must not follow redirects

	Waits func(wait time.Duration, try, of int, why error) // called before a wait; may be nil
	Sleep func(context.Context, time.Duration) error       // for tests; default waits really
}

// TokenSource hands out access tokens. It is safe for concurrent use, and is
// to be made once for a process, because it holds the tokens.
type TokenSource struct {
	connect func() (confidential.Client, error) // a client that has no tokens yet
	flights singleflight.Group

	mu         sync.Mutex
	client     *confidential.Client
	generation int                          // of client
	last       map[string][sha256.Size]byte // digest of the token handed out last, by scope
	failures   map[string]failure           // by scope
}

// failure is what came of asking for a token, and how long it is good enough
// for an answer. Hundreds of mailboxes shall not repeat one wrong secret.
type failure struct {
	err   error
	until time.Time // zero: as long as the process lives
}

// New returns a TokenSource, without asking for a token yet. The error is a
// *fault.Error of class Config, or Permission where the certificate's file may
// not be read.
func New(c Config) (*TokenSource, error) {
	c.Renewal = cmp.Or(c.Renewal, "kvstore set contactsync client_secret")
	cred, err := c.credential()
	if err != nil {
		return nil, err
	}
	web := &web{client: c.HTTPClient, waits: c.Waits, sleep: c.Sleep, renewal: c.Renewal,
		consent: ConsentPage(c.Authority, c.TenantID, c.ClientID)}
	if web.client == nil {
		web.client = http.DefaultClient
	}
	if web.waits == nil {
		web.waits = func(time.Duration, int, int, error) {}
	}
	if web.sleep == nil {
		web.sleep = transport.Sleep
	}
	s := &TokenSource{last: make(map[string][sha256.Size]byte), failures: make(map[string]failure)}
	s.connect = func() (confidential.Client, error) {
		return confidential.New(c.Authority+"/"+c.TenantID, c.ClientID, cred,
			confidential.WithHTTPClient(web),
			confidential.WithX5C(),
			// Discovery asks Microsoft whether a host is Microsoft's. The
			// authority is an administrator's choice, and may be ours in a test.
			confidential.WithInstanceDiscovery(false),
			// Only this keeps MSAL from heeding the variable MSAL_FORCE_REGION.
			confidential.WithAzureRegion("DisableMsalForceRegion"))
	}
	client, err := s.connect()
	if err != nil {
		return nil, fault.New(fault.Config, words.CheckIDs, "prepare sign-in: %w", err)
	}
	s.client = &client
	return s, nil
}

// credential returns what the app proves itself with.
func (c Config) credential() (confidential.Credential, error) {
	if c.CertificateFile != "" {
		certs, key, err := readCertificate(c.CertificateFile, time.Now())
		if err != nil {
			return confidential.Credential{}, err
		}
		return confidential.NewCredFromCert(certs, key)
	}
	if c.Secret == nil || c.Secret() == "" {
		return confidential.Credential{}, fault.New(fault.Config,
			words.Say(words.NoSecret, c.Renewal), words.NoProof)
	}
	fault.Hide(c.Secret())
	return confidential.NewCredFromSecret(c.Secret())
}

// Token returns an access token for a scope such as
// https://graph.microsoft.com/.default. It is good for five minutes at least,
// unless Microsoft revokes it. A token that is held already is returned
// without a request; of many calls at once for the same scope one asks.
//
// The error is ctx's or a *fault.Error: of class Config where somebody has to
// act, with what to do, Unavailable where the service or the network is out of
// order. A refusal is remembered for the life of the source, an outage for a
// minute.
func (s *TokenSource) Token(ctx context.Context, scope string) (string, error) {
	if err := s.remembered(scope); err != nil {
		return "", err
	}
	s.mu.Lock()
	client, generation := s.client, s.generation
	s.mu.Unlock()
	// One caller's end must not end the others' wait.
	detached := context.WithoutCancel(ctx)
	answer := s.flights.DoChan(strconv.Itoa(generation)+" "+scope, func() (any, error) {
		return s.acquire(detached, client, generation, scope)
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-answer:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	}
}

// Format prints the type's name for every verb: what a source holds is nobody's
// business, and changes while it is printed.
func (s *TokenSource) Format(f fmt.State, _ rune) { io.WriteString(f, "entra.TokenSource") }

// For returns Token for one scope, in the form in which a source takes it.
func (s *TokenSource) For(scope string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) { return s.Token(ctx, scope) }
}

// Invalidate makes the next call of Token ask for a new token, where token is
// one that is still handed out. It is for a token that a service refuses with
// 401 before its time: of many calls with the same token the first one counts.
func (s *TokenSource) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	digest := sha256.Sum256([]byte(token))
	if !slices.Contains(slices.Collect(maps.Values(s.last)), digest) {
		return
	}
	// MSAL has no way to drop a token but to drop its cache.
	client, err := s.connect()
	if err != nil {
		return // cannot be: the same call succeeded in New
	}
	s.client = &client
	s.generation++
	clear(s.last)
}

// acquire gets a token from MSAL's cache or from the service.
func (s *TokenSource) acquire(ctx context.Context, client *confidential.Client, generation int, scope string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+maxAttempts*tryTimeout)
	defer cancel()
	result, err := client.AcquireTokenByCredential(ctx, []string{scope})
	if err != nil {
		err = explainMSAL(err)
		s.remember(scope, err)
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if generation == s.generation {
		s.last[scope] = sha256.Sum256([]byte(result.AccessToken))
	}
	return result.AccessToken, nil
}

func (s *TokenSource) remember(scope string, err error) {
	f := failure{err: err}
	if fault.ClassOf(err) == fault.Unavailable {
		f.until = time.Now().Add(outageEcho)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[scope] = f
}

func (s *TokenSource) remembered(scope string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.failures[scope]; f.until.IsZero() || time.Now().Before(f.until) {
		return f.err
	}
	return nil
}

// explainMSAL turns an error of MSAL into ours. What the network answered has
// been judged already; the rest is about answers that make no sense, and its
// text is left out, because it holds the answer.
func explainMSAL(err error) error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return fault.New(f.Class, f.Hint, "sign in to Microsoft Entra: %w", f)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, words.CheckNetwork, "sign in to Microsoft Entra: %w", context.DeadlineExceeded)
	}
	return fault.New(fault.Config, words.AnswerNotOfSignIn,
		words.NoSignInService)
}
