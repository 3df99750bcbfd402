package ldaptest

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"
)

// Relay listens on loopback and passes connections on to the server at
// address; what the server sends goes through answers, where that is not nil.
// It returns the host and port.
func Relay(t testing.TB, address string, answers func(io.Reader) io.Reader) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "0.0.0.0:0") // all of 127.0.0.0/8
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go pass(client, u.Host, answers)
		}
	}()
	return fmt.Sprintf("127.0.0.1:%d", l.Addr().(*net.TCPAddr).Port)
}

func pass(client net.Conn, host string, answers func(io.Reader) io.Reader) {
	defer client.Close()
	server, err := net.Dial("tcp", host)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { io.Copy(server, client); server.Close() }()
	var r io.Reader = server
	if answers != nil {
		r = answers(server)
	}
	io.Copy(client, r)
}

// silence is a reader that hands on some bytes and then nothing more.
type silence struct {
	r    io.Reader
	left int
	end  chan struct{}
}

func (s *silence) Read(p []byte) (int, error) {
	if s.left == 0 {
		<-s.end
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

// Silent puts a relay before the server that falls silent after some bytes. It
// returns the host and port.
func Silent(t testing.TB, address string, after int) string {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return Relay(t, address, func(r io.Reader) io.Reader { return &silence{r, after, end} })
}
