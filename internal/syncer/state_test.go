package syncer

import (
	"strings"
	"testing"

	"contactsync/internal/phonebook"
)

func TestStatesThatAreNotUsed(t *testing.T) {
	us := &crew{Syncer: &Syncer{Digest: "0123"}, name: "graph"}
	kept := us.sealed("a token with blanks")
	tests := map[string]struct {
		known phonebook.Known
		crew  *crew
		state string
		why   string // part of the reason
	}{
		"as it was left":         {phonebook.Known{State: kept}, us, "a token with blanks", ""},
		"never read":             {phonebook.Known{}, us, "", ""},
		"touched":                {phonebook.Known{State: kept, Touched: true}, us, "", "somebody else"},
		"another setting":        {phonebook.Known{State: kept}, &crew{Syncer: &Syncer{Digest: "4567"}, name: "graph"}, "", "setting"},
		"another, that is known": {phonebook.Known{State: kept}, &crew{Syncer: &Syncer{Digest: "4567", Changed: func(was string) []string { return []string{"key" + was, "other"} }}, name: "graph"}, "", "setting changed that decides what is read or written: key0123, other"},
		"another source":         {phonebook.Known{State: kept}, &crew{Syncer: &Syncer{Digest: "0123"}, name: "ews"}, "", "over graph"},
		"another reader":         {phonebook.Known{State: "0" + kept[1:]}, us, "", "version"},
		"scribble":               {phonebook.Known{State: "x"}, us, "", "damaged"},
		"a full run":             {phonebook.Known{State: kept}, &crew{Syncer: &Syncer{Digest: "0123", Full: true}, name: "graph"}, "", ""},
		"a dry run reads all":    {phonebook.Known{State: kept}, &crew{Syncer: &Syncer{Digest: "0123", DryRun: true}, name: "graph"}, "", ""},
		"a digest cut in two":    {phonebook.Known{State: strings.Replace(kept, "0123", "01 23", 1)}, us, "", "setting"},
		"nothing but a seal":     {phonebook.Known{State: us.seal() + " "}, us, "", ""},
		"a seal without a blank": {phonebook.Known{State: us.seal()}, us, "", "damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			state, why := tt.crew.opened(tt.known)
			if state != tt.state || (why == "") != (tt.why == "") || !strings.Contains(why, tt.why) {
				t.Errorf("state %q, because %q; want %q, because of %q", state, why, tt.state, tt.why)
			}
		})
	}
	if us.sealed("") != "" {
		t.Error("an unknown state became known")
	}
}
