package netio

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// In these tests time is virtual: it passes only while everybody waits.

var limits = &protocol.Limits{HeadTimeout: 3 * time.Second, IdleTimeout: 7 * time.Second, BodyTimeout: 2 * time.Second, WriteTimeout: 5 * time.Second}

func pipe(t *testing.T) (b *Conn, peer net.Conn) {
	server, peer := net.Pipe()
	t.Cleanup(func() { server.Close(); peer.Close() })
	return New(server, limits), peer
}

// trickle says one byte each time d has passed, until the test ends.
func trickle(t *testing.T, peer net.Conn, d time.Duration) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for err := error(nil); err == nil; _, err = peer.Write([]byte("x")) {
			<-time.After(d)
		}
	})
	t.Cleanup(func() { peer.Close(); wg.Wait() })
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, peer := pipe(t)
		start := time.Now()
		go peer.Write([]byte("x"))
		if err := b.Wait(); err != nil {
			t.Fatal(err)
		}
		b.Discard(1)
		if err := b.Wait(); err != io.EOF || time.Since(start) != 7*time.Second {
			t.Errorf("between requests: %v after %v", err, time.Since(start))
		}

		b, _ = pipe(t)
		start = time.Now()
		if err := b.Wait(); err != io.EOF || time.Since(start) != 3*time.Second {
			t.Errorf("before the first: %v after %v", err, time.Since(start))
		}
	})
}

// The time for a head is for all of it: a peer that goes on sending a byte a second is too slow all
// the same.
func TestHeadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, peer := pipe(t)
		trickle(t, peer, time.Second)
		if err := b.Wait(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err := b.Fill(2)
		for n := 3; err == nil; n++ {
			err = b.Fill(n)
		}
		if time.Since(start) != 3*time.Second || protocol.Status(err) != 408 || !errors.Is(err, protocol.ErrAborted) {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if got := b.HeadError("scgi", err).Error(); got != "scgi: read head: aborted: not whole after 3s" {
			t.Error(got)
		}
	})
}

// The time for a body is for each byte of it.
func TestBodyTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, peer := pipe(t)
		go func() {
			for range 10 {
				<-time.After(1900 * time.Millisecond)
				peer.Write([]byte("x"))
			}
		}()
		for i := range 10 {
			if _, err := b.Read(make([]byte, 1)); err != nil {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
		start := time.Now()
		_, err := b.Read(make([]byte, 1))
		if d := time.Since(start); d < 1500*time.Millisecond || d > 2*time.Second || protocol.Status(err) != 408 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v after %v", err, d)
		}
	})
}

// A peer that takes nothing holds a response up no longer than the limit.
func TestWriteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := pipe(t)
		start := time.Now()
		b.Write([]byte("buffered"))
		err := b.Flush()
		if time.Since(start) != 5*time.Second || !errors.Is(err, protocol.ErrAborted) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// A source that gives little and late, as a backend that sends events, holds up no deadline: only a
// write that waits does.
func TestSlowSourceIsNoSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, peer := pipe(t)
		source, give := net.Pipe()
		go func() {
			for range 10 {
				<-time.After(4 * time.Second)
				give.Write([]byte("x"))
			}
			give.Close()
		}()
		heard := make(chan string)
		go func() {
			p, _ := io.ReadAll(peer)
			heard <- string(p)
		}()
		if n, err := b.ReadFrom(source); n != 10 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		b.Close()
		if got := <-heard; got != "xxxxxxxxxx" {
			t.Errorf("%q", got)
		}
	})
}

// A handler's own deadlines are exact, hold for its request alone, and are told as they are.
func TestOwnDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, peer := pipe(t)
		start := time.Now()
		b.SetReadDeadline(start.Add(time.Second / 3))
		_, err := b.Read(make([]byte, 1))
		if time.Since(start) != time.Second/3 || protocol.Status(err) == 408 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		start = time.Now()
		b.SetWriteDeadline(start.Add(time.Second))
		if err := b.Send([]byte("x")); time.Since(start) != time.Second || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %v after %v", err, time.Since(start))
		}
		b.SetReadDeadline(time.Time{})
		go func() { <-time.After(time.Hour); peer.Write([]byte("x")) }()
		if _, err := b.Read(make([]byte, 1)); err != nil {
			t.Error("none:", err)
		}

		b.EndRequest()
		start = time.Now()
		if _, err := b.Read(make([]byte, 1)); time.Since(start) != 2*time.Second || protocol.Status(err) != 408 {
			t.Errorf("the next request: %v after %v", err, time.Since(start))
		}
	})
}

// A counter counts what a connection's deadlines cost.
type counter struct {
	net.Conn
	set int
}

func (c *counter) Read(p []byte) (int, error)       { return len(p), nil }
func (c *counter) Write(p []byte) (int, error)      { return len(p), nil }
func (c *counter) SetReadDeadline(time.Time) error  { c.set++; return nil }
func (c *counter) SetWriteDeadline(time.Time) error { c.set++; return nil }
func (c *counter) SetDeadline(t time.Time) error    { c.set++; return nil }

// Deadlines are set when the state changes, not at each read.
func TestDeadlinesAreCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		b := New(c, limits)
		b.Wait()
		b.Fill(100)
		b.Fill(200)
		b.Discard(BufferSize)
		for range 100 {
			b.Read(make([]byte, BufferSize))
			b.Send([]byte("x"))
		}
		if c.set > 3 {
			t.Errorf("%d deadlines set", c.set)
		}
	})
}

// A drain ends when its time is over, whatever still comes.
func TestDrainTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, peer := net.Pipe()
		defer peer.Close()
		trickle(t, peer, time.Second)
		b := New(&halfCloser{Conn: server}, limits)
		defer b.Close()
		start := time.Now()
		b.Drain()
		if time.Since(start) != DrainTime {
			t.Errorf("%v", time.Since(start))
		}
	})
}

// A halfCloser can be half-closed.
type halfCloser struct {
	net.Conn
	half bool
}

func (c *halfCloser) CloseWrite() error { c.half = true; return nil }

// A drain ends when enough has come.
func TestDrainBytes(t *testing.T) {
	c := &endless{}
	New(c, limits).Drain()
	if c.read < DrainBytes || c.read > DrainBytes+BufferSize || !c.half {
		t.Errorf("%d bytes, half-closed: %v", c.read, c.half)
	}
}

// An endless peer never stops sending.
type endless struct {
	halfCloser
	read int
}

func (c *endless) Read(p []byte) (int, error)      { c.read += len(p); return len(p), nil }
func (c *endless) SetReadDeadline(time.Time) error { return nil }

// A limit that was only ever moved later: a script that had begun to answer kept the time for its
// first byte, five minutes, where it had a second for the next one.
func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for _, row := range []struct {
			text      string
			stands, d time.Duration // from now; 0: none
			want      time.Duration
		}{
			{"none yet", 0, time.Minute, time.Minute},
			{"near enough", 57 * time.Second, time.Minute, 57 * time.Second},
			{"too early", 56 * time.Second, time.Minute, time.Minute},
			{"later than wanted", 5 * time.Minute, time.Second, time.Second},
			{"later than wanted by little", 61 * time.Second, time.Minute, time.Minute},
			{"no more", time.Minute, 0, 0},
			{"negative is none", time.Minute, -1, 0},
			{"still none", 0, 0, 0},
		} {
			var at, want time.Time
			if row.stands != 0 {
				at = start.Add(row.stands)
			}
			if row.want != 0 {
				want = start.Add(row.want)
			}
			set := at
			Renew(&at, row.d, func(to time.Time) error { set = to; return nil })
			if at != want || set != want {
				t.Errorf("%s: noted %v, set %v, want %v", row.text, at, set, want)
			}
		}
	})
}
