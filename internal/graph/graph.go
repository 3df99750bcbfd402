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
// The link says where the next page starts by a number of entries. Where a
// contact is deleted before that place, the next page would start one too far;
// so the total is asked for ($count), and a folder whose total changes between
// two pages is read again.
//
// Graph's contact type knows business, home and mobile numbers. Fax, pager,
// car and the other numbers of Outlook's form are reachable only as MAPI
// properties, so every listing expands singleValueExtendedProperties with a
// filter that names the sixteen property tags. That costs no further request.
//
// Ids are asked for in their immutable form, which stays the same while a
// contact stays in its folder. Distribution lists are no contacts to Graph and
// never come.
//
// Sources: the documentation pages "List contacts", "List childFolders",
// "List users", "Get singleValueLegacyExtendedProperty", "Paging Microsoft
// Graph data in your app", "Obtain immutable identifiers for Outlook
// resources" and "Microsoft Graph error responses and resource types".
package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/transport"
)

// publicCloud is Graph's address outside the national clouds.
const publicCloud = "https://graph.microsoft.com/v1.0"

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
	token      func(context.Context) (string, error)
	invalidate func(string)
	transport  *transport.Transport
	folders    bool
	query      string // of every listing of contacts
	logger     *slog.Logger

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

// Read hands over the contacts of m's mailbox page by page, each after it has
// been read whole: those of the default folder, then, where the configuration
// says so, those of the folders below it, without the ones that Outlook hides.
// A contact can come twice where the mailbox changes meanwhile. Yield may keep
// what it gets; its error ends the reading and is returned as it is.
//
// The error is of class Refused where the app may not read this mailbox,
// Member where there is no such mailbox, Unavailable where another try may
// help, and Config where settings or sign-in are wrong.
func (s *Source) Read(ctx context.Context, m phonebook.Member, yield func([]phonebook.Contact) error) error {
	box, err := s.find(ctx, m)
	if err != nil {
		return err
	}
	if err := s.contacts(ctx, box.path+"/contacts", yield); err != nil {
		return box.explain(err)
	}
	if !s.folders {
		return nil
	}
	return s.below(ctx, box, yield)
}

// Probe asks for as little as possible of m's mailbox. It returns nil where
// the app may read contacts there, else an error as Read does: of class
// Refused where the app may not.
func (s *Source) Probe(ctx context.Context, m phonebook.Member) error {
	box, err := s.find(ctx, m)
	if err != nil {
		return err
	}
	// Following further pages would answer no further question.
	return box.explain(s.get(ctx, s.link(box.path+"/contacts", "$top=1&$select=id"), func(body []byte) error {
		_, err := decodeItems[struct{}](body)
		return err
	}))
}

// rereads is how often a folder is read again because it changed meanwhile.
const rereads = 3

// contacts hands over the contacts of one folder, again from the first where
// the folder changes meanwhile.
func (s *Source) contacts(ctx context.Context, path string, yield func([]phonebook.Contact) error) error {
	for range 1 + rereads {
		err := list(ctx, s, s.link(path, s.query), decodeContacts, yield)
		if !errors.Is(err, errChanged) {
			return err
		}
		s.logger.Debug("a folder changed while it was read; reading it again", "path", path)
	}
	return fault.New(fault.Member, "somebody is changing the mailbox's contacts; the next run tries again",
		"read %d times: %w", 1+rereads, errChanged)
}
