//go:build !386 && !s390x

package netio

import (
	"encoding/binary"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/postern-gateway/postern/internal/rawio"
)

// An Acceptor accepts the connections of a listener as [SocketConn], until the listener is closed.
// It is safe for concurrent use.
type Acceptor struct {
	listener net.Listener
	network  string
	raw      syscall.RawConn
	arrivals *arrivals // nil: the listener's own Accept waits

	untuned atomic.Int32 // connections that may have come before the listener was tuned
}

// NewAcceptor returns nil for a listener that is no plain one of TCP or of a Unix stream socket.
// One that wraps such a listener and has its Accept says so by a method PlainListener.
func NewAcceptor(l net.Listener) *Acceptor {
	l = PlainListener(l)
	a := &Acceptor{listener: l, network: l.Addr().Network()}
	a.untuned.Store(queueMax)
	var err error
	switch l := l.(type) {
	case *net.TCPListener:
		if a.raw, err = l.SyscallConn(); err == nil {
			a.raw.Control(tuneTCP)
		}
	case *net.UnixListener:
		a.raw, err = l.SyscallConn()
	}
	if a.raw == nil || err != nil || a.network != "tcp" && a.network != "unix" {
		return nil
	}
	a.arrivals = newArrivals(a.raw)
	return a
}

// What package net sets on each connection.
const (
	keepAliveSeconds = 15
	keepAliveCount   = 9
)

// queueMax is how many connections may have come to a listener before it was tuned, as most systems
// bound its queue.
const queueMax = 4096

// tuneTCP sets that on a listener, which passes it on to the connections that come from then on, or
// on a connection that has come before.
func tuneTCP(fd uintptr) {
	for _, o := range [...][3]int{
		{syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1},
		{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, keepAliveSeconds},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, keepAliveSeconds},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, keepAliveCount},
	} {
		syscall.SetsockoptInt(int(fd), o[0], o[1], o[2])
	}
}

// Accept waits for a connection, and returns it as a [SocketConn]. Where it cannot wait, and after
// Interrupt, the listener's own Accept does.
func (a *Acceptor) Accept() (net.Conn, error) {
	if a.arrivals != nil {
		var c net.Conn
		failed := false
		err := a.arrivals.await(a.raw, func() bool {
			c, failed = a.come()
			return c != nil || failed
		})
		if c != nil && err == nil {
			return c, nil
		}
	} else if c := a.Come(); c != nil {
		return c, nil
	}
	return a.listener.Accept()
}

// Interrupt has Accept leave the waiting to the listener's own Accept, from now on.
func (a *Acceptor) Interrupt() {
	if a.arrivals != nil {
		a.arrivals.interrupt()
	}
}

// Close gives back what a waits with, once nobody is in Accept. The listener is left as it is.
func (a *Acceptor) Close() {
	if a.arrivals != nil {
		a.arrivals.file.Close()
	}
}

// Come returns a connection that has come already as a [SocketConn], or nil.
func (a *Acceptor) Come() net.Conn {
	c, _ := a.come()
	return c
}

// come is Come, which says whether it has failed otherwise than by having to wait.
func (a *Acceptor) come() (c net.Conn, failed bool) {
	t := acceptCalls.Get().(*acceptCall)
	defer acceptCalls.Put(t)
	t.fd, t.err = -1, nil
	if err := a.raw.Control(t.try); err != nil || t.fd < 0 {
		return nil, err != nil || t.err != syscall.EAGAIN
	}
	if a.network == "tcp" && a.untuned.Load() > 0 {
		a.untuned.Add(-1)
		tuneTCP(uintptr(t.fd))
	}
	return &SocketConn{network: a.network, local: a.listener.Addr(), peer: t.peerAddr(a.network), fd: t.fd}, false
}

// An acceptCall is one call of accept(2) that does not wait. Its errors are left to the listener to
// find again.
type acceptCall struct {
	try  func(fd uintptr)
	fd   int
	err  error
	peer syscall.RawSockaddrAny
	size uint32
}

var acceptCalls = sync.Pool{New: func() any {
	t := new(acceptCall)
	t.try = func(fd uintptr) { t.fd, t.size, t.err = rawio.Accept(int(fd), &t.peer) }
	return t
}}

// unnamed is the address of a Unix socket that has none, as package net has it.
var unnamed net.Addr = &net.UnixAddr{Name: "@", Net: "unix"}

// peerAddr is the address of the connection's other end.
func (t *acceptCall) peerAddr(network string) net.Addr {
	switch {
	case network == "tcp":
		return tcpAddr(&t.peer)
	case t.size <= uint32(unsafe.Sizeof(t.peer.Addr.Family)):
		return unnamed
	}
	sa, _ := syscall.Getpeername(t.fd)
	if u, ok := sa.(*syscall.SockaddrUnix); ok {
		return &net.UnixAddr{Name: u.Name, Net: "unix"}
	}
	return unnamed
}

// tcpAddr is the address that a system call has filled in.
func tcpAddr(sa *syscall.RawSockaddrAny) *net.TCPAddr {
	if sa.Addr.Family == syscall.AF_INET {
		in := (*syscall.RawSockaddrInet4)(unsafe.Pointer(sa))
		return &net.TCPAddr{IP: slices.Clone(in.Addr[:]), Port: port(in.Port)}
	}
	in := (*syscall.RawSockaddrInet6)(unsafe.Pointer(sa))
	addr := &net.TCPAddr{IP: slices.Clone(in.Addr[:]), Port: port(in.Port)}
	if in.Scope_id != 0 {
		addr.Zone = strconv.Itoa(int(in.Scope_id))
		if i, err := net.InterfaceByIndex(int(in.Scope_id)); err == nil {
			addr.Zone = i.Name
		}
	}
	return addr
}

// port is a port of which the system has the bytes in the network's order.
func port(p uint16) int { return int(binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&p))[:])) }
