package simulator

import (
	"strings"
	"testing"

	"contactsync/internal/simulator/conformance"
)

// Every answer is what Microsoft's schema allows, for every operation, shape
// and error, and so is every request that these tests send on purpose.
func TestEWSAnswersValidate(t *testing.T) {
	s := newEWSSite(t, Options{})
	fillMessy(s.box, 120)
	other := s.tenant.AddMailbox(Mailbox{Mail: "bob@example.test", DisplayName: "Ada the other"})
	contacts, list := s.box.Contacts.EWSID(), ""
	var ids []string
	for _, it := range s.box.Items(s.box.Contacts) {
		ids = append(ids, `<t:ItemId Id="`+it.EWSID()+`"/>`)
		if it.List {
			list = it.EWSID()
		}
	}
	gone := s.box.AddContact(s.box.Contacts, Contact{DisplayName: "gone"})
	goneID := s.box.Item(gone).EWSID()
	s.box.DeleteContact(gone)
	var docs [][]byte
	ask := func(name, op, want string) {
		t.Helper()
		request := envelope(smtp(s.box.Mail), op)
		_, body := s.post(s.token(s.app), request)
		if got := tree(t, body).codes(); !strings.HasPrefix(got, want) {
			t.Errorf("%s answers %q, want %q", name, got, want)
		}
		docs = append(docs, body)
		if !strings.HasPrefix(want, "fault") {
			docs = append(docs, []byte(request))
		}
	}
	folders := `<m:ParentFolderIds><t:DistinguishedFolderId Id="root"/><t:FolderId Id="` + contacts + `"/><t:DistinguishedFolderId Id="voicemail"/></m:ParentFolderIds>`
	hidden := `<t:ExtendedFieldURI PropertyTag="0x10F4" PropertyType="Boolean"/><t:ExtendedFieldURI PropertyTag="0x3613" PropertyType="String"/>`
	for _, base := range []string{"IdOnly", "Default", "AllProperties"} {
		shape := "<m:FolderShape><t:BaseShape>" + base + "</t:BaseShape></m:FolderShape>"
		more := "<m:FolderShape><t:BaseShape>" + base + `</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="folder:DistinguishedFolderId"/>` +
			`<t:FieldURI FieldURI="folder:FolderClass"/>` + hidden + `</t:AdditionalProperties></m:FolderShape>`
		ask("FindFolder "+base, `<m:FindFolder Traversal="Deep">`+more+folders+`</m:FindFolder>`, "NoError NoError ErrorFolderNotFound")
		ask("FindFolder shallow", `<m:FindFolder Traversal="Shallow">`+shape+`<m:IndexedPageFolderView MaxEntriesReturned="2" Offset="1" BasePoint="Beginning"/>`+folders+`</m:FindFolder>`, "NoError")
		ask("GetFolder "+base, `<m:GetFolder>`+more+`<m:FolderIds><t:DistinguishedFolderId Id="contacts"/><t:DistinguishedFolderId Id="root"/>`+
			`<t:DistinguishedFolderId Id="tasks"/><t:DistinguishedFolderId Id="recipientcache"/><t:FolderId Id="AAAA"/><t:FolderId Id=""/></m:FolderIds></m:GetFolder>`,
			"NoError NoError NoError NoError ErrorInvalidIdMalformed ErrorInvalidIdEmpty")
		ask("SyncFolderHierarchy "+base, `<m:SyncFolderHierarchy>`+shape+`</m:SyncFolderHierarchy>`, "NoError")
		for _, body := range []string{"", "Best", "HTML", "Text"} {
			ask("GetItem "+base+" "+body, "<m:GetItem>"+shapeOf(base, body, everyPath(false)...)+"<m:ItemIds>"+strings.Join(ids, "")+"</m:ItemIds></m:GetItem>", "NoError")
		}
		ask("GetItem plain "+base, "<m:GetItem>"+shapeOf(base, "")+"<m:ItemIds>"+strings.Join(ids, "")+"</m:ItemIds></m:GetItem>", "NoError")
		ask("FindItem "+base, findItems(shapeOf(base, "", everyPath(true)...), ""), "NoError")
		ask("FindItem plain "+base, findItems(shapeOf(base, ""), `<m:IndexedPageItemView MaxEntriesReturned="20" Offset="5" BasePoint="End"/>`), "NoError")
		ask("SyncFolderItems "+base, `<m:SyncFolderItems>`+shapeOf(base, "", everyPath(true)...)+
			`<m:SyncFolderId><t:DistinguishedFolderId Id="contacts"/></m:SyncFolderId><m:MaxChangesReturned>50</m:MaxChangesReturned></m:SyncFolderItems>`, "NoError")
	}
	getItems := func(ids ...string) string {
		return "<m:GetItem>" + idOnly + "<m:ItemIds>" + strings.Join(ids, "") + "</m:ItemIds></m:GetItem>"
	}
	ask("GetItem mixed", getItems(ids[0], `<t:ItemId Id="`+goneID+`"/>`, `<t:ItemId Id="no id"/>`, `<t:ItemId Id=""/>`, `<t:ItemId Id="`+contacts+`"/>`,
		`<t:ItemId Id="`+list+`" ChangeKey="AAAA"/>`, `<t:ItemId Id="`+strings.ToLower(list)+`"/>`),
		"NoError ErrorItemNotFound ErrorInvalidIdMalformed ErrorInvalidIdEmpty ErrorCannotUseFolderIdForItemId NoError ErrorItemNotFound")
	ask("bad state", syncOp("garbage", 10), "ErrorInvalidSyncStateData")
	ask("bad hierarchy state", `<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncState>x</m:SyncState></m:SyncFolderHierarchy>`, "ErrorInvalidSyncStateData")
	ask("body in a sync", strings.Replace(syncOp("", 10), idOnly, shapeOf("IdOnly", "", `<t:FieldURI FieldURI="item:Body"/>`), 1), "NoError")
	ask("body in a table", findItems(shapeOf("IdOnly", "", `<t:FieldURI FieldURI="item:Body"/>`), ""), "ErrorInvalidPropertyRequest")
	ask("negative offset", findItems(idOnly, `<m:IndexedPageItemView MaxEntriesReturned="10" Offset="-1" BasePoint="Beginning"/>`), "ErrorInvalidIndexedPagingParameters")
	ask("no rows", findItems(idOnly, `<m:IndexedPageItemView MaxEntriesReturned="0" Offset="0" BasePoint="Beginning"/>`), "ErrorInvalidPagingMaxRows")
	ask("an item as folder", `<m:FindItem Traversal="Shallow">`+idOnly+`<m:ParentFolderIds><t:FolderId Id="`+goneID+`"/></m:ParentFolderIds></m:FindItem>`, "ErrorCannotUseItemIdForFolderId")
	ask("another's folder", `<m:FindItem Traversal="Shallow">`+idOnly+`<m:ParentFolderIds><t:FolderId Id="`+other.Contacts.EWSID()+`"/></m:ParentFolderIds></m:FindItem>`, "ErrorFolderNotFound")
	ask("delegate access", `<m:FindItem Traversal="Shallow">`+idOnly+`<m:ParentFolderIds><t:DistinguishedFolderId Id="contacts"><t:Mailbox>`+
		`<t:EmailAddress>bob@example.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds></m:FindItem>`, "ErrorAccessDenied")
	for name, entry := range map[string]string{"one": "ada@", "smtp": "smtp:countess@example.test"} {
		ask("ResolveNames "+name, `<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>`+entry+`</m:UnresolvedEntry></m:ResolveNames>`, "NoError")
	}
	ask("ResolveNames many", `<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>Ada</m:UnresolvedEntry></m:ResolveNames>`, "ErrorNameResolutionMultipleResults")
	ask("ResolveNames none", `<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>zoe</m:UnresolvedEntry></m:ResolveNames>`, "ErrorNameResolutionNoResults")
	ask("ConvertId", `<m:ConvertId DestinationFormat="EntryId"><m:SourceIds><t:AlternateId Format="EwsId" Id="DUMMY" Mailbox="DUMMY"/></m:SourceIds></m:ConvertId>`, "ErrorInvalidIdMalformed")
	for name, op := range map[string]string{
		"no traversal":     `<m:FindItem>` + idOnly + allItems + `</m:FindItem>`,
		"wrong order":      `<m:FindItem Traversal="Shallow">` + allItems + idOnly + `</m:FindItem>`,
		"no ids":           "<m:GetItem>" + idOnly + "<m:ItemIds/></m:GetItem>",
		"unknown property": findItems(shapeOf("IdOnly", "", `<t:FieldURI FieldURI="contacts:Hobby"/>`), ""),
		"unknown folder":   `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="cellar"/></m:FolderIds></m:GetFolder>`,
		"513 changes":      `<m:SyncFolderItems>` + idOnly + `<m:SyncFolderId><t:DistinguishedFolderId Id="contacts"/></m:SyncFolderId><m:MaxChangesReturned>513</m:MaxChangesReturned></m:SyncFolderItems>`,
		"0 changes":        `<m:SyncFolderItems>` + idOnly + `<m:SyncFolderId><t:DistinguishedFolderId Id="contacts"/></m:SyncFolderId><m:MaxChangesReturned>0</m:MaxChangesReturned></m:SyncFolderItems>`,
		"not XML":          `<m:FindItem`,
		"two calls":        getItems(ids[0]) + getItems(ids[0]),
	} {
		ask(name, op, "fault ErrorSchemaValidation")
	}
	ask("unknown operation", `<m:FooBar/>`, "fault ErrorInvalidRequest")
	conformance.ValidateEWS(t, docs...)
}
