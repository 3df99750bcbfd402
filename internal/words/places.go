package words

import "strings"

// place is a place in a portal: a page, a column, a button.
type place struct{ name, english, german string }

// places, from the whole to its parts. A path may begin with another place.
// The portals are those of 2026, in their own words:
// https://entra.microsoft.com, https://admin.microsoft.com.
var places = []place{
	{"entra", "Microsoft Entra admin center", "Microsoft Entra Admin Center"},
	{"admin", "Microsoft 365 admin center", "Microsoft 365 Admin Center"},

	{"app", "{entra} → Entra ID → App registrations → the app", "{entra} → Entra ID → App-Registrierungen → die App"},
	{"overview", "{app} → Overview", "{app} → Übersicht"},
	{"secrets", "{app} → Certificates & secrets → Client secrets", "{app} → Zertifikate & Geheimnisse → Geheime Clientschlüssel"},
	{"certificates", "{app} → Certificates & secrets → Certificates", "{app} → Zertifikate & Geheimnisse → Zertifikate"},
	{"permissions", "{app} → API permissions", "{app} → API-Berechtigungen"},

	{"enterprise apps", "{entra} → Entra ID → Enterprise apps", "{entra} → Entra ID → Unternehmensanwendungen"},
	{"properties", "{enterprise apps} → the app → Properties", "{enterprise apps} → die App → Eigenschaften"},
	{"sign-in logs", "{entra} → Entra ID → Monitoring & health → Sign-in logs → Service principal sign-ins", "{entra} → Entra ID → Überwachung und Integrität → Anmeldeprotokolle → Dienstprinzipalanmeldungen"},
	{"licences", "{admin} → Users → Active users → the user → Licenses and apps", "{admin} → Benutzer → Aktive Benutzer → der Benutzer → Lizenzen und Apps"},
	{"subscriptions", "{admin} → Billing → Your products", "{admin} → Abrechnung → Ihre Produkte"},

	{"tenant id", "Directory (tenant) ID", "Verzeichnis-ID (Mandant)"},
	{"client id", "Application (client) ID", "Anwendungs-ID (Client)"},
	{"value", "Value", "Wert"},
	{"secret id", "Secret ID", "Geheime ID"},
	{"consent", "Grant admin consent", "Administratorzustimmung erteilen"},
	{"granted", "Granted for …", "Gewährt für …"},
	{"application permissions", "Application permissions", "Anwendungsberechtigungen"},
	{"enabled", "Enabled for users to sign-in?", "Aktiviert für die Benutzeranmeldung?"},
}

var (
	english = replacer(func(p place) string { return p.english })
	german  = replacer(func(p place) string { return p.german })
)

// replacer replaces each place by its words in one language.
func replacer(words func(place) string) *strings.Replacer {
	var pairs []string
	for _, p := range places {
		whole := words(p)
		if len(pairs) > 0 {
			whole = strings.NewReplacer(pairs...).Replace(whole)
		}
		pairs = append(pairs, "{"+p.name+"}", whole)
	}
	return strings.NewReplacer(pairs...)
}
