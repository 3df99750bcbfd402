package ews

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Sizes of what is asked for at once. SyncFolderItems takes 512 at most, a
// FindFolder 1,000 (EWS throttling in Exchange); a GetItem of more than about
// 100 items may run into the service's time limit of a minute.
const (
	maxChanges = 512
	maxFolders = 1000
	batchSize  = 100
)

// Namespaces of EWS, declared on the envelope of a request.
const namespaces = ` xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"` +
	` xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"` +
	` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"`

// contactsFolder names the well-known folder in a request.
const contactsFolder = `<t:DistinguishedFolderId Id="contacts"/>`

// folderID names any other folder in a request.
func folderID(id string) string { return `<t:FolderId Id="` + escape(id) + `"/>` }

// envelope puts a request to the mailbox of the given address in its SOAP
// envelope. The caller acts as the mailbox's user (ExchangeImpersonation).
func envelope(mail, request string) []byte {
	return []byte(`<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<s:Envelope` + namespaces + `><s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/>` +
		`<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + escape(mail) +
		`</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></s:Header><s:Body>` +
		request + `</s:Body></s:Envelope>`)
}

// syncFolderItems asks for the changes in a folder since a sync state, all its
// items where that is empty, with these properties besides their ids.
func syncFolderItems(folder, syncState, properties string) string {
	if syncState != "" {
		syncState = `<m:SyncState>` + escape(syncState) + `</m:SyncState>`
	}
	return `<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>` + additional(properties) +
		`</m:ItemShape><m:SyncFolderId>` + folder + `</m:SyncFolderId>` + syncState +
		`<m:MaxChangesReturned>` + strconv.Itoa(maxChanges) + `</m:MaxChangesReturned></m:SyncFolderItems>`
}

// findOne asks for the id of one item of each folder, and how many there are.
func findOne(folders string) string {
	return `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>` +
		`<m:IndexedPageItemView MaxEntriesReturned="1" Offset="0" BasePoint="Beginning"/>` +
		`<m:ParentFolderIds>` + folders + `</m:ParentFolderIds></m:FindItem>`
}

// getItem asks for the items with these ids.
func getItem(ids []string, properties string) string {
	var b strings.Builder
	b.WriteString(`<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>Text</t:BodyType>` +
		additional(properties) + `</m:ItemShape><m:ItemIds>`)
	for _, id := range ids {
		b.WriteString(`<t:ItemId Id="` + escape(id) + `"/>`)
	}
	b.WriteString(`</m:ItemIds></m:GetItem>`)
	return b.String()
}

// findFolder asks for the folders below Contacts at any depth, from the offset
// on. The extended property is PR_ATTR_HIDDEN.
func findFolder(offset int) string {
	return `<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>` +
		additional(`<t:FieldURI FieldURI="folder:ParentFolderId"/><t:FieldURI FieldURI="folder:FolderClass"/>`+
			`<t:ExtendedFieldURI PropertyTag="0x10F4" PropertyType="Boolean"/>`) +
		`</m:FolderShape><m:IndexedPageFolderView MaxEntriesReturned="` + strconv.Itoa(maxFolders) + `" Offset="` + strconv.Itoa(offset) +
		`" BasePoint="Beginning"/><m:ParentFolderIds>` + contactsFolder + `</m:ParentFolderIds></m:FindFolder>`
}

func additional(properties string) string {
	if properties == "" {
		return ""
	}
	return `<t:AdditionalProperties>` + properties + `</t:AdditionalProperties>`
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
