package main

import (
	"context"
	"log/slog"
	"slices"

	"contactsync/internal/entra"
	"contactsync/internal/ews"
	"contactsync/internal/graph"
	"contactsync/internal/ldapdir"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/transport"
)

// The application permissions that open contacts, by the service in whose
// tokens they stand.
var (
	graphPermissions = []string{"Contacts.Read", "Contacts.ReadWrite"}
	ewsPermissions   = []string{"full_access_as_app"}
)

// way is the way to the mailboxes: both services with one transport beneath.
type way struct {
	graph, ews syncer.Offer
	transport  *transport.Transport
	// The tokens for both; nil for a server of one's own.
	graphToken, ewsToken func(context.Context) (string, error)
}

// count returns the requests that were sent and the bytes of their answers.
func (w *way) count() (requests, bytes int64) { return w.transport.Count() }

// newWay wires the services that the settings lead to.
func (p *program) newWay(set settings.Settings, logger *slog.Logger) (*way, error) {
	options := p.limits
	options.CAFile, options.Proxy, options.UserAgent, options.Logger = set.CAFile, set.Proxy(), "contactsync/"+version, logger
	if !set.Office365 {
		options.Places = int64(set.Workers) // Microsoft's bound of four is not ours
		return ownServer(set, options, logger)
	}
	carrier, err := transport.New(options)
	if err != nil {
		return nil, err
	}
	tokens, err := entra.New(entra.Config{
		Authority: set.Authority, TenantID: set.TenantID, ClientID: set.ClientID, Secret: set.ClientSecret.Reveal,
		CertificateFile: set.ClientCertificate, Renewal: p.renewal(), HTTPClient: carrier.Client(), Waits: carrier.Waits,
	})
	if err != nil {
		return nil, err
	}
	graphToken, ewsToken := tokens.For(set.GraphScope()), tokens.For(set.EWSScope())
	overGraph := graph.New(graph.Config{
		BaseURL: set.GraphURL, Token: graphToken, Transport: carrier,
		Invalidate: tokens.Invalidate,
		Folders:    set.AllFolders, Notes: set.IncludeNotes, Logger: logger,
	})
	overEWS, err := ews.New(ews.Config{
		URL: set.EWSURL, Token: ewsToken, Transport: carrier, Invalidate: tokens.Invalidate,
		Folders: set.AllFolders, Notes: set.IncludeNotes, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	return &way{
		graph:     syncer.Offer{Name: "graph", Label: "Microsoft Graph", Source: overGraph, Probe: overGraph.Probe, SignIn: permission(graphToken, graphPermissions)},
		ews:       syncer.Offer{Name: "ews", Label: "EWS", Source: overEWS, Probe: overEWS.Probe, SignIn: permission(ewsToken, ewsPermissions)},
		transport: carrier, graphToken: graphToken, ewsToken: ewsToken,
	}, nil
}

// permission returns a sign-in that names the first of the wanted permissions
// in the token.
func permission(token func(context.Context) (string, error), wanted []string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		t, err := token(ctx)
		if err != nil {
			return "", err
		}
		return first(wanted, entra.Roles(t)), nil
	}
}

// first returns the first of the wanted permissions that is among roles; an
// empty one where none is.
func first(wanted, roles []string) string {
	for _, w := range wanted {
		if slices.Contains(roles, w) {
			return w
		}
	}
	return ""
}

// ownServer wires an Exchange server of one's own, where nothing is signed in
// beforehand: each request carries the user and the password.
func ownServer(set settings.Settings, options transport.Options, logger *slog.Logger) (*way, error) {
	options.HTTP1 = true
	options.Wrap = ews.Wrap(set.EWSUsername, set.EWSPassword.Reveal)
	carrier, err := transport.New(options)
	if err != nil {
		return nil, err
	}
	source, err := ews.New(ews.Config{
		URL: set.EWSURL, Transport: carrier,
		Folders: set.AllFolders, Notes: set.IncludeNotes, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	signIn := func(context.Context) (string, error) { return "", nil }
	return &way{ews: syncer.Offer{Name: "ews", Label: "EWS", Source: source, Probe: source.Probe, SignIn: signIn}, transport: carrier}, nil
}

// newDirectory wires the directory.
func newDirectory(set settings.Settings) (frugal, error) {
	l := set.LDAP
	directory, err := ldapdir.New(ldapdir.Config{
		URL: l.URL, StartTLS: l.StartTLS, CAFile: set.CAFile, BindDN: l.BindDN, BindPassword: l.BindPassword.Reveal,
		BaseDN: l.BaseDN, GroupFilter: l.GroupFilter, MemberAttribute: l.MemberAttribute,
		UIDAttribute: l.UIDAttribute, MailAttribute: l.MailAttribute, ObjectIDAttribute: l.ObjectIDAttribute,
	})
	return frugal{directory}, err
}
