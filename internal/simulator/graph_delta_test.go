package simulator

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// deltaClient follows one folder's delta and holds what it was told.
type deltaClient struct {
	*client
	first   string            // where a new round from nothing begins
	link    string            // where it goes on
	held    map[string]string // id to version
	prefer  string
	resets  int
	replays []deltaState
}

// deltaState is what a client knew at a link.
type deltaState struct {
	link string
	held map[string]string
}

// step reads one page and says whether the round is over.
func (d *deltaClient) step() bool {
	d.t.Helper()
	status, doc, _ := d.get(d.link, "Prefer", d.prefer)
	if status == http.StatusGone {
		d.resets++
		d.link, d.held, d.replays = d.first, map[string]string{}, nil
		return false
	}
	if status != http.StatusOK {
		d.t.Fatalf("GET %s: %d %v", d.link, status, doc)
	}
	for _, v := range asList(doc["value"]) {
		id := v["id"].(string)
		if delete(d.held, id); v["@removed"] == nil {
			d.held[id] = v["changeKey"].(string)
		}
		if v["displayName"] != nil || v["@removed"] == nil && len(v) != 4 {
			d.t.Errorf("a page has more than was selected: %v", v)
		}
	}
	next, more := doc["@odata.nextLink"].(string)
	if !more {
		next = doc["@odata.deltaLink"].(string)
	}
	d.link = next
	d.replays = append(d.replays, deltaState{next, maps.Clone(d.held)})
	return !more
}

// compare holds the client against the folder.
func (d *deltaClient) compare(m *Mailbox, f *Folder) {
	d.t.Helper()
	want := map[string]string{}
	for _, it := range m.Items(f) {
		id := it.RESTID()
		if strings.Contains(d.prefer, "Immutable") {
			id = it.ID
		}
		want[id] = it.ChangeKey()
	}
	if !maps.Equal(want, d.held) {
		d.t.Errorf("%s: the client has %d contacts, the folder %d, or others", f.Name, len(d.held), len(want))
	}
}

// A client that follows a folder's delta holds what the folder holds, however
// its pages, the changes and replays of old links are mixed, with both kinds
// of ids.
func TestDeltaFollowsTheFolders(t *testing.T) {
	for _, kind := range []string{immutable, `IdType="RestId"`} {
		seed := uint64(time.Now().UnixNano())
		for _, seed := range []uint64{1, 2, 3, seed} {
			t.Logf("%s, seed %d", kind, seed)
			walkDelta(t, kind, rand.New(rand.NewPCG(seed, 1)))
		}
	}
}

func walkDelta(t *testing.T, kind string, r *rand.Rand) {
	tenant, c := start(t, Options{})
	m := tenant.AddMailbox(Mailbox{Mail: "walk@example.org"})
	folders := []*Folder{m.Contacts, m.AddFolder(m.Contacts, "elsewhere", "", false)}
	var alive []string
	change := func() {
		n := r.IntN(len(alive) + 1)
		switch k := r.IntN(10); {
		case k < 4 || n == len(alive):
			alive = append(alive, m.AddContact(folders[r.IntN(2)], Contact{DisplayName: "new"}))
		case k < 6:
			m.UpdateContact(alive[n], func(c *Contact) { c.DisplayName += "x" })
		case k < 9:
			m.MoveContact(alive[n], folders[r.IntN(2)])
		default:
			m.DeleteContact(alive[n])
			alive = slices.Delete(alive, n, n+1)
		}
	}
	var clients []*deltaClient
	for _, f := range folders {
		first := c.s.GraphURL() + "/users/" + m.ObjectID + "/contactFolders/" + f.ID + "/contacts/delta?$select=changeKey&$top=3"
		clients = append(clients, &deltaClient{client: c, first: first, link: first, held: map[string]string{}, prefer: kind})
	}
	for round := range 40 {
		for range r.IntN(8) {
			change()
		}
		for i, d := range clients {
			if n := len(d.replays); n > 0 && r.IntN(3) == 0 {
				old := d.replays[r.IntN(n)]
				d.link, d.held = old.link, maps.Clone(old.held)
			}
			for range r.IntN(3) {
				d.step()
				change()
			}
			if round%5 == 4 {
				for !d.step() {
				}
				d.compare(m, folders[i])
			}
		}
		if r.IntN(15) == 0 {
			m.Forget()
		}
	}
	m.Forget()
	for i, d := range clients {
		before := d.resets
		for !d.step() {
		}
		if d.compare(m, folders[i]); d.resets != before+1 {
			t.Errorf("%d times anew after Forget, want once", d.resets-before)
		}
	}
}

// By immutable ids, a contact that went and came back has changed; by the
// others, it is gone and another has come.
func TestDeltaOfWhatComesBack(t *testing.T) {
	for kind, want := range map[string]string{immutable: "set", `IdType="RestId"`: "removed set"} {
		tenant, c := start(t, Options{})
		m := alice(tenant, 1)
		id := m.Items(m.Contacts)[0].ID
		_, _, link := c.all("/users/"+m.ObjectID+"/contacts/delta", "Prefer", kind)
		for range 2 {
			m.TrashContact(id)
			m.MoveContact(id, m.Contacts)
		}
		var got []string
		values, _, _ := c.all(link, "Prefer", kind)
		for _, v := range values {
			got = append(got, map[bool]string{true: "removed", false: "set"}[v["@removed"] != nil])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", kind, got, want)
		}
	}
}

// A contact that comes back and goes again while a round lasts is gone, although
// the round has left its first going out.
func TestDeltaOfWhatGoesAgain(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 2)
	items := m.Items(m.Contacts)
	_, _, link := c.all("/users/"+m.ObjectID+"/contacts/delta?$top=1", "Prefer", immutable)
	m.TrashContact(items[0].ID)
	m.UpdateContact(items[1].ID, func(c *Contact) { c.DisplayName = "anew" })
	m.MoveContact(items[0].ID, m.Contacts)
	page := c.must(link, "Prefer", immutable)
	m.TrashContact(items[0].ID)
	rest, _, _ := c.all(page["@odata.nextLink"].(string), "Prefer", immutable)
	if len(rest) != 1 || rest[0]["id"] != items[0].ID || rest[0]["@removed"] == nil {
		t.Errorf("after %v: %v", page["value"], rest)
	}
}

// A token is of use for the mailbox and the folder that it was given for.
func TestDeltaTokensOfOthers(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 12)
	bob := tenant.AddMailbox(Mailbox{Mail: "bob@example.org"})
	sub := m.AddFolder(m.Contacts, "Kunden", "", false)
	mine := "/users/" + m.ObjectID + "/contactFolders/"
	first := c.must(mine + "contacts/contacts/delta")["@odata.nextLink"].(string)
	_, _, last := c.all(mine + "contacts/contacts/delta")
	_, _, hierarchy := c.all(mine + "delta")
	query := func(link string) string { return link[strings.Index(link, "?"):] }
	for name, path := range map[string]string{
		"another mailbox, next page":  "/users/" + bob.ObjectID + "/contactFolders/contacts/contacts/delta" + query(first),
		"another mailbox, next round": "/users/" + bob.ObjectID + "/contactFolders/contacts/contacts/delta" + query(last),
		"another folder, next page":   mine + sub.ID + "/contacts/delta" + query(first),
		"another folder, next round":  mine + sub.ID + "/contacts/delta" + query(last),
		"the hierarchy":               mine + "delta" + query(last),
		"a token of the hierarchy":    mine + "contacts/contacts/delta" + query(hierarchy),
		"another's hierarchy":         "/users/" + bob.ObjectID + "/contactFolders/delta" + query(hierarchy),
	} {
		if status, doc, _ := c.get(path); status != 400 || code(doc) != "ErrorInvalidUrlQuery" {
			t.Errorf("%s: %d %s", name, status, code(doc))
		}
	}
	if status, _, _ := c.get(mine + "contacts/contacts/delta" + query(last)); status != 200 {
		t.Errorf("its own: %d", status)
	}
}

// $select is asked for once, by a list of contacts and by a delta.
func TestSelectIsKept(t *testing.T) {
	tenant, c := start(t, Options{})
	m := alice(tenant, 25)
	for _, path := range []string{"/contacts?$select=mobilePhone", "/contacts/delta?$select=mobilePhone"} {
		values, pages, link := c.all("/users/" + m.ObjectID + path)
		if link != "" {
			m.AddContact(m.Contacts, Contact{DisplayName: "later", Surname: "x", Phones: map[string]string{"MobilePhone": "1"}})
			more, _, _ := c.all(link)
			values = append(values, more...)
			if len(more) != 1 {
				t.Errorf("%s: the next round shows %d", path, len(more))
			}
		}
		for _, v := range values {
			if v["mobilePhone"] == nil || v["displayName"] != nil || v["surname"] != nil {
				t.Errorf("%s on %d pages: %v", path, pages, v)
			}
		}
	}
}
