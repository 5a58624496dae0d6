//go:build !unix

package netio

import (
	"net"
	"syscall"
)

// Pending cannot tell on this system.
func Pending(syscall.RawConn) bool { return false }

// quiet cannot tell on this system.
func quiet(syscall.RawConn) (open, pending bool) { return false, false }

// lookable finds nothing that quiet could look at.
func lookable(net.Conn) syscall.RawConn { return nil }
