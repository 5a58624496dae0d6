package fastcgi

import (
	"io"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/postern-gateway/postern/internal/rawio"
)

// A clientConn is a client's connection to a backend.
type clientConn struct {
	nc    net.Conn
	in    input
	used  bool        // it has carried a request
	timer *time.Timer // closes it when it has been idle for too long
}

// fill reads until n bytes are buffered.
func (l *clientConn) fill(n int) error {
	for len(l.in.buffered()) < n {
		if err := l.in.more(n); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF // END_REQUEST ends a response, nothing else
			}
			return err
		}
	}
	return nil
}

func (l *clientConn) close() error {
	if l.timer != nil {
		l.timer.Stop()
	}
	return l.nc.Close()
}

// get returns an idle connection that is still open, or nil.
func (c *Client) get() *clientConn {
	for {
		l := c.pop()
		if l == nil || l.alive() {
			return l
		}
		l.close()
	}
}

func (c *Client) pop() *clientConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) == 0 {
		return nil
	}
	l := c.idle[len(c.idle)-1]
	c.idle = c.idle[:len(c.idle)-1]
	if l.timer != nil {
		l.timer.Stop()
	}
	return l
}

// put keeps a connection for another request.
func (c *Client) put(l *clientConn, idle time.Duration) {
	l.used = true
	l.in.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) >= c.MaxIdle || c.starving > 0 {
		l.close()
		return
	}
	c.idle = append(c.idle, l)
	switch {
	case idle == 0:
	case l.timer == nil:
		l.timer = time.AfterFunc(idle, func() { c.expire(l) })
	default:
		l.timer.Reset(idle)
	}
}

// expire closes l if it is idle.
func (c *Client) expire(l *clientConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.idle, l); i >= 0 {
		c.idle = slices.Delete(c.idle, i, i+1)
		l.close()
	}
}

// alive reports whether an idle connection is still open: one that has anything to read is not, be
// it the end or what nobody asked for.
func (l *clientConn) alive() bool {
	if l.in.look == nil || !rawio.Available {
		return true
	}
	alive := false
	err := l.in.look.Read(func(fd uintptr) bool {
		var b [1]byte
		_, err := rawio.Read(int(fd), b[:])
		alive = err == syscall.EAGAIN
		return true
	})
	return alive && err == nil
}
