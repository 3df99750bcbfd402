// Package ldaptest starts a real slapd for a test, as net/http/httptest starts
// an HTTP server: an ordinary process of the user who runs the test, with a
// configuration, a database, a certificate and a socket of its own in a
// directory that goes with it, on ports of the loopback interface that nobody
// else uses. It is configured like a stock one: at most 500 entries in an
// answer, and everybody may read everything but passwords, unless the test
// wants it otherwise.
//
// It needs Debian's package slapd. Where that is missing a test is skipped
// with a word on how to get it; in a CI job (CI=true) it fails.
package ldaptest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

const (
	// BaseDN is the naming context of every server.
	BaseDN = "dc=example,dc=org"
	// ReaderDN and ReaderPassword are an account that may read.
	ReaderDN       = "cn=reader," + BaseDN
	ReaderPassword = "reader's secret"

	rootDN       = "cn=root," + BaseDN
	rootPassword = "root"
)

// What Options.Access can say besides the default.
const (
	// SignedIn lets only who is signed in read.
	SignedIn = "access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none"
	// Nobody lets nobody read.
	Nobody = "access to attrs=userPassword by anonymous auth by * none\naccess to * by * none"
)

// Options change a server; the zero value is a stock one.
type Options struct {
	Access    string // lines of slapd.access(5); default: all may read all but passwords
	SizeLimit int    // entries in an answer at most; default 500
	NoTLS     bool   // offer no StartTLS and no ldaps
	Database  string // further lines of slapd.conf(5) for the database
	Global    string // further lines before it
}

// Server is a slapd that runs.
type Server struct {
	URL       string // ldap://127.0.0.1:port, with StartTLS
	TLSURL    string // ldaps://127.0.0.1:port; empty with NoTLS
	SocketURL string // ldapi:// with the path of the socket
	CAFile    string // PEM file with the authority of its certificate; empty with NoTLS

	t       testing.TB
	dir     string
	binary  string
	process *exec.Cmd
	exited  chan struct{}
	stopped bool         // by Stop
	log     bytes.Buffer // only after exited
}

// NewServer starts a server that holds the entries besides the base entry,
// ou=people, ou=groups and the reader. It stops with the test.
func NewServer(t testing.TB, o Options, entries ...Entry) *Server {
	t.Helper()
	s := &Server{t: t, binary: find(t)}
	// Not the test's own directory: a socket's path has at most 107 bytes.
	dir, err := os.MkdirTemp("", "slapd")
	if err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	t.Cleanup(func() { os.RemoveAll(dir) })
	s.unconfine()
	if !o.NoTLS {
		s.CAFile = s.certify()
	}
	s.write("slapd.conf", s.config(o))
	s.write("data.ldif", LDIF(append(skeleton(), entries...)...))
	if err := os.Mkdir(s.path("db"), 0o700); err != nil {
		t.Fatal(err)
	}
	load := exec.Command(s.binary, "-T", "add", "-q", "-f", s.path("slapd.conf"), "-l", s.path("data.ldif"))
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("load the test directory with slapadd: %v\n%s", err, out)
	}
	s.SocketURL = "ldapi://" + strings.ReplaceAll(s.path("ldapi"), "/", "%2F")
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// find returns the path of slapd, which is in no ordinary user's PATH.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"slapd", "/usr/sbin/slapd", "/usr/local/sbin/slapd", "/usr/lib/openldap/slapd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatal("slapd is missing: apt install slapd")
	}
	t.Skip("slapd is missing: apt install slapd")
	return ""
}

// unconfine takes a copy of slapd where AppArmor has a profile for it, as in
// Ubuntu: the profile goes by the program's path and lets it read nothing here.
func (s *Server) unconfine() {
	if _, err := os.Stat("/etc/apparmor.d/usr.sbin.slapd"); err != nil {
		return
	}
	program, err := os.ReadFile(s.binary)
	if err != nil {
		s.t.Fatal(err)
	}
	s.binary = s.path("slapd")
	if err := os.WriteFile(s.binary, program, 0o700); err != nil {
		s.t.Fatal(err)
	}
}

// config returns the slapd.conf(5).
func (s *Server) config(o Options) string {
	if o.Access == "" {
		o.Access = "access to attrs=userPassword by anonymous auth by * none\naccess to * by * read"
	}
	if o.SizeLimit == 0 {
		o.SizeLimit = 500
	}
	var c strings.Builder
	for _, schema := range []string{"core", "cosine", "nis", "inetorgperson"} {
		fmt.Fprintf(&c, "include /etc/ldap/schema/%s.schema\n", schema)
	}
	fmt.Fprintf(&c, "modulepath /usr/lib/ldap\nmoduleload back_mdb\nsizelimit %d\n", o.SizeLimit)
	if s.CAFile != "" {
		fmt.Fprintf(&c, "TLSCertificateFile %s\nTLSCertificateKeyFile %s\n", s.path("cert.pem"), s.path("key.pem"))
	}
	fmt.Fprintf(&c, "%s\ndatabase mdb\nsuffix %s\nrootdn %s\nrootpw %s\n", o.Global, BaseDN, rootDN, rootPassword)
	fmt.Fprintf(&c, "directory %s\nmaxsize 268435456\nindex objectClass,uid eq\n%s\n%s\n", s.path("db"), o.Database, o.Access)
	return c.String()
}

// Start starts the server, after Stop under the same addresses with the same
// entries. It returns when the server answers.
func (s *Server) Start() {
	s.t.Helper()
	for try := 1; ; try++ {
		urls := s.listen()
		if s.run(urls) {
			return
		}
		// Between the choice of a port and its use somebody else may take it.
		if try == 5 {
			s.t.Fatalf("start slapd on %s:\n%s", urls, s.log.String())
		}
		s.URL, s.TLSURL = "", ""
	}
}

// listen chooses the addresses, unless there are some from before.
func (s *Server) listen() string {
	if s.URL == "" {
		s.URL = "ldap://" + freePort(s.t)
		if s.CAFile != "" {
			s.TLSURL = "ldaps://" + freePort(s.t)
		}
	}
	return strings.TrimSpace(s.URL + " " + s.SocketURL + " " + s.TLSURL)
}

// run starts the process and tells whether it came to answer.
func (s *Server) run(urls string) bool {
	s.log.Reset()
	s.stopped = false
	s.process = exec.Command(s.binary, "-d", "0", "-f", s.path("slapd.conf"), "-h", urls)
	s.process.Stderr = &s.log
	// A test that panics leaves no slapd behind.
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.exited = make(chan struct{})
	go func(p *exec.Cmd, exited chan struct{}) { p.Wait(); close(exited) }(s.process, s.exited)
	for {
		select {
		case <-s.exited:
			return false
		case <-time.After(5 * time.Millisecond):
		}
		if conn, err := ldap.DialURL(s.SocketURL); err == nil {
			err := conn.ExternalBind()
			conn.Close()
			if !ldap.IsErrorWithCode(err, ldap.ErrorNetwork) { // a refusal is an answer too
				return true
			}
		}
	}
}

// Stop ends the server; its entries stay until the test ends. A server that has
// ended by itself fails the test, which could not know why nobody answered.
func (s *Server) Stop() {
	s.t.Helper()
	select {
	case <-s.exited:
		if !s.stopped {
			s.t.Errorf("slapd ended by itself: %v\n%s", s.process.ProcessState, s.log.String())
		}
	default:
	}
	s.stopped = true
	s.process.Process.Signal(syscall.SIGTERM)
	<-s.exited
}

// freePort returns an address on loopback where nobody listens.
func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) write(name, text string) {
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
