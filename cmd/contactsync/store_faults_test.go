package main

import (
	"fmt"
	"strings"
	"testing"

	"contactsync/kvstore"
)

// put writes a value as it is.
func (w *world) put(key, value string) {
	w.t.Helper()
	store, err := kvstore.Open(w.path("kvstore"))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := store.Set(namespace, key, value); err != nil {
		w.t.Fatal(err)
	}
}

// kept returns all keys with their values.
func (w *world) kept() []kvstore.Entry {
	w.t.Helper()
	store, err := kvstore.Open(w.path("kvstore"))
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := store.List(namespace)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// Blanks and line ends around a value, as they come with pasting, do no harm to
// any key, and stay where they are.
func TestPastedValues(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.bind("reader's secret")
	w.put("default_region", "DE")
	w.put("workers", "2")
	w.put("source", "graph")
	w.put("office365", "true")
	w.put("contact_folders", "all")
	w.put("phonebookname", "Privat")
	for _, around := range [][2]string{{" ", " "}, {"", "\n"}, {"", "\r\n"}, {"\t", "\t\r\n"}, {"\u00a0", "\u00a0"}, {"\ufeff", "\n"}} {
		for _, e := range w.kept() {
			w.put(e.Key, around[0]+strings.TrimFunc(e.Value, func(r rune) bool { return strings.ContainsRune(" \t\r\n\u00a0\ufeff", r) })+around[1])
		}
		before := fmt.Sprint(w.kept())
		w.sync(0, "--full")
		check(t, fmt.Sprintf("phonebook with %q", around), w.names("anna"), "Erika")
		check(t, "title", w.book("anna").Title, "Privat")
		check(t, "store", fmt.Sprint(w.kept()), before)
	}
}

// A client secret that cannot be one is named for what it is, never shown, and
// the phonebook stays.
func TestPastedSecrets(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.add("anna", "Erika", "030 901820")
	w.sync(0)
	w.add("anna", "Zoë", "030 901821")
	for name, tt := range map[string]struct {
		value string
		words []string
	}{
		"empty":             {"", []string{"client_secret", "want the value of a client secret"}},
		"blanks":            {" \t\r\n", []string{"client_secret: holds nothing but blanks", "want the value of a client secret"}},
		"its id":            {w.app.SecretID, []string{"client_secret", "is the secret's id", "Certificates & secrets"}},
		"its id, pasted":    {" " + w.app.SecretID + "\r\n", []string{"is the secret's id"}},
		"with its id":       {w.app.SecretID + "\t" + secret, []string{"client_secret"}},
		"with its name":     {"contactsync " + secret, []string{"client_secret", "blank in the middle"}},
		"two lines":         {secret + "\n" + secret, []string{"client_secret"}},
		"in quotes":         {`"` + secret + `"`, []string{"client_secret: begins and ends with a quotation mark; store it without"}},
		"with its key":      {"client_secret=" + secret, []string{"client_secret: begins with the key's own name"}},
		"the tenant's id":   {w.tenant.ID, []string{"client_secret: is the tenant's id, the same as tenant_id"}},
		"the app's id":      {w.app.ClientID, []string{"client_secret: is the app's id, the same as client_id"}},
		"cut off":           {secret[:len(secret)-1], []string{"client_secret", "perhaps it was copied in part", "Certificates & secrets"}},
		"control character": {secret[:5] + "\x00" + secret[5:], []string{"client_secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			w.put("client_secret", tt.value)
			r := w.sync(78)
			contains(t, r.Error+" "+r.Hint, tt.words...)
			if strings.Contains(r.Hint, "secret's id") {
				t.Errorf("it was no id: %s", r.Hint)
			}
			if r.Hint == "" || len(tt.value) > 8 && strings.Contains(r.Error+r.Hint, strings.TrimSpace(tt.value)) && tt.value[0] != ' ' {
				t.Errorf("%s\n%s", r.Error, r.Hint)
			}
			check(t, "phonebook", w.names("anna"), "Erika")
		})
	}
	w.put("client_secret", secret)
	w.sync(0)
	check(t, "phonebook", w.names("anna"), "Erika, Zoë")
}
