package entra

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
)

// FuzzJudge: nothing but an object with status 200 is taken for an answer, and
// a refusal becomes one line with something to do, without the secret.
func FuzzJudge(f *testing.F) {
	const secret = "s3cr3t~Value"
	fault.Hide(secret)
	w := &web{renewal: "contactsync secret"}
	u := &url.URL{Scheme: "https", Host: "login.example"}
	f.Add(400, []byte(`{"error":"invalid_client","error_description":"AADSTS7000215: s3cr3t~Value\r\nTrace ID: x","error_codes":[7000215]}`), "Sun, 22 Nov 2026 06:00:00 GMT")
	f.Add(401, []byte(`{"error":"\u001b]52;c;x\u0007","error_description":"\u001b[2J\u009b2J","trace_id":"\u0000"}`), "")
	f.Fuzz(func(t *testing.T, status int, body []byte, header string) {
		resp := &http.Response{StatusCode: status, Status: http.StatusText(status), Request: &http.Request{URL: u},
			Header: http.Header{"Date": {header}, "Retry-After": {header}, "Location": {header}}}
		err := w.judge(u, resp, body)
		if err == nil {
			var object map[string]json.RawMessage
			if status != http.StatusOK || json.Unmarshal(body, &object) != nil {
				t.Fatalf("status %d with %q is an answer", status, body)
			}
			return
		}
		var again *transport.Retry
		if errors.As(err, &again) {
			if again.After < 0 {
				t.Fatalf("wait %v", again.After)
			}
			err = again.Err
		}
		if class := fault.ClassOf(err); class != fault.Config && class != fault.Unavailable || fault.HintOf(err) == "" {
			t.Fatalf("class %v, hint %q of %v", class, fault.HintOf(err), err)
		}
		text := err.Error() + fault.HintOf(err)
		if len(text) > 8000 || strings.Contains(text, secret) || strings.ContainsFunc(text, unicode.IsControl) {
			t.Fatalf("text %q", text)
		}
	})
}

// FuzzRoles: a token that says nothing says nothing, and one that has roles
// has them.
func FuzzRoles(f *testing.F) {
	f.Add("eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJDb250YWN0cy5SZWFkIl19.", "Contacts.Read")
	f.Fuzz(func(t *testing.T, token, role string) {
		if roles := Roles(token); roles != nil && strings.Count(token, ".") != 2 {
			t.Fatalf("%q has the roles %q", token, roles)
		}
		claims, _ := json.Marshal(map[string][]string{"roles": {role}})
		made := "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".x"
		if roles := Roles(made); !slices.Equal(roles, []string{strings.ToValidUTF8(role, "\uFFFD")}) && strings.ToValidUTF8(role, "") == role {
			t.Fatalf("%q is %q", role, roles)
		}
	})
}
