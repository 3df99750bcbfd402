package simulator

import (
	"strconv"
	"strings"
)

// ewsFolder is a folder as EWS shows it: one of the tenant's, or one of those
// that every mailbox has and that hold nothing here.
type ewsFolder struct {
	*Folder       // nil for a folder of no contacts
	num           int64
	parent        *ewsFolder
	name, class   string
	distinguished string
	children      []*ewsFolder
	id, key       string
}

// standardFolders lie in every mailbox; of them, only Deleted Items can hold
// contacts.
var standardFolders = []struct{ id, name, class string }{
	{"inbox", "Inbox", "IPF.Note"},
	{"drafts", "Drafts", "IPF.Note"},
	{"sentitems", "Sent Items", "IPF.Note"},
	{"deleteditems", "Deleted Items", "IPF.Note"},
	{"outbox", "Outbox", "IPF.Note"},
	{"junkemail", "Junk Email", "IPF.Note"},
	{"calendar", "Calendar", "IPF.Appointment"},
	{"tasks", "Tasks", "IPF.Task"},
	{"notes", "Notes", "IPF.StickyNote"},
	{"journal", "Journal", "IPF.Journal"},
}

// standardNumber returns the number of a standard folder: they have none of
// the mailbox's.
func standardNumber(id string) int64 {
	for i, f := range standardFolders {
		if f.id == id {
			return int64(-2 - i)
		}
	}
	return 0
}

// folderClasses gives the distinguished id of contact folders by class.
var folderClasses = map[string]string{
	"IPF.Contact.RecipientCache":       "recipientcache",
	"IPF.Contact.MOC.QuickContacts":    "quickcontacts",
	"IPF.Contact.MOC.ImContactList":    "imcontactlist",
	"IPF.Contact.PeopleCentricConvers": "peopleconnect",
}

// knownFolders are the ids that the schema allows; a mailbox here has not all.
var knownFolders = words(`calendar contacts deleteditems drafts inbox journal notes outbox sentitems tasks msgfolderroot
	publicfoldersroot root junkemail searchfolders voicemail recoverableitemsroot recoverableitemsdeletions
	recoverableitemsversions recoverableitemspurges recoverableitemsdiscoveryholds archiveroot archivemsgfolderroot
	archivedeleteditems archiveinbox archiverecoverableitemsroot archiverecoverableitemsdeletions
	archiverecoverableitemsversions archiverecoverableitemspurges archiverecoverableitemsdiscoveryholds syncissues conflicts
	localfailures serverfailures recipientcache quickcontacts conversationhistory adminauditlogs todosearch mycontacts
	directory imcontactlist peopleconnect favorites mecontact personmetadata teamspaceactivity teamspacemessaging
	teamspaceworkitems scheduled orionnotes tagitems alltaggeditems allcategorizeditems externalcontacts teamchat
	teamchathistory yammerroot yammerinbound yammeroutbound yammerfeeds kaizaladata messageingestion onedriveroot
	onedriverecylebin onedrivesystem onedrivevolume important starred archive`)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// ewsTree returns the mailbox's folders from its root on.
func (m *Mailbox) ewsTree() *ewsFolder {
	root := &ewsFolder{num: -1, name: "Root", class: "", distinguished: "root", id: folderID(m, -1), key: changeKey(m, 1)}
	top := root.add(m, &ewsFolder{Folder: m.root, num: m.root.num, name: m.root.Name, class: m.root.Class, distinguished: "msgfolderroot"})
	for _, f := range standardFolders {
		child := top.add(m, &ewsFolder{num: standardNumber(f.id), name: f.name, class: f.class, distinguished: f.id})
		if f.id == "deleteditems" {
			child.Folder = m.Deleted
			for _, c := range m.Deleted.Children {
				child.addReal(m, c)
			}
		}
	}
	for _, f := range m.root.Children {
		top.addReal(m, f)
	}
	return root
}

func (f *ewsFolder) add(m *Mailbox, child *ewsFolder) *ewsFolder {
	child.parent = f
	child.id, child.key = folderID(m, child.num), changeKey(m, 1)
	if child.Folder != nil {
		child.key = child.Folder.ChangeKey()
	}
	f.children = append(f.children, child)
	return child
}

func (f *ewsFolder) addReal(m *Mailbox, real *Folder) {
	id := folderClasses[real.Class]
	if real == m.Contacts {
		id = "contacts"
	}
	child := f.add(m, &ewsFolder{Folder: real, num: real.num, name: real.Name, class: real.Class, distinguished: id})
	for _, c := range real.Children {
		child.addReal(m, c)
	}
}

// find returns the first folder, f included, for which match holds.
func (f *ewsFolder) find(match func(*ewsFolder) bool) *ewsFolder {
	if match(f) {
		return f
	}
	for _, c := range f.children {
		if found := c.find(match); found != nil {
			return found
		}
	}
	return nil
}

// descendants returns the folders below f, deep or not, parents first.
func (f *ewsFolder) descendants(deep bool) []*ewsFolder {
	var all []*ewsFolder
	for _, c := range f.children {
		all = append(all, c)
		if deep {
			all = append(all, c.descendants(true)...)
		}
	}
	return all
}

// resolveFolder returns the folder that a FolderId or DistinguishedFolderId
// names.
func (q *ewsRequest) resolveFolder(e *element) (*ewsFolder, *ewsError) {
	id := e.attr("Id")
	if e.name == "t:DistinguishedFolderId" {
		if fail := q.checkMailbox(e.child("t:Mailbox")); fail != nil {
			return nil, fail
		}
		if f := q.mailbox.ewsTree().find(func(f *ewsFolder) bool { return f.distinguished == id }); f != nil {
			return f, nil
		}
		return nil, errFolderNotFound
	}
	switch size := len(decodeID(id)); {
	case id == "":
		return nil, errIDEmpty
	case size == itemIDSize:
		return nil, &ewsError{code: "ErrorCannotUseItemIdForFolderId", text: "Id must be for a folder."}
	case size != folderIDSize:
		return nil, errIDMalformed
	}
	if f := q.mailbox.ewsTree().find(func(f *ewsFolder) bool { return f.id == id }); f != nil {
		return f, nil
	}
	return nil, errFolderNotFound
}

// checkMailbox refuses to look into another mailbox: nobody has delegate
// access here.
func (q *ewsRequest) checkMailbox(e *element) *ewsError {
	if e == nil {
		return nil
	}
	m := q.mailbox.tenant.address(strings.TrimSpace(e.childText("t:EmailAddress")))
	switch {
	case m == nil || m.NoMailbox:
		return errNoMailbox
	case m != q.mailbox:
		return errEWSAccess
	}
	return nil
}

// folderShape says which properties of a folder an answer holds.
type folderShape struct {
	base     string
	wanted   map[string]bool
	extended []*element
}

func newFolderShape(e *element) *folderShape {
	s := &folderShape{base: e.childText("t:BaseShape"), wanted: map[string]bool{}}
	for _, p := range e.children("t:AdditionalProperties") {
		if p.name == "t:ExtendedFieldURI" {
			s.extended = append(s.extended, p)
		} else {
			s.wanted[strings.TrimPrefix(p.attr("FieldURI"), "folder:")] = true
		}
	}
	return s
}

func (s *folderShape) holds(property string, byDefault bool) bool {
	return s.wanted[property] || s.base == "AllProperties" || byDefault && s.base == "Default"
}

// write writes a folder under the name of its kind.
func (s *folderShape) write(w *xmlWriter, f *ewsFolder) {
	name := f.element()
	w.WriteString(`<` + name + `><t:FolderId Id="` + f.id + `" ChangeKey="` + f.key + `"/>`)
	if f.parent != nil && s.holds("ParentFolderId", false) {
		w.WriteString(`<t:ParentFolderId Id="` + f.parent.id + `" ChangeKey="` + f.parent.key + `"/>`)
	}
	if f.class != "" && s.holds("FolderClass", false) {
		w.element("t:FolderClass", f.class)
	}
	if s.holds("DisplayName", true) {
		w.element("t:DisplayName", f.name)
	}
	if s.holds("TotalCount", true) {
		w.element("t:TotalCount", strconv.Itoa(f.count()))
	}
	if s.holds("ChildFolderCount", true) {
		w.element("t:ChildFolderCount", strconv.Itoa(len(f.children)))
	}
	s.writeExtended(w, f)
	if s.holds("EffectiveRights", false) {
		w.WriteString(effectiveRights)
	}
	if f.distinguished != "" && s.holds("DistinguishedFolderId", false) {
		w.element("t:DistinguishedFolderId", f.distinguished)
	}
	if (name == "t:Folder" || name == "t:TasksFolder") && s.holds("UnreadCount", true) {
		w.element("t:UnreadCount", "0")
	}
	w.WriteString("</" + name + ">")
}

// PR_ATTR_HIDDEN and PR_CONTAINER_CLASS.
const (
	tagHidden = 0x10F4
	tagClass  = 0x3613
	tagName   = 0x3001
)

func (s *folderShape) writeExtended(w *xmlWriter, f *ewsFolder) {
	for _, p := range s.extended {
		tag, ok := propertyTag(p)
		kind := p.attr("PropertyType")
		switch {
		case !ok:
		case tag == tagHidden && kind == "Boolean":
			w.extendedProperty(tag, kind, strconv.FormatBool(f.hidden()))
		case (tag == tagClass || tag == tagName) && kind == "String" && f.property(p) != "":
			w.extendedProperty(tag, kind, f.property(p))
		}
	}
}

// property returns the text of the property that a path names, for
// restrictions.
func (f *ewsFolder) property(path *element) string {
	if tag, ok := propertyTag(path); ok {
		return map[uint16]string{tagHidden: strconv.FormatBool(f.hidden()), tagClass: f.class, tagName: f.name}[tag]
	}
	switch path.attr("FieldURI") {
	case "folder:FolderClass":
		return f.class
	case "folder:DisplayName":
		return f.name
	case "folder:TotalCount":
		return strconv.Itoa(f.count())
	case "folder:ChildFolderCount":
		return strconv.Itoa(len(f.children))
	}
	return ""
}

func (f *ewsFolder) hidden() bool { return f.Folder != nil && f.Hidden }

func (f *ewsFolder) count() int {
	if f.Folder == nil {
		return 0
	}
	return len(f.items)
}

// element returns the name of the folder's kind.
func (f *ewsFolder) element() string {
	switch {
	case strings.HasPrefix(f.class, "IPF.Contact"):
		return "t:ContactsFolder"
	case f.class == "IPF.Appointment":
		return "t:CalendarFolder"
	case f.class == "IPF.Task":
		return "t:TasksFolder"
	}
	return "t:Folder"
}
