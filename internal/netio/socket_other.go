//go:build !unix

package netio

import (
	"net"
	"syscall"
)

// Pending reports false: this system cannot tell.
func Pending(syscall.RawConn) bool { return false }

// probe reports false: this system cannot tell.
func probe(syscall.RawConn) (open, pending bool) { return false, false }

// probeDescriptor returns nil: there is no probe on this system.
func probeDescriptor(net.Conn) syscall.RawConn { return nil }
