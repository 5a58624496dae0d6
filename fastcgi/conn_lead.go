package fastcgi

import (
	"slices"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// lead reads until there is a request to give, and reports whether another leader is wanted
// meanwhile.
func (c *conn) lead() (s *stream, more bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leading = true
	defer func() { c.leading = false }()
	for {
		switch {
		case c.gives():
			s = c.pop()
			return s, c.company(s), nil
		case len(c.ready) > 0 && c.err != nil:
			c.next.Wait() // for a handler to return
			continue
		}
		if err := c.over(); err != nil {
			return nil, false, err
		}
		if c.reader == handler {
			c.next.Wait()
			continue
		}
		c.reader = leader
		c.mu.Unlock()
		err := c.step()
		c.mu.Lock()
		c.stopsReading(err)
		if err == protocol.ErrIdle && !c.closed {
			c.leaveIdle()
			return nil, false, err
		}
	}
}

// stopsReading notes that whoever has read does so no more, and what ended it. The lock is held.
func (c *conn) stopsReading(err error) {
	c.reader = nobody
	if err != nil && err != errLookAgain && err != protocol.ErrIdle {
		c.fail(err)
	}
}

// pop takes the next request that is ready. The lock is held, here and below.
func (c *conn) pop() *stream {
	s := c.ready[0]
	c.ready = slices.Delete(c.ready, 0, 1) // which forgets it: an idle connection holds no request
	s.state = serving
	c.served++
	c.runs(1)
	return s
}

// company reports whether a leader is wanted at once while s, which was just taken, is served: the
// peer has shown that it multiplexes. Otherwise the ticker will tell.
func (c *conn) company(s *stream) bool {
	if c.more == nil {
		return false
	}
	if c.multi || c.open > 1 || c.reader == nobody && c.ahead() {
		return true
	}
	c.ticker.start(c, s)
	return false
}

// ahead reports whether more than the rest of the one request is buffered.
func (c *conn) ahead() bool {
	b, ended := c.in.Buffered(), false
	if c.rec.left > 0 || c.rec.padding > len(b) {
		return false
	}
	b = b[c.rec.padding:]
	for len(b) > 0 {
		h, _, n, err := consumeRecord(b)
		switch {
		case err != nil || ended:
			return true
		case n == 0 && len(b) < headerLen:
			return false
		case h.typ != typeStdin && h.typ != typeData:
			return true
		case n == 0:
			return false
		}
		b = b[n:]
	}
	return false
}

// tickTime is how long a request may be served without a read before somebody else reads the
// connection.
const tickTime = time.Millisecond

// A ticker asks for a leader when a request has been served for a while and nobody reads the
// connection: its peer might have sent another request, or have gone. One timer serves all requests
// of a connection. There is none for a request without KEEP_CONN, after which the connection ends:
// a timer for each connection costs a tenth of the whole work. Whoever waits for the end of its
// context is told of a peer that has gone all the same: that asks for a leader, too.
type ticker struct {
	timer *time.Timer
	on    bool
	seen  int // requests served and reads, at the last tick
}

// start has the ticker run while s is served.
func (t *ticker) start(c *conn, s *stream) {
	if t.on || c.more == nil || c.closed || !s.keep && !c.multi {
		return
	}
	t.again(c)
}

func (t *ticker) again(c *conn) {
	t.on, t.seen = true, c.activity()
	if t.timer == nil {
		t.timer = time.AfterFunc(tickTime, func() { t.tick(c) })
		return
	}
	t.timer.Reset(tickTime)
}

func (t *ticker) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

func (t *ticker) tick(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.on = false
	switch {
	case c.closed, c.leading, c.reader != nobody, c.open == 0:
	case t.seen != c.activity():
		t.again(c)
	default:
		c.more()
	}
}

// activity changes when a request is given, or a handler reads.
func (c *conn) activity() int {
	n := c.served
	for _, s := range c.streams {
		n += s.reads()
	}
	return n
}
