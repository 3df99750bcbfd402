package fault

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

// A secret that the other side repeats is not seen in any of its forms, nor is
// a piece of it.
func TestSecretsAreLeftOut(t *testing.T) {
	for _, secret := range []string{"aB3~x.Y-z_8+q/W=", `p"a<s&s'w\d ü€ 1`, "two  blanks\tand a tab", "Pa$$w0rd", "abcd", "(.*)[x]{2}|^$"} {
		Hide(secret)
		Hide(secret)
		quoted, _ := json.Marshal(secret)
		told := map[string]string{
			"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "lower case": strings.ToLower(url.QueryEscape(secret)),
			"JSON": string(quoted), "HTML": html.EscapeString(secret), "shouted": strings.ToUpper(secret),
		}
		for n := range 4 {
			text := []byte(strings.Repeat("u", n) + ":" + secret)
			told[fmt.Sprint("base64 ", n)] = base64.StdEncoding.EncodeToString(text)
			told[fmt.Sprint("base64 for addresses ", n)] = base64.RawURLEncoding.EncodeToString(text)
			told[fmt.Sprint("base64 escaped ", n)] = url.QueryEscape(base64.StdEncoding.EncodeToString(text))
		}
		for form, text := range told {
			if got := Line("no <"+text+"> here", 1000); !strings.HasPrefix(got, "no <") || !strings.HasSuffix(got, "> here") ||
				strings.Trim(strings.ReplaceAll(got[4:len(got)-6], hidden, ""), `"`) != "" {
				t.Errorf("%s of %q: %q", form, secret, got)
			}
			// What is cut is cut afterwards.
			if got := Line(strings.Repeat("x ", 50)+text, 102); strings.Trim(got, "x •…\"") != "" {
				t.Errorf("%s of %q, cut: %q", form, secret, got)
			}
		}
	}
	for _, short := range []string{"", "a", "was", "     "} {
		Hide(short)
	}
	if got := Line("as it was", 100); got != "as it was" {
		t.Errorf("%q", got)
	}
}

// A text may be so long that its end is cut off first, in the middle of a
// secret, and shrink to nothing after that.
func TestLongTexts(t *testing.T) {
	const secret = "l0ng~Text-secret"
	Hide(secret)
	for n := range len(secret) {
		text := "eyJ" + strings.Repeat("A", looked-n-4) + " " + secret + strings.Repeat(" and so on", 1<<16)
		if got := Line(text, 300); got != hidden+"…" && got != "…" {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got, want := Line(strings.Repeat("ä ", 1<<16), 5), "ä ä ä…"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCredentialsAreLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		"Authorization: Bearer eyJ0eXAiOi.eyJhdWQi.c2ln-_ x": "Authorization: Bearer •••• x",
		"token=eyJ0eXAiOi.eyJhdWQi&x=1":                      "token=••••&x=1",
		"half a token, eyJ0eXA":                              "half a token, ••••",
		"Bearer EwBgA8l6BAAURSN/abc+def==":                   "Bearer ••••",
		"bearer%20EwBgA8l6BAAURSN":                           "bearer%20••••",
		"(Basic dXNlcjpwdw==)":                               "(Basic ••••",
		"BASIC  abcdefghijklmnopqrst":                        "BASIC ••••",
		"NTLM TlRMTVNTUAADAAAAGAAYAHoAAAA= and":              "NTLM •••• and",
		"Negotiate YIIBhwYGKwYBBQUCoIIBezCC, NTLM":           "Negotiate •••• NTLM",
		"TlRMTVNTUAABAAAA":                                   "••••",
		"Basic authentication is switched off":               "Basic authentication is switched off",
		"The server takes NTLM, not Basic.":                  "The server takes NTLM, not Basic.",
		"Access token validation failure. Invalid audience.": "Access token validation failure. Invalid audience.",
	} {
		if got := Line(text, 1000); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
