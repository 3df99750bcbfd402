package fault

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// hidden stands for what is not to be seen.
const hidden = "••••"

// shortest is the least length of what is looked for, in bytes.
const shortest = 4

// credentials are what requests prove themselves with, whoever made them:
// tokens (RFC 7519), NTLM's messages in base64 ([MS-NLMP], 2.2.1), and what
// stands behind the name of a scheme (RFC 9110, section 11.6.2), unless that is
// short and a word such as in "Basic authentication".
var credentials = regexp.MustCompile(`eyJ[\w.~+/=-]*|TlRMTVNTUA[\w+/=-]*|` +
	`(\b(?i:bearer|basic|ntlm|negotiate)(?:[\s:=+"']|%20)+)(?:\S{16,}|\S*[0-9+/=]\S*)`)

// The secrets of this process. They are known once for all, because whoever
// shows a text cannot know which of them the other side was told.
var (
	secretsLock sync.Mutex
	secrets     []string                      // patterns, the longest first
	secretsSeen = map[string]bool{}           // whose patterns are there
	secretsAs   atomic.Pointer[regexp.Regexp] // nil: there are none
)

// Hide has Line leave a secret out of texts from now on. Whoever is given a
// password or a client secret to send it to somebody calls it first. One of
// fewer than four characters, which many a word holds, is not left out.
func Hide(secret string) {
	secretsLock.Lock()
	defer secretsLock.Unlock()
	if len(secret) < shortest || secretsSeen[secret] {
		return
	}
	secretsSeen[secret] = true
	secrets = append(secrets, forms(secret)...)
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	secrets = slices.Compact(secrets)
	secretsAs.Store(regexp.MustCompile(strings.Join(secrets, "|")))
}

// redact returns a text with •••• in the place of secrets and of all
// credentials: a proxy or a server may repeat the request in its answer.
func redact(s string) string {
	if all := secretsAs.Load(); all != nil {
		s = all.ReplaceAllString(s, hidden)
	}
	return credentials.ReplaceAllString(s, "${1}"+hidden)
}

// forms returns patterns for a secret as it stands in a line, in a form or an
// address, in JSON, in HTML, and in base64 behind a text of any length, as
// Basic has it behind the user's name (RFC 7617).
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string can be encoded
	plain := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1]), html.EscapeString(secret)}
	var patterns []string
	for _, form := range plain {
		if form = oneLine(form); len(form) >= shortest {
			patterns = append(patterns, "(?i:"+regexp.QuoteMeta(form)+")")
		}
	}
	for before := range 3 {
		// Of six bits each, those characters count that are the secret's alone.
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
		own := encoded[(before*8+5)/6 : (before+len(secret))*8/6]
		if len(own) < shortest {
			continue
		}
		own = strings.NewReplacer("+", "(?:[+-]|%2B)", "/", "(?:[/_]|%2F)").Replace(own)
		patterns = append(patterns, `[\w+/=%-]*`+own+`[\w+/=%-]*`)
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}
