package simulator

// The largest pages of FindItem; Exchange's throttling policy holds them as
// EwsFindCountLimit.
const (
	maxFindPage       = 1000
	maxRestrictedPage = 250
)

// page is a part of a list.
type page struct {
	from, to, total int
}

// paging returns the part of total entries that a view asks for.
func paging(view *element, total, limit int) (page, *ewsError) {
	p := page{to: total, total: total}
	if view != nil {
		offset := view.intAttr("Offset", 0)
		size := view.intAttr("MaxEntriesReturned", limit)
		if offset < 0 {
			return p, &ewsError{code: "ErrorInvalidIndexedPagingParameters", text: "The indexed paging parameters are invalid."}
		}
		if size < 1 {
			return p, &ewsError{code: "ErrorInvalidPagingMaxRows", text: "Paging max rows is invalid."}
		}
		p.from = min(offset, total)
		if view.attr("BasePoint") == "End" {
			p.to = total - p.from
			p.from = max(0, p.to-min(size, limit))
			return p, nil
		}
		limit = min(limit, size)
	}
	p.to = min(p.from+limit, total)
	return p, nil
}

// root writes the start of a RootFolder element.
func (w *xmlWriter) root(p page) {
	w.printf(`<m:RootFolder IndexedPagingOffset="%d" TotalItemsInView="%d" IncludesLastItemInRange="%t">`, p.to, p.total, p.to == p.total)
}

// limit returns the largest page that is served.
func (q *ewsRequest) limit(n int) int {
	if q.maxPage > 0 {
		return min(n, q.maxPage)
	}
	return n
}

// findFolder answers FindFolder.
func findFolder(q *ewsRequest, w *xmlWriter) *ewsError {
	shape := newFolderShape(q.op.child("m:FolderShape"))
	deep := q.op.attr("Traversal") == "Deep"
	w.response("FindFolder", func() {
		for _, id := range q.op.children("m:ParentFolderIds") {
			parent, fail := q.resolveFolder(id)
			if fail != nil {
				w.failure("FindFolder", fail, "")
				continue
			}
			var found []*ewsFolder
			for _, f := range parent.descendants(deep) {
				if q.op.attr("Traversal") != "SoftDeleted" && matches(q.op.child("m:Restriction"), f.property) {
					found = append(found, f)
				}
			}
			p, fail := paging(q.op.child("m:IndexedPageFolderView"), len(found), q.limit(maxFindPage))
			if fail != nil {
				w.failure("FindFolder", fail, "")
				continue
			}
			w.message("FindFolder", func() {
				w.root(p)
				w.WriteString("<t:Folders>")
				for _, f := range found[p.from:p.to] {
					shape.write(w, f)
				}
				w.WriteString("</t:Folders></m:RootFolder>")
			})
		}
	})
	return nil
}

// getFolder answers GetFolder.
func getFolder(q *ewsRequest, w *xmlWriter) *ewsError {
	shape := newFolderShape(q.op.child("m:FolderShape"))
	w.response("GetFolder", func() {
		for _, id := range q.op.children("m:FolderIds") {
			f, fail := q.resolveFolder(id)
			if fail != nil {
				w.failure("GetFolder", fail, emptyContent["GetFolder"])
				continue
			}
			w.message("GetFolder", func() {
				w.WriteString("<m:Folders>")
				shape.write(w, f)
				w.WriteString("</m:Folders>")
			})
		}
	})
	return nil
}

// findItem answers FindItem.
func findItem(q *ewsRequest, w *xmlWriter) *ewsError {
	shape, bad := newItemShape(q)
	limit := maxFindPage
	if q.op.child("m:Restriction") != nil {
		limit = maxRestrictedPage
	}
	w.response("FindItem", func() {
		for _, id := range q.op.children("m:ParentFolderIds") {
			f, fail := q.resolveFolder(id)
			if fail == nil {
				fail = bad
			}
			var items []*Item
			var p page
			if fail == nil {
				items = q.chosen(f)
				p, fail = paging(q.op.child("m:IndexedPageItemView"), len(items), q.limit(limit))
			}
			if fail != nil {
				w.failure("FindItem", fail, "")
				continue
			}
			w.message("FindItem", func() {
				w.root(p)
				w.WriteString("<t:Items>")
				iw := itemWriter{w, shape}
				for _, it := range items[p.from:p.to] {
					iw.item(it)
				}
				w.WriteString("</t:Items></m:RootFolder>")
			})
		}
	})
	return nil
}

// getItem answers GetItem: each item has a response message of its own.
func getItem(q *ewsRequest, w *xmlWriter) *ewsError {
	shape, bad := newItemShape(q)
	w.response("GetItem", func() {
		for _, id := range q.op.children("m:ItemIds") {
			it, fail := q.resolveItem(id.attr("Id"))
			if fail == nil {
				fail = bad
			}
			if fail != nil {
				w.failure("GetItem", fail, emptyContent["GetItem"])
				continue
			}
			w.message("GetItem", func() {
				w.WriteString("<m:Items>")
				(&itemWriter{w, shape}).item(it)
				w.WriteString("</m:Items>")
			})
		}
	})
	return nil
}

// resolveItem returns the item with an id.
func (q *ewsRequest) resolveItem(id string) (*Item, *ewsError) {
	switch size := len(decodeID(id)); {
	case id == "":
		return nil, errIDEmpty
	case size == folderIDSize:
		return nil, &ewsError{code: "ErrorCannotUseFolderIdForItemId", text: "Id must be for an item."}
	case size != itemIDSize:
		return nil, errIDMalformed
	}
	it := q.mailbox.item(id)
	if it == nil || it.EWSID() != id {
		return nil, errItemNotFound
	}
	return it, nil
}

// chosen returns the items of a folder that a FindItem is about, in its
// order.
func (q *ewsRequest) chosen(f *ewsFolder) []*Item {
	if f.Folder == nil || q.op.attr("Traversal") != "Shallow" {
		return nil
	}
	r := q.op.child("m:Restriction")
	if r == nil {
		return f.items
	}
	var found []*Item
	for _, it := range f.items {
		if matches(r, it.property) {
			found = append(found, it)
		}
	}
	return found
}
