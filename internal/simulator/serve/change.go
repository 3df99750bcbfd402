package main

import (
	"math/rand/v2"

	"contactsync/internal/simulator"
)

// change changes so many of each thousand contacts in all Contacts folders and
// returns how many it touched. Of each ten, nine get other fields and one goes
// to Deleted Items and is followed by a new one, so that a mailbox keeps its
// size. Equal seeds change equal tenants equally.
func change(t *simulator.Tenant, permille int, seed uint64) (changed int) {
	r := rand.New(rand.NewPCG(seed, 2))
	for _, m := range t.Mailboxes() {
		for _, item := range m.Items(m.Contacts) {
			if item.List || r.IntN(1000) >= permille {
				continue
			}
			changed++
			fresh := simulator.RandomContact(r)
			if r.IntN(10) > 0 {
				m.UpdateContact(item.ID, func(c *simulator.Contact) { *c = fresh })
				continue
			}
			m.TrashContact(item.ID)
			m.AddContact(m.Contacts, fresh)
			changed++
		}
	}
	return changed
}
