package netio

import (
	"net"
	"syscall"
)

// WatchHangup calls onHangup once, when the peer of c has closed its side, be input unread or not.
// After stop has returned it is not called. stop is nil where c cannot be watched so: it shows no
// socket, or the system is not Linux.
func WatchHangup(c net.Conn, onHangup func(cause error)) (stop func()) {
	if raw := Descriptor(c); raw != nil {
		return watchHangup(raw, onHangup)
	}
	return nil
}

// Watch calls onHangup once, when the peer has closed its side. After stop has returned it is not
// called.
//
// On Linux a socket is watched by its descriptor, also if the connection wraps it and shows it by
// SyscallConn or by NetConn, as crypto/tls does. That costs no goroutine, and a hang-up is noticed
// while nobody reads and input is unread.
//
// Any other connection (netutil.LimitListener's, net.Pipe's, all on other systems) is read in the
// background by a goroutine, one byte, once the request's body has been read whole. Before that a
// Read of the body notices the hang-up. After a byte beyond the request has come it is not noticed.
// The connection's SetReadDeadline must interrupt a Read that waits. Hijack ends such a watch.
func (b *Conn) Watch(onHangup func(cause error)) (stop func()) {
	if s := b.state.Load(); s == closed || s == hijacked {
		return nil
	}
	if raw := b.descriptor(); raw != nil {
		if stop := watchHangup(raw, onHangup); stop != nil {
			return stop
		}
	}
	return b.watchByRead(onHangup)
}

// descriptor returns the descriptor of b's socket, for watching alone: see Descriptor.
func (b *Conn) descriptor() syscall.RawConn {
	if b.raw != nil {
		return b.raw
	}
	return Descriptor(b.Conn)
}
