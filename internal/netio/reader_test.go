package netio

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/internal/rawio"
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

// TestReadTo: what there is goes into the piece, and into the buffer what is behind that; a
// wrapper's own Read is not passed over.
func TestReadTo(t *testing.T) {
	for _, row := range []struct {
		sent, piece, behind string
	}{
		{"hello, world", "hello", ", world"},
		{"hello", "hello", ""},
		{"hel", "hel", ""},
	} {
		a, b := netiotest.Unix(t)
		var in Reader
		in.Init(a)
		defer in.Release()
		io.WriteString(b, row.sent)
		p := make([]byte, len("hello"))
		n, err := in.ReadTo(p)
		if err != nil || string(p[:n]) != row.piece {
			t.Errorf("%q: %q, %v", row.sent, p[:n], err)
		}
		if got := string(in.Buffered()); got != row.behind && rawio.Available {
			t.Errorf("%q: %q is buffered, want %q", row.sent, got, row.behind)
		}
		in.Release()
		b.Close()
		if n, err := in.ReadTo(p); n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
		a.Close()
		if n, err := in.ReadTo(p); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %d, %v", n, err)
		}
	}
	a, b := netiotest.Unix(t)
	c := &tap{UnixConn: a}
	var in Reader
	in.Init(c)
	io.WriteString(b, "hello, world")
	if n, err := in.ReadTo(make([]byte, 5)); n != 5 || err != nil || c.seen != 5 {
		t.Errorf("a wrapper: %d, %v, of which it has seen %d", n, err, c.seen)
	}
}
