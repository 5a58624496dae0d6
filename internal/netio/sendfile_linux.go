package netio

import (
	"io"
	"net"
	"os"
	"syscall"
)

// sendPiece sends what l reads of a regular file to c. It may send less than l has: as much as the
// socket takes at once, so that who calls sees progress. TCP connections of package net know
// sendfile by themselves, but return at the end.
func sendPiece(c net.Conn, raw syscall.RawConn, l *io.LimitedReader) (int64, error) {
	if raw == nil {
		return io.Copy(c, l)
	}
	src, err := l.R.(*os.File).SyscallConn()
	if err != nil {
		return 0, err
	}
	var n int
	var werr, serr error
	err = src.Control(func(from uintptr) {
		werr = raw.Write(func(to uintptr) bool {
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
		return sendPiece(c, raw, l)
	case serr == syscall.EINVAL, serr == syscall.ENOSYS, serr == syscall.EOPNOTSUPP:
		// not every file system can
		return io.Copy(c, l)
	}
	return int64(max(n, 0)), os.NewSyscallError("sendfile", serr)
}
