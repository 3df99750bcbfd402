package phonebook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/ews"
	"contactsync/internal/graph"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

// folders are kinds of folders: whether a person's contacts are in one, and
// whether they can be in a folder for contacts below it.
var folders = []struct {
	class       string
	hidden      bool
	read, below bool
}{
	{"IPF.Contact", false, true, true},
	{"ipf.contact", false, true, true},
	{"IPF.Contact.Mine", false, true, true},
	{"IPF.Contact.Companies", false, true, true},
	{"IPF.Contact.MOC", false, true, true},
	{"IPF.Contact", true, false, false},
	{"IPF.Note", true, false, false},
	{"IPF.Note", false, false, true},
	{"IPF.Contacts", false, false, true},
	{"IPF", false, false, true},
	{"IPF.Contact.RecipientCache", false, false, false},
	{"IPF.Contact.RecipientCache.V2", false, false, false},
	{"ipf.contact.galcontacts", false, false, false},
	{"IPF.Contact.MOC.ImContactList", false, false, false},
	{"IPF.Contact.MOC.QuickContacts", false, false, false},
	{"IPF.Contact.OrganizationalContacts", false, false, false},
	{"IPF.Contact.Company", false, false, false},
	{"IPF.Contact.PeopleCentricConversationBuddies", false, false, false},
}

func TestFolder(t *testing.T) {
	for _, f := range folders {
		if got := phonebook.FolderForPeople(f.class, f.hidden); got != f.read {
			t.Errorf("%s, hidden %t: for people %t", f.class, f.hidden, got)
		}
		if got := phonebook.FolderOfOutlook(f.class, f.hidden); got == f.below {
			t.Errorf("%s, hidden %t: of Outlook %t", f.class, f.hidden, got)
		}
	}
	if phonebook.FolderForPeople("", false) {
		t.Error("without a class a folder is for people")
	}
}

// TestFolderOfEverySource reads the same mailbox both ways.
func TestFolderOfEverySource(t *testing.T) {
	const mail = "anna@example.test"
	tenant := simulator.NewTenant(t.Name())
	app := tenant.AddApp(simulator.App{Roles: map[string][]string{
		simulator.GraphResource: {"Contacts.Read", "User.ReadBasic.All"}, "https://outlook.office365.com": {"full_access_as_app"},
	}})
	box := tenant.AddMailbox(simulator.Mailbox{Mail: mail})
	var want []string
	for i, f := range folders {
		name := strings.Repeat("x", i+1)
		folder := box.AddFolder(box.Contacts, name, f.class, f.hidden)
		box.AddContact(folder, simulator.Contact{DisplayName: name})
		box.AddContact(box.AddFolder(folder, "below", "", false), simulator.Contact{DisplayName: name + " below"})
		if f.read {
			want = append(want, name)
		}
		if f.below {
			want = append(want, name+" below")
		}
	}
	server, err := simulator.Start(tenant, simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := server.WriteCA(ca); err != nil {
		t.Fatal(err)
	}
	tr, err := transport.New(transport.Options{CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	token := func(resource string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			return signIn(tr.Client(), server.Authority()+"/"+tenant.ID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"},
				"client_id": {app.ClientID}, "client_secret": {app.Secret}, "scope": {resource + "/.default"}})
		}
	}
	overEWS, err := ews.New(ews.Config{URL: server.EWSURL(), Token: token("https://outlook.office365.com"), Transport: tr, Folders: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]interface {
		Read(context.Context, phonebook.Member, string, func(phonebook.Page) error) (string, error)
	}{
		"EWS":   overEWS,
		"Graph": graph.New(graph.Config{BaseURL: server.GraphURL(), Token: token(simulator.GraphResource), Transport: tr, Folders: true}),
	} {
		var got []string
		_, err := source.Read(t.Context(), phonebook.Member{Mail: mail}, "", func(page phonebook.Page) error {
			for _, c := range page.Contacts {
				got = append(got, c.DisplayName)
			}
			return nil
		})
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: error %v\n got %q\nwant %q", name, err, got, want)
		}
	}
}

// signIn returns a token.
func signIn(client *http.Client, address string, form url.Values) (string, error) {
	resp, err := client.PostForm(address, form)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.Token, err
}
