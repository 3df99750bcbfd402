package simulator

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

const csdlFile = "../../../shared/fixtures/graph/v1.0-subset.csdl"

// csdl is Microsoft's description of the types, by name: the type of each
// property.
type csdl map[string]map[string]string

type csdlType struct {
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
}

func readCSDL(t *testing.T) csdl {
	t.Helper()
	b, err := os.ReadFile(csdlFile)
	if os.IsNotExist(err) {
		t.Skip("no description of Graph's types in ../shared/fixtures/graph")
	}
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Entities []csdlType `xml:"DataServices>Schema>EntityType"`
		Complex  []csdlType `xml:"DataServices>Schema>ComplexType"`
	}
	if err := xml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	byName := map[string]csdlType{}
	for _, typ := range append(doc.Entities, doc.Complex...) {
		byName["graph."+typ.Name] = typ
	}
	types := csdl{}
	for name := range byName {
		all := map[string]string{}
		for at := name; at != ""; at = byName[at].Base {
			for _, p := range byName[at].Properties {
				all[p.Name] = p.Type
			}
			for _, p := range byName[at].Navigation {
				all[p.Name] = p.Type
			}
		}
		types[name] = all
	}
	return types
}

// check returns what in value is not of this type.
func (c csdl) check(path, typ string, value any) (wrong []string) {
	if inner, ok := strings.CutPrefix(typ, "Collection("); ok {
		list, isList := value.([]any)
		if !isList {
			return []string{fmt.Sprintf("%s is %T, not a list", path, value)}
		}
		for _, v := range list {
			wrong = append(wrong, c.check(path+"[]", strings.TrimSuffix(inner, ")"), v)...)
		}
		return wrong
	}
	if value == nil {
		return nil
	}
	if properties, ok := c[typ]; ok {
		object, isObject := value.(map[string]any)
		if !isObject {
			return []string{fmt.Sprintf("%s is %T, not %s", path, value, typ)}
		}
		for name, v := range object {
			switch {
			case strings.HasPrefix(name, "@"):
			case properties[name] == "":
				wrong = append(wrong, path+"/"+name+" does not exist in "+typ)
			default:
				wrong = append(wrong, c.check(path+"/"+name, properties[name], v)...)
			}
		}
		return wrong
	}
	ok := false
	switch typ {
	case "Edm.String":
		_, ok = value.(string)
	case "Edm.Boolean":
		_, ok = value.(bool)
	case "Edm.DateTimeOffset":
		s, _ := value.(string)
		_, err := time.Parse(time.RFC3339, s)
		ok = err == nil
	}
	if !ok {
		wrong = append(wrong, fmt.Sprintf("%s is %v (%T), not %s", path, value, value, typ))
	}
	return wrong
}

func TestAnswersAreOfGraphsTypes(t *testing.T) {
	types := readCSDL(t)
	if bad := types.check("", "graph.contact", map[string]any{"shoeSize": "44", "birthday": "soon", "homePhones": "1"}); len(bad) != 3 {
		t.Fatalf("the check finds %q in a contact with three mistakes", bad)
	}
	tenant := Generate(3, 2, 400)
	s, err := Start(tenant, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := newClient(t, s, tenant.Apps()[0])
	m := tenant.Mailboxes()[0]
	expand := "&$expand=singleValueExtendedProperties($filter=id eq 'String 0x3A24' or id eq 'String 0x3A21' or id eq 'String 0x3613')"
	for path, typ := range map[string]string{
		"/users/" + m.ObjectID + "/contacts?$top=1000" + expand:      "graph.contact",
		"/users/" + m.ObjectID + "/contacts/delta":                   "graph.contact",
		"/users/" + m.ObjectID + "/contactFolders?$top=100" + expand: "graph.contactFolder",
		"/users/" + m.ObjectID + "/contactFolders/delta":             "graph.contactFolder",
		"/users": "graph.user",
		"/users?$select=id,displayName,givenName,surname,mail,userPrincipalName&$top=1": "graph.user",
	} {
		values, _, _ := c.all(path)
		if len(values) == 0 {
			t.Errorf("%s answers nothing", path)
		}
		for _, v := range values {
			if id, _ := v["id"].(string); id == "" {
				t.Errorf("%s: no id in %v", path, v)
			}
			for _, w := range types.check(typ, typ, v) {
				t.Errorf("%s: %s", path, w)
			}
		}
	}
	// All properties that the type has can be selected, and no others.
	for name, kind := range types["graph.contact"] {
		status, _, _ := c.get("/users/" + m.ObjectID + "/contacts?$top=1&$select=" + name)
		navigation := strings.Contains(kind, "xtendedProperty") || name == "photo" || name == "extensions"
		if (status == 200) == navigation {
			t.Errorf("$select=%s: %d", name, status)
		}
	}
}
