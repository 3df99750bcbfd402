package syncer

import (
	"context"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
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

// How many mailboxes are asked before a way is taken to be closed, because one
// refusal may be that mailbox's own, and how many at the most, where they do
// not even exist.
const (
	probes    = 5
	maxProbes = 20
)

// Settle returns the offer that the setting source asks for; for "auto" Graph
// where the app may read contacts there, else EWS. Last is the source of the
// last run, if that worked with these settings, else empty; it is kept without
// asking a mailbox, but for a token that now shows the permission for Graph.
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
	why, errGraph := open(ctx, graph, last, members)
	if errGraph == nil {
		return Choice{graph.Name, why, graph.Source}, nil
	}
	if fault.ClassOf(errGraph) == fault.Unavailable || ctx.Err() != nil {
		return Choice{}, errGraph
	}
	why, errEWS := open(ctx, ews, last, members)
	switch {
	case errEWS == nil:
		return Choice{ews.Name, words.Say(words.SourceGraphClosed, why), ews.Source}, nil
	case !closed(errGraph): // the sign-in, which is the same for both
		return Choice{}, errGraph
	case fault.ClassOf(errEWS) == fault.Unavailable || ctx.Err() != nil:
		return Choice{}, errEWS
	}
	return Choice{}, neither(errGraph, errEWS)
}

// given signs in for a source that the settings name.
func given(ctx context.Context, o Offer) (Choice, error) {
	if _, err := o.SignIn(ctx); err != nil {
		return Choice{}, err
	}
	return Choice{o.Name, words.Fill(words.SourceGiven), o.Source}, nil
}

// errNoPermission is what a token without any permission leads to where no
// mailbox was asked.
var errNoPermission = &fault.Error{Class: fault.Refused, Err: words.Errorf(words.NoPermission)}

// open returns why the app may read mailboxes over the offer, or why not.
func open(ctx context.Context, o Offer, last string, members []phonebook.Member) (why string, err error) {
	permission, err := o.SignIn(ctx)
	if err != nil {
		return "", err
	}
	if permission != "" {
		return words.Say(words.SourcePermission, permission), nil
	}
	switch last {
	case o.Name:
		return words.Fill(words.SourceAsBefore), nil
	case "":
	default: // the other way works
		return "", errNoPermission
	}
	if err := Knock(ctx, o, members); err != nil {
		return "", err
	}
	return words.Say(words.SourceNotRefused, o.Label), nil
}

// Knock asks one mailbox after the other until one is open or enough have
// refused. A mailbox that does not exist says nothing about the others. The
// error, where there is one, is of class Refused where all that could tell did.
func Knock(ctx context.Context, o Offer, members []phonebook.Member) error {
	var refused error
	n := 0
	for _, m := range members[:min(len(members), maxProbes)] {
		if n == probes {
			break
		}
		err := o.Probe(ctx, m)
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
	return fault.New(fault.Config, words.GrantContactsRead, words.NeitherSource, graph, ews)
}
