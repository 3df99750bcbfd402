package entra

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"contactsync/internal/transport"
)

// forms are the ways in which a text would show something.
func forms(what string) []string {
	return []string{what, url.QueryEscape(what), fmt.Sprintf("%q", what), fmt.Sprintf("%x", what)}
}

// show prints a thing in every way that code may stumble into.
func show(thing any) string {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, thing)
	}
	j, _ := json.Marshal(thing)
	b.Write(j)
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "k", thing)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "k", thing)
	for err, ok := thing.(error); ok && err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%v %+v %#v %T", err, err, err, err)
	}
	return b.String()
}

func keepsQuiet(t *testing.T, name, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		for _, form := range forms(s) {
			if strings.Contains(text, form) {
				t.Errorf("%s shows %q", name, form)
			}
		}
	}
}

func TestTypesKeepQuiet(t *testing.T) {
	srv := newSignIn(t)
	c, _ := srv.config(transport.Options{})
	s := mustNew(t, c)
	token := mustToken(t, s, scope)
	keepsQuiet(t, "Config", show(c)+show(&c), secret, token)
	keepsQuiet(t, "TokenSource", show(s), secret, token)
	// A method value in a field, as the callers hold it.
	keepsQuiet(t, "Token", show(struct{ F any }{s.Token}), secret, token)
}

// TestErrorsKeepQuiet has a server that says aloud whatever it was told.
func TestErrorsKeepQuiet(t *testing.T) {
	now := time.Now()
	p := makePair(t, 2048, now.Add(-time.Hour), now.Add(time.Hour))
	file := filepath.Join(t.TempDir(), "app.pem")
	write(t, file, []byte(p.certPEM()+p.pkcs1()))
	issued := makeToken(7, scope)

	for _, byCertificate := range []bool{false, true} {
		for name, answer := range map[string]func(w http.ResponseWriter, form string){
			"refusal": func(w http.ResponseWriter, form string) { refuse(w, 401, "invalid_client", 7000215, form) },
			"error":   func(w http.ResponseWriter, form string) { refuse(w, 400, form, 1, "") },
			"outage":  func(w http.ResponseWriter, form string) { refuse(w, 503, "server_error", 90033, form) },
			"page": func(w http.ResponseWriter, form string) {
				fmt.Fprintf(w, "<title>%s</title>", form[max(0, len(form)-190):])
			},
			"page, all": func(w http.ResponseWriter, form string) { fmt.Fprintf(w, "<p>%s</p>", form) },
			"token of bad form": func(w http.ResponseWriter, form string) {
				fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":"soon","access_token":%q,"x":%q}`, issued, form)
			},
			"long refusal": func(w http.ResponseWriter, _ string) {
				refuse(w, 401, "invalid_client", 7000215, strings.Repeat("x", 400-len("AADSTS7000215: ")-len(secret)/2)+secret)
			},
			"error with token": func(w http.ResponseWriter, form string) {
				fmt.Fprintf(w, `{"error":"x","error_description":%q}`, issued+form)
			},
		} {
			t.Run(fmt.Sprint(name, " certificate ", byCertificate), func(t *testing.T) {
				srv := newSignIn(t)
				assertion := "never sent"
				srv.override = func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/token") {
						return false
					}
					body, _ := io.ReadAll(r.Body)
					form, _ := url.ParseQuery(string(body))
					if a := form.Get("client_assertion"); a != "" {
						assertion = a
					}
					answer(w, string(body)+" "+form.Get("client_secret"))
					return true
				}
				c, _ := srv.config(transport.Options{})
				if byCertificate {
					c.CertificateFile = file
				}
				_, err := mustNew(t, c).Token(t.Context(), scope)
				if err == nil {
					t.Fatal("a token out of nothing")
				}
				signature := assertion[strings.LastIndex(assertion, ".")+1:]
				keepsQuiet(t, "the error", show(err), secret, secret[:len(secret)/2], issued, assertion, signature)
			})
		}
	}
}
