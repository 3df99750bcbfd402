// Package ews reads contacts over Exchange Web Services: from Exchange Online,
// where EWS ends in April 2027, and from servers on premises, where it stays.
//
// Every request acts as the mailbox's user (ExchangeImpersonation by the
// primary address), in the cloud as an application with full_access_as_app, on
// premises as a service account with the role ApplicationImpersonation. That
// way the well-known folder "contacts" is the member's, and throttling counts
// against his mailbox and not against one account for all.
//
// A folder is followed by SyncFolderItems, the first time too: from no state it
// tells of all items, 512 in an answer, and what it tells last is the state to go
// on from. FindItem would send 1,000 in a page, but it has no state to go on
// from, which SyncFolderItems only gives for reading everything once more; and
// its pages are places in a list, so that what is added or deleted between two
// of them moves others past. SyncFolderItems goes by what it has told: whatever
// happens meanwhile comes in a later answer. It cuts texts at 255 characters and
// has no notes, as FindItem does, so contacts with a text of that length, or all
// where notes are wanted, are read once more by GetItem.
//
// So a mailbox in which nothing happened costs one request. With the folders
// below Contacts it costs one for each folder and one to list them: nothing that
// tells of items tells of folders too. FindFolder lists them whole each time,
// which is one short answer and needs no state of its own. Where contacts came
// or went in one folder, those asked before it are asked again, in case they
// moved there meanwhile; after a full reading that is each folder but the last.
// A folder that is gone, or no longer one for contacts, makes the state stale:
// which contacts lay in it is not kept.
//
// The Contacts folder holds distribution lists too; they are skipped. Folders
// that Outlook keeps for itself are not read.
//
// Answers contain what stands in the mailbox, characters that XML forbids
// included, which encoding/xml refuses; so they are read by a small reader of
// our own (xmlReader), a stream at a time: a page is never held as XML.
//
// Sources: the documentation pages "SyncFolderItems operation", "GetItem
// operation", "FindItem operation", "FindFolder operation", "ResponseCode",
// "Impersonation and EWS in Exchange", "EWS throttling in Exchange", the schema
// files messages.xsd and types.xsd, and for NTLM [MS-NLMP] and [MS-NTHT].
package ews

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// DefaultURL is the service in Microsoft's public cloud.
const DefaultURL = "https://outlook.office365.com/EWS/Exchange.asmx"

// Config says which service to read from, as whom, and what.
type Config struct {
	URL string // default DefaultURL

	// Token returns an access token for Exchange Online. Nil means a server on
	// premises, where Wrap in Transport signs in.
	Token func(context.Context) (string, error)
	// Invalidate, where not nil, is told of a token that the service refused,
	// before Token is asked again: a cache must not answer with the same.
	Invalidate func(token string)

	Transport *transport.Transport
	Folders   bool         // also the folders below Contacts, at any depth
	Notes     bool         // also each contact's notes, which costs further requests
	Logger    *slog.Logger // default discards
}

// Source reads the contacts of mailboxes. It is safe for concurrent use.
type Source struct {
	url        string
	token      func(context.Context) (string, error)
	invalidate func(token string)
	transport  *transport.Transport
	deep       bool // also the folders below Contacts
	notes      bool
	log        *slog.Logger
}

// New returns a Source. It fails where the address cannot be used; it does not
// ask the service anything.
func New(c Config) (*Source, error) {
	if c.URL == "" {
		c.URL = DefaultURL
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Invalidate == nil {
		c.Invalidate = func(string) {}
	}
	if c.Transport == nil {
		return nil, errors.New("no transport")
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || !safe(u) {
		return nil, fault.New(fault.Config, words.EWSURLLike,
			"read ews_url: %q cannot be used", redact(c.URL))
	}
	return &Source{url: c.URL, token: c.Token, invalidate: c.Invalidate, transport: c.Transport, deep: c.Folders, notes: c.Notes, log: c.Logger}, nil
}

// redact leaves out of an address what stands before an @.
func redact(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// Probe asks for one item's id of the member's contacts, to find out whether
// the mailbox can be read. The error is as of Read.
func (s *Source) Probe(ctx context.Context, m phonebook.Member) error {
	a, err := s.call(ctx, m.Mail, findOne(contactsFolder))
	if err != nil {
		return err
	}
	_, err = s.one(a)
	return err
}

// Read hands what happened to the member's contacts since an earlier reading,
// all of them where since is empty, to yield, a part at a time; the number of
// parts and their sizes mean nothing, and the last word about an id counts. What
// a page holds is good until yield returns, but for strings, which may be kept.
// An error of yield ends the reading and is returned. The state is for the next
// reading of this mailbox; one that cannot be used leads to phonebook.ErrStale.
//
// Errors of the mailbox are *fault.Error of class Refused where this mailbox
// is closed to us, Member where something else is wrong with it, Unavailable,
// or Config.
func (s *Source) Read(ctx context.Context, m phonebook.Member, since string, yield func(phonebook.Page) error) (state string, err error) {
	r, err := s.newReading(m.Mail, since, yield)
	if err != nil {
		return "", err
	}
	return r.run(ctx)
}

// call sends a request to a mailbox and returns the answer, in which no
// message is an error that passes by itself.
func (s *Source) call(ctx context.Context, mail, request string) (a answer, err error) {
	if mail == "" || strings.ContainsFunc(mail, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
		return a, fault.New(fault.Member, words.GiveAddress, words.BadAddress, mail)
	}
	body := envelope(mail, request)
	renewed := false
	err = s.transport.Do(ctx, 1,
		func(ctx context.Context) (*http.Request, error) { return s.request(ctx, mail, body) },
		func(resp *http.Response) (err error) {
			if resp.StatusCode == http.StatusUnauthorized && s.token != nil && !renewed {
				renewed = true // the token may have run out on its way
				s.invalidate(strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "))
				return &transport.Retry{Err: s.refusal(resp)}
			}
			a, err = s.read(resp)
			return err
		})
	return a, err
}

// request builds the HTTP request. Its body can be sent again, as NTLM needs.
func (s *Source) request(ctx context.Context, mail string, body []byte) (*http.Request, error) {
	req, err := newRequest(ctx, s.url, body)
	if err != nil {
		return nil, err
	}
	// Exchange Online routes by it to the mailbox's server.
	req.Header.Set("X-AnchorMailbox", mail)
	if s.token != nil {
		token, err := s.token(ctx)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// read takes an HTTP answer.
func (s *Source) read(resp *http.Response) (answer, error) {
	busy := transport.Busy(resp)
	if busy == nil {
		if err := s.refusal(resp); err != nil {
			return answer{}, err
		}
	}
	a, err := decode(resp.Body)
	switch {
	case busy != nil:
		// A busy service may say in a fault how long it wants to be left alone.
		if err == nil && a.fault != nil {
			busy.After = max(busy.After, a.fault.wait)
		}
		return a, busy
	case err != nil:
		if ours := ownError(err); ours != nil {
			return a, ours
		}
		return a, foreign(resp, err)
	case a.fault != nil:
		return a, s.explain(a.fault)
	}
	for _, m := range a.messages {
		if m.err != nil && retryCodes[m.err.code] {
			return a, s.explain(m.err)
		}
	}
	return a, nil
}

// ownError returns the error of a body that could not be read to its end, as
// opposed to one that was read and makes no sense.
func ownError(err error) error {
	var retry *transport.Retry
	var f *fault.Error
	if errors.As(err, &retry) || errors.As(err, &f) {
		return err
	}
	return nil
}

// one returns the answer's only message.
func (s *Source) one(a answer) (message, error) {
	if len(a.messages) != 1 {
		return message{}, errShape("%d messages instead of one", len(a.messages))
	}
	m := a.messages[0]
	if m.err != nil {
		return m, s.explain(m.err)
	}
	return m, nil
}
