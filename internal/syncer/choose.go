package syncer

import (
	"context"
	"errors"
	"fmt"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// Offer is one way to the mailboxes.
type Offer struct {
	Name   string // "graph" or "ews"
	Label  string // "Microsoft Graph", for people
	Source Source

	// SignIn gets a token and returns the permission in it that opens
	// mailboxes; an empty one where the token shows none. That alone does not
	// mean refusal: a grant by RBAC for Applications does not show.
	SignIn func(context.Context) (permission string, err error)
	// Probe asks the service for as little as possible of one mailbox. An error
	// of class Refused means that the app may not read it.
	Probe func(context.Context, phonebook.Member) error
}

// probes is how many mailboxes are asked before all are taken to be closed:
// one refusal may be that mailbox's own.
const probes = 5

// Settle returns the offer that the setting source asks for; for "auto" Graph
// where the app may read contacts there, else EWS. Last is the source of the
// last run that worked; EWS is kept without asking Graph's mailboxes again.
//
// An outage never decides: it is an error of class Unavailable. Where neither
// way is open the error, of class Config, says what to grant.
func Settle(ctx context.Context, source, last string, graph, ews Offer, members []phonebook.Member) (Choice, error) {
	switch source {
	case graph.Name:
		return given(ctx, graph)
	case ews.Name:
		return given(ctx, ews)
	}
	why, errGraph := open(ctx, graph, last != ews.Name, members)
	if errGraph == nil {
		return Choice{graph.Name, why, graph.Source}, nil
	}
	if !closed(errGraph) {
		return Choice{}, errGraph
	}
	why, errEWS := open(ctx, ews, true, members)
	switch {
	case errEWS == nil:
		return Choice{ews.Name, why + ", and none over " + graph.Label, ews.Source}, nil
	case last == ews.Name:
		// EWS worked until now. Perhaps Graph was opened in the meantime.
		if why, err := open(ctx, graph, true, members); err == nil {
			return Choice{graph.Name, why, graph.Source}, nil
		}
	}
	if !closed(errEWS) {
		return Choice{}, errEWS
	}
	return Choice{}, neither(errGraph, errEWS)
}

// given signs in for a source that the settings name.
func given(ctx context.Context, o Offer) (Choice, error) {
	if _, err := o.SignIn(ctx); err != nil {
		return Choice{}, err
	}
	return Choice{o.Name, "the settings say so", o.Source}, nil
}

// errNoPermission is what a token without any permission leads to where no
// mailbox was asked.
var errNoPermission = &fault.Error{Class: fault.Refused, Err: errors.New("the token carries no permission to read contacts")}

// open returns why the app may read mailboxes over the offer, or why not.
func open(ctx context.Context, o Offer, probe bool, members []phonebook.Member) (why string, err error) {
	permission, err := o.SignIn(ctx)
	if err != nil {
		return "", err
	}
	if permission != "" {
		return "the app has the permission " + permission, nil
	}
	if !probe {
		return "", errNoPermission
	}
	if err := knock(ctx, o, members); err != nil {
		return "", err
	}
	return "the app is not refused over " + o.Label, nil
}

// knock asks one mailbox after the other until one is open or enough have
// refused. A mailbox that does not exist says nothing about the others.
func knock(ctx context.Context, o Offer, members []phonebook.Member) error {
	var refused error
	for n := 0; len(members) > 0 && n < probes; members = members[1:] {
		err := o.Probe(ctx, members[0])
		switch class := fault.ClassOf(err); {
		case err == nil:
			return nil
		case class == fault.Refused:
			refused = err
			n++
		case class != fault.Member || ctx.Err() != nil:
			return err
		}
	}
	return refused
}

// closed tells whether an error means that this way is shut, as opposed to an
// outage or a sign-in that is wrong for both ways.
func closed(err error) bool { return fault.ClassOf(err) == fault.Refused }

func neither(graph, ews error) error {
	return fault.New(fault.Config,
		"grant the app registration the application permission Contacts.Read of Microsoft Graph (and User.ReadBasic.All, to find mailboxes by address) and give admin consent; a new grant can take an hour to work",
		"%w", fmt.Errorf("the app may read contacts neither over Microsoft Graph (%w) nor over EWS (%w)", graph, ews))
}
