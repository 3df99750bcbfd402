package ews

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

// replay answers each request with the recording that choose names for it.
func replay(t *testing.T, change func(*Config), choose func(request string) (recording string)) *Source {
	t.Helper()
	gromox(t, "index.json") // skips where there are no recordings
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		name := choose(body.String())
		if name == "" {
			t.Errorf("no recording fits %.2000s", body.String())
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		if headers, err := os.ReadFile(filepath.Join(fixtures, "gromox", name+".response.headers")); err == nil && bytes.HasPrefix(headers, []byte("HTTP/1.1 500")) {
			w.WriteHeader(http.StatusInternalServerError)
		}
		w.Write(wanted(t, name))
	}))
	t.Cleanup(server.Close)
	c := Config{URL: server.URL}
	if change != nil {
		change(&c)
	}
	return newSource(t, &c, transport.Options{Sleep: func(context.Context, time.Duration) error { return nil }})
}

// wanted returns what a recording is answered with: pages of FindItem as
// SyncFolderItems would have sent them.
func wanted(t *testing.T, name string) []byte {
	t.Helper()
	page := gromox(t, name+".response.xml")
	if strings.Contains(name, "-finditem-") && !strings.HasPrefix(name, "error-") {
		return asSync(page, "1")
	}
	return page
}

func TestReplayOnePage(t *testing.T) {
	src := replay(t, nil, func(string) string { return "large-finditem-phones-emails" })
	got := mustRead(t, src, "large@example.test")
	compare(t, got, expectation(t, "large@example.test").Contacts, parts{names: true, numbers: true})
}

// Two contacts more are there at first; then they go, one changes and one is
// new.
func TestReplaySync(t *testing.T) {
	for _, mailbox := range []string{"small", "large"} {
		pages := 0
		name := ""
		src := replay(t, nil, func(request string) string {
			switch state := stateOf(request); {
			case name != "":
				if want := stateOf(string(gromox(t, name+".request.xml"))); state != want {
					t.Errorf("%s goes on from %s, not from %s", name, state, want)
				}
				return name
			case mailbox == "small":
				pages++
				return fmt.Sprintf("small-sync-1-initial-page%d-max25", pages)
			}
			pages++
			return fmt.Sprintf("large-sync-1-initial-page%d-max512", pages)
		})
		var b box
		read := func(recording string, told, gone, n int) {
			t.Helper()
			name = recording
			if err := b.read(t.Context(), src, mailbox+"@example.test"); err != nil || b.told != told || len(b.gone) != gone || len(b.contacts) != n {
				t.Errorf("%s %s: %d told, %d gone, %d contacts, %v", mailbox, recording, b.told, len(b.gone), len(b.contacts), err)
			}
		}
		n := len(expectation(t, mailbox+"@example.test").Contacts)
		read("", n+2, 0, n+2)
		read(mailbox+"-sync-2-nochange", 0, 0, n+2)
		read(mailbox+"-sync-4-after-changes", 2, 2, n+1)
		read(mailbox+"-sync-8-after-revert", 1, 1, n)
		if pages != 3 {
			t.Errorf("%d pages at first", pages)
		}
	}
}

func TestReplayFolders(t *testing.T) {
	for _, box := range []string{"small", "large"} {
		src := replay(t, func(c *Config) { c.Folders = true }, func(request string) string {
			switch {
			case strings.Contains(request, "<m:FindFolder"):
				return box + "-findfolder-contacts-deep"
			case stateOf(request) != "":
				return box + "-sync-2-nochange"
			case strings.Contains(request, contactsFolder):
				return box + "-finditem-phones-emails"
			case strings.Contains(request, folderID(expectation(t, box+"@example.test").Subfolder.FolderID)):
				return box + "-finditem-subfolder-allproperties"
			}
			return ""
		})
		want := expectation(t, box+"@example.test")
		compare(t, mustRead(t, src, box+"@example.test"), append(want.Contacts, want.Subfolder.Contacts...), parts{names: true, numbers: true})
	}
}

func TestReplayNotes(t *testing.T) {
	ids := regexp.MustCompile(`<t:ItemId Id="[^"]+"`)
	asked := func(request string) []string {
		found := ids.FindAllString(request, -1)
		slices.Sort(found)
		return found
	}
	src := replay(t, func(c *Config) { c.Notes = true }, func(request string) string {
		if strings.Contains(request, "<m:SyncFolderItems") {
			return "small-finditem-idonly"
		}
		name := "small-getitem-60-text-plus-named-fields"
		if !slices.Equal(asked(request), asked(string(gromox(t, name+".request.xml")))) {
			return ""
		}
		return name
	})
	compare(t, mustRead(t, src, "small@example.test"), expectation(t, "small@example.test").Contacts, everything)
}

func TestReplayFailures(t *testing.T) {
	tests := map[string]struct {
		class fault.Class
		text  string
	}{
		"error-impersonate-denied":                    {fault.Refused, "ErrorImpersonateUserDenied: E-3243"},
		"error-impersonate-nonexisting-mailbox":       {fault.Member, "ErrorCannotFindUser"},
		"error-impersonate-foreign-domain":            {fault.Member, "ErrorCannotFindUser"},
		"error-delegate-denied":                       {fault.Refused, "ErrorAccessDenied"},
		"error-finditem-unknown-distinguished-folder": {fault.Unavailable, "nosuchfolder"},
		"error-malformed-xml":                         {fault.Unavailable, "Invalid XML"},
		"error-finditem-deleted-or-garbage-folderid":  {fault.Member, "Error"},
		"small-getfolder-contacts":                    {fault.Member, "SyncState"},
		"small-getitem-3-contacts-defaultshape":       {fault.Member, "3 messages"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := replay(t, nil, func(string) string { return name })
			_, err := readAll(t, src, "small@example.test")
			if err == nil || fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("class %v: %v", fault.ClassOf(err), err)
			}
		})
	}
	a := decoded(t, "recorded/find_folder_error_response.xml")
	if e := a.messages[0].err; e == nil || e.code != "ErrorInvalidIdMalformed" || e.text != "Id is malformed." {
		t.Errorf("%+v", e)
	}
	a = decoded(t, "gromox/error-getitem-mixed-good-deleted.response.xml")
	if len(a.messages) != 3 || a.messages[0].err != nil || a.messages[1].err.code != "ErrorItemNotFound" || a.messages[2].err != nil {
		t.Errorf("%+v", a.messages)
	}
}

// What is sent has to satisfy Microsoft's schema.
func TestRequestsAreValid(t *testing.T) {
	recording(t, "xsd/messages.xsd")
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is missing: install libxml2-utils")
		}
		t.Skip("xmllint (libxml2-utils) is missing")
	}
	s := startService(t, simulator.Options{MaxPage: 2})
	m := s.Tenant().AddMailbox(simulator.Mailbox{Mail: "o'neil&co@example.test"})
	for range 3 {
		m.AddContact(m.AddFolder(m.Contacts, "Freunde", "", false), simulator.Contact{DisplayName: "x"})
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: "y"})
	}
	var sent []string
	src := s.online(t, func(c *Config, o *transport.Options) {
		c.Folders, c.Notes = true, true
		o.Wrap = func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "asmx") {
					body, err := r.GetBody()
					if err != nil {
						return nil, err
					}
					var b bytes.Buffer
					b.ReadFrom(body)
					sent = append(sent, b.String())
					if got := r.Header.Values("X-AnchorMailbox"); !slices.Equal(got, []string{m.Mail}) {
						t.Errorf("X-AnchorMailbox: %q", got)
					}
				}
				return next.RoundTrip(r)
			})
		}
	})
	var b box
	if err := b.read(t.Context(), src, m.Mail); err != nil || len(b.contacts) != 6 {
		t.Fatalf("%d contacts, %v", len(b.contacts), err)
	}
	if err := src.Probe(t.Context(), phonebook.Member{Mail: m.Mail}); err != nil {
		t.Fatal(err)
	}
	if n, err := src.Inspect(t.Context(), phonebook.Member{Mail: m.Mail}); err != nil || n != 6 {
		t.Fatalf("Inspect: %d contacts, %v", n, err)
	}
	state, _, _ := strings.Cut(b.state, "}")
	b.state = state + "}]}" // the folders below Contacts are new
	if err := b.read(t.Context(), src, m.Mail); err != nil {
		t.Fatal(err)
	}
	sent = append(sent, string(envelope(m.Mail, syncFolderItems(folderID(`"<&>'`), "AAA=", contactFields))),
		string(envelope(m.Mail, getItem([]string{"a", `"<&`}, contactFields))))
	operations := map[string]bool{}
	var bodies, headers []string
	for _, request := range sent {
		_, rest, _ := strings.Cut(request, "<s:Header>")
		header, rest, _ := strings.Cut(rest, "</s:Header><s:Body>")
		body, _, ok := strings.Cut(rest, "</s:Body>")
		version, impersonation, _ := strings.Cut(header, "<t:ExchangeImpersonation>")
		if !ok || strings.Count(impersonation, "<t:PrimarySmtpAddress>") != 1 {
			t.Fatalf("no envelope with impersonation: %s", request)
		}
		operations[elementName(body)] = true
		bodies = append(bodies, body)
		headers = append(headers, version, "<t:ExchangeImpersonation>"+impersonation)
	}
	for _, op := range []string{"<m:SyncFolderItems", "<m:FindItem", "<m:GetItem", "<m:FindFolder"} {
		if !operations[op] {
			t.Errorf("%s> was never sent", op)
		}
	}
	validate(t, "messages.xsd", bodies)
	validate(t, "types.xsd", headers)
}

// elementName returns the start of an element's tag.
func elementName(element string) string { return regexp.MustCompile(`^<[^\s/>]+`).FindString(element) }

// validate checks elements against a schema of the fixtures.
func validate(t *testing.T, schema string, elements []string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"--noout", "--nonet", "--schema", filepath.Join(fixtures, "xsd", schema)}
	for i, element := range elements {
		name := elementName(element)
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(name+namespaces+element[len(name):]), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command("xmllint", args...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
