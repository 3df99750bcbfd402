package simulator

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// poolSize is how many different contacts a generated tenant has at most.
// Mailboxes share them, as colleagues do, which keeps millions in memory.
const poolSize = 20000

// Domain is that of all generated addresses.
const Domain = "example.org"

// Generate returns a tenant with so many mailboxes, each with exactly so many
// contacts in its Contacts folder, and beside them distribution lists, folders
// below and Outlook's hidden ones. It has one app with all rights (see Apps).
// Equal arguments make equal tenants.
//
// Of each ten users two have a sign-in name that is not their address; among
// twenty there is a pair where one's sign-in name is the other's address.
func Generate(seed uint64, mailboxes, contacts int) *Tenant {
	t := NewTenant(fmt.Sprint("generated ", seed))
	t.AddApp(App{Roles: map[string][]string{
		GraphResource: {"Contacts.Read", "User.ReadBasic.All"},
		EWSResource:   {"full_access_as_app"},
	}})
	g := &generator{rand.New(rand.NewPCG(seed, 1))}
	pool := make([]Contact, max(1, min(mailboxes*contacts, max(poolSize, contacts))))
	for i := range pool {
		pool[i] = g.contact()
	}
	clock := t.clock
	made := time.Date(2019, 1, 7, 8, 0, 0, 0, time.UTC)
	t.clock = func() time.Time { made = made.Add(time.Second); return made }
	for i := range mailboxes {
		g.fill(t.AddMailbox(g.user(i)), pool, contacts)
	}
	t.clock = clock
	return t
}

// Apps returns all registrations, in no order.
func (t *Tenant) Apps() []*App {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []*App
	for _, a := range t.apps {
		all = append(all, a)
	}
	return all
}

// RandomContact returns a contact as messy as those of Generate.
func RandomContact(r *rand.Rand) Contact { return (&generator{r}).contact() }

type generator struct{ *rand.Rand }

// one returns one of the values.
func (g *generator) one(values []string) string { return values[g.IntN(len(values))] }

// chance is true so many times in a thousand.
func (g *generator) chance(permille int) bool { return g.IntN(1000) < permille }

// user returns the i-th user.
func (g *generator) user(i int) Mailbox {
	given, surname := g.one(givenNames), g.one(surnames)
	mail := fmt.Sprintf("%s.%s%d@%s", ascii(given), ascii(surname), i+1, Domain)
	m := Mailbox{Mail: mail, DisplayName: given + " " + surname, Password: fmt.Sprintf("Geheim-%d!", i+1)}
	switch {
	case i%20 == 5: // signs in with the next one's address
		m.UPN = fmt.Sprintf("paar%d@%s", i+1, Domain)
	case i%20 == 6:
		m.Mail = fmt.Sprintf("paar%d@%s", i, Domain)
		m.UPN = fmt.Sprintf("paar%d.zwei@%s", i, Domain)
	case i%5 == 3:
		m.UPN = fmt.Sprintf("u%05d@%s", i+1, Domain)
	}
	if g.chance(300) {
		m.Aliases = []string{fmt.Sprintf("alias%d@%s", i+1, Domain)}
	}
	return m
}

// fill puts contacts of the pool into a mailbox, from a place of its own on.
// The Contacts folder has none twice unless the pool has it twice; the folders
// below go on with the next ones, and begin anew at the pool's end, so that in
// a small tenant they repeat what lies in Contacts.
func (g *generator) fill(m *Mailbox, pool []Contact, contacts int) {
	at := g.IntN(len(pool))
	next := func() Contact { at++; return pool[at%len(pool)] }
	for i := range contacts {
		m.add(m.Contacts, Item{Contact: next()})
		if i%100 == 50 {
			m.AddList(m.Contacts, g.one(listNames))
		}
	}
	for _, hidden := range hiddenFolders {
		f := m.AddFolder(m.Contacts, hidden[0], hidden[1], true)
		if hidden[1] == "IPF.Contact.RecipientCache" {
			m.add(f, Item{Contact: Contact{DisplayName: "Zuletzt geschrieben", Emails: [3]string{"kurz@" + Domain}}})
		}
	}
	if g.chance(400) {
		return
	}
	f := m.AddFolder(m.Contacts, g.one(folderNames), "", false)
	deep := m.AddFolder(m.AddFolder(f, g.one(towns), "", false), "Archiv", "", false)
	for range contacts/50 + 1 {
		m.add(f, Item{Contact: next()})
		m.add(deep, Item{Contact: next()})
	}
	m.AddFolder(f, "Leer", "", false)
}

// ascii writes a name as it stands in an address.
func ascii(s string) string {
	s = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "ae", "Ö", "oe", "Ü", "ue").Replace(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, s)
	fill(&s, "x") // nothing of it was Latin
	return s
}
