//go:build !linux

package gateway

import "net"

// resettable returns c: here a Unix socket has no reset.
func resettable(c net.Conn) net.Conn { return c }
