package fastcgi

import (
	"io"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// finish ends the exchange after a response that is whole. A connection that is good for another
// request is kept. One whose END_REQUEST is still to come holds up nobody: it waits for that by
// itself.
func (x *exchange) finish() {
	first, free := x.ResponseEnded()
	if !first {
		return
	}
	if !x.over && free {
		x.over = x.peek() == io.EOF
	}
	if x.over || !free {
		x.part(free)
		return
	}
	x.ReleaseBody()
	ended := x.c.awaits(x.Conn)
	if ended == nil {
		x.part(false)
		return
	}
	x.Request = &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", x.Request.Method(), "REQUEST_URI", x.Request.RequestURI())}
	go func() {
		defer close(ended)
		whole := x.awaitEnd()
		x.part(x.c.awaited(x.Conn) && whole)
	}()
}

// part keeps the connection for another request, if it is good for one, or closes it.
func (x *exchange) part(free bool) {
	x.in.Release()
	x.PutOrClose(free && x.clean)
}

// endsAwaited is how many connections may wait for their END_REQUEST. Others are closed instead.
const endsAwaited = 64

// awaits notes that conn waits for its END_REQUEST. What it returns is to be closed when it does no
// more; nil says that it shall not wait.
func (c *Client) awaits(conn *netio.PoolConn) (ended chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.awaiting) >= max(endsAwaited, c.MaxIdle) {
		return nil
	}
	if c.awaiting == nil {
		c.awaiting = make(map[*netio.PoolConn]chan struct{})
	}
	ended = make(chan struct{})
	c.awaiting[conn] = ended
	return ended
}

// awaited is the end of awaits, and reports whether nobody has closed conn meanwhile.
func (c *Client) awaited(conn *netio.PoolConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, open := c.awaiting[conn]
	delete(c.awaiting, conn)
	return open
}

// awaitEnd reads to END_REQUEST, for ReadTimeout at most, and reports whether it came. The request
// itself may be gone by now.
func (x *exchange) awaitEnd() bool {
	x.Conn.SetReadDeadline(netio.After(x.Lim.ReadTimeout))
	var buf [512]byte // a surplus is all that can come
	x.rest = nil
	for {
		_, err := x.readRecord(buf[:])
		if err == nil {
			x.body.Surplus()
			continue
		}
		x.Conn.SetReadDeadline(time.Time{})
		return err == io.EOF
	}
}
