package graph

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// tree is a contact folder with its children.
type tree struct {
	id, properties string
	children       []tree
}

func class(c string) string { return fmt.Sprintf(`{"id":"String 0x3613","value":%q}`, c) }

var people = class("IPF.Contact")

// serve answers for the folder and all below it, one folder a page.
func (f tree) serve(s *service) {
	path := "/v1.0/users/0a1b/contactFolders/" + f.id
	s.answer(path+"/contacts", body(`{"value":[{"id":"in %s"}]}`, f.id))
	s.mux.HandleFunc(path+"/childFolders", func(w http.ResponseWriter, r *http.Request) {
		i := 0
		fmt.Sscan(r.FormValue("page"), &i)
		if i >= len(f.children) {
			body(`{"value":[]}`)(w, r)
			return
		}
		c := f.children[i]
		body(`{"value":[{"id":%q,"singleValueExtendedProperties":[%s]}],"@odata.nextLink":"$/users/0a1b/contactFolders/%s/childFolders?page=%d"}`,
			c.id, c.properties, f.id, i+1)(w, r)
	})
	for _, c := range f.children {
		c.serve(s)
	}
}

func TestFolders(t *testing.T) {
	hidden := []string{
		class("IPF.Contact.RecipientCache"), class("ipf.contact.galcontacts"), class("IPF.Contact.MOC.ImContactList"),
		class("IPF.Contact.MOC.QuickContacts"), class("IPF.Contact.OrganizationalContacts"), class("IPF.Contact.Company"),
		people + `,{"id":"Boolean 0x10f4","value":"True"}`,
	}
	root := tree{id: "contacts", children: []tree{
		{id: "a=", properties: people, children: []tree{
			{id: "aa", properties: people + `,{"id":"Boolean 0x10f4","value":"false"}`, children: []tree{{id: "aaa"}}},
			{id: "ab", properties: class("IPF.Contact.Mine")},
		}},
		{id: "b", properties: ""},
	}}
	for i, h := range hidden {
		root.children = append(root.children, tree{id: fmt.Sprintf("hidden%d", i), properties: h, children: []tree{{id: fmt.Sprintf("below%d", i), properties: people}}})
	}
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[{"id":"in the default folder"}]}`))
	root.serve(s)

	got, _, err := read(s.source(t, func(c *Config) { c.Folders = true }), anna)
	if err != nil {
		t.Fatal(err)
	}
	all := names(got)
	for _, want := range []string{"in the default folder", "in a=", "in aa ", "in aaa", "in ab", "in b"} {
		if n := strings.Count(all+" ", want); n != 1 {
			t.Errorf("%q: %d times in %q", want, n, all)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d contacts: %s", len(got), all)
	}
	if s.count("hidden") > 0 || s.count("below") > 0 {
		t.Errorf("hidden folders were asked for: %q", s.asked)
	}

	s.asked = nil
	if got, _, err = read(s.source(t, nil), anna); err != nil || len(got) != 1 || s.count("olders") > 0 {
		t.Errorf("without folders: %s, %v, %q", names(got), err, s.asked)
	}
}

func TestFoldersInACircle(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[]}`))
	s.answer("/v1.0/users/0a1b/contactFolders/{id}/contacts", body(`{"value":[{"id":"A"}]}`))
	s.answer("/v1.0/users/0a1b/contactFolders/{id}/childFolders", body(`{"value":[{"id":"x"}]}`))
	if got, _, err := read(s.source(t, func(c *Config) { c.Folders = true }), anna); err != nil || names(got) != "A" {
		t.Errorf("contacts %s, error %v", names(got), err)
	}
}

func TestFolderFails(t *testing.T) {
	s := newService(t)
	s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[]}`))
	s.answer("/v1.0/users/0a1b/contactFolders/contacts/childFolders", refuse(http.StatusForbidden, "ErrorAccessDenied", "no"))
	if _, _, err := read(s.source(t, func(c *Config) { c.Folders = true }), anna); err == nil || !strings.Contains(err.Error(), "list contact folders: ") {
		t.Errorf("error %v", err)
	}
}

// TestFolderGoes has a folder that is deleted after it was listed.
func TestFolderGoes(t *testing.T) {
	for _, code := range []string{"ErrorItemNotFound", "ErrorFolderNotFound"} {
		gone := refuse(http.StatusNotFound, code, "The specified object was not found in the store.")
		s := newService(t)
		s.answer("/v1.0/users/0a1b/contacts", body(`{"value":[{"id":"A"}]}`))
		s.answer("/v1.0/users/0a1b/contactFolders/contacts/childFolders", body(`{"value":[{"id":"w"},{"id":"x"},{"id":"y"},{"id":"z"}]}`))
		s.answer("/v1.0/users/0a1b/contactFolders/{id}/contacts", body(`{"value":[{"id":"B"}]}`))
		s.answer("/v1.0/users/0a1b/contactFolders/{id}/childFolders", body(`{"value":[]}`))
		s.answer("/v1.0/users/0a1b/contactFolders/x/contacts", gone)
		s.answer("/v1.0/users/0a1b/contactFolders/x/childFolders", gone)
		s.answer("/v1.0/users/0a1b/contactFolders/y/childFolders", gone)
		got, _, err := read(s.source(t, func(c *Config) { c.Folders = true }), anna)
		if err != nil || names(got) != "A B B B" {
			t.Errorf("%s: contacts %s, error %v", code, names(got), err)
		}
	}
}

// TestDefaultFolderGoes: without the default folder there is nothing to read.
func TestDefaultFolderGoes(t *testing.T) {
	gone := refuse(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
	for _, path := range []string{"/v1.0/users/0a1b/contacts", "/v1.0/users/0a1b/contactFolders/contacts/childFolders"} {
		s := newService(t)
		s.answer(path, gone)
		s.answer("/", body(`{"value":[]}`))
		if _, _, err := read(s.source(t, func(c *Config) { c.Folders = true }), anna); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
