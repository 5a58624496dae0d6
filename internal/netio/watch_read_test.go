package netio

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/netutil"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// secured is a wrapper as crypto/tls is: it hides its connection but for NetConn.
type secured struct {
	net.Conn
	inner net.Conn
}

func (s secured) NetConn() net.Conn { return s.inner }

// A one accepts one connection.
type one struct {
	net.Listener
	conn net.Conn
}

func (l one) Accept() (net.Conn, error) { return l.conn, nil }

// limited returns a connection as netutil.LimitListener has it.
func limited(t *testing.T, c net.Conn) net.Conn {
	t.Helper()
	c, err := netutil.LimitListener(one{conn: c}, 1).Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wrapped are connections that are no bare sockets, each with its peer.
func wrapped(t *testing.T) map[string][2]net.Conn {
	s, sPeer := netiotest.TCP(t)
	l, lPeer := netiotest.TCP(t)
	tap, tapPeer := netiotest.TCP(t)
	p, pPeer := net.Pipe()
	t.Cleanup(func() { p.Close(); pPeer.Close() })
	return map[string][2]net.Conn{
		"with NetConn":  {secured{struct{ net.Conn }{s}, s}, sPeer},
		"LimitListener": {limited(t, l), lPeer},
		"a tap":         {struct{ *net.TCPConn }{tap}, tapPeer},
		"net.Pipe":      {p, pPeer},
	}
}

// The end of a peer is noticed over what wraps a socket, too.
func TestWatchOfAWrappedConnection(t *testing.T) {
	for name, c := range wrapped(t) {
		t.Run(name, func(t *testing.T) {
			gone := make(chan error, 2)
			stop := New(c[0], nil).Watch(func(cause error) { gone <- cause })
			c[1].Close()
			if cause := <-gone; cause != protocol.ErrGone {
				t.Error(cause)
			}
			stop()
			if len(gone) > 0 {
				t.Error("told twice")
			}
		})
	}
}

// While a body is to be read, it is the handler's to read: the watch begins behind it.
func TestWatchBeginsBehindTheBody(t *testing.T) {
	for name, c := range wrapped(t) {
		t.Run(name, func(t *testing.T) {
			b := New(c[0], nil)
			body := Body{Conn: b}
			body.Expect(4)
			gone := make(chan error, 2)
			stop := b.Watch(func(cause error) { gone <- cause })
			defer stop()
			go io.WriteString(c[1], "body")
			got, err := io.ReadAll(&body)
			if string(got) != "body" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			c[1].Close()
			if cause := <-gone; cause != protocol.ErrGone {
				t.Error(cause)
			}
		})
	}
}

// A body that the peer leaves unfinished tells that it has gone.
func TestWatchTellsOfACutBody(t *testing.T) {
	c, peer := net.Pipe()
	defer c.Close()
	b := New(c, nil)
	body := Body{Conn: b}
	body.Expect(4)
	gone := make(chan error, 2)
	defer b.Watch(func(cause error) { gone <- cause })()
	go func() { io.WriteString(peer, "bo"); peer.Close() }()
	io.Copy(io.Discard, io.LimitReader(&body, 4))
	if cause := <-gone; cause != protocol.ErrGone {
		t.Error(cause)
	}
}

// What the peer says behind its request is not lost to a watch, and not told for its end.
func TestWatchKeepsWhatComes(t *testing.T) {
	const says = "what comes behind"
	for name, c := range wrapped(t) {
		t.Run(name, func(t *testing.T) {
			b := New(c[0], nil)
			stop := b.Watch(func(error) { t.Error("told") })
			var sender sync.WaitGroup
			sender.Go(func() { io.WriteString(c[1], says) })
			stop()
			got := make([]byte, len(says))
			if _, err := io.ReadFull(b, got); string(got) != says || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			sender.Wait()
		})
	}
}

// Who takes the connection over has what came, and reads alone.
func TestHijackEndsTheWatch(t *testing.T) {
	const says = "the tunnel's first bytes"
	for name, c := range wrapped(t) {
		t.Run(name, func(t *testing.T) {
			b := New(c[0], nil)
			b.state.Store(active)
			stop := b.Watch(func(error) { t.Error("told") })
			var sender sync.WaitGroup
			sender.Go(func() { io.WriteString(c[1], says) })
			_, rw, err := b.Hijack()
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(says))
			if _, err := io.ReadFull(rw, got); string(got) != says || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			sender.Wait()
			stop()
		})
	}
}

// A watch neither ends by a handler's read deadline nor loses it.
func TestWatchAndAReadDeadline(t *testing.T) {
	c, peer := net.Pipe()
	defer peer.Close()
	b := New(c, nil)
	defer b.Close()
	gone := make(chan error, 1)
	stop := b.Watch(func(cause error) { gone <- cause })
	b.SetReadDeadline(time.Unix(1, 0))
	stop()
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	if len(gone) > 0 {
		t.Error("told of a deadline")
	}
}

// A connection that we close is no peer that has gone.
func TestWatchAheadOfAClosedConnection(t *testing.T) {
	c, peer := net.Pipe()
	defer peer.Close()
	b := New(c, nil)
	stop := b.Watch(func(error) { t.Error("told") })
	b.Close()
	stop()
	script := New(netiotest.NewScript([]byte(strings.Repeat("x", 3)), nil), nil)
	defer script.Watch(func(error) { t.Error("told") })()
}
