package syncer

import (
	"context"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

var (
	errRefused = fault.New(fault.Refused, "", "access denied")
	errOutage  = fault.New(fault.Unavailable, "", "no network")
	errMissing = fault.New(fault.Member, "", "no such mailbox")
	errSecret  = fault.New(fault.Config, "", "wrong secret")
)

// offer returns a way in with the permission that its token shows, and what
// its mailboxes answer by their address; asked counts the probes.
func offer(name, permission string, signIn error, mailboxes map[string]error, asked *int) Offer {
	return Offer{
		Name: name, Label: name,
		SignIn: func(context.Context) (string, error) { return permission, signIn },
		Probe: func(_ context.Context, m phonebook.Member) error {
			*asked++
			return mailboxes[m.Mail]
		},
	}
}

func TestSettle(t *testing.T) {
	refuse := map[string]error{"a": errRefused, "b": errRefused}
	tests := map[string]struct {
		source, last         string
		graphRole, ewsRole   string
		graphSignIn          error
		ewsSignIn            error
		graphBoxes, ewsBoxes map[string]error
		want                 string
		class                fault.Class
		text                 string // in the reason or the error
		probes               int
	}{
		"named in the settings":                     {source: "ews", graphRole: "Contacts.Read", want: "ews", text: "settings"},
		"role in the token decides without a probe": {source: "auto", graphRole: "Contacts.Read", want: "graph", text: "Contacts.Read"},
		"RBAC shows only in a probe":                {source: "auto", want: "graph", text: "not refused", probes: 1},
		"one mailbox's refusal decides nothing":     {source: "auto", graphBoxes: map[string]error{"a": errRefused}, want: "graph", probes: 2},
		"a missing mailbox decides nothing":         {source: "auto", graphBoxes: map[string]error{"a": errMissing, "b": errRefused}, ewsRole: "full_access_as_app", want: "ews", text: "full_access_as_app", probes: 2},
		"all refuse: EWS":                           {source: "auto", graphBoxes: refuse, ewsRole: "full_access_as_app", want: "ews", text: "Graph is closed", probes: 2},
		"EWS by RBAC":                               {source: "auto", graphBoxes: refuse, want: "ews", probes: 3},
		"Graph is kept whatever one mailbox says":   {source: "auto", last: "graph", graphBoxes: refuse, ewsRole: "full_access_as_app", want: "graph", text: "last run"},
		"EWS by RBAC is kept":                       {source: "auto", last: "ews", want: "ews", text: "last run"},
		"Graph's sign-in fails, EWS's works":        {source: "auto", last: "ews", graphSignIn: errSecret, ewsRole: "full_access_as_app", want: "ews"},
		"an outage never decides":                   {source: "auto", graphBoxes: map[string]error{"a": errOutage}, ewsRole: "full_access_as_app", class: fault.Unavailable, probes: 1},
		"EWS is kept while it works":                {source: "auto", last: "ews", ewsRole: "full_access_as_app", want: "ews"},
		"a role for Graph ends EWS":                 {source: "auto", last: "ews", graphRole: "Contacts.Read", ewsRole: "full_access_as_app", want: "graph"},
		"no sign-in, no source":                     {source: "auto", graphSignIn: errSecret, ewsSignIn: errSecret, class: fault.Config, text: "wrong secret"},
		"neither":                                   {source: "auto", graphBoxes: refuse, ewsBoxes: refuse, class: fault.Config, text: "neither", probes: 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var asked int
			got, err := Settle(context.Background(), tt.source, tt.last,
				offer("graph", tt.graphRole, tt.graphSignIn, tt.graphBoxes, &asked), offer("ews", tt.ewsRole, tt.ewsSignIn, tt.ewsBoxes, &asked),
				[]phonebook.Member{{Mail: "a"}, {Mail: "b"}})
			if got.Name != tt.want {
				t.Errorf("source %q, want %q (%v)", got.Name, tt.want, err)
			}
			text := got.Why
			if err != nil {
				text = err.Error()
				if fault.ClassOf(err) != tt.class {
					t.Errorf("class %v, want %v: %v", fault.ClassOf(err), tt.class, err)
				}
			}
			if !strings.Contains(text, tt.text) {
				t.Errorf("%q does not contain %q", text, tt.text)
			}
			if asked != tt.probes {
				t.Errorf("%d probes, want %d", asked, tt.probes)
			}
		})
	}
}
