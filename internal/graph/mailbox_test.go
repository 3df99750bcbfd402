package graph

import (
	"net/http"
	"strings"
	"testing"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// directory answers look-ups of users. It filters by nothing, so that the
// client's own check can be seen.
func (s *service) directory(t *testing.T, users string) {
	s.mux.HandleFunc("/v1.0/users", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.FormValue("$filter"), "mail eq '") || r.FormValue("$select") != "id,mail,userPrincipalName" {
			t.Errorf("look-up %s", r.URL.RawQuery)
		}
		body("%s", users)(w, r)
	})
}

func TestMailboxByAddress(t *testing.T) {
	s := newService(t)
	s.directory(t, `{"value":[{"id":"77","mail":"Bob.O'Neill+x@Example.com","userPrincipalName":"bo@example.com"}]}`)
	s.answer("/v1.0/users/77/contacts", body(`{"value":[{"id":"A"}]}`))
	got, _, err := read(s.source(t, nil), phonebook.Member{Mail: "bob.o'neill+x@example.com"})
	if err != nil || names(got) != "A" {
		t.Errorf("contacts %s, error %v", names(got), err)
	}
	if want := "mail%20eq%20%27bob.o%27%27neill%2Bx%40example.com%27"; s.count(want) != 1 {
		t.Errorf("asked %q, want %s", s.asked, want)
	}
}

func TestNoMailbox(t *testing.T) {
	for name, c := range map[string]struct{ users, text string }{
		"nobody":        {`{"value":[]}`, "nobody"},
		"someone else":  {`{"value":[{"id":"1","mail":"x@example.com","userPrincipalName":"a@example.com"}]}`, "nobody"},
		"sign-in only":  {`{"value":[{"id":"1","mail":null,"userPrincipalName":"a@example.com"}]}`, "nobody"},
		"two":           {`{"value":[{"id":"1","mail":"a@example.com","userPrincipalName":"u1"},{"id":"2","mail":"A@example.com","userPrincipalName":"u2"}]}`, "u1 and u2"},
		"two pages":     {`{"value":[{"id":"1","mail":"b@example.com"}]}`, "nobody"},
		"without an id": {`{"value":[{"mail":"a@example.com"}]}`, "without an id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.directory(t, c.users)
			_, _, err := read(s.source(t, nil), phonebook.Member{Mail: "a@example.com"})
			if err == nil || !strings.Contains(err.Error(), c.text) || fault.HintOf(err) == "" || s.count("contacts") > 0 {
				t.Errorf("error %v, hint %q", err, fault.HintOf(err))
			}
		})
	}
	if _, _, err := read(newService(t).source(t, nil), phonebook.Member{User: "x"}); err == nil || fault.HintOf(err) == "" {
		t.Errorf("a member without an address: %v", err)
	}
}

func TestLookUpOverPages(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users",
		body(`{"value":[],"@odata.nextLink":"$/users?$skiptoken=x"}`),
		body(`{"value":[{"id":"9","mail":"a@example.com"}]}`))
	s.answer("/v1.0/users/9/contacts", body(`{"value":[{"id":"A"}]}`))
	if got, _, err := read(s.source(t, nil), phonebook.Member{Mail: "a@example.com"}); err != nil || names(got) != "A" {
		t.Errorf("contacts %s, error %v", names(got), err)
	}
}

func TestBySignInName(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users", refuse(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
	s.mux.HandleFunc("/v1.0/users/{who}/contacts", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("who") == "b#ext#/?x@example.com" {
			body(`{"value":[{"id":"B"}]}`)(w, r)
			return
		}
		refuse(404, "Request_ResourceNotFound", "Resource does not exist")(w, r)
	})
	s.mux.HandleFunc("/v1.0/users/{who}/contactFolders/contacts", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("who") == "b#ext#/?x@example.com" {
			body(`{"id":"F"}`)(w, r)
			return
		}
		refuse(404, "Request_ResourceNotFound", "Resource does not exist")(w, r)
	})
	src := s.source(t, nil)
	got, _, err := read(src, phonebook.Member{Mail: "b#ext#/?x@example.com"})
	if err != nil || names(got) != "B" {
		t.Errorf("contacts %s, error %v", names(got), err)
	}
	_, _, err = read(src, phonebook.Member{Mail: "a@example.com"})
	if fault.ClassOf(err) != fault.Member || !strings.Contains(fault.HintOf(err), "User.ReadBasic.All") {
		t.Errorf("error %v, hint %q", err, fault.HintOf(err))
	}
	if n := s.count("$filter=mail"); n != 1 {
		t.Errorf("%d look-ups, want one for the whole run", n)
	}
}

// TestOtherRefusals must not lead to sign-in names, which could open somebody
// else's mailbox.
func TestOtherRefusals(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"other 403": refuse(403, "Forbidden", ""),
		"busy":      refuse(503, "serviceNotAvailable", ""),
		"HTML":      raw(403, "text/html", "<html>Authorization_RequestDenied"),
	} {
		s := newService(t)
		s.answer("/v1.0/users", answer)
		if _, _, err := read(s.source(t, nil), phonebook.Member{Mail: "a@example.com"}); err == nil || s.count("contacts") > 0 {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestUserPath(t *testing.T) {
	for id, want := range map[string]string{
		"7ceb8e03-bdc5": "/users/7ceb8e03-bdc5", "a@b.de": "/users/a@b.de", "a/b#c?d@e.de": "/users/a%2Fb%23c%3Fd@e.de",
		"$x'y@b.de": "/users('$x%27%27y@b.de')",
	} {
		if got := userPath(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
