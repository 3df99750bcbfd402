package ews

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/transport"
)

// scripted returns a source on a server that answers what a test tells it to,
// for answers that a well-behaved Exchange never gives.
func scripted(t *testing.T, answer func(request string) string, change ...func(*Config)) *Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, answer(body.String()))
	}))
	t.Cleanup(server.Close)
	c := Config{URL: server.URL}
	for _, f := range change {
		f(&c)
	}
	return newSource(t, &c, transport.Options{Sleep: func(context.Context, time.Duration) error { return nil }})
}

// soap wraps the only response message of an operation.
func soap(operation, content string) string {
	return `<s:Envelope xmlns:s="s" xmlns:m="m" xmlns:t="t"><s:Body><m:` + operation + `Response><m:ResponseMessages><m:` + operation +
		`ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` + content + `</m:` + operation +
		`ResponseMessage></m:ResponseMessages></m:` + operation + `Response></s:Body></s:Envelope>`
}

func syncAnswer(state string, last bool, changes string) string {
	return soap("SyncFolderItems", fmt.Sprintf(`<m:SyncState>%s</m:SyncState><m:IncludesLastItemInRange>%t</m:IncludesLastItemInRange><m:Changes>%s</m:Changes>`, state, last, changes))
}

func creates(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, `<t:Create>%s</t:Create>`, contactXML(id))
	}
	return b.String()
}

func contactXML(id string) string {
	return fmt.Sprintf(`<t:Contact><t:ItemId Id="%s" ChangeKey="1"/><t:DisplayName>%[1]s</t:DisplayName></t:Contact>`, id)
}

func deletes(id string) string { return `<t:Delete><t:ItemId Id="` + id + `"/></t:Delete>` }

var syncStates = regexp.MustCompile(`<m:SyncState>(.*)</m:SyncState>`)

// stateOf returns the sync state that a request goes on from.
func stateOf(request string) string {
	if m := syncStates.FindStringSubmatch(request); m != nil {
		return m[1]
	}
	return ""
}

func TestNoID(t *testing.T) {
	for name, changes := range map[string]string{
		"contact":  strings.Replace(creates("A", "B"), `Id="B"`, "", 1),
		"deletion": creates("A") + "<t:Delete><t:ItemId/></t:Delete>",
	} {
		src := scripted(t, func(string) string { return syncAnswer("1", true, changes) })
		if got, err := readAll(t, src, "anna@example.test"); err == nil || fault.ClassOf(err) != fault.Member || !strings.Contains(err.Error(), "without an id") {
			t.Errorf("%s: %s, %v", name, names(got), err)
		}
	}
}

func TestNoSyncState(t *testing.T) {
	src := scripted(t, func(string) string { return syncAnswer("", true, creates("A")) })
	if _, err := readAll(t, src, "anna@example.test"); err == nil || fault.ClassOf(err) != fault.Member || !strings.Contains(err.Error(), "SyncState") {
		t.Error(err)
	}
}

// A server may answer with as few changes as it likes, and with none.
func TestAnswersOfAnySize(t *testing.T) {
	all := strings.Split("ABCDEFGHIJKLMNOP", "")
	for name, size := range map[string]func(call int) int{
		"one each":         func(int) int { return 1 },
		"shrinking":        func(call int) int { return max(5-call, 1) },
		"empty in between": func(call int) int { return call % 2 * 4 },
		"empty first":      func(call int) int { return max(call-20, 0) },
	} {
		call, at := 0, 0
		src := scripted(t, func(string) string {
			call++
			from := at
			at = min(at+size(call), len(all))
			return syncAnswer(fmt.Sprint(call), at == len(all), creates(all[from:at]...))
		})
		if got := mustRead(t, src, "anna@example.test"); strings.ReplaceAll(names(got), ", ", "") != strings.Join(all, "") {
			t.Errorf("%s: %s after %d answers", name, names(got), call)
		}
	}
}

// A service that always says that there is more must not be asked for ever.
func TestEndless(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(call int) string
		most   int
	}{
		"the state stays":     {func(int) string { return syncAnswer("1", false, creates("A")) }, 2},
		"two states":          {func(call int) string { return syncAnswer(fmt.Sprint(call%2), false, creates("A")) }, 3},
		"nothing ever":        {func(call int) string { return syncAnswer(fmt.Sprint(call), false, "") }, maxEmpty},
		"always another item": {func(call int) string { return syncAnswer(fmt.Sprint(call), false, creates(fmt.Sprint(call))) }, maxAnswers},
	} {
		t.Run(name, func(t *testing.T) {
			call := 0
			src := scripted(t, func(string) string { call++; return tt.answer(call) })
			if _, err := readAll(t, src, "anna@example.test"); err == nil || fault.ClassOf(err) != fault.Member || fault.HintOf(err) == "" || errors.Is(err, phonebook.ErrStale) {
				t.Errorf("%v (%s)", err, fault.HintOf(err))
			}
			if call > tt.most {
				t.Errorf("%d requests, want at most %d", call, tt.most)
			}
		})
	}
	src := scripted(t, func(request string) string { return syncAnswer(stateOf(request)+"1", stateOf(request) == "", "") })
	b := box{}
	if err := b.read(t.Context(), src, "anna@example.test"); err != nil {
		t.Fatal(err)
	}
	if err := b.read(t.Context(), src, "anna@example.test"); !errors.Is(err, phonebook.ErrStale) {
		t.Errorf("%v; a full reading may help", err)
	}
}

// Of several changes to one item in an answer the last counts; what is no
// change to a contact is passed over.
func TestLastWordInAnAnswer(t *testing.T) {
	update := func(id, name string) string {
		return strings.Replace(`<t:Update>`+contactXML(id)+`</t:Update>`, "<t:DisplayName>"+id, "<t:DisplayName>"+name, 1)
	}
	read := `<t:ReadFlagChange><t:ItemId Id="A" ChangeKey="2"/><t:IsRead>true</t:IsRead></t:ReadFlagChange>`
	list := `<t:Create><t:DistributionList><t:ItemId Id="L"/><t:DisplayName>L</t:DisplayName></t:DistributionList></t:Create>`
	for changes, want := range map[string]string{
		creates("A", "B") + deletes("A"):                                 "B",
		creates("A") + deletes("A") + creates("A"):                       "A",
		creates("A") + read + list:                                       "A",
		read + creates("A") + update("A", "Z") + read:                    "Z",
		deletes("C") + creates("A") + update("A", "Z") + deletes("B"):    "Z",
		list + strings.NewReplacer("Create", "Update").Replace(list):     "",
		creates("A") + update("B", "later") + deletes("A") + read + list: "later",
		creates("A", "B") + turns("A"):                                   "B",
		turns("A") + update("A", "Z"):                                    "Z",
		turns("A") + creates("B"):                                        "B",
	} {
		src := scripted(t, func(string) string { return syncAnswer("1", true, changes) })
		var b box
		if err := b.read(t.Context(), src, "anna@example.test"); err != nil || names(b.sorted()) != want {
			t.Errorf("%s\nleads to %q, %v; want %q", changes, names(b.sorted()), err, want)
		}
	}
}

// turns has an item be no contact any more.
func turns(id string) string {
	return `<t:Update><t:Message><t:ItemId Id="` + id + `" ChangeKey="3"/></t:Message></t:Update>`
}

// A contact that becomes something else is gone, also where that shows only
// when the rest of it is asked for. In a first reading such an id is unknown.
func TestNoContactAnyMore(t *testing.T) {
	list := `<t:DistributionList><t:ItemId Id="%s" ChangeKey="3"/><t:DisplayName>L</t:DisplayName></t:DistributionList>`
	long := func(id string) string {
		return strings.Replace(contactXML(id), "<t:DisplayName>", "<t:DisplayName>"+strings.Repeat("x", cutAt), 1)
	}
	src := scripted(t, func(request string) string {
		switch state := stateOf(request); {
		case strings.Contains(request, "<m:GetItem"):
			return soap("GetItem", "<m:Items>"+fmt.Sprintf(list, "C")+"</m:Items>")
		case state == "":
			return syncAnswer("1", true, creates("A", "B", "C", "D")+turns("unknown"))
		case state == "1":
			return syncAnswer("2", true, turns("A")+"<t:Update>"+fmt.Sprintf(list, "B")+long("C")+"</t:Update>")
		}
		return syncAnswer("2", true, "")
	})
	var b box
	for _, want := range []string{"A, B, C, D", "D", "D"} {
		if err := b.read(t.Context(), src, "anna@example.test"); err != nil || names(b.sorted()) != want {
			t.Errorf("%s, %v; want %s", names(b.sorted()), err, want)
		}
	}
}

// A contact that GetItem does not find any more is gone, whether the folder
// tells so or not.
func TestVanishedBeforeGetItem(t *testing.T) {
	src := scripted(t, func(request string) string {
		switch state := stateOf(request); {
		case strings.Contains(request, "<m:GetItem"):
			return strings.Replace(soap("GetItem", "<m:Items/>"), `Success"><m:ResponseCode>NoError`, `Error"><m:ResponseCode>ErrorItemNotFound`, 1)
		case state == "":
			return syncAnswer("1", true, creates("A", "B"))
		case state == "1":
			return syncAnswer("2", true, strings.Replace(creates("A"), "<t:DisplayName>", "<t:DisplayName>"+strings.Repeat("x", cutAt), 1))
		}
		return syncAnswer("2", true, "")
	})
	var b box
	for range 2 {
		if err := b.read(t.Context(), src, "anna@example.test"); err != nil {
			t.Fatal(err)
		}
	}
	if names(b.sorted()) != "B" || !slices.Equal(b.gone, []string{"A"}) {
		t.Errorf("%s, gone %q", names(b.sorted()), b.gone)
	}
}

// A line end that is written as two characters counts as two where the service
// cuts, and is one here.
func TestCutAfterLineEnd(t *testing.T) {
	long := "Weg 1\r\nHinterhaus, " + strings.Repeat("x", 300)
	for name, wrap := range map[string]string{"as text": "%s", "in CDATA": "<![CDATA[%s]]>"} {
		src := scripted(t, func(request string) string {
			contact := func(text string) string {
				return strings.Replace(contactXML("A"), "</t:Contact>", `<t:PhysicalAddresses><t:Entry Key="Home"><t:Street>`+
					fmt.Sprintf(wrap, text)+`</t:Street></t:Entry></t:PhysicalAddresses></t:Contact>`, 1)
			}
			if strings.Contains(request, "<m:GetItem") {
				return soap("GetItem", "<m:Items>"+contact(long)+"</m:Items>")
			}
			return syncAnswer("1", true, "<t:Create>"+contact(long[:cutAt])+"</t:Create>")
		})
		got := mustRead(t, src, "anna@example.test")
		if want := strings.ReplaceAll(long, "\r\n", "\n"); len(got) != 1 || got[0].Addresses[0].Street != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// listOf answers FindFolder with the folders of these ids below Contacts.
func listOf(attributes string, ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, `<t:ContactsFolder><t:FolderId Id="%s"/><t:FolderClass>IPF.Contact</t:FolderClass></t:ContactsFolder>`, id)
	}
	return soap("FindFolder", `<m:RootFolder `+attributes+`><t:Folders>`+b.String()+`</t:Folders></m:RootFolder>`)
}

// listing returns a source that answers FindFolder so, and SyncFolderItems with
// nothing.
func listing(t *testing.T, answer func(call int) string) (src *Source, calls *int) {
	calls = new(int)
	return scripted(t, func(request string) string {
		if !strings.Contains(request, "<m:FindFolder") {
			return syncAnswer("1", true, "")
		}
		if *calls++; *calls > 3000 {
			t.Error("it goes on for ever")
			return listOf(`TotalItemsInView="0" IncludesLastItemInRange="true"`)
		}
		return answer(*calls)
	}, func(c *Config) { c.Folders = true }), calls
}

func TestListOfFolders(t *testing.T) {
	// A list that changes between two pages is read again.
	src, calls := listing(t, func(call int) string {
		switch call {
		case 1:
			return listOf(`TotalItemsInView="2" IncludesLastItemInRange="false"`, "A")
		case 2:
			return listOf(`TotalItemsInView="1" IncludesLastItemInRange="true"`)
		}
		return listOf(`TotalItemsInView="1" IncludesLastItemInRange="true"`, "B")
	})
	var b box
	if err := b.read(t.Context(), src, "anna@example.test"); err != nil || !strings.Contains(b.state, `"B"`) || strings.Contains(b.state, `"A"`) {
		t.Errorf("%v, %s", err, b.state)
	}
	// Once more since a folder is new.
	if *calls != 4 {
		t.Errorf("asked %d times", *calls)
	}
	for name, answer := range map[string]func(call int) string{
		"short of its total": func(int) string { return listOf(`TotalItemsInView="3" IncludesLastItemInRange="true"`, "A", "B") },
		"in a circle":        func(int) string { return listOf(`TotalItemsInView="3" IncludesLastItemInRange="false"`, "A") },
		"one twice":          func(int) string { return listOf(`TotalItemsInView="2" IncludesLastItemInRange="true"`, "A", "A") },
		"without an id":      func(int) string { return listOf(`TotalItemsInView="1" IncludesLastItemInRange="true"`, "") },
		"empty, and more":    func(int) string { return listOf(`TotalItemsInView="1" IncludesLastItemInRange="false"`) },
		"without end":        func(call int) string { return listOf(`IncludesLastItemInRange="false"`, fmt.Sprint(call)) },
		"no list":            func(int) string { return soap("FindFolder", "") },
	} {
		src, _ := listing(t, answer)
		if _, err := readAll(t, src, "anna@example.test"); err == nil || fault.ClassOf(err) != fault.Member || fault.HintOf(err) == "" {
			t.Errorf("%s: %v (%s)", name, err, fault.HintOf(err))
		}
	}
}

// What the service refuses of a state leads to a full reading, whatever it is.
func TestRefusedStates(t *testing.T) {
	codes := []string{"ErrorInvalidSyncStateData", "ErrorSyncFolderNotFound", "ErrorFolderNotFound", "ErrorInvalidIdMalformed", "ErrorInvalidFolderId", "ErrorAccessDenied"}
	for _, code := range codes {
		src := scripted(t, func(request string) string {
			if stateOf(request) == "" {
				return syncAnswer("1", true, creates("A"))
			}
			return strings.Replace(soap("SyncFolderItems", ""), `Success"><m:ResponseCode>NoError`, `Error"><m:MessageText>No.</m:MessageText><m:ResponseCode>`+code, 1)
		})
		var b box
		if err := b.read(t.Context(), src, "anna@example.test"); err != nil {
			t.Fatal(err)
		}
		err := b.read(t.Context(), src, "anna@example.test")
		if stale := errors.Is(err, phonebook.ErrStale); err == nil || stale != (code != "ErrorAccessDenied") || !strings.Contains(err.Error(), code) {
			t.Errorf("%s leads to %v", code, err)
		}
	}
}

func TestDamagedStates(t *testing.T) {
	src := scripted(t, func(string) string { return syncAnswer("1", true, creates("A")) })
	var b box
	if err := b.read(t.Context(), src, "Anna@example.test"); err != nil {
		t.Fatal(err)
	}
	good := b.state
	if err := b.read(t.Context(), src, "anna@Example.test"); err != nil {
		t.Errorf("the same address, written otherwise: %v", err)
	}
	for why, states := range map[string][]string{
		"damaged": {
			"{", "null", "{}", "1", `"` + good, good[:len(good)-1], good + good,
			`{"mail":"anna@example.test","folders":[]}`, `{"mail":"anna@example.test","folders":[{"state":""}]}`,
			`{"mail":"anna@example.test","folders":[{"id":"x","state":"1"}]}`,
			`{"mail":"anna@example.test","folders":[{"state":"1"},{"state":"2"}]}`,
			`{"mail":"anna@example.test","folders":[{"state":"1"},{"id":"x","state":"2"},{"id":"x","state":"2"}]}`,
		},
		"another mailbox": {strings.Replace(good, "Anna", "Bert", 1)},
		"several folders": {`{"mail":"anna@example.test","folders":[{"state":"1"},{"id":"x","state":"2"}]}`},
	} {
		for _, state := range states {
			b := box{state: state}
			err := b.read(t.Context(), src, "anna@example.test")
			if !errors.Is(err, phonebook.ErrStale) || !strings.Contains(fmt.Sprint(err), why) || len(b.contacts) > 0 {
				t.Errorf("%s leads to %v, want %s", state, err, why)
			}
		}
	}
	if !slices.Equal([]byte(good), []byte(strings.Join(strings.Fields(good), ""))) {
		t.Errorf("there are blanks in %q", good)
	}
}
