package settings

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const value = "s3cr3t-value"

// TestSecretIsHidden prints secrets in every way that code may stumble into.
func TestSecretIsHidden(t *testing.T) {
	type unexported struct {
		secret Secret
		list   []Secret
	}
	s := NewSecret(value)
	things := map[string]any{
		"itself": s, "pointer": &s, "slice": []Secret{s}, "map": map[string]Secret{"k": s}, "key": map[Secret]int{s: 1},
		"field": struct{ S Secret }{s}, "unexported field": unexported{s, []Secret{s}}, "pointer to it": &unexported{s, nil},
		"settings": Settings{ClientSecret: s, EWSPassword: s, ProxyPassword: s, LDAP: LDAP{BindPassword: s}},
	}
	for name, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%10.3s", "%T", "%U", "%#q"} {
			check(t, name+" "+verb, fmt.Sprintf(verb, thing))
		}
		check(t, name+" Errorf", fmt.Errorf("load %v: %w", thing, errors.New("x")).Error())
		j, _ := json.Marshal(thing)
		check(t, name+" JSON", string(j))
		x, _ := xml.Marshal(thing)
		check(t, name+" XML", string(x))
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "k", thing)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "k", thing)
		check(t, name+" slog", b.String())
	}
	for _, got := range []string{fmt.Sprintf("%v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%x", s), s.String()} {
		if got != "••••" {
			t.Errorf("a secret prints as %q", got)
		}
	}
	if s.Reveal() != value || !s.IsSet() {
		t.Error("the value is lost")
	}
}

func check(t *testing.T, how, text string) {
	t.Helper()
	for _, form := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%X", value), value[:5]} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
}

func TestSecretNotSet(t *testing.T) {
	for _, s := range []Secret{{}, NewSecret("")} {
		if s.IsSet() || s.Reveal() != "" || fmt.Sprint(s) != "" {
			t.Errorf("an empty secret: set %v, %q, prints %q", s.IsSet(), s.Reveal(), fmt.Sprint(s))
		}
	}
}

// TestErrorsHideValues puts a secret where it does not belong: into every key.
func TestErrorsHideValues(t *testing.T) {
	for _, secret := range []string{value, "https://user:" + value + "@example.org:x", "ldap://cn=x:" + value + "@h/%zz", value + "\n" + value,
		"(" + value, "http://" + value + "@proxy", "/" + value} {
		values := map[string]string{value: "as a key it is the user's own"}
		r := &reader{}
		new(Settings).readAll(r)
		for _, key := range r.known {
			values[key] = secret
		}
		delete(values, value)
		for _, office := range []string{"true", "false"} {
			s, err := Load(with(values, "office365", office))
			if err == nil {
				t.Fatal("nothing wrong with it")
			}
			check(t, "error", err.Error())
			check(t, "error", fmt.Sprintf("%#v %+v", err, err))
			check(t, "warnings", fmt.Sprint(s.Warnings))
		}
	}
}
