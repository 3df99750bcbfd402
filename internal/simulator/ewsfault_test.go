package simulator

import (
	"strings"
	"testing"
	"time"

	"contactsync/internal/simulator/conformance"
)

// The ready faults have the shapes that Exchange's errors have, and only the
// operation that they are for has them.
func TestEWSFaults(t *testing.T) {
	s := newEWSSite(t, Options{})
	id := s.box.Item(s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a"})).EWSID()
	get := "<m:GetItem>" + idOnly + "<m:ItemIds>" + strings.Repeat(`<t:ItemId Id="`+id+`"/>`, 3) + "</m:ItemIds></m:GetItem>"
	var docs [][]byte
	for _, c := range []struct {
		name   string
		fault  Fault
		status int
		codes  string
		holds  string
	}{
		{"busy", EWSBusy(1500 * time.Millisecond), 500, "fault ErrorServerBusy", `<t:Value Name="BackOffMilliseconds">1500</t:Value>`},
		{"busy for long", EWSBusy(0), 500, "fault ErrorServerBusy", "Try again later"},
		{"unavailable", EWSBusyUnavailable(time.Second), 503, "fault ErrorServerBusy", ">1000<"},
		{"in messages", EWSBusyMessage(time.Second), 200, "ErrorServerBusy ErrorServerBusy ErrorServerBusy", `<t:Value Name="BackOffMilliseconds">1000</t:Value>`},
		{"moving", EWSMessage("ErrorMailboxMoveInProgress", "Mailbox move in progress."), 200, strings.Repeat(" ErrorMailboxMoveInProgress", 3)[1:], ""},
		{"any fault", EWSFault("ErrorInternalServerTransientError", "Oh <no> & more"), 500, "fault ErrorInternalServerTransientError", "Oh &lt;no&gt;"},
	} {
		s.SetFault(EWSTimes(1, "GetItem", c.fault))
		if resp, _ := s.post(s.token(s.app), envelope(smtp(s.box.Mail), someItems)); resp.StatusCode != 200 {
			t.Errorf("%s hits another operation: %s", c.name, resp.Status)
		}
		resp, body := s.post(s.token(s.app), envelope(smtp(s.box.Mail), get))
		if got := tree(t, body).codes(); resp.StatusCode != c.status || got != c.codes || !strings.Contains(string(body), c.holds) {
			t.Errorf("%s: %d %q, want %d %q: %s", c.name, resp.StatusCode, got, c.status, c.codes, body)
		}
		docs = append(docs, body)
		if got := s.ask(get).codes(); got != "NoError NoError NoError" {
			t.Errorf("%s strikes twice: %s", c.name, got)
		}
	}
	conformance.ValidateEWS(t, docs...)
	s.SetFault(EWSTimes(-1, "FindItem", EWSBlocked("EWS is blocked by policy for this user or tenant")))
	for range 2 {
		resp, _ := s.post(s.token(s.app), envelope(smtp(s.box.Mail), someItems))
		if resp.StatusCode != 403 || resp.Header.Get("X-EWS-Policy-Reason") == "" {
			t.Errorf("blocked: %s", resp.Status)
		}
	}
}
