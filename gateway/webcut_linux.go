package gateway

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/rawio"
)

// resettable gives a Unix socket what TCP has. Linux gives the peer of one that is closed with
// input unread ECONNRESET, behind all that was sent: so the last byte of a request in HTTP/1.0
// stays with the system until its response is whole. With HTTP/1.1 nothing needs that.
func resettable(c net.Conn) net.Conn {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return c
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return c
	}
	return &keepingConn{UnixConn: u, raw: raw, keeps: true}
}

// A keepingConn is a connection whose last byte that was read is unread as far as the system knows.
type keepingConn struct {
	*net.UnixConn
	raw   syscall.RawConn
	keeps bool // until HTTP/1.1 is seen
	seen  bool // something has come
	kept  atomic.Int32
	look  [2]byte // the byte that is kept, and what is behind it
}

// Read implements net.Conn.
func (c *keepingConn) Read(p []byte) (n int, err error) {
	if !c.keeps || len(p) == 0 {
		return netio.ReadSocket(c.raw, p)
	}
	return c.readKeeping(p)
}

// readKeeping reads all but the last byte.
func (c *keepingConn) readKeeping(p []byte) (n int, err error) {
	rerr := c.raw.Read(func(fd uintptr) (done bool) {
		n, err, done = c.try(int(fd), p)
		return done
	})
	if rerr != nil {
		return 0, rerr
	}
	return n, err
}

// try reads into p what lies behind the byte that is kept. It is not done if there is nothing.
func (c *keepingConn) try(fd int, p []byte) (n int, err error, done bool) {
	if c.kept.Load() > 0 {
		n, err := rawio.Peek(fd, c.look[:])
		if err == nil && n == 1 && !rawio.HungUp(fd) {
			return 0, nil, false
		}
		if n < len(c.look) {
			return ended(err)
		}
		c.takeKept(fd)
	}
	n, err = rawio.Peek(fd, p)
	if n <= 0 {
		return ended(err)
	}
	if !c.seen {
		c.seen, c.keeps = true, isOld(p[:n])
	}
	taken := n
	if c.keeps {
		c.kept.Store(1)
		taken--
	}
	take(fd, p[:taken])
	return n, nil, true
}

// ended is what a try comes to that has found nothing.
func ended(err error) (n int, _ error, done bool) {
	switch err {
	case nil:
		return 0, io.EOF, true
	case syscall.EAGAIN:
		return 0, nil, false
	}
	return 0, os.NewSyscallError("recvfrom", err), true
}

// take reads what has been looked at, into p, where it is.
func take(fd int, p []byte) {
	for len(p) > 0 {
		n, err := rawio.Read(fd, p)
		if n <= 0 || err != nil {
			return
		}
		p = p[n:]
	}
}

// responseWhole takes the byte that is kept.
func (c *keepingConn) responseWhole() {
	if c.kept.Load() > 0 {
		c.raw.Control(func(fd uintptr) { c.takeKept(int(fd)) })
	}
}

// takeKept takes the byte that is kept, unless somebody else has.
func (c *keepingConn) takeKept(fd int) {
	if c.kept.CompareAndSwap(1, 0) {
		var kept [1]byte
		take(fd, kept[:])
	}
}

// Close implements net.Conn.
func (c *keepingConn) Close() error {
	c.responseWhole()
	return c.UnixConn.Close()
}

// Reset closes the connection so that its peer's read fails.
func (c *keepingConn) Reset() error { return c.UnixConn.Close() }

// isOld reports whether a request is in HTTP/1.0, by its first line; one that is not there yet may
// be.
func isOld(b []byte) bool {
	line, _, whole := bytes.Cut(b, []byte("\n"))
	return !whole || !bytes.HasSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte("HTTP/1.1"))
}
