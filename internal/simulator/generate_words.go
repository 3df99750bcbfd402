package simulator

// The words that generated contacts are made of. Nobody is meant.

var givenNames = []string{
	"Anna", "Jürgen", "Björn", "Käthe", "Sören", "Günther", "Bärbel", "Thomas", "Sabine", "Uwe", "Jörg", "Petra", "Matthias", "Ulrike",
	"Hans-Peter", "Marie-Luise", "Jan", "Pieter", "Anneke", "Willem", "Femke", "Sjoerd", "Maarten", "Łukasz", "Agnieszka", "Paweł",
	"Şebnem", "Gökhan", "Ayşe", "Çiğdem", "François", "Zoë", "Renée", "José", "Íñigo", "Håkon", "Åse", "Mikael", "Siobhán", "Seán",
	"Ελένη", "Юлия", "Дмитрий", "美咲", "伟", "محمد", "Priya", "Nguyễn", "Jiří", "Zdeněk", "Ágnes", "Ștefan", "X Æ", "Ute", "Kai", "Lea", "Ben",
	"Emma", "Noah", "Mia", "Finn", "Charlotte", "Friedrich", "Wolfgang", "Heidrun", "Dörte", "Torsten", "Silke", "Ralf", "Heike",
}

var surnames = []string{
	"Müller", "Schmidt", "Schneider", "Fischer", "Weiß", "Groß", "Köhler", "Jäger", "Schröder", "Krüger", "Böhm", "Größner", "Strauß",
	"Schulze-Delitzsch", "von der Heide", "zu Guttenfels", "Freiherr von Stein", "van der Meer", "de Vries", "van 't Hoff", "Jansen",
	"'s-Gravesande", "IJsbrands", "ter Horst", "Bakker", "Wójcik", "Żuławski", "Kowalski", "Yılmaz", "Öztürk", "Şahin", "Çelik",
	"Lefèvre", "D'Arcy", "O'Neill", "MacÉil", "Ångström", "Sørensen", "Nygård", "García Márquez", "Núñez", "Papadopoulos", "Иванова",
	"山田", "王", "الأحمد", "Patel", "Trần", "Dvořák", "Nagy", "Popescu", "Meier", "Mayer", "Maier", "Meyer", "Ö", "Ng", "Wolff", "Brandt",
	"Lindner", "Hoffmann", "Wagner", "Becker", "Schwarz", "Zimmermann", "Hartmann", "Vogel", "Lorenz", "Keller", "Albrecht", "Stahl",
}

var nicknames = []string{"Mama", "Oma & Opa", "Der vom TÜV", "ICE Papa", "Taxi", "Hausmeister", "!Notruf Aufzug", "Zahnarzt", "***", "Tante Käthe", "🚒", "Pizza"}

var companies = []string{
	"Contoso Ltd", "Fabrikam GmbH", "Stadtwerke Süd AöR", "Bäckerei Groß", "IT4U", "Æther & Øre A/S", "株式会社サンプル", "ООО Пример",
	"Café Zoë", "Kfz-Meisterbetrieb \"Öl & Rost\"", "Praxis Dr. med. Weiß <Hausärztin>", "Jansen en Zonen BV", "A&O Hausverwaltung", "3-2-1 Logistik",
}

var legalForms = []string{"GmbH", "GmbH & Co. KG", "AG", "e. K.", "OHG", "UG (haftungsbeschränkt)", "BV", "Ltd.", "Partnerschaft mbB", "e. V."}

var trades = []string{"Elektro", "Sanitär", "Steuerberatung", "Autohaus", "Apotheke", "Bürobedarf", "Spedition", "Gärtnerei", "Druckerei", "Kanzlei", "Praxis", "Tischlerei"}

var jobTitles = []string{"Geschäftsführerin", "Einkauf", "Leiter IT", "Sachbearbeiter", "Vertrieb Außendienst", "Prokuristin", "CEO", "Verkoper", "Systemadministrator", "Empfang", "Auszubildender"}

var departments = []string{"Einkauf", "Vertrieb", "Buchhaltung", "Technik/Service", "Personal", "F&E", "Geschäftsleitung", "Öffentlichkeitsarbeit"}

var categories = []string{"Privat", "Kunde", "Lieferant", "Familie", "Rote Kategorie", "VIP; wichtig", "Weihnachtskarte", "Überfällig"}

var mailDomains = []string{"example.com", "example.net", "mail.example.org", "firma.example", "müller.example", "xn--mller-kva.example"}

var streets = []string{"Hauptstraße", "Bahnhofstr.", "Am Alten Markt", "Straße des 17. Juni", "Prinsengracht", "Rue de l'Église", "Schloßallee", "Im Grüntal", "Ringstraße"}

var towns = []string{"Berlin", "Köln", "München", "Düsseldorf", "Würzburg", "Gießen", "Amsterdam", "'s-Hertogenbosch", "Zürich", "Wien", "Łódź", "Saarbrücken", "Halle (Saale)"}

var states = []string{"Bayern", "NRW", "Noord-Holland", "ZH"}

var countries = []string{"Deutschland", "Germany", "DE", "Nederland", "Österreich", "Schweiz", "Polska"}

var listNames = []string{"Skatrunde", "Team Vertrieb", "Alle Nachbarn", "Verteiler Süd"}

var folderNames = []string{"Kunden", "Lieferanten", "Verein", "Import aus Handy"}

// hiddenFolders are Outlook's own, with their classes.
var hiddenFolders = [][2]string{
	{"Recipient Cache", "IPF.Contact.RecipientCache"},
	{"{06967759-274D-40B2-A3EB-D7F9E73727D7}", "IPF.Contact.MOC.QuickContacts"},
	{"{A9E2BC46-B3A0-4243-B315-60D991004455}", "IPF.Contact.MOC.ImContactList"},
	{"GAL Contacts", "IPF.Contact.GalContacts"},
	{"Organizational Contacts", "IPF.Contact.OrganizationalContacts"},
	{"Companies", "IPF.Contact.Company"},
}

var emoji = []string{"😀", "👩‍💻", "🇩🇪", "☎️", "🎺"}

var noteLines = []string{
	"Ruft nur vormittags an.", "Kundennummer 4711", "Hat uns auf der Messe angesprochen; Angebot folgt.", "Tür-Code nicht am Telefon nennen!",
	"Frau: Käthe, Kinder: Emma und Noah", "→ Rückruf erbeten", "https://example.org/?a=1&b=2", "Bevorzugt Mail. Nicht vor 9 Uhr, nicht nach 18 Uhr, nie am Freitag.",
}

// areaCodes and mobileCodes are German, without the trunk prefix.
var areaCodes = []string{"30", "40", "89", "221", "211", "69", "711", "341", "351", "911", "641", "931", "681", "2151", "5251", "6151", "33203", "3631"}

var mobileCodes = []string{"151", "152", "157", "160", "162", "163", "170", "171", "172", "173", "175", "176", "178", "179"}

var extensionWords = []string{"ext.", "ext", "x", "Durchwahl", "DW", "App.", "Nst."}

var remarks = []string{"(privat)", "ab 18 Uhr", "Zentrale", "Frau Groß", "alt!", "NEU"}

var noNumbers = []string{"siehe Büro", "auf Anfrage", "keine", "0800-TAXI-BERLIN", "skype:anna.example", "?", "-", "anna@example.com", "Fax defekt", "030 12 34 5x"}

var shortCodes = []string{"110", "112", "115", "*21#", "**61*11", "22", "#31#030123456", "11833", "**1"}
