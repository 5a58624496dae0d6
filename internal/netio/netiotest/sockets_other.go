//go:build !unix

package netiotest

import (
	"net"
	"testing"
)

// Unix fails: this system has no pairs of sockets.
func Unix(t testing.TB) (a, b *net.UnixConn) {
	t.Fatal("no pairs of sockets on this system")
	return nil, nil
}

// Packets fails, too.
func Packets(t testing.TB) (a, b *net.UnixConn) { return Unix(t) }
