//go:build !unix

package netio

import (
	"net"
	"syscall"
)

// Pending reports false: this system cannot tell.
func Pending(syscall.RawConn) bool { return false }

// An idleProbe tells whether a socket has been closed, on systems that can.
type idleProbe struct{}

// newIdleProbe returns nil: there is no probe on this system.
func newIdleProbe(net.Conn) *idleProbe { return nil }

func (*idleProbe) probe() (open, pending bool) { return false, false }
