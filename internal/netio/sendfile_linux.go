package netio

import (
	"io"
	"net"
	"os"
	"syscall"
)

// sendFile sends a piece of a regular file. TCP connections of package net know sendfile by
// themselves, others do not.
func (b *Conn) sendFile(l *io.LimitedReader) (int64, error) {
	if _, tcp := b.Conn.(*net.TCPConn); tcp || b.raw == nil {
		return io.Copy(b.Conn, l)
	}
	src, err := l.R.(*os.File).SyscallConn()
	if err != nil {
		return 0, err
	}
	var n int
	var werr, serr error
	err = src.Control(func(from uintptr) {
		werr = b.raw.Write(func(to uintptr) bool {
			n, serr = syscall.Sendfile(int(to), int(from), nil, int(l.N))
			return serr != syscall.EAGAIN
		})
	})
	switch {
	case err != nil:
		return 0, err
	case werr != nil:
		return 0, werr
	case serr == syscall.EINTR:
		return b.sendFile(l)
	case serr == syscall.EINVAL, serr == syscall.ENOSYS, serr == syscall.EOPNOTSUPP:
		// not every file system can
		return io.Copy(b.Conn, l)
	}
	return int64(max(n, 0)), os.NewSyscallError("sendfile", serr)
}
