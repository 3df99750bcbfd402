package graph

import (
	"encoding/xml"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// schema is the part of Graph's metadata document (CSDL) that a reader needs.
type schema struct {
	Types []struct {
		Name       string `xml:"Name,attr"`
		Base       string `xml:"BaseType,attr"`
		Properties []struct {
			Name string `xml:"Name,attr"`
			Type string `xml:"Type,attr"`
		} `xml:"Property"`
		Navigation []struct {
			Name string `xml:"Name,attr"`
			Type string `xml:"Type,attr"`
		} `xml:"NavigationProperty"`
	} `xml:",any"`
}

// properties returns the properties of a type with those that it inherits,
// each with its type, and likewise the navigation properties.
func (s *schema) properties(name string) (plain, navigation map[string]string) {
	plain, navigation = map[string]string{}, map[string]string{}
	for name != "" {
		base := ""
		for _, t := range s.Types {
			if t.Name != name {
				continue
			}
			base = strings.TrimPrefix(t.Base, "graph.")
			for _, p := range t.Properties {
				plain[p.Name] = p.Type
			}
			for _, p := range t.Navigation {
				navigation[p.Name] = p.Type
			}
		}
		name = base
	}
	return plain, navigation
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	var doc struct {
		Schema schema `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(fixture(t, "v1.0-subset.csdl"), &doc); err != nil {
		t.Fatal(err)
	}
	return &doc.Schema
}

// TestQueriesAreInTheSchema holds what we ask for against Microsoft's schema.
func TestQueriesAreInTheSchema(t *testing.T) {
	s := readSchema(t)
	for _, c := range []struct{ typ, query string }{
		{"contact", contactsQuery(true)}, {"contact", contactsQuery(false)},
		{"contactFolder", foldersQuery}, {"contact", countQuery},
		{"user", "$select=id,mail,userPrincipalName"},
	} {
		plain, navigation := s.properties(c.typ)
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range strings.Split(values.Get("$select"), ",") {
			if plain[p] == "" {
				t.Errorf("%s has no property %q", c.typ, p)
			}
		}
		if e := values.Get("$expand"); e != "" {
			name, filter, _ := strings.Cut(e, "(")
			if navigation[name] != "Collection(graph.singleValueLegacyExtendedProperty)" {
				t.Errorf("%s has no navigation property %q", c.typ, name)
			}
			if !strings.HasPrefix(filter, "$filter=id eq '") {
				t.Errorf("filter %q", filter)
			}
		}
	}
}

// TestFieldsAreInTheSchema holds the names and types that we decode against
// the schema: a field that is misspelt would stay empty for ever.
func TestFieldsAreInTheSchema(t *testing.T) {
	s := readSchema(t)
	for name, v := range map[string]any{
		"contact": contactType{}, "contactFolder": folder{}, "user": user{},
		"emailAddress": emailType{}, "physicalAddress": addressType{}, "singleValueLegacyExtendedProperty": property{},
	} {
		plain, navigation := s.properties(name)
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			field := typ.Field(i).Tag.Get("json")
			want := plain[field] + navigation[field]
			list := typ.Field(i).Type.Kind() == reflect.Slice
			switch {
			case want == "":
				t.Errorf("%s has no %q", name, field)
			case strings.HasPrefix(want, "Collection(") != list:
				t.Errorf("%s: %q is a list in one of both only", name, field)
			}
		}
	}
}
