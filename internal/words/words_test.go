package words

import (
	"strings"
	"testing"
)

// Each place is named wholly in both languages.
func TestPlaces(t *testing.T) {
	for _, p := range places {
		for language, r := range map[string]*strings.Replacer{"English": english, "German": german} {
			if text := r.Replace("{" + p.name + "}"); strings.ContainsAny(text, "{}") || text == "" {
				t.Errorf("%s in %s: %q", p.name, language, text)
			}
		}
	}
	want := "Microsoft Entra Admin Center → Entra ID → App-Registrierungen → die App → API-Berechtigungen"
	if got := german.Replace("{permissions}"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
