package simulator

import "strconv"

var folderProperties = []string{"id", "parentFolderId", "displayName"}

// folders answers a list of folders, those with Outlook's own classes and
// hidden ones too.
func (c *call) folders(m *Mailbox, folders []*Folder) (*answer, *graphError) {
	set, failed := c.check("contactFolder", folderProperties)
	if failed != nil {
		return nil, failed
	}
	start := min(c.skip, len(folders))
	end := min(start+c.s.pageSize(c.odata, 10, 1000), len(folders))
	w := &jsonWriter{}
	w.open('{')
	w.field("@odata.context", c.context(m, "contactFolders", ""))
	if c.count {
		w.number("@odata.count", len(folders))
	}
	w.key("value")
	w.open('[')
	for _, f := range folders[start:end] {
		w.open('{')
		c.writeFolder(w, f, set)
		w.end('}')
	}
	w.end(']')
	if end < len(folders) {
		w.field("@odata.nextLink", c.s.link(c.path, c.odata, map[string]string{"$skip": strconv.Itoa(end)}))
	}
	w.end('}')
	return ok(w.b, c.applied()...), nil
}

// folder answers one folder.
func (c *call) folder(m *Mailbox, f *Folder) (*answer, *graphError) {
	set, failed := c.check("contactFolder", folderProperties)
	if failed != nil {
		return nil, failed
	}
	w := &jsonWriter{}
	w.open('{')
	w.field("@odata.context", c.context(m, "contactFolders", "/$entity"))
	c.writeFolder(w, f, set)
	w.end('}')
	return ok(w.b, c.applied()...), nil
}

func (c *call) writeFolder(w *jsonWriter, f *Folder, set map[string]bool) {
	w.field("id", f.ID)
	if set == nil || set["parentFolderId"] {
		w.field("parentFolderId", f.Parent.ID)
	}
	if set == nil || set["displayName"] {
		w.field("displayName", f.Name)
	}
	c.writeExtended(w, func(tag string) string {
		switch {
		case tag == "String 0x3613":
			return f.Class
		case tag == "String 0x3001":
			return f.Name
		case tag == "Boolean 0x10f4" && f.Hidden:
			return "true"
		}
		return ""
	})
}
