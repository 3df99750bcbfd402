package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
)

// token is the state of a round of delta, opaque to clients. A round begins
// at Base and has come to After; its options are in it, because a client gives
// them once.
type token struct {
	Mailbox string   `json:"m"`
	Folder  int64    `json:"f"` // 0: the hierarchy
	Base    int64    `json:"b"` // 0: from the beginning
	Begun   int64    `json:"s"` // the mailbox's number when the round began
	After   int64    `json:"a"`
	Select  []string `json:"p,omitempty"`
	Top     int      `json:"t,omitempty"`
}

func (t token) String() string {
	b, _ := json.Marshal(t)
	return base64.RawURLEncoding.EncodeToString(b)
}

// known says from when on the history is needed: a first round needs it from
// its beginning, to show what is deleted while it lasts.
func (t token) known() int64 {
	if t.Base == 0 {
		return t.Begun
	}
	return t.After
}

func parseToken(text string) (t token, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(b, &t)
}

// token returns the state that a request continues, or a new one.
func (c *call) token(m *Mailbox, folder int64) (token, *graphError) {
	if c.skipToken == "" && c.odata.deltaToken == "" {
		return token{Mailbox: m.ObjectID, Folder: folder, Begun: m.seq, Select: c.selected, Top: c.top}, nil
	}
	text := c.skipToken + c.odata.deltaToken
	t, err := parseToken(text)
	if err != nil || t.Mailbox != m.ObjectID || t.Folder != folder {
		return t, badRequest("ErrorInvalidUrlQuery", "Badly formed token.")
	}
	if c.odata.deltaToken != "" {
		t.Base, t.Begun = t.After, m.seq
	}
	c.selected, c.top = t.Select, t.Top
	return t, nil
}

// refuse answers options that change tracking does not take. The documentation
// of contact: delta names $select alone; $top is taken for the size of a page.
func (c *call) refuse(resource string) *graphError {
	for _, name := range []string{"$expand", "$filter", "$orderby", "$search", "$skip"} {
		if c.raw.Has(name) {
			return badRequest("ErrorInvalidUrlQuery", "The following parameters are not supported with change tracking over the '%s' resource: '%s'.", resource, name)
		}
	}
	return nil
}

func expired(m *Mailbox, t token) *graphError {
	return &graphError{http.StatusGone, "SyncStateNotFound",
		fmt.Sprintf("The sync state generation is not found; generation=%d;[highest=%d].", t.After, m.seq), nil}
}

// contactDelta answers what changed in a folder (contact: delta).
func (c *call) contactDelta(m *Mailbox, f *Folder) (*answer, *graphError) {
	if failed := c.refuse("Contacts"); failed != nil {
		return nil, failed
	}
	t, failed := c.token(m, f.num)
	if failed != nil {
		return nil, failed
	}
	set, failed := c.check("contact", graphContactProperties)
	if failed != nil {
		return nil, failed
	}
	if !m.reaches(f.floor, t.known()) {
		return nil, expired(m, t)
	}
	return c.deltaPage(m, t, f.changesAfter(t.After, c.immutable), "contact", func(w *jsonWriter, ch change) {
		c.writeChange(w, f, ch, set)
	})
}

// writeChange writes what happened to a contact.
func (c *call) writeChange(w *jsonWriter, f *Folder, ch change, set map[string]bool) {
	w.field("@odata.type", "#microsoft.graph.contact")
	if !ch.deleted {
		c.writeContact(w, ch.item, set)
		return
	}
	id := urlSafe(itemID(f, ch.entry))
	if c.immutable {
		id = immutableID(f.mailbox, ch.num)
	}
	w.field("id", id)
	w.key("@removed")
	w.raw(`{"reason":"deleted"}`)
}

// deltaPage writes a page of changes, and the link to the next page or round.
func (c *call) deltaPage(m *Mailbox, t token, changes []change, typ string, write func(*jsonWriter, change)) (*answer, *graphError) {
	w := &jsonWriter{}
	w.open('{')
	w.field("@odata.context", c.s.GraphURL()+"/$metadata#Collection("+typ+")")
	w.key("value")
	w.open('[')
	left := c.s.pageSize(c.odata, 10, 500)
	more := false
	for _, ch := range changes {
		if t.Base == 0 && ch.deleted && ch.seq <= t.Begun {
			continue // gone before the client's first look
		}
		if left == 0 {
			more = true
			break
		}
		left--
		t.After = ch.seq
		if ch.item == nil || !ch.item.List {
			w.open('{')
			write(w, ch)
			w.end('}')
		}
	}
	w.end(']')
	if more {
		w.field("@odata.nextLink", c.s.base+c.path+"?$skiptoken="+t.String())
	} else {
		t.After = m.seq
		w.field("@odata.deltaLink", c.s.base+c.path+"?$deltatoken="+t.String())
	}
	w.end('}')
	return ok(w.b, append(c.applied(), "odata.track-changes")...), nil
}

// folderDelta answers what changed among the folders (contactFolder: delta).
func (c *call) folderDelta(m *Mailbox) (*answer, *graphError) {
	if failed := c.refuse("ContactFolders"); failed != nil {
		return nil, failed
	}
	t, failed := c.token(m, 0)
	if failed != nil {
		return nil, failed
	}
	set, failed := c.check("contactFolder", folderProperties)
	if failed != nil {
		return nil, failed
	}
	if !m.reaches(m.floor, t.known()) {
		return nil, expired(m, t)
	}
	return c.deltaPage(m, t, m.folderChangesAfter(t.After, false), "contactFolder", func(w *jsonWriter, ch change) {
		if ch.deleted {
			w.field("id", urlSafe(folderID(m, ch.num)))
			w.key("@removed")
			w.raw(`{"reason":"deleted"}`)
			return
		}
		c.writeFolder(w, ch.folder, set)
	})
}
