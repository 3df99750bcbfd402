package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// mailbox returns the mailbox that the path names, where the app may read its
// contacts.
func (c *call) mailbox() (*Mailbox, *graphError) {
	if !c.app.RBAC && !c.claims.has("Contacts.Read", "Contacts.ReadWrite") {
		return nil, errAccessDenied
	}
	m := c.s.tenant.user(c.segs[1])
	if m == nil {
		return nil, &graphError{http.StatusNotFound, "ErrorInvalidUser", "The requested user '" + c.segs[1] + "' is invalid.", nil}
	}
	note(c.r, m, "")
	if m.NoMailbox {
		return nil, &graphError{http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.", nil}
	}
	if c.app.Scope != nil && !c.app.Scope(m) {
		return nil, &graphError{http.StatusForbidden, "ErrorAccessDenied",
			"Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.", nil}
	}
	return m, nil
}

// inMailbox answers what lies below /users/{id}.
func (c *call) inMailbox(m *Mailbox) (*answer, *graphError) {
	switch {
	case c.is(2, "contacts"):
		return c.contactsOf(m, m.Contacts, 3)
	case !c.is(2, "contactFolders"):
		return nil, c.noSegment(2)
	case len(c.segs) == 3:
		folders := m.Contacts.Children
		if c.s.opts.ListsDefault {
			folders = append([]*Folder{m.Contacts}, folders...)
		}
		return c.folders(m, folders)
	case c.is(3, "delta"):
		return c.folderDelta(m)
	}
	f := m.Contacts
	if !c.is(3, "contacts") {
		if f = m.folder(c.segs[3]); f == nil || f == m.root || f == m.Deleted {
			return nil, notFound()
		}
	}
	switch {
	case len(c.segs) == 4:
		return c.folder(m, f)
	case c.is(4, "contacts"):
		return c.contactsOf(m, f, 5)
	case c.is(4, "childFolders") && len(c.segs) == 5:
		return c.folders(m, f.Children)
	}
	return nil, c.noSegment(4)
}

func notFound() *graphError {
	return &graphError{http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.", nil}
}

// contactsOf answers a folder's contacts, one of them, or the changes; at says
// which part of the path comes after "contacts".
func (c *call) contactsOf(m *Mailbox, f *Folder, at int) (*answer, *graphError) {
	if len(c.segs) > at+1 {
		return nil, c.noSegment(at + 1)
	}
	key := strings.Join([]string{m.ObjectID, strconv.FormatInt(f.num, 36), strconv.FormatInt(f.seq, 36), c.path,
		c.r.URL.RawQuery, fmt.Sprint(c.immutable, c.maxPage)}, " ")
	if a := c.s.cache.get(key); a != nil {
		return a, nil
	}
	var (
		a      *answer
		failed *graphError
	)
	switch {
	case len(c.segs) == at:
		a, failed = c.contacts(m, f)
	case c.is(at, "delta"):
		a, failed = c.contactDelta(m, f)
	default:
		return c.contact(m, c.segs[at])
	}
	if failed == nil {
		c.s.cache.put(key, a)
	}
	return a, failed
}

// contacts answers a page of a folder. Distribution lists take places on the
// page and in the count, and are not shown, as in Exchange: a page may be
// shorter than asked for, or empty, with another after it.
func (c *call) contacts(m *Mailbox, f *Folder) (*answer, *graphError) {
	set, failed := c.check("contact", graphContactProperties)
	if failed != nil {
		return nil, failed
	}
	if c.filter != "" || c.raw.Has("$search") {
		return nil, badRequest("ErrorInvalidUrlQueryFilter", "The query filter '%s' is not supported.", c.filter)
	}
	if c.top > 1000 {
		return nil, badRequest("BadRequest", "The query specified in the URI is not valid. The limit of '1000' for Top query has been exceeded. The value from the incoming request is '%d'.", c.top)
	}
	items, failed := c.order(f.items)
	if failed != nil {
		return nil, failed
	}
	start := min(c.skip, len(items))
	end := min(start+c.s.pageSize(c.odata, 10, 1000), len(items))
	w := &jsonWriter{b: make([]byte, 0, 2048*(end-start)+512)}
	w.open('{')
	w.field("@odata.context", c.context(m, "contacts", ""))
	if c.count {
		w.number("@odata.count", len(items))
	}
	w.key("value")
	w.open('[')
	for _, it := range items[start:end] {
		if !it.List {
			w.open('{')
			c.writeContact(w, it, set)
			w.end('}')
		}
	}
	w.end(']')
	if end < len(items) {
		w.field("@odata.nextLink", c.s.link(c.path, c.odata, map[string]string{"$skip": strconv.Itoa(end)}))
	}
	w.end('}')
	return ok(w.b, c.applied()...), nil
}

// applied lists the preferences that were followed.
func (c *call) applied() []string {
	var all []string
	if c.immutable {
		all = append(all, `IdType="ImmutableId"`)
	}
	if c.maxPage > 0 {
		all = append(all, "odata.maxpagesize="+strconv.Itoa(c.maxPage))
	}
	return all
}

// context is the @odata.context of what lies in a mailbox.
func (c *call) context(m *Mailbox, what, suffix string) string {
	selection := slices.Clone(c.selected)
	if c.extended != nil {
		selection = append(selection, "singleValueExtendedProperties()")
	}
	return c.s.GraphURL() + "/$metadata#users('" + m.ObjectID + "')/" + what + projection(selection) + suffix
}

// order sorts items as $orderby says; without it they stay as they came.
func (c *call) order(items []*Item) ([]*Item, *graphError) {
	by := c.raw.Get("$orderby")
	if by == "" {
		return items, nil
	}
	keys := map[string]func(*Item) string{
		"displayname":          func(i *Item) string { return strings.ToLower(i.DisplayName) },
		"givenname":            func(i *Item) string { return strings.ToLower(i.GivenName) },
		"surname":              func(i *Item) string { return strings.ToLower(i.Surname) },
		"companyname":          func(i *Item) string { return strings.ToLower(i.Company) },
		"createddatetime":      func(i *Item) string { return i.Created.UTC().Format("20060102150405") },
		"lastmodifieddatetime": func(i *Item) string { return i.Modified.UTC().Format("20060102150405") },
	}
	name, direction, _ := strings.Cut(strings.ToLower(by), " ")
	key := keys[name]
	if key == nil {
		return nil, badRequest("BadRequest", "The property '%s' cannot be used in the $orderby query option.", by)
	}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *Item) int { return cmp.Compare(key(a), key(b)) })
	if strings.TrimSpace(direction) == "desc" {
		slices.Reverse(items)
	}
	return items, nil
}

// contact answers one contact, in whatever folder it lies.
func (c *call) contact(m *Mailbox, id string) (*answer, *graphError) {
	set, failed := c.check("contact", graphContactProperties)
	if failed != nil {
		return nil, failed
	}
	it := m.item(id)
	if it == nil || it.List {
		return nil, notFound()
	}
	w := &jsonWriter{}
	w.open('{')
	w.field("@odata.context", c.context(m, "contacts", "/$entity"))
	c.writeContact(w, it, set)
	w.end('}')
	return ok(w.b, c.applied()...), nil
}
