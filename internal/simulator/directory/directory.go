// Package directory is an LDAP directory on loopback with people and groups in
// memory, so that the demo needs no slapd. It serves who reads: a root DSE,
// anonymous binds, and searches of every scope with the filters that people
// write by hand (and, or, not, equality, presence). It knows neither TLS nor
// passwords nor changes.
//
// It is for the demo only. Tests take a real slapd, from ldaptest.
package directory

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jimlambrt/gldap"
)

// BaseDN is the directory's naming context.
const BaseDN = "dc=example,dc=org"

// Person is an inetOrgPerson below ou=people.
type Person struct {
	UID  string
	Name string // cn; empty: the UID
	Mail string // empty: none
}

// Group is a groupOfNames below ou=groups.
type Group struct {
	Name   string
	Synced bool     // it carries description: ews_synccontacts=true
	People []string // user ids of its members
	Groups []string // names of the groups that are members of it
}

// Server is a directory that runs.
type Server struct {
	URL string // ldap://127.0.0.1:port

	server *gldap.Server
	ended  chan error
}

// Start starts a directory on a free port.
func Start(people []Person, groups []Group) (*Server, error) {
	tree, err := newTree(people, groups)
	if err != nil {
		return nil, err
	}
	var failed error
	// Between the choice of a port and its use somebody else may take it.
	for range 5 {
		s, err := start(tree)
		if err == nil {
			return s, nil
		}
		failed = err
	}
	return nil, fmt.Errorf("start the directory: %w", failed)
}

func start(t *tree) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	mux, err := gldap.NewMux()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(mux.Bind(bind), mux.Search(t.search)); err != nil {
		return nil, err
	}
	server, err := gldap.NewServer()
	if err != nil {
		return nil, err
	}
	if err := server.Router(mux); err != nil {
		return nil, err
	}
	s := &Server{URL: "ldap://" + address, server: server, ended: make(chan error, 1)}
	go func() { s.ended <- server.Run(address) }()
	return s, s.ready(address)
}

// ready waits until the server listens or has failed to.
func (s *Server) ready(address string) error {
	for {
		select {
		case err := <-s.ended:
			return err
		case <-time.After(time.Millisecond):
		}
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
	}
}

// Close stops the directory. It waits until its clients have hung up.
func (s *Server) Close() error { return s.server.Stop() }

// bind lets everybody in who comes without a name.
func bind(w *gldap.ResponseWriter, r *gldap.Request) {
	answer := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	if m, err := r.GetSimpleBindMessage(); err == nil && m.UserName == "" {
		answer.SetResultCode(gldap.ResultSuccess)
	}
	w.Write(answer)
}
