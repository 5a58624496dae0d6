package netio

import (
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
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

// TestReaderOfAWrapper: a wrapper's own Read is not passed over, though it shows its socket.
func TestReaderOfAWrapper(t *testing.T) {
	a, b := netiotest.Unix(t)
	c := &tap{UnixConn: a}
	var in Reader
	in.Init(c)
	defer in.Release()
	io.WriteString(b, "hello")
	if err := in.Wait(0); err != nil {
		t.Fatal(err)
	}
	if got := string(in.Buffered()); got != "hello" || c.seen != len(got) {
		t.Errorf("%q, of which the wrapper has seen %d bytes", got, c.seen)
	}
}
