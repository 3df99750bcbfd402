package simulator

import (
	"testing"
)

// Whatever somebody sends, the answer is a document and nothing panics.
func FuzzEWS(f *testing.F) {
	tenant := NewTenant("fuzz")
	box := tenant.AddMailbox(Mailbox{Mail: "ada@example.test"})
	fillMessy(box, 5)
	for _, op := range []string{
		someItems, syncOp("", 10), findItems(shapeOf("AllProperties", "", everyPath(true)...), `<m:IndexedPageItemView MaxEntriesReturned="2" Offset="9" BasePoint="End"/>`),
		"<m:GetItem>" + shapeOf("Default", "HTML") + `<m:ItemIds><t:ItemId Id="` + box.Items(box.Contacts)[0].EWSID() + `"/></m:ItemIds></m:GetItem>`,
		`<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:Restriction><t:Not><t:Exists>` +
			`<t:FieldURI FieldURI="folder:FolderClass"/></t:Exists></t:Not></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="root"/></m:ParentFolderIds></m:FindFolder>`,
		`<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>a</m:UnresolvedEntry></m:ResolveNames>`,
	} {
		f.Add([]byte(envelope(smtp(box.Mail), op)))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		q, fail := parseEWSRequest(doc)
		if fail != nil {
			tree(t, fail.answer().body)
			return
		}
		q.mailbox = box
		var w xmlWriter
		w.WriteString(ewsHead)
		if fail := ewsOperations[q.name()](q, &w); fail != nil {
			tree(t, fail.answer().body)
			return
		}
		w.WriteString("</s:Body></s:Envelope>")
		tree(t, w.Bytes())
	})
}
