package tap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bench is a Tap between a listener for fronts and one of a backend.
type bench struct {
	network     string
	front, back string // addresses
	backend     net.Listener
	tap         *Tap
	log         bytes.Buffer // of the tap; to be read after stop

	mu     sync.Mutex
	events []Event

	stop func() error
}

// newBench starts a Tap on a network. change may set fields of it.
func newBench(t *testing.T, network string, change func(b *bench)) *bench {
	t.Helper()
	b := &bench{network: network}
	listen := func(name string) net.Listener {
		address := "127.0.0.1:0"
		if network == "unix" {
			dir, err := os.MkdirTemp("", "tap") // a Unix socket's path holds 107 bytes
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			address = filepath.Join(dir, name)
		}
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	front := listen("front")
	b.backend = listen("back")
	b.front, b.back = front.Addr().String(), b.backend.Addr().String()
	b.tap = &Tap{Log: slog.New(slog.NewTextHandler(&b.log, nil)), Grace: time.Minute}
	b.tap.Dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, b.back)
	}
	b.tap.Observe = func(e Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		e.Data = bytes.Clone(e.Data)
		b.events = append(b.events, e)
	}
	if change != nil {
		change(b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.tap.Serve(ctx, front) }()
	b.stop = sync.OnceValue(func() error {
		cancel()
		b.backend.Close()
		return <-done
	})
	t.Cleanup(func() {
		if err := b.stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// connect opens a connection through the tap.
func (b *bench) connect(t *testing.T) (front, back net.Conn) {
	t.Helper()
	front, err := net.Dial(b.network, b.front)
	if err != nil {
		t.Fatal(err)
	}
	back, err = b.backend.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{front, back} {
		c.SetDeadline(time.Now().Add(20 * time.Second))
		t.Cleanup(func() { c.Close() })
	}
	return front, back
}

// said is what a side has said as far as the events tell, and the kinds of all events.
func (b *bench) said() (sides [2][]byte, kinds string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		sides[e.Side] = append(sides[e.Side], e.Data...)
		if e.Kind != Data {
			kinds += e.Kind.String() + (&Message{Kind: e.Kind, Side: e.Side}).mark() + " "
		}
	}
	return sides, strings.TrimSpace(kinds)
}

// onNetworks runs a test on TCP and on Unix sockets.
func onNetworks(t *testing.T, test func(t *testing.T, network string)) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			test(t, network)
		})
	}
}

// Every byte arrives, both ways at once, and so does the end of each side by itself.
func TestBytesPass(t *testing.T) {
	onNetworks(t, func(t *testing.T, network string) {
		b := newBench(t, network, nil)
		front, back := b.connect(t)
		up, down := bytes.Repeat([]byte("request?"), 50_000), bytes.Repeat([]byte("response"), 70_000)
		var all sync.WaitGroup
		for _, way := range []struct {
			from, to net.Conn
			said     []byte
		}{{front, back, up}, {back, front, down}} {
			all.Go(func() {
				if _, err := way.from.Write(way.said); err != nil {
					t.Error(err)
				}
				way.from.(interface{ CloseWrite() error }).CloseWrite()
			})
			all.Go(func() {
				if got, err := io.ReadAll(way.to); err != nil || !bytes.Equal(got, way.said) {
					t.Errorf("%d bytes of %d, %v", len(got), len(way.said), err)
				}
			})
		}
		all.Wait()
		b.stop()
		sides, _ := b.said()
		if !bytes.Equal(sides[0], up) || !bytes.Equal(sides[1], down) {
			t.Errorf("%d and %d bytes are told", len(sides[0]), len(sides[1]))
		}
	})
}

// A side that has ended still gets what the other one says.
func TestHalfClose(t *testing.T) {
	onNetworks(t, func(t *testing.T, network string) {
		b := newBench(t, network, nil)
		front, back := b.connect(t)
		for _, c := range []struct{ from, to net.Conn }{{front, back}, {back, front}} {
			io.WriteString(c.from, "said")
			c.from.(interface{ CloseWrite() error }).CloseWrite()
			if got, err := io.ReadAll(c.to); err != nil || string(got) != "said" {
				t.Errorf("%q, %v", got, err)
			}
		}
		front.Close()
		back.Close()
		b.stop()
		sides, kinds := b.said()
		if string(sides[0]) != "said" || string(sides[1]) != "said" || kinds != "open* end> end< close*" {
			t.Errorf("%q, %s", sides, kinds)
		}
	})
}

// A reset is passed on, behind what was said before it.
func TestResets(t *testing.T) {
	for _, from := range []string{"front", "backend"} {
		t.Run(from, func(t *testing.T) {
			b := newBench(t, "tcp", nil)
			c, peer := b.connect(t)
			if from == "backend" {
				c, peer = peer, c
			}
			said := bytes.Repeat([]byte("said"), 50_000)
			if _, err := c.Write(said); err != nil {
				t.Fatal(err)
			}
			// so that the tap has begun to read
			if _, err := io.ReadFull(peer, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
			io.WriteString(peer, "unread")
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
			got, err := io.ReadAll(peer)
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%d bytes, and then %v", len(got), err)
			}
			peer.Close()
			b.stop()
			if _, kinds := b.said(); !strings.Contains(kinds, "reset") || !strings.HasSuffix(kinds, "close*") {
				t.Error(kinds)
			}
		})
	}
}

// A backend that answers and closes before it has read everything is heard by its front.
func TestEarlyAnswer(t *testing.T) {
	onNetworks(t, func(t *testing.T, network string) {
		b := newBench(t, network, nil)
		front, back := b.connect(t)
		io.WriteString(back, "no")
		if _, err := io.ReadFull(front, make([]byte, 2)); err != nil {
			t.Fatal(err)
		}
		back.Close()
		if n, err := front.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%d, %v", n, err)
		}
		var err error
		for range 1000 { // until somebody notices
			if _, err = front.Write(make([]byte, 64<<10)); err != nil {
				break
			}
		}
		if err == nil {
			t.Error("the front was never told that nobody reads")
		}
		front.Close()
		b.stop()
		if _, kinds := b.said(); !strings.Contains(kinds, "end< refused<") {
			t.Error(kinds)
		}
	})
}

// Who does not read holds up who sends: here is no more than a buffer.
func TestBackPressure(t *testing.T) {
	onNetworks(t, func(t *testing.T, network string) {
		b := newBench(t, network, nil)
		front, back := b.connect(t)
		front.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		sent, piece := 0, bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
		for {
			n, err := front.Write(piece)
			sent += n
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil || sent > 256<<20 {
				t.Fatalf("%d bytes went to a backend that reads none: %v", sent, err)
			}
		}
		front.(interface{ CloseWrite() error }).CloseWrite()
		got, err := io.Copy(io.Discard, back)
		if err != nil || got != int64(sent) {
			t.Errorf("%d bytes of %d, %v", got, sent, err)
		}
	})
}
