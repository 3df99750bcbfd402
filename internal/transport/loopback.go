package transport

import (
	"net"
	"strings"
)

// Loopback tells whether a host is this machine, reached without a network:
// nobody can listen on the way. Of names it takes localhost alone, which
// /etc/hosts knows; others that end in it would be asked of a name server.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
