package words

import (
	"os"
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

// The documents name the places as the hints do, each part of a path. README
// has the German words too, beside the English ones.
func TestPlacesInDocuments(t *testing.T) {
	documents := map[string]string{}
	for _, name := range []string{"README.md", "man/de/contactsync-einrichtung.7"} {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = strings.Join(strings.Fields(string(text)), " ")
	}
	for _, name := range []string{
		"app", "enterprise apps", "overview", "secrets", "certificates", "permissions",
		"tenant id", "client id", "value", "secret id", "consent", "application permissions",
	} {
		inEnglish, inGerman := english.Replace("{"+name+"}"), german.Replace("{"+name+"}")
		if name == "overview" || name == "certificates" {
			inGerman = "" // in the German manual only
		}
		for part := range strings.SplitSeq(inEnglish+" → "+inGerman, " → ") {
			if part != "the app" && part != "die App" && part != "Microsoft Entra Admin Center" && !strings.Contains(documents["README.md"], part) {
				t.Errorf("README.md does not name %q", part)
			}
		}
		for part := range strings.SplitSeq(german.Replace("{"+name+"}"), " → ") {
			if manual := "man/de/contactsync-einrichtung.7"; part != "die App" && !strings.Contains(documents[manual], part) {
				t.Errorf("%s does not name %q", manual, part)
			}
		}
	}
}
