package gateway

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
)

// A webOutput is the sending half of a webConn. What the system takes at once is written without a
// deadline. It is used by one goroutine at a time, but for the deadlines' setters.
type webOutput struct {
	raw     syscall.RawConn // nil: only the connection's own methods write
	timeout time.Duration   // without progress; 0: none

	mu       sync.Mutex
	deadline time.Time // that was set last; zero: none
	own      bool      // a handler has set it
}

// init has what net/http writes go to nc.
func (o *webOutput) init(nc net.Conn, timeout time.Duration) {
	o.timeout = timeout
	o.raw = netio.Socket(nc)
}

// atOnce is the size up to which a piece may go to the system without a word to Go's scheduler.
const atOnce = 16 << 10

// send writes p, under a deadline as far as that has to wait.
func (c *webConn) send(p []byte) (n int, err error) {
	o := &c.out
	if o.raw != nil && len(p) <= atOnce && !c.hijacked.Load() {
		if n = netio.WriteNow(o.raw, p); n == len(p) {
			return n, nil
		}
	}
	m, err := netio.WritePieces(p[n:], func(piece []byte) (int, error) {
		c.armWrite()
		return c.Conn.Write(piece)
	})
	return n + m, err
}

// armWrite gives what is written next its time.
func (c *webConn) armWrite() {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.timeout > 0 && !o.own && !c.hijacked.Load() {
		netio.Renew(&o.deadline, o.timeout, c.Conn.SetWriteDeadline)
	}
}

// SetWriteDeadline implements net.Conn. net/http takes the deadline away after each response.
func (c *webConn) SetWriteDeadline(t time.Time) error {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.own = false
	if t.IsZero() && o.deadline.IsZero() {
		return nil
	}
	o.deadline = t
	return c.Conn.SetWriteDeadline(t)
}

// keepWriteDeadline has the deadline that is set stay until the response has been written.
func (c *webConn) keepWriteDeadline() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.own = true
}

// ReadFrom lets net/http send files without a copy, also over Unix sockets, whose connections of
// package net do not read from a part of a file.
func (c *webConn) ReadFrom(r io.Reader) (n int64, err error) {
	file, limit := netio.Regular(r)
	if file == nil || c.out.raw == nil {
		c.armWrite()
		return io.Copy(c.Conn, r)
	}
	n, err = netio.SendFile(c.Conn, c.out.raw, file, limit, c.armWrite)
	if l, ok := r.(*io.LimitedReader); ok {
		l.N -= n
	}
	return n, err
}
