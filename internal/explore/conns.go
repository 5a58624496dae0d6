package explore

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A heard is a net.Conn whose peer has said all that it will, and that takes whatever is written.
type heard struct{ in io.Reader }

func (h *heard) Read(p []byte) (int, error)       { return h.in.Read(p) }
func (h *heard) Write(p []byte) (int, error)      { return len(p), nil }
func (h *heard) Close() error                     { return nil }
func (h *heard) LocalAddr() net.Addr              { return memory }
func (h *heard) RemoteAddr() net.Addr             { return memory }
func (h *heard) SetDeadline(time.Time) error      { return nil }
func (h *heard) SetReadDeadline(time.Time) error  { return nil }
func (h *heard) SetWriteDeadline(time.Time) error { return nil }

// memory is the address of a connection in memory.
var memory = &net.UnixAddr{Net: "unix"}

// A oneConn is a net.Listener that accepts one connection, and ends when that is closed.
type oneConn struct {
	conn net.Conn
	once sync.Once
	done chan struct{}
	took bool
}

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.took {
		l.took = true
		return &closeNoted{l.conn, l}, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *oneConn) Addr() net.Addr { return memory }

// A closeNoted ends its listener when it is closed.
type closeNoted struct {
	net.Conn
	l *oneConn
}

func (c *closeNoted) Close() error {
	err := c.Conn.Close()
	c.l.Close()
	return err
}

// readAll sends r by c and reads the response to its end.
func readAll(ctx context.Context, c protocol.RoundTripper, r *protocol.Request) (*protocol.Response, []byte, error) {
	res, err := c.RoundTrip(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

// appendAll appends what r has, which may be nil.
func appendAll(dst []byte, r io.Reader) ([]byte, error) {
	if r == nil {
		return dst, nil
	}
	b, err := io.ReadAll(r)
	return append(dst, b...), err
}
