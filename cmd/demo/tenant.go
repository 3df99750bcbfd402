package main

import (
	"math/rand/v2"
	"time"

	"contactsync/internal/simulator"
	"contactsync/internal/simulator/directory"
)

// secret is the client secret of the demo's app registration.
const secret = "demo~8Q.not-a-secret-of-anybody"

// people are the members of the demo's group.
var people = []struct{ uid, name, mail string }{
	{"anna", "Anna Schäfer", "anna@example.com"},
	{"bram", "Bram de Vries", "bram@example.com"},
	{"chris", "Chris Öztürk", "chris@example.com"},
	{"dora", "Dora Weiß", "dora@example.com"},
	{"emil", "Emil Nordmann", ""},
}

// newTenant returns a tenant with a mailbox for everybody who has an address.
// Dora's account has lost its licence: her mailbox cannot be read.
func newTenant() (*simulator.Tenant, *simulator.App) {
	t := simulator.NewTenant("example.com")
	app := t.AddApp(simulator.App{Secret: secret, Roles: map[string][]string{
		simulator.GraphResource: {"Contacts.Read", "User.ReadBasic.All"},
	}})
	for i, p := range people {
		if p.mail == "" {
			continue
		}
		m := t.AddMailbox(simulator.Mailbox{Mail: p.mail, DisplayName: p.name, NoMailbox: p.uid == "dora"})
		if p.uid == "anna" {
			for _, c := range annas {
				m.AddContact(m.Contacts, c)
			}
			continue
		}
		random := rand.New(rand.NewPCG(1, uint64(i)))
		for range 400 {
			m.AddContact(m.Contacts, simulator.RandomContact(random))
		}
	}
	return t, app
}

// annas are the contacts of Anna's mailbox, typed the way people type.
var annas = []simulator.Contact{
	{
		DisplayName: "Erika Mustermann", GivenName: "Erika", Surname: "Mustermann", Company: "Muster & Söhne KG", JobTitle: "Einkauf",
		Phones: map[string]string{"BusinessPhone": "030/90 18 20-12", "MobilePhone": "0171 1234567", "BusinessFax": "+49 (0)30 901820-99"},
		Emails: [3]string{"erika@muster.example"}, Birthday: time.Date(1984, 2, 29, 11, 59, 0, 0, time.UTC),
	},
	{
		DisplayName: "Jan van den Berg", GivenName: "Jan", Surname: "van den Berg", Company: "Bergwerk B.V.",
		Phones: map[string]string{"BusinessPhone": "+31 20 624 1111", "HomePhone": "keine"},
	},
	{
		DisplayName: "Zoë Müller-Lüdenscheidt", GivenName: "Zoë", Surname: "Müller-Lüdenscheidt",
		Phones: map[string]string{"MobilePhone": "0049 171 7654321", "OtherTelephone": "intern 42"},
	},
	{
		Company: "Taxi Zentrale", Phones: map[string]string{"CompanyMainPhone": "(030) 210202"},
	},
	{
		DisplayName: "Ada Lovelace", GivenName: "Ada", Surname: "Lovelace",
		Phones: map[string]string{"BusinessPhone": "+1 (650) 253-0000 x12"}, Emails: [3]string{"ada@engine.example"},
	},
}

// newDirectory starts the directory with everybody in a group that carries
// the parameter.
func newDirectory() (*directory.Server, error) {
	var ps []directory.Person
	g := directory.Group{Name: "Telefonie", Synced: true}
	for _, p := range people {
		ps = append(ps, directory.Person{UID: p.uid, Name: p.name, Mail: p.mail})
		g.People = append(g.People, p.uid)
	}
	return directory.Start(ps, []directory.Group{g})
}
