package netio

import (
	"syscall"
)

// Watch calls gone once the peer has closed its side. After stop has returned gone is not called.
//
// A socket is watched by its descriptor, also below a wrapper that shows it by SyscallConn or by
// NetConn, as crypto/tls does: that costs no goroutine, and the peer is noticed also while nobody
// reads and unread input is waiting. That is so on Linux.
//
// Any other connection (netutil.LimitListener's, net.Pipe, other systems) is read one byte ahead by
// a goroutine, once the request's body has been read whole. While it is unread the peer's end is
// met by who reads the body; behind a byte that came and that nobody has read it is not met at all.
// The connection's SetReadDeadline must end a Read that waits. Hijack ends such a watch.
func (b *Conn) Watch(gone func(cause error)) (stop func()) {
	if s := b.state.Load(); s == closed || s == hijacked {
		return nil
	}
	if raw := b.descriptor(); raw != nil {
		if stop := watchHangup(raw, gone); stop != nil {
			return stop
		}
	}
	return b.watchAhead(gone)
}

// descriptor finds the socket that b stands on.
func (b *Conn) descriptor() syscall.RawConn {
	if b.raw != nil {
		return b.raw
	}
	return Descriptor(b.Conn)
}
