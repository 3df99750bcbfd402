package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// What a table answers is cut, what GetItem answers is whole.
func TestEWSTablesCutTexts(t *testing.T) {
	s := newEWSSite(t, Options{})
	for _, c := range []struct{ name, text, cut string }{
		{"short", "ä", "ä"},
		{"just fits", strings.Repeat("ä", 255), strings.Repeat("ä", 255)},
		{"too long", strings.Repeat("ä", 256), strings.Repeat("ä", 255)},
		{"pairs", strings.Repeat("🎉", 128), strings.Repeat("🎉", 127) + "\uFFFD"},
		{"pairs after one", "x" + strings.Repeat("🎉", 128), "x" + strings.Repeat("🎉", 127)},
	} {
		id := s.box.AddContact(s.box.Contacts, Contact{DisplayName: c.text, Notes: c.text, Phones: map[string]string{"Pager": c.text}})
		shape := shapeOf("IdOnly", "", `<t:FieldURI FieldURI="contacts:DisplayName"/>`, `<t:IndexedFieldURI FieldURI="contacts:PhoneNumber" FieldIndex="Pager"/>`)
		found := s.ask(findItems(shape, ""))
		whole := s.ask("<m:GetItem>" + shapeOf("AllProperties", "Text") + `<m:ItemIds><t:ItemId Id="` + s.box.Item(id).EWSID() + `"/></m:ItemIds></m:GetItem>`)
		for what, pair := range map[string][2]string{
			"name in a table":   {found.all("t:DisplayName")[0].text, c.cut},
			"number in a table": {found.all("t:Entry")[0].text, c.cut},
			"whole name":        {whole.all("t:DisplayName")[0].text, c.text},
			"whole number":      {whole.all("t:Entry")[0].text, c.text},
			"notes":             {whole.all("t:Body")[0].text, c.text},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s, %s: %q, want %q", c.name, what, pair[0], pair[1])
			}
		}
		s.box.DeleteContact(id)
	}
}

// GetItem gives back what is in the mailbox, character by character.
func TestEWSItemIsWhole(t *testing.T) {
	s := newEWSSite(t, Options{})
	c := Contact{
		DisplayName: "Zeile\r\nZwei\t\"<&>'", GivenName: " lead", Surname: "trail ", MiddleName: "m", Company: "c", Department: "d", JobTitle: "j",
		Phones: map[string]string{}, Emails: [3]string{"a@example.com", "", "/o=Org/cn=x"},
		Addresses: map[string]Address{"Home": {"Weg 1\r\nHof", "50667", "Köln", "NRW", "DE"}, "Other": {}},
		Birthday:  time.Date(1604, 2, 29, 0, 0, 0, 0, time.UTC), Notes: "n\r\n\r\nn", Categories: []string{"x", "y & z"},
	}
	for i, k := range phoneKeys {
		c.Phones[k] = strings.Repeat("1", i)
	}
	id := s.box.Item(s.box.AddContact(s.box.Contacts, c)).EWSID()
	e := s.ask("<m:GetItem>" + shapeOf("AllProperties", "Text") + `<m:ItemIds><t:ItemId Id="` + id + `"/></m:ItemIds></m:GetItem>`)
	got := e.all("t:Contact")[0]
	for name, want := range map[string]string{
		"t:DisplayName": c.DisplayName, "t:GivenName": c.GivenName, "t:Surname": c.Surname, "t:MiddleName": "m", "t:CompanyName": "c",
		"t:Department": "d", "t:JobTitle": "j", "t:Birthday": "1604-02-29T11:59:00Z", "t:Body": c.Notes, "t:ItemClass": "IPM.Contact",
	} {
		if k := got.child(name); k == nil || k.text != want {
			t.Errorf("%s is %v, want %q", name, k, want)
		}
	}
	var phones, emails, cats []string
	for _, k := range got.children("t:PhoneNumbers") {
		phones = append(phones, k.attr("Key")+"="+k.text)
	}
	for i, k := range phoneKeys {
		if i >= len(phones) || phones[i] != k+"="+c.Phones[k] {
			t.Fatalf("numbers %v", phones)
		}
	}
	for _, k := range got.children("t:EmailAddresses") {
		emails = append(emails, k.attr("Key")+" "+k.attr("RoutingType")+" "+k.text)
	}
	if got := strings.Join(emails, "; "); got != "EmailAddress1 SMTP a@example.com; EmailAddress3 EX /o=Org/cn=x" {
		t.Errorf("addresses %s", got)
	}
	for _, k := range got.children("t:Categories") {
		cats = append(cats, k.text)
	}
	if got := strings.Join(cats, "; "); got != "x; y & z" {
		t.Errorf("categories %s", got)
	}
	home := got.children("t:PhysicalAddresses")[0]
	if home.childText("t:Street") != "Weg 1\r\nHof" || home.childText("t:PostalCode") != "50667" || home.childText("t:CountryOrRegion") != "DE" {
		t.Errorf("home %v", home)
	}
}

// What XML forbids goes out as Exchange sends it.
func TestEWSSendsForbiddenCharacters(t *testing.T) {
	s := newEWSSite(t, Options{})
	s.box.AddContact(s.box.Contacts, Contact{DisplayName: "a\x1ab\x00c\uFFFEd\xffe"})
	_, body := s.post(s.token(s.app), envelope(smtp(s.box.Mail), findItems(shapeOf("Default", ""), "")))
	if want := "<t:DisplayName>a&#x1A;b&#x0;c&#xFFFE;d\uFFFDe</t:DisplayName>"; !strings.Contains(string(body), want) {
		t.Errorf("no %s in %s", want, body)
	}
}

// Pages together hold each item once, whatever their size, and a server may
// send less than was asked for.
func TestEWSPages(t *testing.T) {
	for _, most := range []int{0, 7} {
		s := newEWSSite(t, Options{MaxPage: most})
		fillMessy(s.box, 1203)
		for _, size := range []string{"5000", "100"} {
			offset, pages, seen := "0", 0, map[string]bool{}
			for last := false; !last && pages < 300; pages++ {
				e := s.ask(findItems(idOnly, `<m:IndexedPageItemView MaxEntriesReturned="`+size+`" Offset="`+offset+`" BasePoint="Beginning"/>`))
				root := e.all("m:RootFolder")[0]
				for _, id := range e.all("t:ItemId") {
					if seen[id.attr("Id")] {
						t.Fatal("an item comes twice")
					}
					seen[id.attr("Id")] = true
				}
				if n := len(e.all("t:ItemId")); n > 1000 || most > 0 && n > most {
					t.Errorf("a page of %d", n)
				}
				offset, last = root.attr("IndexedPagingOffset"), root.attr("IncludesLastItemInRange") == "true"
				if root.attr("TotalItemsInView") != "1204" {
					t.Errorf("total %s", root.attr("TotalItemsInView"))
				}
			}
			if len(seen) != 1204 || pages < 2 {
				t.Errorf("most %d, size %s: %d items on %d pages", most, size, len(seen), pages)
			}
		}
	}
}

// A restriction selects folders and items, and makes pages smaller.
func TestEWSRestrictions(t *testing.T) {
	s := newEWSSite(t, Options{})
	fillMessy(s.box, 400)
	folders := func(restriction string) string {
		e := s.ask(`<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>` +
			`<m:Restriction>` + restriction + `</m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderIds></m:FindFolder>`)
		var names []string
		for _, n := range e.all("t:DisplayName") {
			names = append(names, n.text)
		}
		return strings.Join(names, ", ")
	}
	class, name := `<t:FieldURI FieldURI="folder:FolderClass"/>`, `<t:FieldURI FieldURI="folder:DisplayName"/>`
	is := func(path, value string) string {
		return `<t:IsEqualTo>` + path + `<t:FieldURIOrConstant><t:Constant Value="` + value + `"/></t:FieldURIOrConstant></t:IsEqualTo>`
	}
	prefix := `<t:Contains ContainmentMode="Prefixed" ContainmentComparison="IgnoreCase">` + class + `<t:Constant Value="ipf.contact"/></t:Contains>`
	hidden := is(`<t:ExtendedFieldURI PropertyTag="0x10f4" PropertyType="Boolean"/>`, "true")
	for restriction, want := range map[string]string{
		is(class, "IPF.Contact"):     "Contacts, Kunden & <Partner>, Tief",
		is(class, "IPF.Appointment"): "Calendar",
		prefix:                       "Contacts, Kunden & <Partner>, Tief, Recipient Cache, GAL Contacts",
		hidden:                       "Recipient Cache, GAL Contacts",
		"<t:And>" + prefix + "<t:Not>" + hidden + "</t:Not></t:And>": "Contacts, Kunden & <Partner>, Tief",
		"<t:Or>" + is(name, "Tasks") + is(name, "Tief") + "</t:Or>":  "Tasks, Tief",
	} {
		if got := folders(restriction); got != want {
			t.Errorf("%s: %s, want %s", restriction, got, want)
		}
	}
	e := s.ask(`<m:FindItem Traversal="Shallow">` + idOnly + `<m:Restriction>` + is(`<t:FieldURI FieldURI="item:ItemClass"/>`, "IPM.Contact") + `</m:Restriction>` + allItems + `</m:FindItem>`)
	if n := len(e.all("t:ItemId")); n != 250 || e.all("m:RootFolder")[0].attr("TotalItemsInView") != "400" {
		t.Errorf("%d restricted items", n)
	}
}

// Compressed or not, and from the cache or not, an answer is the same; a
// change is seen at once.
func TestEWSCache(t *testing.T) {
	s := newEWSSite(t, Options{})
	fillMessy(s.box, 50)
	doc := envelope(smtp(s.box.Mail), findItems(shapeOf("AllProperties", ""), ""))
	_, first := s.post(s.token(s.app), doc)
	_, second := s.post(s.token(s.app), doc)
	req, _ := http.NewRequest("POST", s.EWSURL(), strings.NewReader(doc))
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("Authorization", s.token(s.app))
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Encoding") != "gzip" {
		t.Error("not compressed")
	}
	var zipped strings.Builder
	if _, err := copyTo(&zipped, resp); err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) || string(gunzip(t, []byte(zipped.String()))) != string(first) {
		t.Error("answers differ")
	}
	s.box.AddContact(s.box.Contacts, Contact{DisplayName: "brand new"})
	if _, third := s.post(s.token(s.app), doc); !strings.Contains(string(third), "brand new") {
		t.Error("a stale answer")
	}
}

// BenchmarkEWSPages measures how many finished pages of 1,000 contacts are
// served in a second, over TLS and with gzip.
func BenchmarkEWSPages(b *testing.B) {
	tenant := NewTenant("bench")
	app := tenant.AddApp(App{Roles: map[string][]string{EWSResource: {"full_access_as_app"}}})
	box := tenant.AddMailbox(Mailbox{Mail: "ada@example.test"})
	fillMessy(box, 1000)
	s, err := Start(tenant, Options{NoLog: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	token, _, err := s.issue(app, EWSResource, "1")
	if err != nil {
		b.Fatal(err)
	}
	doc := envelope(smtp(box.Mail), findItems(shapeOf("IdOnly", "", everyPath(true)...), ""))
	client := httpClient(s)
	b.ReportAllocs()
	for b.Loop() {
		req, _ := http.NewRequest("POST", s.EWSURL(), strings.NewReader(doc))
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		req.Header.Set("Accept-Encoding", "gzip")
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		n, err := copyTo(nil, resp)
		if err != nil || resp.StatusCode != 200 {
			b.Fatal(resp.Status, err)
		}
		b.SetBytes(n)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
