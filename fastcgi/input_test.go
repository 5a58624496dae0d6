package fastcgi

import (
	"io"
	"net"
	"testing"
)

// A tap is a socket whose bytes somebody counts.
type tap struct {
	*net.UnixConn
	seen int
}

func (c *tap) Read(p []byte) (int, error) {
	n, err := c.UnixConn.Read(p)
	c.seen += n
	return n, err
}

// A wrapper's own Read is not passed over, though it shows the socket below it.
func TestInputReadsThroughAWrapper(t *testing.T) {
	a, b := sockets(t)
	c := &tap{UnixConn: a.(*net.UnixConn)}
	var in input
	in.init(c)
	defer in.release()
	io.WriteString(b, "hello")
	if err := in.wait(); err != nil {
		t.Fatal(err)
	}
	if got := string(in.buffered()); got != "hello" || c.seen != len(got) {
		t.Errorf("%q, of which the wrapper has seen %d bytes", got, c.seen)
	}
}
