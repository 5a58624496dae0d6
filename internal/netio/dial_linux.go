//go:build !386 && !s390x

package netio

import (
	"context"
	"net"
	"os"
	"syscall"

	"github.com/postern-gateway/postern/internal/rawio"
)

// DialUnix connects to a Unix stream socket, as [net.Dialer] does. It does not wait: ctx need not
// end, and a socket whose backlog is full is an EAGAIN.
func DialUnix(ctx context.Context, _, address string) (net.Conn, error) {
	if !rawio.IsUnixName(address) {
		return new(net.Dialer).DialContext(ctx, "unix", address)
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, dialError(address, os.NewSyscallError("socket", err))
	}
	if err := rawio.ConnectUnix(fd, address); err != nil {
		rawio.Close(fd)
		return nil, dialError(address, os.NewSyscallError("connect", err))
	}
	c := &struct {
		SocketConn
		peer net.UnixAddr
	}{peer: net.UnixAddr{Name: address, Net: "unix"}}
	s := &c.SocketConn
	s.network, s.local, s.peer, s.fd, s.dialed = "unix", unnamed, &c.peer, fd, true
	return s, nil
}

func dialError(address string, err error) error {
	return &net.OpError{Op: "dial", Net: "unix", Addr: &net.UnixAddr{Name: address, Net: "unix"}, Err: err}
}
