package ldapdir_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jimlambrt/gldap"

	"contactsync/internal/fault"
	"contactsync/internal/ldapdir"
)

// parts is a directory that hands out a group's members as Active Directory
// does, a few at a time. There is none to test against.
type parts struct {
	members  []string
	size     int
	vanishes bool // after the first part
	hides    bool // the members, after the first part

	together int // people are answered only when so many requests have come
	waiting  atomic.Int32
	most     atomic.Int32 // requests at a time
	once     sync.Once
	enough   chan struct{}
}

// person waits for the other requests before it answers.
func (p *parts) person() {
	if p.together == 0 {
		return
	}
	n := p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for m := p.most.Load(); n > m && !p.most.CompareAndSwap(m, n); m = p.most.Load() {
	}
	if int(n) == p.together {
		p.once.Do(func() { close(p.enough) })
	}
	<-p.enough
}

func (p *parts) search(w *gldap.ResponseWriter, r *gldap.Request) {
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer w.Write(done)
	m, err := r.GetSearchMessage()
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	entry := func(dn string, attributes map[string][]string) {
		w.Write(r.NewSearchResponseEntry(dn, gldap.WithAttributes(attributes)))
	}
	if uid, _, isPerson := strings.Cut(strings.TrimPrefix(m.BaseDN, "uid="), ",ou=people"); isPerson {
		p.person()
		entry(m.BaseDN, map[string][]string{"objectClass": {"user"}, "uid": {uid}, "mail": {uid + "@example.org"}})
		return
	}
	from := 0
	if i := slices.IndexFunc(m.Attributes, func(a string) bool { return strings.Contains(a, "range=") }); i >= 0 {
		fmt.Sscanf(m.Attributes[i], "member;range=%d-*", &from)
	}
	if p.vanishes && from > 0 {
		done.SetResultCode(gldap.ResultNoSuchObject)
		return
	}
	if p.hides && from > 0 {
		entry("cn=g,dc=example", map[string][]string{"objectClass": {"group"}, "cn": {"g"}})
		return
	}
	to, last := from+p.size, fmt.Sprint(from+p.size-1)
	if to >= len(p.members) {
		to, last = len(p.members), "*"
	}
	entry("cn=g,dc=example", map[string][]string{"objectClass": {"group"}, "cn": {"g"}, "member": nil,
		fmt.Sprintf("member;range=%d-%s", from, last): p.members[from:to]})
}

func serve(t *testing.T, p *parts) string {
	t.Helper()
	server, err := gldap.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		t.Fatal(err)
	}
	if err := mux.Search(p.search); err != nil {
		t.Fatal(err)
	}
	if err := server.Router(mux); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	go server.Run(address)
	t.Cleanup(func() { server.Stop() })
	for !server.Ready() {
		time.Sleep(time.Millisecond)
	}
	return "ldap://" + address
}

func TestMembersInParts(t *testing.T) {
	var members []string
	for i := range 11 {
		members = append(members, fmt.Sprintf("uid=user%02d,ou=people,dc=example", i))
	}
	for _, size := range []int{1, 5, 10, 11, 12} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			d, err := ldapdir.New(ldapdir.Config{URL: serve(t, &parts{members: members, size: size}), BaseDN: "dc=example"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Members(t.Context())
			if err != nil || len(got) != 11 || got[10].User != "user10" || got[10].Problem != "" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	d, err := ldapdir.New(ldapdir.Config{URL: serve(t, &parts{members: members, size: 5, vanishes: true}), BaseDN: "dc=example"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Members(t.Context())
	wantFault(t, got, err, fault.Unavailable, "vanished", "next run")
	d, err = ldapdir.New(ldapdir.Config{URL: serve(t, &parts{members: members, size: 5, hides: true}), BaseDN: "dc=example"})
	if err != nil {
		t.Fatal(err)
	}
	got, err = d.Members(t.Context())
	wantFault(t, got, err, fault.Unavailable, "in part", "next run")
}

// Members are not read one after the other, which would take a round trip
// each, nor all at once, which OpenLDAP answers by closing the connection: at
// more than 100 requests that wait (olcConnMaxPending).
func TestRequestsAtATime(t *testing.T) {
	p := &parts{size: 1000, together: 30, enough: make(chan struct{})}
	for i := range 200 {
		p.members = append(p.members, fmt.Sprintf("uid=user%03d,ou=people,dc=example", i))
	}
	d, err := ldapdir.New(ldapdir.Config{URL: serve(t, p), BaseDN: "dc=example"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.Members(t.Context()); err != nil || len(got) != 200 {
		t.Errorf("got %d members, %v", len(got), err)
	}
	if most := p.most.Load(); most > 100 {
		t.Errorf("%d requests at a time", most)
	}
}
