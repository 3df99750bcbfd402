package simulator

import (
	"fmt"
	"strings"
	"time"
)

// contact makes up one contact. Most are plain; each odd thing that people do
// to their address books turns up somewhere in a few hundred.
func (g *generator) contact() Contact {
	c := Contact{GivenName: g.one(givenNames), Surname: g.one(surnames)}
	switch n := g.IntN(100); {
	case n < 12: // a company without a person
		c = Contact{Company: g.company()}
		c.DisplayName = c.Company
	case n < 15: // a nickname
		c = Contact{DisplayName: g.one(nicknames)}
	case n < 40:
		c.DisplayName = c.Surname + ", " + c.GivenName
	default:
		c.DisplayName = c.GivenName + " " + c.Surname
	}
	if c.Company == "" && g.chance(550) {
		c.Company = g.company()
		c.JobTitle, c.Department = g.sometimes(450, jobTitles), g.sometimes(300, departments)
	}
	if g.chance(60) && c.GivenName != "" {
		c.MiddleName = g.one(givenNames)
	}
	c.Phones = g.phones()
	c.Emails = g.emails(c)
	c.Addresses = g.addresses()
	c.Birthday = g.birthday()
	c.Notes = g.notes()
	for g.chance(150) && len(c.Categories) < 3 {
		c.Categories = append(c.Categories, g.one(categories))
	}
	g.spoil(&c)
	return c
}

func (g *generator) sometimes(permille int, values []string) string {
	if g.chance(permille) {
		return g.one(values)
	}
	return ""
}

func (g *generator) company() string {
	switch g.IntN(4) {
	case 0:
		return g.one(companies)
	case 1:
		return g.one(surnames) + " & " + g.one(surnames) + " " + g.one(legalForms)
	case 2:
		return g.one(trades) + " " + g.one(towns)
	}
	return g.one(trades) + " " + g.one(surnames) + " " + g.one(legalForms)
}

// spoil does to a contact, now and then, what breaks careless programs.
func (g *generator) spoil(c *Contact) {
	switch n := g.IntN(1000); {
	case n < 15: // Outlook's name is empty
		c.DisplayName = ""
	case n < 20: // nothing but a number, if that
		*c = Contact{Phones: c.Phones}
	case n < 23:
		*c = Contact{}
	case n < 33:
		c.DisplayName = "  " + c.DisplayName + "\t"
	case n < 38:
		c.DisplayName += "\x1a"
	case n < 42:
		c.Company = "\x02" + c.Company + "\x0b\x1f"
	case n < 48:
		c.Company = strings.TrimSpace(strings.Repeat(c.Company+" "+g.one(trades)+" ", 20))
	case n < 51: // exactly as long as a list cuts
		c.JobTitle = strings.Repeat("Referent ", 40)[:255]
	case n < 54:
		c.DisplayName = strings.TrimSpace(strings.Repeat("Ärztehaus Süd ", 25))
	case n < 62:
		c.DisplayName += " " + g.one(emoji)
	case n < 66:
		c.Company += "\r\n" + g.one(towns)
	case n < 69: // Ä of two code points
		c.DisplayName = strings.NewReplacer("ä", "a\u0308", "ö", "o\u0308", "ü", "u\u0308").Replace(c.DisplayName)
	case n < 72: // what a spreadsheet would run
		c.DisplayName = "=HYPERLINK(\"http://example.org\")"
	case n < 75:
		c.DisplayName = "<b>" + c.DisplayName + "</b> & \"Co\" ]]>"
	}
}

// emails fills the three slots, not always from the first on.
func (g *generator) emails(c Contact) (slots [3]string) {
	if !g.chance(700) {
		return slots
	}
	name := ascii(c.GivenName) + "." + ascii(c.Surname)
	if len(name) == 1 {
		name = "info"
	}
	slots[0] = name + "@" + g.one(mailDomains)
	if g.chance(200) {
		slots[1] = fmt.Sprintf("%s%d@%s", name, g.IntN(100), g.one(mailDomains))
	}
	switch n := g.IntN(100); {
	case n < 4:
		slots[0] = "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + requestIDOf(g) + "-" + name
	case n < 7:
		slots[0], slots[2] = "", slots[0]
	case n < 10:
		slots[0] = " " + strings.ToUpper(slots[0])
	case n < 12:
		slots[1] = slots[0]
	}
	return slots
}

func requestIDOf(g *generator) string { return fmt.Sprintf("%016x%016x", g.Uint64(), g.Uint64()) }

func (g *generator) addresses() map[string]Address {
	if !g.chance(350) {
		return nil
	}
	all := map[string]Address{g.one([]string{"Business", "Business", "Home", "Home", "Other"}): g.address()}
	if g.chance(150) {
		all["Business"] = g.address()
	}
	return all
}

func (g *generator) address() Address {
	a := Address{
		Street: fmt.Sprintf("%s %d", g.one(streets), 1+g.IntN(180)), PostalCode: fmt.Sprintf("%05d", 1000+g.IntN(98000)),
		City: g.one(towns), State: g.sometimes(100, states), Country: g.sometimes(400, countries),
	}
	switch g.IntN(12) {
	case 0:
		a = Address{City: a.City}
	case 1:
		a.Street += "\r\nHinterhaus, 2. OG"
	}
	return a
}

// birthday returns a date as Exchange keeps it. 1604 stands for no year, 4501
// for no date.
func (g *generator) birthday() time.Time {
	day := func(year int) time.Time {
		return time.Date(year, time.Month(1+g.IntN(12)), 1+g.IntN(28), 11, 59, 0, 0, time.UTC)
	}
	switch n := g.IntN(100); {
	case n < 22:
		return day(1935 + g.IntN(75))
	case n < 27:
		return day(1604)
	case n < 28:
		return time.Date(1604, 2, 29, 11, 59, 0, 0, time.UTC)
	case n < 30:
		return time.Date(4501, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

func (g *generator) notes() string {
	switch n := g.IntN(100); {
	case n < 12:
		return g.one(noteLines)
	case n < 16:
		var b strings.Builder
		for range 5 + g.IntN(60) {
			b.WriteString(g.one(noteLines) + "\r\n")
		}
		return b.String()
	case n < 17:
		return "Zeile\x0bmit Steuerzeichen\x1a\n<html> & ]]>"
	}
	return ""
}
