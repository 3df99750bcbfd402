package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/settings"
	"contactsync/internal/syncer"
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
		k.skip("permissions", "not needed by an Exchange server of one's own, where the account's role opens mailboxes")
		return nil
	}
	role, service := k.granted()
	switch unasked := k.isBroken("tls", "members") || len(k.members) == 0; {
	case role != "":
		k.ok("permissions", "%s of %s opens contacts", role, service)
	case unasked:
		k.skip("permissions", "the token shows none that opens contacts, but RBAC for Applications does not show there, and no mailbox could be asked")
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
		k.ok("permissions", "the token shows none, and yet mailboxes open: they are granted by RBAC for Applications, which does not show there")
	case k.set.Source == settings.EWS && first(graphPermissions, k.graphRoles) != "":
		k.fail("permissions", fault.New(fault.Config, hintSourceEWS+k.kvstore()+" set contactsync source auto",
			"the key source is ews, and only Microsoft Graph is open to the app: %w", k.refusal))
	case class == fault.Config || class == fault.Refused:
		k.fail("permissions", fault.New(fault.Config, hintConsent+k.consentPage()+"\n"+hintRBACInstead+"\n"+k.scopeCommand(),
			"the token shows none that opens contacts, and mailboxes are refused: %w", k.refusal))
	default:
		k.skip("permissions", "the token shows none that opens contacts, and no mailbox could be asked")
	}
}

// tooMuch warns of what was granted and is not needed, and of what would be
// needed to find every mailbox.
func (k *checker) tooMuch() {
	_, service := k.granted()
	overEWS := service == exchangeOnline || k.choice.Name == "ews"
	if !overEWS && first(lookUps, k.graphRoles) == "" && k.set.LDAP.ObjectIDAttribute == "" {
		k.warn("permissions", hintLookUp, "User.ReadBasic.All of Microsoft Graph is missing")
	}
	spare := slices.Clone(k.graphRoles)
	if slices.Contains(spare, "Contacts.ReadWrite") {
		k.warn("permissions", hintReadWrite+"\n"+k.narrow("Application Contacts.Read"), "Contacts.ReadWrite may also change and delete contacts, in every mailbox")
	}
	for _, role := range k.ewsRoles {
		switch {
		case role != "full_access_as_app":
			spare = append(spare, role)
		case overEWS:
			k.warn("permissions", k.narrow("Application EWS.AccessAsApp"), "full_access_as_app opens everything in every mailbox, mail and calendar too")
		default:
			k.warn("permissions", hintFullUnused, "full_access_as_app opens everything in every mailbox, mail and calendar too")
		}
	}
	spare = slices.DeleteFunc(spare, func(role string) bool {
		return slices.Contains(graphNeeds, role) || slices.Contains(graphPermissions, role)
	})
	if len(spare) > 0 {
		k.warn("permissions", hintUnneeded, "not needed: %s", strings.Join(spare, ", "))
	}
}

// narrow returns how the app comes to open the mailboxes of a group only.
func (k *checker) narrow(role string) string {
	return hintNarrow +
		"\n  New-ServicePrincipal -AppId " + k.set.ClientID + " -ObjectId OBJECT" +
		"\n  $group = (Get-Group GROUP).DistinguishedName" +
		"\n  New-ManagementScope contactsync -RecipientRestrictionFilter \"MemberOfGroup -eq '$group'\"" +
		"\n  New-ManagementRoleAssignment -App " + k.set.ClientID + " -Role '" + role + "' -CustomResourceScope contactsync" +
		"\n" + hintNarrowLast
}

// scopeCommand returns the command that tells what a mailbox is to the app.
func (k *checker) scopeCommand() string { return fmt.Sprintf(cmdScope, k.set.ClientID) }

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
	// What the settings name is used without asking a mailbox.
	if k.refusal == nil && !k.opens() && k.set.Source != settings.Auto && k.set.Office365 {
		k.refusal = syncer.Knock(ctx, map[string]syncer.Offer{"graph": k.way.graph, "ews": k.way.ews}[k.choice.Name], k.members)
	}
}

// testSource tests which service contacts are read over, as a run decides it.
func (k *checker) testSource(ctx context.Context) error {
	if len(k.members) == 0 && !k.opens() && k.set.Office365 {
		k.skip("source", "no mailbox could be asked")
		return nil
	}
	k.settle(ctx)
	switch {
	case k.refusal != nil:
		k.fail("source", k.refusal)
	case k.choice.Name == "ews" && k.set.Office365:
		k.warn("source", k.leaveEWS(), "EWS, which ends on 2027-04-01 (%s)", k.choice.Why)
	case k.choice.Name == "ews":
		k.ok("source", "EWS of an Exchange server of one's own")
	default:
		k.ok("source", "Microsoft Graph (%s)", k.choice.Why)
	}
	return nil
}

// leaveEWS says what to do before Exchange Online switches EWS off.
func (k *checker) leaveEWS() string {
	hint := hintEWSEnds + k.consentPage() + "\n"
	if k.set.Source == settings.EWS {
		return hint + hintEWSOnly + k.kvstore() + " set contactsync source auto"
	}
	return hint + hintEWSAuto
}
