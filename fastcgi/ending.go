package fastcgi

import (
	"io"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// finish ends the exchange after a response that is whole. A connection that is good for another
// request is kept. One whose END_REQUEST is still to come holds up nobody: it waits for that by
// itself.
func (x *exchange) finish() {
	if !x.ended.CompareAndSwap(false, true) {
		return
	}
	free := x.stop() && x.allSent.Load()
	if !x.over && free {
		x.over = x.peek() == io.EOF
	}
	if x.over || !free {
		x.part(free)
		x.giveBack()
		return
	}
	x.giveBack()
	l := x.l
	ended := x.c.awaits(l)
	if ended == nil {
		x.part(false)
		return
	}
	x.request = &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", x.request.Method(), "REQUEST_URI", x.request.RequestURI())}
	go func() {
		defer close(ended)
		whole := x.awaitEnd()
		x.part(x.c.awaited(l) && whole)
	}()
}

// part keeps the connection for another request, if it is good for one, or closes it.
func (x *exchange) part(free bool) {
	if x.timeout.Stop(); free && x.clean && x.c.MaxIdle > 0 {
		x.c.put(x.l, x.lim.IdleTimeout)
		return
	}
	x.l.close()
	x.l.in.release()
}

// endsAwaited is how many connections may wait for their END_REQUEST. Others are closed instead.
const endsAwaited = 64

// awaits notes that l waits for its END_REQUEST. What it returns is to be closed when it does no
// more; nil says that it shall not wait.
func (c *Client) awaits(l *clientConn) (ended chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.awaiting) >= max(endsAwaited, c.MaxIdle) {
		return nil
	}
	if c.awaiting == nil {
		c.awaiting = make(map[*clientConn]chan struct{})
	}
	ended = make(chan struct{})
	c.awaiting[l] = ended
	return ended
}

// awaited is the end of awaits, and reports whether nobody has closed l meanwhile.
func (c *Client) awaited(l *clientConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, open := c.awaiting[l]
	delete(c.awaiting, l)
	return open
}

// awaitEnd reads to END_REQUEST, for ReadTimeout at most, and reports whether it came. The request
// itself may be gone by now.
func (x *exchange) awaitEnd() bool {
	x.timeout.Stop()
	if x.lim.ReadTimeout > 0 {
		x.l.nc.SetReadDeadline(time.Now().Add(x.lim.ReadTimeout))
	}
	var buf [512]byte // a surplus is all that can come
	x.rest = nil
	for {
		_, err := x.readRecord(buf[:])
		if err == nil {
			x.body.Surplus()
			continue
		}
		x.l.nc.SetReadDeadline(time.Time{})
		return err == io.EOF
	}
}
