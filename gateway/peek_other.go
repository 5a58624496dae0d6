//go:build !unix

package gateway

import "net"

// peekSystem cannot peek on this system.
func peekSystem(net.Conn) (first []byte, ok bool, err error) { return nil, false, nil }
