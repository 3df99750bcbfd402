package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
)

// syncState is what a client hands back: how much it has seen of a folder. A
// round brings everything from base to end; cursor says how far it has come.
type syncState struct {
	folder            int64 // the folder's number; 0 for the hierarchy
	base, end, cursor int64
}

const syncStateSize = 4*8 + 16

// encode returns the state as an opaque text that is of no use for another
// mailbox.
func (s syncState) encode(m *Mailbox) string {
	var b []byte
	for _, n := range []int64{s.folder, s.base, s.end, s.cursor} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return base64.StdEncoding.EncodeToString(append(b, syncSeal(m, b)...))
}

func syncSeal(m *Mailbox, b []byte) []byte {
	sum := sha256.Sum256(append([]byte(m.tenant.ID+m.ObjectID), b...))
	return sum[:16]
}

// decodeSyncState reads a state of this mailbox and folder. An empty text is
// the state of somebody who has seen nothing.
func decodeSyncState(m *Mailbox, folder int64, text string) (syncState, *ewsError) {
	s := syncState{folder: folder}
	if text == "" {
		return s, nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != syncStateSize || !bytes.Equal(b[32:], syncSeal(m, b[:32])) {
		return s, errSyncState
	}
	for i, field := range []*int64{&s.folder, &s.base, &s.end, &s.cursor} {
		*field = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	if s.folder != folder {
		return s, errSyncState
	}
	return s, nil
}

// next returns the next changes of a round, at most limit, and the state after
// them. Where no round is under way it begins one that ends now. All are the
// changes since base.
//
// A new item has its place in the order by when it came, not by its last
// change, so that changing it while a round is under way neither loses it nor
// brings it twice.
func (s syncState) next(all []change, now int64, limit int) ([]change, syncState) {
	if s.cursor == s.end {
		s.end = now
	}
	place := func(c change) int64 {
		switch {
		case c.created && c.item != nil:
			return c.item.createdSeq
		case c.created && c.folder != nil:
			return c.folder.createdSeq
		}
		return c.seq
	}
	all = slices.DeleteFunc(all, func(c change) bool { return place(c) <= s.cursor || place(c) > s.end })
	slices.SortStableFunc(all, func(a, b change) int { return int(place(a) - place(b)) })
	if len(all) <= limit {
		s.base, s.cursor = s.end, s.end
		return all, s
	}
	s.cursor = place(all[limit-1])
	return all[:limit], s
}

// syncFolderItems answers SyncFolderItems.
func syncFolderItems(q *ewsRequest, w *xmlWriter) *ewsError {
	shape, fail := newItemShape(q)
	limit, _ := strconv.Atoi(q.op.childText("m:MaxChangesReturned"))
	var f *ewsFolder
	var state syncState
	var all []change
	if fail == nil {
		f, fail = q.syncFolder()
	}
	if fail == nil {
		state, fail = decodeSyncState(q.mailbox, f.num, q.op.childText("m:SyncState"))
	}
	if fail == nil && f.Folder != nil {
		var ok bool
		if all, ok = f.changes(state.base); !ok {
			fail = errSyncState
		}
		all = q.withoutIgnored(f.Folder, all)
	}
	w.response("SyncFolderItems", func() {
		if fail != nil {
			w.failure("SyncFolderItems", fail, emptyContent["SyncFolderItems"])
			return
		}
		some, after := state.next(all, q.mailbox.seq, q.limit(limit))
		w.message("SyncFolderItems", func() {
			w.element("m:SyncState", after.encode(q.mailbox))
			w.element("m:IncludesLastItemInRange", strconv.FormatBool(after.base == q.mailbox.seq || after.done(f)))
			w.WriteString("<m:Changes>")
			for _, c := range some {
				(&itemWriter{w, shape}).change(f.Folder, c)
			}
			w.WriteString("</m:Changes>")
		})
	})
	return nil
}

// withoutIgnored leaves out the changes to items that the call's Ignore names.
func (q *ewsRequest) withoutIgnored(f *Folder, all []change) []change {
	ignored := map[string]bool{}
	for _, id := range q.op.children("m:Ignore") {
		ignored[id.attr("Id")] = true
	}
	if len(ignored) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(c change) bool { return ignored[itemID(f, c.entry)] })
}

// done says whether nothing has happened in f since the round ended.
func (s syncState) done(f *ewsFolder) bool {
	return s.cursor == s.end && (f.Folder == nil || f.seq <= s.end)
}

func (q *ewsRequest) syncFolder() (*ewsFolder, *ewsError) {
	f, fail := q.resolveFolder(q.op.children("m:SyncFolderId")[0])
	if fail == errFolderNotFound {
		fail = errSyncFolder
	}
	return f, fail
}

// change writes one entry of SyncFolderItems.
func (w *itemWriter) change(f *Folder, c change) {
	name := "t:Update"
	switch {
	case c.deleted:
		w.WriteString(`<t:Delete><t:ItemId Id="` + itemID(f, c.entry) + `"/></t:Delete>`)
		return
	case c.created:
		name = "t:Create"
	}
	w.WriteString("<" + name + ">")
	w.item(c.item)
	w.WriteString("</" + name + ">")
}

// syncFolderHierarchy answers SyncFolderHierarchy.
func syncFolderHierarchy(q *ewsRequest, w *xmlWriter) *ewsError {
	shape := newFolderShape(q.op.child("m:FolderShape"))
	m, tree := q.mailbox, q.mailbox.ewsTree()
	top := tree.find(func(f *ewsFolder) bool { return f.distinguished == "msgfolderroot" })
	var fail *ewsError
	if ids := q.op.children("m:SyncFolderId"); len(ids) > 0 {
		top, fail = q.syncFolder()
	}
	var state syncState
	var all []change
	if fail == nil {
		state, fail = decodeSyncState(m, 0, q.op.childText("m:SyncState"))
	}
	if fail == nil {
		var ok bool
		if all, ok = m.folderChanges(state.base); !ok {
			fail = errSyncState
		}
	}
	w.response("SyncFolderHierarchy", func() {
		if fail != nil {
			w.failure("SyncFolderHierarchy", fail, emptyContent["SyncFolderHierarchy"])
			return
		}
		some, after := state.next(all, m.seq, len(all))
		w.message("SyncFolderHierarchy", func() {
			w.element("m:SyncState", after.encode(m))
			w.WriteString("<m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange><m:Changes>")
			if state.base == 0 {
				shape.createStandard(w, top)
			}
			for _, c := range some {
				shape.change(w, m, top, c)
			}
			w.WriteString("</m:Changes>")
		})
	})
	return nil
}

// createStandard writes the standard folders, which never change.
func (s *folderShape) createStandard(w *xmlWriter, top *ewsFolder) {
	for _, f := range top.descendants(true) {
		if f.num < 0 {
			w.WriteString("<t:Create>")
			s.write(w, f)
			w.WriteString("</t:Create>")
		}
	}
}

func (s *folderShape) change(w *xmlWriter, m *Mailbox, top *ewsFolder, c change) {
	if c.deleted {
		w.WriteString(`<t:Delete><t:FolderId Id="` + folderID(m, c.num) + `"/></t:Delete>`)
		return
	}
	f := top.find(func(f *ewsFolder) bool { return f.num == c.num && f != top })
	if f == nil {
		return
	}
	name := "t:Update"
	if c.created {
		name = "t:Create"
	}
	w.WriteString("<" + name + ">")
	s.write(w, f)
	w.WriteString("</" + name + ">")
}
