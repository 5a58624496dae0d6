package fastcgi

import (
	"net/http"
	"time"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// A budget is what a connection holds of Limits.ConnMemory and Limits.ConnSpool, in bytes. The
// connection's lock guards it.
type budget struct {
	memory, spool int64
	handlers      int64 // of memory: what the handlers that run take
	control       int   // of memory: the content of a control record
	files         int
}

// What a request takes besides its variables: from BEGIN_REQUEST on, and more while its handler
// runs: the stack of its goroutine, and the first bytes of its answer.
const (
	streamCost  = 1 << 10
	handlerCost = 7 << 10
)

// paramCost is what a variable takes besides its text.
const paramCost = 32

// share is the part of Limits.ConnMemory that FCGI_MAX_REQS counts for one request. usualHead of it
// is what most requests take before they are served.
const (
	share     = 5 << 10
	usualHead = streamCost + 1<<10
)

// fits is the number of requests that may be open at once, where their heads are of usual size.
// The lock is held, here and below.
func (c *conn) fits() int { return max(1, min(c.capacity(), c.lim.ConnMemory/share)) }

// forHandlers is the part of Limits.ConnMemory that is for handlers, in bytes.
func (c *conn) forHandlers() int64 { return int64(c.lim.ConnMemory) / 8 * 3 }

// spare is how many bytes more of bodies and answers may be held in memory. The rest of the limit
// is left for handlers and for variables, also of the requests that a peer who multiplexes may
// still begin.
func (c *conn) spare() int {
	lim := &c.lim
	held := c.holds.memory - c.holds.handlers
	own := int64(lim.ConnMemory) / 3
	if c.multi {
		own = min(own, int64(lim.ConnMemory)-c.forHandlers()-int64(max(0, c.fits()-c.open))*usualHead)
	}
	return int(max(0, min(own-held, lim.TotalMemory-lim.Budget.HoldMemory(0))))
}

// hold counts n bytes more in memory, or fewer.
func (c *conn) hold(n int) {
	c.holds.memory += int64(n)
	c.lim.Budget.HoldMemory(int64(n))
}

// forgetUnserved gives back what requests hold that nobody will serve.
func (c *conn) forgetUnserved() {
	c.hold(-c.holds.control)
	c.ready, c.holds.control = nil, 0
	for _, s := range c.streams {
		if s.state < serving && !s.dropped {
			s.dead, s.dropped = true, true // its params are the reader's, who may still be at them
			s.release()
			c.hold(-streamCost)
		}
	}
}

// spoolFits returns an error unless f may have n bytes more in its temporary file.
func (c *conn) spoolFits(f *bodyStream, n int64) error {
	switch all, limit := c.holds.spool+n, c.lim.ConnSpool; {
	case all > limit:
		return tooMuchHeld("spool body", all, limit, "bytes of the connection's requests")
	case f.spool == nil && c.holds.files >= c.lim.ConnFiles:
		return tooMuchHeld("spool body", int64(c.holds.files)+1, int64(c.lim.ConnFiles), "temporary files of the connection's requests")
	}
	return nil
}

// diskTaken reports whether others hold so much in temporary files that f cannot have n bytes more.
// A request that is alone on its connection waits then: the connection is not read.
func (c *conn) diskTaken(f *bodyStream, n int) bool {
	lim := &c.lim
	return lim.Budget.HoldSpool(0)+int64(n) > lim.TotalSpool || f.spool == nil && lim.Budget.HoldFiles(0) >= int64(lim.TotalFiles)
}

// holdParams counts what the variables of s take now. One request alone may have all that
// Limits.ParamBytes allows.
func (c *conn) holdParams(s *stream, n int) error {
	if s.dead {
		return nil // nobody would give it back
	}
	more := n - s.held
	lim := &c.lim
	if all := c.holds.memory + int64(more); more > 0 && c.open > 1 && all > int64(lim.ConnMemory) {
		return tooMuchHeld("read params", all, int64(lim.ConnMemory), "bytes of the connection's requests")
	}
	few := c.open == 1 && n <= netio.BufferSize // what a connection takes anyway
	if all := lim.Budget.HoldMemory(0) + int64(more); more > 0 && !few && all > lim.TotalMemory {
		return tooMuchHeld("read params", all, lim.TotalMemory, "bytes of all requests")
	}
	s.held = n
	c.hold(more)
	return nil
}

// keepParams appends b to what has come of a request's PARAMS. The lock is not held.
func (c *conn) keepParams(s *stream, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.dead {
		return
	}
	if more := s.params.wants(len(b), c.spare()); more > 0 {
		if err := c.holdParams(s, s.params.room+more); err != nil {
			c.refuseLocked(s, err)
			c.rec.sink = toNobody
			return
		}
		s.params.grow(more)
	}
	s.params.add(b)
}

// holdsMore reports whether one more request may begin. One may always.
func (c *conn) holdsMore() bool {
	lim := &c.lim
	return c.open == 0 || c.holds.memory+streamCost <= int64(lim.ConnMemory) &&
		lim.Budget.HoldMemory(0)+streamCost <= lim.TotalMemory
}

// shortControl is the size of a control record's content that is not counted.
const shortControl = 1 << 10

// holdControl makes room for the content of a control record, and reports whether it fits.
func (c *conn) holdControl(n int) bool {
	if n <= shortControl {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.open > 0 && c.holds.memory+int64(n) > int64(c.lim.ConnMemory) {
		return false
	}
	c.control = make([]byte, 0, n)
	c.holds.control = n
	c.hold(n)
	return true
}

// takeControl returns that content, and keeps a small buffer for the next.
func (c *conn) takeControl() (b []byte) {
	b, c.control = c.control, c.control[:0]
	if cap(b) > shortControl {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.hold(-c.holds.control)
		c.holds.control, c.control = 0, nil
	}
	return b
}

func tooMuchHeld(op string, got, limit int64, unit string) error {
	return &protocol.Error{Protocol: Name, Op: op, Kind: protocol.ErrTooLarge,
		Detail: protocol.Exceeds(got, limit, unit), Status: http.StatusServiceUnavailable, RetryAfter: time.Second}
}
