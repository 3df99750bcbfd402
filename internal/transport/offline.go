package transport

import (
	"errors"
	"net"
	"syscall"
)

// Offline tells whether a connection failed because this machine is in no
// network, or has no name server. Where one says that there is no such name,
// or a server does not answer, that is another matter.
func Offline(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return !dns.IsNotFound
	}
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN)
}
