package ews

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/simulator"
	"contactsync/internal/transport"
)

func withFolders(c *Config, _ *transport.Options) { c.Folders = true }
func withNotes(c *Config, _ *transport.Options)   { c.Notes = true }

// mustFollow brings a box up to date and checks that it then holds what a
// reading from nothing finds.
func mustFollow(t *testing.T, b *box, src *Source, mail string) {
	t.Helper()
	if err := b.read(t.Context(), src, mail); err != nil {
		t.Fatal(err)
	}
	if got, want := b.sorted(), mustRead(t, src, mail); !reflect.DeepEqual(got, want) {
		t.Fatalf("the changes lead to\n%s\nand the mailbox holds\n%s", names(got), names(want))
	}
}

// calls returns how many calls of EWS a reading makes.
func calls(t *testing.T, s *service, b *box, src *Source, mail string) int {
	t.Helper()
	s.ResetLog()
	if err := b.read(t.Context(), src, mail); err != nil {
		t.Fatal(err)
	}
	return s.Count("asmx")
}

func TestNothingChanged(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.mailbox("anna", 1200)
	m.AddContact(m.Contacts, simulator.Contact{DisplayName: strings.Repeat("lang ", 60), Notes: "n"})
	for i := range 3 {
		m.AddContact(m.AddFolder(m.Contacts, fmt.Sprint(i), "", false), simulator.Contact{DisplayName: "x"})
	}
	for name, tt := range map[string]struct {
		change func(*Config, *transport.Options)
		calls  int
	}{
		"Contacts":   {func(*Config, *transport.Options) {}, 1},
		"notes":      {withNotes, 1},
		"subfolders": {withFolders, 4 + 1}, // and the list of folders
	} {
		src := s.signedIn(t, tt.change)
		var b box
		calls(t, s, &b, src, m.Mail)
		for range 3 {
			if n := calls(t, s, &b, src, m.Mail); n != tt.calls || b.told != 0 || len(b.gone) != 0 {
				t.Errorf("%s: %d calls, want %d; %d contacts told, %d gone", name, n, tt.calls, b.told, len(b.gone))
			}
		}
		if len(b.state) > 800 {
			t.Errorf("%s: a state of %d bytes", name, len(b.state))
		}
	}
}

// A first reading of several folders asks each but the last once more.
func TestFirstReading(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.mailbox("anna", 1100)
	for i := range 3 {
		m.AddContact(m.AddFolder(m.Contacts, fmt.Sprint(i), "", false), simulator.Contact{DisplayName: "x"})
	}
	var b box
	if n := calls(t, s, &b, s.signedIn(t), m.Mail); n != 3 || len(b.contacts) != 1100 {
		t.Errorf("Contacts alone: %d calls, %d contacts", n, len(b.contacts))
	}
	b = box{}
	if n := calls(t, s, &b, s.signedIn(t, withFolders), m.Mail); n != 3+3+1+3+1 || len(b.contacts) != 1103 {
		t.Errorf("all: %d calls, %d contacts", n, len(b.contacts))
	}
}

func TestChangesOfEveryKind(t *testing.T) {
	for _, notes := range []bool{false, true} {
		s := startService(t, simulator.Options{MaxPage: 4})
		m := s.mailbox("anna", 20)
		elsewhere := m.AddFolder(m.Contacts, "elsewhere", "", false)
		src := s.signedIn(t, func(c *Config, _ *transport.Options) { c.Notes = notes })
		items := m.Items(m.Contacts) // the first one is the list
		var b box
		mustFollow(t, &b, src, m.Mail)
		var added string
		for _, step := range []struct {
			name       string
			change     func()
			told, gone int
		}{
			{"added", func() { added = m.AddContact(m.Contacts, simulator.Contact{DisplayName: "neu", Notes: "n"}) }, 1, 0},
			{"changed", func() { m.UpdateContact(items[3].ID, func(c *simulator.Contact) { c.Company = "anders" }) }, 1, 0},
			{"a long text", func() {
				m.UpdateContact(items[4].ID, func(c *simulator.Contact) { c.Company = strings.Repeat("ü", 400) })
			}, 1, 0},
			{"notes", func() { m.UpdateContact(items[5].ID, func(c *simulator.Contact) { c.Notes = "geheim" }) }, 1, 0},
			{"deleted", func() { m.DeleteContact(added) }, 0, 1},
			{"into Deleted Items", func() { m.TrashContact(items[6].ID) }, 0, 1},
			{"out of there", func() { m.MoveContact(items[6].ID, m.Contacts) }, 1, 0},
			{"there and back", func() { m.MoveContact(items[7].ID, elsewhere); m.MoveContact(items[7].ID, m.Contacts) }, 1, 1},
			{"away", func() { m.MoveContact(items[7].ID, elsewhere) }, 0, 1},
			{"came and went", func() { m.DeleteContact(m.AddContact(m.Contacts, simulator.Contact{DisplayName: "kurz"})) }, 0, 0},
			// It can have been a contact before.
			{"a list changed", func() { m.UpdateContact(items[0].ID, func(c *simulator.Contact) { c.DisplayName = "L" }) }, 0, 1},
			{"a list came", func() { m.AddList(m.Contacts, "noch eine") }, 0, 0},
			// The service names what is gone by its id alone.
			{"a list went", func() { m.DeleteContact(items[0].ID) }, 0, 1},
			{"all at once", func() {
				for _, it := range items[8:14] {
					m.UpdateContact(it.ID, func(c *simulator.Contact) { c.JobTitle = "alle" })
				}
				for range 10 {
					m.AddContact(m.Contacts, simulator.Contact{DisplayName: "viele"})
				}
				for _, it := range items[15:] {
					m.DeleteContact(it.ID)
				}
			}, 16, 6},
		} {
			step.change()
			mustFollow(t, &b, src, m.Mail)
			if b.told != step.told || len(b.gone) != step.gone {
				t.Errorf("notes %t, %s: %d told, %d gone; want %d, %d", notes, step.name, b.told, len(b.gone), step.told, step.gone)
			}
		}
	}
}

// What was cut is read again for those contacts only, and in batches.
func TestChangesAreComplete(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.mailbox("anna", 300)
	var b box
	src := s.signedIn(t)
	mustFollow(t, &b, src, m.Mail)
	long := strings.Repeat("Straße ", 100)
	for i, it := range m.Items(m.Contacts)[1:] {
		m.UpdateContact(it.ID, func(c *simulator.Contact) {
			c.Company = "A"
			if i < 150 {
				c.Addresses = map[string]simulator.Address{"Home": {Street: long}}
			}
		})
	}
	if n := calls(t, s, &b, src, m.Mail); n != 1+2 {
		t.Errorf("%d calls, want one for the changes and two for 150 long ones", n)
	}
	for _, c := range b.sorted() {
		if len(c.Addresses) == 1 && c.Addresses[0].Street != long || c.Company != "A" {
			t.Errorf("%+v", c)
		}
	}
	vanishes := m.Items(m.Contacts)[1].ID
	s.SetFault(func(*http.Request) simulator.Fault {
		if s.Count("SyncFolderItems") == 1 {
			m.DeleteContact(vanishes)
		}
		return nil
	})
	for _, it := range m.Items(m.Contacts)[1:4] {
		m.UpdateContact(it.ID, func(c *simulator.Contact) { c.Company = "B" })
	}
	if calls(t, s, &b, src, m.Mail); b.told != 2 || len(b.gone) != 1 || len(b.contacts) != 299 {
		t.Errorf("one vanished before it was read: %d told, %d gone", b.told, len(b.gone))
	}
}

func TestFoldersChange(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 5})
	m := s.mailbox("anna", 7)
	add := func(parent *simulator.Folder, name string) *simulator.Folder {
		f := m.AddFolder(parent, name, "", false)
		for i := range 6 {
			m.AddContact(f, simulator.Contact{DisplayName: fmt.Sprint(name, i)})
		}
		return f
	}
	friends := add(m.Contacts, "Freunde")
	old := add(friends, "Alte")
	src := s.signedIn(t, withFolders)
	var b box
	mustFollow(t, &b, src, m.Mail)
	var fresh *simulator.Folder
	for _, step := range []struct {
		name   string
		change func()
		stale  bool
		told   int
	}{
		{"renamed", func() { m.RenameFolder(old, "Uralte") }, false, 0},
		{"moved within", func() { m.MoveFolder(old, m.Contacts) }, false, 0},
		{"moved back", func() { m.MoveFolder(old, friends) }, false, 0},
		{"new", func() { fresh = add(old, "Neue") }, false, 6},
		{"new and empty", func() { m.AddFolder(m.Contacts, "leer", "", false) }, false, 0},
		{"another kind", func() { add(m.AddFolder(m.Contacts, "mail", "IPF.Note", true), "darunter") }, false, 0},
		{"deleted", func() { m.DeleteFolder(fresh) }, true, 7 + 12},
		{"hidden", func() { s.Tenant().Change(func() { old.Hidden = true }) }, true, 7 + 6},
		{"shown again", func() { s.Tenant().Change(func() { old.Hidden = false }) }, false, 6},
		{"into Deleted Items", func() { m.MoveFolder(friends, m.Deleted) }, true, 7},
		{"and back", func() { m.MoveFolder(friends, m.Contacts) }, false, 12},
		{"out of Contacts", func() { m.MoveFolder(old, m.Contacts.Parent) }, true, 7 + 6},
		{"emptied and deleted", func() {
			for _, it := range m.Items(friends) {
				m.MoveContact(it.ID, m.Contacts)
			}
			m.DeleteFolder(friends)
		}, true, 13},
	} {
		step.change()
		if step.stale {
			if err := b.read(t.Context(), src, m.Mail); !errors.Is(err, phonebook.ErrStale) || !strings.Contains(err.Error(), "folder") {
				t.Fatalf("%s: %v", step.name, err)
			}
			b = box{}
		}
		mustFollow(t, &b, src, m.Mail)
		if b.told != step.told {
			t.Errorf("%s: %d contacts told, want %d", step.name, b.told, step.told)
		}
	}
}

// A contact that moves between two folders while they are read one after the
// other is there once afterwards, whenever it moves and wherever to.
func TestMovesWhileReading(t *testing.T) {
	s := startService(t, simulator.Options{})
	for _, notes := range []bool{false, true} {
		src := s.signedIn(t, withFolders, func(c *Config, _ *transport.Options) { c.Notes = notes })
		for _, first := range []bool{true, false} {
			for at := range 12 {
				for way := range 9 {
					moveWhileReading(t, s, src, first, at, way/3, way%3)
				}
			}
		}
	}
}

func moveWhileReading(t *testing.T, s *service, src *Source, first bool, at, from, to int) {
	t.Helper()
	m := s.Tenant().AddMailbox(simulator.Mailbox{Mail: fmt.Sprintf("%t-%t-%d-%d-%d@example.test", src.notes, first, at, from, to)})
	folders := []*simulator.Folder{m.Contacts, m.AddFolder(m.Contacts, "eins", "", false), m.AddFolder(m.Contacts, "zwei", "", false)}
	var ids []string
	for i, f := range folders {
		ids = append(ids, m.AddContact(f, simulator.Contact{DisplayName: fmt.Sprint(i)}))
	}
	var b box
	if !first {
		if err := b.read(t.Context(), src, m.Mail); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			m.UpdateContact(id, func(c *simulator.Contact) { c.Company = "anders" })
		}
	}
	call := 0
	s.SetFault(func(r *http.Request) simulator.Fault {
		if strings.Contains(r.URL.Path, "asmx") {
			if call == at {
				m.MoveContact(ids[from], folders[to])
			}
			call++
		}
		return nil
	})
	err := b.read(t.Context(), src, m.Mail)
	s.SetFault(nil)
	if got := names(b.sorted()); err != nil || got != "0, 1, 2" {
		t.Errorf("notes %t, first %t: moved from %d to %d before call %d of %d: %s, %v", src.notes, first, from, to, at, call, got, err)
	}
}

// Where contacts move without end, a reading ends all the same, says so, and
// leaves a state from which the next one tells the rest.
func TestMovesWithoutEnd(t *testing.T) {
	for _, first := range []bool{true, false} {
		s := startService(t, simulator.Options{})
		m := s.mailbox("anna", 3)
		sub := m.AddFolder(m.Contacts, "f", "", false)
		m.AddContact(sub, simulator.Contact{DisplayName: "x"})
		var log bytes.Buffer
		src := s.signedIn(t, withFolders, func(c *Config, _ *transport.Options) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		var b box
		if !first {
			mustFollow(t, &b, src, m.Mail)
		}
		x := m.Items(sub)[0].ID
		calls := 0
		s.SetFault(func(r *http.Request) simulator.Fault {
			if strings.Contains(r.URL.Path, "asmx") {
				calls++
				m.MoveContact(x, []*simulator.Folder{m.Contacts, sub}[calls%2])
			}
			return nil
		})
		if err := b.read(t.Context(), src, m.Mail); err != nil {
			t.Fatal(err)
		}
		if calls > 3*rounds+1 || !strings.Contains(log.String(), m.Mail) {
			t.Errorf("first %t: %d calls, log %q", first, calls, log.String())
		}
		m.MoveContact(x, []*simulator.Folder{sub, m.Contacts}[calls%2]) // once more, so that there is a rest
		s.SetFault(nil)
		log.Reset()
		mustFollow(t, &b, src, m.Mail)
		if b.told == 0 || len(b.gone) == 0 || len(b.contacts) != 4 || log.Len() > 0 {
			t.Errorf("first %t: then %d told, %q gone, %s; log %q", first, b.told, b.gone, names(b.sorted()), log.String())
		}
	}
}

// One that vanishes during its first reading is found out in the next run.
func TestFolderVanishes(t *testing.T) {
	for at := range 8 {
		s := startService(t, simulator.Options{MaxPage: 2})
		m := s.mailbox("anna", 1)
		f := m.AddFolder(m.Contacts, "f", "", false)
		for i := range 5 {
			m.AddContact(f, simulator.Contact{DisplayName: fmt.Sprint(i)})
		}
		src := s.signedIn(t, withFolders)
		call := 0
		s.SetFault(func(r *http.Request) simulator.Fault {
			if strings.Contains(r.URL.Path, "asmx") {
				if call++; call == at+1 {
					m.DeleteFolder(f)
				}
			}
			return nil
		})
		var b box
		if err := b.read(t.Context(), src, m.Mail); err != nil {
			t.Fatalf("before call %d: %v", at, err)
		}
		s.SetFault(nil)
		if call > at && len(b.contacts) > 1 {
			if err := b.read(t.Context(), src, m.Mail); !errors.Is(err, phonebook.ErrStale) {
				t.Errorf("before call %d: %v", at, err)
			}
			b = box{}
		}
		mustFollow(t, &b, src, m.Mail)
	}
}

// Of one that the last run has read it shows at once, even after the list.
func TestKnownFolderVanishes(t *testing.T) {
	s := startService(t, simulator.Options{})
	m := s.mailbox("anna", 1)
	f := m.AddFolder(m.Contacts, "f", "", false)
	src := s.signedIn(t, withFolders)
	var b box
	mustFollow(t, &b, src, m.Mail)
	s.ResetLog()
	s.SetFault(func(*http.Request) simulator.Fault {
		if s.Count("FindFolder") == 1 && len(m.Folders()) == 2 {
			m.DeleteFolder(f)
		}
		return nil
	})
	if err := b.read(t.Context(), src, m.Mail); !errors.Is(err, phonebook.ErrStale) {
		t.Error(err)
	}
}

func TestRefusedByTheService(t *testing.T) {
	s := startService(t, simulator.Options{})
	anna, bert := s.mailbox("anna", 5), s.mailbox("bert", 5)
	src := s.signedIn(t, withFolders)
	f := anna.AddFolder(anna.Contacts, "f", "", false)
	var a, b box
	mustFollow(t, &a, src, anna.Mail)
	mustFollow(t, &b, src, bert.Mail)
	refused := func(name, state, why string) {
		t.Helper()
		got := box{state: state}
		if err := got.read(t.Context(), src, anna.Mail); !errors.Is(err, phonebook.ErrStale) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("of another mailbox", b.state, "another mailbox")
	refused("of another mailbox under this name", strings.Replace(b.state, bert.Mail, anna.Mail, 1), "ErrorInvalidSyncStateData")
	refused("garbage", strings.Replace(a.state, `"state":"`, `"state":"AAAA`, 1), "ErrorInvalidSyncStateData")
	refused("another folder", strings.Replace(a.state, f.EWSID(), anna.Deleted.EWSID(), 1), "a contact folder")
	anna.Forget()
	refused("expired", a.state, "ErrorInvalidSyncStateData")
	a = box{}
	mustFollow(t, &a, src, anna.Mail)

	// The history is lost in the middle.
	for range 5 {
		anna.AddContact(f, simulator.Contact{DisplayName: "neu"})
	}
	s.SetFault(func(*http.Request) simulator.Fault {
		if s.Count("FindFolder") == 1 {
			anna.Forget()
		}
		return nil
	})
	s.ResetLog()
	if err := a.read(t.Context(), src, anna.Mail); !errors.Is(err, phonebook.ErrStale) {
		t.Errorf("lost in the middle: %v", err)
	}
	// A first reading has no other state to go back to.
	s.ResetLog()
	a = box{}
	if err := a.read(t.Context(), src, anna.Mail); err == nil || errors.Is(err, phonebook.ErrStale) || fault.HintOf(err) == "" {
		t.Errorf("lost in the middle of the first: %v (%s)", err, fault.HintOf(err))
	}
}

// What an older state tells again does no harm.
func TestReplayedChanges(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 3})
	m := s.mailbox("anna", 10)
	src := s.signedIn(t)
	var b box
	mustFollow(t, &b, src, m.Mail)
	old := b.state
	items := m.Items(m.Contacts)
	for i := range 5 {
		m.DeleteContact(items[1+i].ID)
		m.UpdateContact(items[6+i%3].ID, func(c *simulator.Contact) { c.Company += "x" })
		m.AddContact(m.Contacts, simulator.Contact{DisplayName: fmt.Sprint("neu", i)})
		mustFollow(t, &b, src, m.Mail)
		b.state = old
		mustFollow(t, &b, src, m.Mail)
	}
}

// A reading that is broken off anywhere leaves the state good.
func TestFaultsInTheMiddle(t *testing.T) {
	faults := map[string]simulator.Fault{
		"busy":     simulator.EWSBusy(time.Second),
		"cut":      simulator.CutAfter(300),
		"503":      simulator.Broken(503, "1"),
		"denied":   simulator.EWSMessage("ErrorAccessDenied", "No."),
		"502":      simulator.Broken(502, ""),
		"throttle": simulator.EWSBusyMessage(time.Second),
	}
	for name, f := range faults {
		s := startService(t, simulator.Options{MaxPage: 3})
		m := s.mailbox("anna", 10)
		sub := m.AddFolder(m.Contacts, "f", "", false)
		src := s.signedIn(t, withFolders, withNotes)
		var b box
		mustFollow(t, &b, src, m.Mail)
		for at := range 9 {
			for i := range 4 {
				m.AddContact(m.Contacts, simulator.Contact{DisplayName: fmt.Sprint(name, at, i)})
				m.AddContact(sub, simulator.Contact{DisplayName: fmt.Sprint(name, at, i)})
			}
			m.DeleteContact(m.Items(sub)[0].ID)
			call := 0
			s.SetFault(func(r *http.Request) simulator.Fault {
				if !strings.Contains(r.URL.Path, "asmx") {
					return nil
				}
				if call++; call <= at {
					return nil
				}
				return f
			})
			broken := box{contacts: maps.Clone(b.contacts), state: b.state}
			if err := broken.read(t.Context(), src, m.Mail); err == nil || errors.Is(err, phonebook.ErrStale) {
				t.Errorf("%s before call %d: %v", name, at, err)
			}
			s.SetFault(nil)
			mustFollow(t, &b, src, m.Mail)
		}
	}
}

func TestBrokenOffFromOutside(t *testing.T) {
	s := startService(t, simulator.Options{MaxPage: 3})
	s.mailbox("anna", 10)
	src := s.signedIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := src.Read(ctx, member("anna@example.test"), "", func(phonebook.Page) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
