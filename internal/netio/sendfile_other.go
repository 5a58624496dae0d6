//go:build !linux

package netio

import (
	"io"
	"net"
	"syscall"
)

// sendFile sends a piece of a regular file.
func (b *Conn) sendFile(l *io.LimitedReader) (int64, error) { return io.Copy(b.Conn, l) }

// SendFile sends a piece of a regular file, which l reads, to c.
func SendFile(c net.Conn, _ syscall.RawConn, l *io.LimitedReader) (int64, error) {
	return io.Copy(c, l)
}
