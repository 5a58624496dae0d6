//go:build !linux || 386 || s390x

package netio

import (
	"net"
	"syscall"
)

// An Acceptor is nothing on this system.
type Acceptor struct{}

// NewAcceptor returns nil on this system.
func NewAcceptor(net.Listener) *Acceptor { return nil }

// UseNow does nothing on this system.
func UseNow(net.Conn, func(fd uintptr)) (did bool) { return false }

// ForWaiting returns raw on this system.
func ForWaiting(raw syscall.RawConn) syscall.RawConn { return raw }

// Come is not called on this system.
func (*Acceptor) Come() net.Conn { return nil }

// Accept is not called on this system.
func (*Acceptor) Accept() (net.Conn, error) { return nil, net.ErrClosed }

// Interrupt is not called on this system.
func (*Acceptor) Interrupt() {}

// Close is not called on this system.
func (*Acceptor) Close() {}
