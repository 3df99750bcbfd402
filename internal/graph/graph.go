// Package graph reads contacts over Microsoft Graph v1.0, as an application
// with the permission Contacts.Read.
//
// A mailbox is found by the member's object id where the directory knows it,
// else by its address: /users with a filter on mail. Graph would also take an
// address in place of an id, but there it means a sign-in name, and one user's
// sign-in name can be another's address. So that way is left to apps that may
// not look users up (the permission User.ReadBasic.All is missing).
//
// Contacts come as pages of up to 999, each with a link to the next. A page
// may be short, or empty, and still not be the last; only a page without a
// link is. The link is followed as it stands, because what is in it is the
// service's own affair, but never to another server: it would get our token.
//
// Changes since the last run are told by delta, folder by folder, as ids alone:
// whether delta takes $expand is not documented. What changed is then read one
// by one, twenty in a batch. A full reading begins with delta too; see full.go.
//
// Where several mailboxes are only looked at, they share their batches. A batch
// counts as the four requests that the service works on at a time, and each
// part of it has its own status: what is throttled is sent again alone.
//
// Graph's contact type knows business, home and mobile numbers. Fax, pager,
// car and the other numbers of Outlook's form are reachable only as MAPI
// properties, so every listing expands singleValueExtendedProperties with a
// filter that names the sixteen property tags. That costs no further request.
//
// Ids are asked for in their immutable form, which stays the same while a
// contact stays in its mailbox, whatever folder it is moved to. Distribution
// lists are no contacts to Graph and never come.
//
// Sources: the documentation pages "List contacts", "List childFolders",
// "List users", "contact: delta", "Get singleValueLegacyExtendedProperty",
// "Paging Microsoft Graph data in your app", "Obtain immutable identifiers for
// Outlook resources", "Use delta query to track changes in Microsoft Graph
// data", "Combine multiple HTTP requests using JSON batching", "Microsoft Graph
// throttling guidance" and "Microsoft Graph error responses and resource types".
package graph

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"

	"contactsync/internal/phonebook"
	"contactsync/internal/transport"
)

// publicCloud is Graph's address outside the national clouds.
const publicCloud = "https://graph.microsoft.com/v1.0"

// chinaCloud is the host of the national cloud of China, which has no delta for
// contacts ("contact: delta").
const chinaCloud = "microsoftgraph.chinacloudapi.cn"

// Config says where Graph is, who asks, and what is read.
type Config struct {
	// BaseURL is Graph's address with its version; empty: the public cloud. An
	// address without any path gets /v1.0.
	BaseURL string
	// Token returns an access token for Graph. It is called for every request
	// and is expected to cache.
	Token func(context.Context) (string, error)
	// Invalidate, where not nil, is told of a token that Graph refused, before
	// Token is asked again: a cache must not answer with the same.
	Invalidate func(token string)

	Transport *transport.Transport
	Folders   bool         // also the folders below Contacts
	Notes     bool         // also the contacts' notes
	Logger    *slog.Logger // default discards
}

// Source reads mailboxes over Graph. It is safe for concurrent use.
type Source struct {
	base       *url.URL
	address    string // base as text
	token      func(context.Context) (string, error)
	invalidate func(string)
	transport  *transport.Transport
	folders    bool
	query      string // of every listing of contacts
	noDelta    bool   // the cloud has no delta for contacts
	logger     *slog.Logger
	found      findings

	// bySignIn is set once Graph has refused to look a user up. It holds for
	// the rest of the run: a Source lives as long as one.
	bySignIn atomic.Bool
}

// New returns a Source. A BaseURL that is no address makes every request fail.
func New(c Config) *Source {
	s := &Source{
		base:       baseURL(c.BaseURL),
		token:      c.Token,
		invalidate: c.Invalidate,
		transport:  c.Transport,
		folders:    c.Folders,
		query:      contactsQuery(c.Notes),
		logger:     c.Logger,
	}
	s.address = s.base.Scheme + "://" + s.base.Host + s.base.EscapedPath()
	s.noDelta = strings.EqualFold(s.base.Hostname(), chinaCloud)
	if s.invalidate == nil {
		s.invalidate = func(string) {}
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	return s
}

func baseURL(address string) *url.URL {
	if address == "" {
		address = publicCloud
	}
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil {
		return &url.URL{}
	}
	if u.Path == "" {
		u.Path = "/v1.0"
	}
	return u
}

// Read hands over what happened to m's mailbox since a state that an earlier
// reading returned, or all contacts in it where since is empty: those of the
// default folder and, where the configuration says so, of the folders below it,
// without the ones that Outlook hides. It returns the state for the next time,
// an empty one where the service cannot tell changes. A contact can come twice
// where the mailbox changes meanwhile; the last word counts. What a page holds is
// good until yield returns, but for strings, which may be kept. An error of
// yield ends the reading and is returned as it is.
//
// The error has phonebook.ErrStale in its chain where the state is of no use
// any more. Else it is of class Refused where the app may not read this
// mailbox, Member where there is no such mailbox, Unavailable where another try
// may help, and Config where settings or sign-in are wrong.
func (s *Source) Read(ctx context.Context, m phonebook.Member, since string, yield func(phonebook.Page) error) (state string, err error) {
	found, err := s.known(ctx, m, since)
	if err != nil {
		return "", err
	}
	if since == "" {
		state, err = s.full(ctx, found.box, yield)
	} else {
		state, err = s.changes(ctx, found, since, yield)
	}
	return state, found.box.explain(err)
}

// changes reads what happened since a state, or what of it was not found yet.
func (s *Source) changes(ctx context.Context, found finding, since string, yield func(phonebook.Page) error) (state string, err error) {
	r := found.reading
	if r == nil {
		if r, err = s.resume(ctx, s, found.box, since); err != nil {
			return "", err
		}
	}
	if !found.read {
		if err := r.settle(ctx, s); err != nil {
			return "", err
		}
		if err := r.deliver(ctx, s, yield); err != nil {
			return "", err
		}
	}
	for _, p := range found.pages {
		if err := yield(p); err != nil {
			return "", err
		}
	}
	return r.state()
}

// Probe asks for as little as possible of m's mailbox. It returns nil where
// the app may read contacts there, else an error as Read does: of class
// Refused where the app may not.
func (s *Source) Probe(ctx context.Context, m phonebook.Member) error {
	box, err := s.find(ctx, s, m)
	if err != nil {
		return err
	}
	// Following further pages would answer no further question.
	return box.explain(s.single(ctx, &request{link: s.link(box.path+"/contacts", "$top=1&$select=id"), page: listPage, use: func(r *reader) error {
		_, err := decodeItems[struct{}](r)
		return err
	}}))
}
