package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What Microsoft's schema does not allow is found, so that the checks against
// it mean something.
func TestTheSchemaRefuses(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(Fixture(t, "ews/gromox"), "small-getfolder-contacts.request.xml"))
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	ValidateEWS(t, b)
	for name, doc := range map[string]string{
		"an unknown element":   strings.Replace(good, "<m:FolderIds>", "<m:Colour>red</m:Colour><m:FolderIds>", 1),
		"an unknown value":     strings.Replace(good, ">AllProperties<", ">Everything<", 1),
		"an unknown version":   strings.Replace(good, "Exchange2013_SP1", "Exchange3000", 1),
		"two names":            strings.Replace(good, "</s:Header>", "<t:ExchangeImpersonation><t:ConnectingSID/></t:ExchangeImpersonation></s:Header>", 1),
		"a missing attribute":  strings.Replace(good, ` Id="contacts"`, "", 1),
		"an unknown operation": strings.ReplaceAll(good, "GetFolder", "FooBar"),
		"a fault of no code": `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>x</faultstring>` +
			`<detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorOfMine</e:ResponseCode></detail></s:Fault></s:Body></s:Envelope>`,
		"no document": "<",
	} {
		if doc == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if len(complaints(t, b, []byte(doc))) == 0 {
			t.Errorf("%s is allowed", name)
		}
	}
}

func TestSanitise(t *testing.T) {
	in := "a&#x1A;b&#26;c&#xD;d&#x9;e&#xFFFE;f&#x1F389;g&#xD800;h&#0;i&amp;&#99999999999;"
	want := "a\uFFFDb\uFFFDc&#xD;d&#x9;e\uFFFDf&#x1F389;g\uFFFDh\uFFFDi&amp;\uFFFD"
	if got := string(Sanitise([]byte(in))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
