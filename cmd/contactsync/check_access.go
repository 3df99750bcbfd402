package main

import (
	"context"
	"slices"
	"strings"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
	"contactsync/internal/words"
)

// What the app needs, by the service in whose tokens it stands, and what lets
// it look users up by their address.
var (
	graphNeeds = []string{"Contacts.Read", "User.ReadBasic.All"}
	lookUps    = []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
)

// testPermissions tests what the app may do: too little, or more than it needs.
// The token shows what was consented to, and not what RBAC for Applications
// grants; where it shows nothing, mailboxes are asked.
func (k *checker) testPermissions(ctx context.Context) error {
	if k.way.graphToken == nil {
		k.skip("permissions", words.RoleOpensBoxes)
		return nil
	}
	role, service := k.granted()
	switch unasked := k.isBroken("tls", "members") || len(k.members) == 0; {
	case role != "":
		k.ok("permissions", words.PermissionOpens, role, service)
	case unasked:
		k.skip("permissions", words.NoneAndUnasked)
	default:
		k.settle(ctx)
		k.withoutRole()
	}
	if !k.isBroken("permissions") {
		k.tooMuch()
	}
	return nil
}

// granted returns the permission in the tokens that opens contacts the way the
// settings lead, and the service that it belongs to; empty where none does.
func (k *checker) granted() (role, service string) {
	if role = first(graphPermissions, k.graphRoles); role != "" && k.set.Source != settings.EWS {
		return role, microsoftGraph
	}
	if role = first(ewsPermissions, k.ewsRoles); role != "" && k.set.Source != settings.Graph {
		return role, exchangeOnline
	}
	return "", ""
}

// opens tells whether a permission in the tokens opens contacts.
func (k *checker) opens() bool {
	role, _ := k.granted()
	return role != ""
}

// shown tells whether the permission that opens contacts over the chosen source
// is in its token.
func (k *checker) shown() bool {
	if k.choice.Name == "graph" {
		return first(graphPermissions, k.graphRoles) != ""
	}
	return first(ewsPermissions, k.ewsRoles) != ""
}

// What the portal calls the services to which permissions belong.
const (
	microsoftGraph = "Microsoft Graph"
	exchangeOnline = "Office 365 Exchange Online"
)

// withoutRole says what came of asking mailboxes without a permission in the
// token.
func (k *checker) withoutRole() {
	switch class := fault.ClassOf(k.refusal); {
	case k.refusal == nil:
		k.ok("permissions", words.NoneButOpen)
	case k.set.Source == settings.EWS && first(graphPermissions, k.graphRoles) != "":
		k.fail("permissions", fault.New(fault.Config, words.Say(words.GoOverToGraph, k.preferGraph()), words.OnlyGraphOpen, k.refusal))
	case class == fault.Config || class == fault.Refused:
		k.fail("permissions", fault.New(fault.Config, words.Say(words.GrantOrRBAC, k.consentPage(), k.set.ClientID), words.NoneAndRefused, k.refusal))
	default:
		k.skip("permissions", words.NoneNoMailbox)
	}
}

// tooMuch warns of what was granted and is not needed, and of what would be
// needed to find every mailbox.
func (k *checker) tooMuch() {
	_, service := k.granted()
	overEWS := service == exchangeOnline || k.choice.Name == "ews"
	if !overEWS && first(lookUps, k.graphRoles) == "" && k.set.LDAP.ObjectIDAttribute == "" {
		k.warn("permissions", words.GrantLookUp, words.LookUpMissing)
	}
	spare := slices.Clone(k.graphRoles)
	if slices.Contains(spare, "Contacts.ReadWrite") {
		k.warn("permissions", words.Say(words.ReadIsEnough, k.narrow("Application Contacts.Read")), words.ReadWriteTooMuch)
	}
	for _, role := range k.ewsRoles {
		switch {
		case role != "full_access_as_app":
			spare = append(spare, role)
		case overEWS:
			k.warn("permissions", k.narrow("Application EWS.AccessAsApp"), words.FullTooMuch)
		default:
			k.warn("permissions", words.RemoveFull, words.FullTooMuch)
		}
	}
	spare = slices.DeleteFunc(spare, func(role string) bool {
		return slices.Contains(graphNeeds, role) || slices.Contains(graphPermissions, role)
	})
	if len(spare) > 0 {
		k.warn("permissions", words.RemoveUnused, words.NotNeeded, strings.Join(spare, ", "))
	}
}

// narrow returns how the app comes to open the mailboxes of a group only.
func (k *checker) narrow(role string) string {
	return words.Say(words.NarrowToGroup, k.set.ClientID, role)
}

// settle decides on the source as the next run will, once.
func (k *checker) settle(ctx context.Context) {
	if k.settled {
		return
	}
	k.settled = true
	last := ""
	if db, err := bookdb.OpenReader(k.phonebooks); err == nil { // else see testPhonebooks
		last, _ = db.State(ctx, stateSource)
		db.Close()
	}
	k.choice, k.refusal = k.way.chooser(k.set, last)(ctx, k.members)
	// What the settings name, or worked in the last run, is used without asking
	// a mailbox; otherwise one has been asked by now.
	unasked := k.set.Source != settings.Auto || lastSource(last, k.set) == k.choice.Name
	if k.refusal == nil && unasked && !k.shown() && k.set.Office365 {
		err := syncer.Knock(ctx, map[string]syncer.Offer{"graph": k.way.graph, "ews": k.way.ews}[k.choice.Name], k.members)
		if fault.ClassOf(err) == fault.Refused { // by all: that is a matter of the settings
			err = fault.New(fault.Config, "", "%w", err)
		}
		k.refusal = err
	}
}

// testSource tests which service contacts are read over, as a run decides it.
func (k *checker) testSource(ctx context.Context) error {
	if len(k.members) == 0 && !k.opens() && k.set.Office365 {
		k.skip("source", words.NoMailboxAsked)
		return nil
	}
	k.settle(ctx)
	switch {
	case k.refusal != nil:
		k.fail("source", k.refusal)
	case k.choice.Name == "ews" && k.set.Office365:
		k.warn("source", k.leaveEWS(), words.SourceEWS, k.choice.Why)
	case k.choice.Name == "ews":
		k.ok("source", words.SourceOwn)
	default:
		k.ok("source", words.SourceGraph, k.choice.Why)
	}
	return nil
}

// leaveEWS says what to do before Exchange Online switches EWS off.
func (k *checker) leaveEWS() string {
	if k.set.Source == settings.EWS {
		return words.Say(words.LeaveEWSAlone, k.consentPage(), k.preferGraph())
	}
	return words.Say(words.LeaveEWS, k.consentPage())
}
