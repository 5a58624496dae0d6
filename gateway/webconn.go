package gateway

import (
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/sniff"
	"github.com/postern-gateway/postern/internal/throttle"
)

// A webConn is a connection as net/http gets it: it looks at the first bytes, to say in plain words
// what does not speak HTTP.
type webConn struct {
	net.Conn
	conn     *conn
	reason   atomic.Pointer[webReason]
	looked   bool
	waiting  atomic.Bool // for a request's first byte
	hijacked atomic.Bool
	cut      atomic.Bool // its last response is not whole
	resets   atomic.Bool // its end is to be seen as none
	out      webOutput
	// a client that leaves is noticed also where nobody asks: see endIdleRead
	watchable bool

	mu          sync.Mutex
	idle        webIdle
	deadline    webReadDeadline
	interrupted bool // the read deadline has been set to end a read of the body

	framing webFraming
	midway  atomic.Bool                  // a request's body has not been read to its end
	broken  atomic.Bool                  // what came last is no request's
	refused atomic.Pointer[tooLargeHead] // the last head
	heads   atomic.Int32                 // requests that net/http has given
	leaving atomic.Bool                  // leave closes it
	owed    string                       // what net/http gets next

	serving atomic.Bool           // a request that the handler has seen, or its end
	late    atomic.Bool           // a head was not whole in time
	why     atomic.Pointer[error] // what came last is refused
}

// Read implements net.Conn. Of what can be no request's it gives nothing.
func (c *webConn) Read(p []byte) (int, error) {
	if c.hijacked.Load() {
		return c.Conn.Read(p)
	}
	for {
		if len(c.owed) > 0 {
			n := copy(p, c.owed)
			c.owed = c.owed[n:]
			return n, nil
		}
		c.framing.work.Pause()
		n, idle, err := c.read(p)
		if idle {
			return 0, io.EOF
		}
		if n > 0 {
			n = c.came(p, n)
		}
		if n == 0 && c.isLate(err) {
			c.noteLate()
			continue
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// came returns how many of the n bytes that have come into p net/http gets.
func (c *webConn) came(p []byte, n int) int {
	c.waiting.Store(false)
	if !c.looked {
		c.looked = true
		n = c.look(p, n)
	}
	n, err := c.framing.follow(p[:n])
	if c.framing.inHead() {
		c.hasten()
	}
	c.setMidway(c.framing.inBody())
	c.broken.Store(c.framing.at == over)
	if err != nil || c.framing.at == over {
		c.noteOver(n, err)
	}
	return n
}

// noteOver notes what net/http gets behind the last n bytes, as no request follows them, and why.
func (c *webConn) noteOver(n int, err error) {
	if head, ok := err.(*tooLargeHead); ok {
		c.refused.Store(head)
		c.owed = head.end
		return
	}
	if err != nil {
		c.why.Store(&err)
		c.conn.report("http", err)
	}
	if n > 0 && c.framing.at == over {
		c.owed = notHTTP
	}
}

// setMidway notes whether more of a request's body is to come. An interrupt that came when some was
// does not reach what net/http reads after the body.
func (c *webConn) setMidway(midway bool) {
	if c.midway.Load() == midway {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.midway.Store(midway)
	if c.interrupted && !midway {
		c.interrupted = false
		c.setReadDeadline(time.Time{})
	}
}

// interruptBody ends a read that waits for more of a request's body. The rest of a body that has
// come whole waits for nobody.
func (c *webConn) interruptBody() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.midway.Load() {
		c.interrupted = true
		c.setReadDeadline(pastDeadline)
	}
}

// notHTTP makes net/http answer 400 and close, before a request and within a head.
const notHTTP = "?\r\n\r\n"

// look returns n, unless p[:n] is another protocol: then it logs so, and gives net/http what makes
// it answer 400 at once, not when its own time limit is over.
func (c *webConn) look(p []byte, n int) int {
	err := sniff.HTTP.WrongProtocol(p[:n])
	if err == nil {
		return n
	}
	c.why.Store(&err)
	c.conn.report("http", err)
	return copy(p, notHTTP)
}

// CloseWrite ends the writing side alone. net/http calls it where the peer has sent more than
// anybody reads.
func (c *webConn) CloseWrite() error {
	if !c.hijacked.Load() && c.midway.Load() {
		throttle.End()
	}
	return closeWrite(c.Conn)
}

func closeWrite(c any) error {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return http.ErrNotSupported
}

// Idle reports whether the connection waits for a request's first byte. One that net/http has read
// together with the request before it comes without a read.
func (c *webConn) Idle() bool { return c.waiting.Load() && !c.serving.Load() }

// CloseIdle implements [protocol.Idler].
func (c *webConn) CloseIdle() bool {
	if !c.Idle() || c.conn.pending() {
		return false
	}
	c.Conn.Close()
	return true
}

// Cut implements [protocol.Cutter]: over TLS a response of HTTP/1.0 may have no other sign of its
// end than that of the connection.
func (c *webConn) Cut() {
	if c.serving.Load() && !c.hijacked.Load() {
		netio.CutTLS(c.Conn, false)
	}
}

// Close implements net.Conn. When net/http is told to keep no connections it closes those that it
// thinks idle: what has come on one of them is served first.
func (c *webConn) Close() error {
	c.watch() // so that a read that rests ends
	if c.isIdle() {
		return nil
	}
	r := &c.conn.srv.run
	closing := r.closing.Load()
	if closing && !r.late.Load() && c.waiting.Load() && (!c.conn.given.Load() || c.conn.pending()) {
		return nil
	}
	switch {
	case c.cut.Load() && netio.CutTLS(c.Conn, c.midway.Load()):
	case c.resets.Load():
		return reset(c.Conn)
	case c.hijacked.Load() || r.ctx.Err() != nil:
	case !closing && c.inVain() || c.midway.Load() || c.refused.Load() != nil:
		if c.leaving.CompareAndSwap(false, true) {
			go c.leave(!closing && c.inVain())
		}
		return nil
	}
	return c.Conn.Close()
}

// inVain reports whether what came last was no request, or one that is refused by its head.
func (c *webConn) inVain() bool {
	return c.broken.Load() || c.refused.Load() != nil || c.heads.Load() == 0 && !c.waiting.Load()
}

// leave closes the connection when its peer has what it was sent, and later if slowly is set. It is
// not for net/http's goroutine: that holds the request.
func (c *webConn) leave(slowly bool) {
	defer c.conn.end()
	defer c.Conn.Close()
	if slowly {
		throttle.End()
	}
	if c.midway.Load() || c.refused.Load() != nil {
		netio.Drain(c.Conn)
	}
}
