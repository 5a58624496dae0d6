package protocoltest

import (
	"io"
	"net"
	"os"
	"sync"
)

// A wrapper is the server's listener, whose connections a case can touch.
type wrapper struct {
	net.Listener
	trial *trial
}

// Accept leaves a connection as it is unless the case asks for more: codecs look at its type.
func (l *wrapper) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	x := l.trial
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.accept == nil {
		return c, nil
	}
	s := &served{Conn: x.accept(c), closed: make(chan struct{})}
	x.accepted = append(x.accepted, s)
	return s, nil
}

// wrapAccepts wraps the connections that the server accepts from now on.
func (x *trial) wrapAccepts(wrap func(net.Conn) net.Conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.accept = wrap
}

// settle waits until the server has closed the first n connections that it accepted since
// wrapAccepts; n < 0 means all.
func (x *trial) settle(n int) {
	x.mu.Lock()
	all := x.accepted
	x.mu.Unlock()
	if n < 0 {
		n = len(all)
	}
	for _, s := range all[:n] {
		<-s.closed
	}
}

func unchanged(c net.Conn) net.Conn { return c }

// A served connection tells when the server has closed it.
type served struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *served) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.closed) })
	return err
}

// A slow connection reads and writes one byte at a time.
type slow struct{ net.Conn }

func (c slow) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(len(p), 1)]) }

func (c slow) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		_, err = c.Conn.Write(p[n : n+1])
		n++
	}
	return n, err
}

// A cut connection closes after it has written left bytes.
type cut struct {
	net.Conn
	mu   sync.Mutex
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) <= c.left {
		c.left -= len(p)
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:c.left])
	c.left = 0
	c.Conn.Close()
	return n, os.ErrClosed
}

// A recorded connection keeps what is written to it.
type recorded struct {
	net.Conn
	mu   sync.Mutex
	sent []byte
}

func (c *recorded) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, p...)
	return c.Conn.Write(p)
}

func (c *recorded) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}

// collect passes connections on as they are made, so that a case can close them under their client.
func collect(conns chan<- io.Closer) func(net.Conn) net.Conn {
	return func(c net.Conn) net.Conn {
		conns <- c
		return c
	}
}
