package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/internal/tap"
	"github.com/postern-gateway/postern/protocol"
)

// maxFirst is how many of the first bytes of an answer are kept, to tell who sends them.
const maxFirst = 64

// A conn is a connection to the backend. It notes what goes over it.
type conn struct {
	net.Conn
	tell  func(tap.Event) // nil: nobody wants to know
	about *tap.Conn

	sent, received atomic.Int64
	mu             sync.Mutex
	first          []byte // of what was received
	closed         bool
}

// A teller tells of events, one after another.
type teller struct {
	mu   sync.Mutex
	tell func(tap.Event)
	last int // connection
}

// newConn wraps nc. A nil t is told nothing.
func newConn(nc net.Conn, t *teller) *conn {
	c := &conn{Conn: nc}
	if t == nil {
		return c
	}
	t.mu.Lock()
	t.last++
	c.about = &tap.Conn{ID: t.last, Front: nc.LocalAddr().String(), Server: nc.RemoteAddr().String(), Opened: time.Now()}
	t.mu.Unlock()
	c.tell = func(e tap.Event) {
		t.mu.Lock()
		defer t.mu.Unlock()
		e.Conn, e.Time = c.about, time.Now()
		t.tell(e)
	}
	c.tell(tap.Event{Kind: tap.Opened})
	return c
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.received.Add(int64(n))
		c.keep(p[:n])
	}
	if c.tell != nil {
		if n > 0 {
			c.tell(tap.Event{Kind: tap.Data, Side: protocol.ResponseSide, Data: p[:n]})
		}
		switch {
		case err == io.EOF:
			c.tell(tap.Event{Kind: tap.Ended, Side: protocol.ResponseSide})
		case isReset(err):
			c.tell(tap.Event{Kind: tap.Reset, Side: protocol.ResponseSide})
		}
	}
	return n, err
}

// keep notes the first bytes.
func (c *conn) keep(p []byte) {
	if c.received.Load() > maxFirst+int64(len(p)) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first = append(c.first, p[:min(len(p), maxFirst-len(c.first))]...)
}

// firstBytes are the first bytes that were received.
func (c *conn) firstBytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first
}

func (c *conn) Write(p []byte) (int, error) {
	if c.tell != nil { // before it can be answered
		c.tell(tap.Event{Kind: tap.Data, Side: protocol.RequestSide, Data: p})
	}
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// CloseWrite ends the sending side, where the connection has one of its own.
func (c *conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	if c.tell != nil {
		c.tell(tap.Event{Kind: tap.Ended, Side: protocol.RequestSide})
	}
	return half.CloseWrite()
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	if first && c.tell != nil {
		c.tell(tap.Event{Kind: tap.Closed})
	}
	return err
}

type exchangeKey struct{}

// exchangeOf is the exchange for which ctx is; nil: none.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}
