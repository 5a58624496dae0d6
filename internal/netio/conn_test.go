package netio

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// What is announced takes no memory; what comes takes at most twice its size.
func TestFillGrowsWithWhatComes(t *testing.T) {
	for _, came := range []int{1, 100, BufferSize, BufferSize + 1, 100 << 10} {
		b := New(netiotest.NewScript(make([]byte, came), nil), nil)
		if err := b.Fill(1 << 30); err != io.ErrUnexpectedEOF || len(b.Buffered()) != came {
			t.Errorf("%d bytes: %v, %d buffered", came, err, len(b.Buffered()))
		}
		if limit := max(BufferSize, 2*came+1); len(b.in) > limit {
			t.Errorf("%d bytes came, the buffer has %d", came, len(b.in))
		}
	}
}

// However it comes and whatever is asked for, Fill gives the peer's bytes in their order.
func TestFillInPieces(t *testing.T) {
	want := make([]byte, 5*BufferSize)
	for i := range want {
		want[i] = byte(i * 7 >> 3)
	}
	for _, cuts := range [][]byte{nil, netiotest.Single(len(want)), bytes.Repeat([]byte{250, 3, 99}, 1000)} {
		b := New(netiotest.NewScript(want, cuts), nil)
		var got []byte
		for _, n := range []int{1, 2, BufferSize, 3, 3*BufferSize + 5, 100} {
			if err := b.Fill(n); err != nil {
				t.Fatal(err)
			}
			got = append(got, b.Buffered()[:n]...)
			b.Discard(n)
		}
		rest, err := io.ReadAll(struct{ io.Reader }{b})
		if got = append(got, rest...); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
		}
	}
}

func TestFillEnds(t *testing.T) {
	b := New(netiotest.NewScript(nil, nil), nil)
	if err := b.Fill(1); err != io.EOF {
		t.Errorf("nothing: %v", err)
	}
	b = New(netiotest.NewScript([]byte("x"), nil), nil)
	if err := b.Fill(2); err != io.ErrUnexpectedEOF {
		t.Errorf("a part: %v", err)
	}
	if err := b.Fill(1); err != nil {
		t.Errorf("what is there: %v", err)
	}
	if got := b.HeadError("uwsgi", io.ErrUnexpectedEOF).Error(); got != "uwsgi: read head: aborted: the connection ended after 1 bytes: unexpected EOF" {
		t.Error(got)
	}
}

// An idle connection holds no buffer; the next request on it has its bytes all the same.
func TestWaitGivesBuffersBack(t *testing.T) {
	server, peer := netiotest.Unix(t)
	b := New(server, nil)
	for _, word := range []string{"one", "two"} {
		io.WriteString(peer, word)
		if err := b.Wait(); err != nil || string(b.Buffered()) != word {
			t.Fatalf("%q, %v", b.Buffered(), err)
		}
		b.Write([]byte("answer"))
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
		b.Discard(3)
		b.release()
		if b.in != nil || b.out != nil {
			t.Errorf("%d and %d bytes are held", len(b.in), cap(b.out))
		}
	}
	peer.Close()
	if err := b.Wait(); err != io.EOF {
		t.Error(err)
	}
	if b.in != nil {
		t.Error("a buffer is held at the end")
	}
}

// A second request that came with the first is not waited for.
func TestWaitForWhatIsThere(t *testing.T) {
	server, peer := netiotest.Unix(t)
	b := New(server, nil)
	io.WriteString(peer, "onetwo")
	for _, word := range []string{"one", "two"} {
		if err := b.Wait(); err != nil {
			t.Fatal(err)
		}
		if got := string(b.Buffered()[:3]); got != word {
			t.Errorf("%q, want %q", got, word)
		}
		b.Discard(3)
	}
}

// A peer that resets an idle connection has ended it, no more.
func TestWaitReset(t *testing.T) {
	server, peer := netiotest.TCP(t)
	peer.SetLinger(0)
	peer.Close()
	if err := New(server, nil).Wait(); err != io.EOF {
		t.Error(err)
	}
}

// A read takes what is buffered first, then no more than it was asked for.
func TestRead(t *testing.T) {
	server, peer := netiotest.Unix(t)
	b := New(server, nil)
	io.WriteString(peer, "abcdef")
	b.Wait()
	b.Discard(1)
	small, large := make([]byte, 3), make([]byte, BufferSize)
	for _, step := range []struct {
		p    []byte
		says string
		want string
	}{{small, "", "bcd"}, {large, "", "ef"}, {small, "ghijk", "ghi"}, {small, "", "jk"}, {large, "lm", "lm"}} {
		io.WriteString(peer, step.says)
		n, err := b.Read(step.p)
		if string(step.p[:n]) != step.want || err != nil {
			t.Errorf("%q, %v; want %q", step.p[:n], err, step.want)
		}
	}
}

func TestCloseIdle(t *testing.T) {
	server, peer := netiotest.Unix(t)
	b := New(server, nil)
	done := make(chan error)
	go func() { done <- b.Wait() }()
	io.WriteString(peer, "x")
	<-done
	if b.CloseIdle() {
		t.Error("a request has begun")
	}
	b.Discard(1)
	go func() { done <- b.Wait() }()
	for !b.CloseIdle() { // until the goroutine waits
	}
	if err := <-done; err != io.EOF {
		t.Error(err)
	}
	if err := b.Wait(); err != io.EOF || !b.CloseIdle() || b.Close() != nil {
		t.Error("closed twice:", err)
	}
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Error(n, err)
	}
}

// A response that is not whole ends in a reset where the connection has that, after what was sent
// of it.
func TestAbort(t *testing.T) {
	server, peer := netiotest.TCP(t)
	b := New(server, nil)
	io.WriteString(peer, "x")
	b.Wait()
	b.Abort()
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("TCP: %v", err)
	}
	unix, peer2 := netiotest.Unix(t)
	b = New(unix, nil)
	io.WriteString(peer2, "x")
	b.Wait()
	b.Abort()
	if _, err := peer2.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("Unix: %v", err)
	}
}

// Who takes the connection over has what was read beyond the request, no deadline, and the closing.
func TestHijack(t *testing.T) {
	server, peer := netiotest.Unix(t)
	b := New(server, nil)
	if _, _, err := b.Hijack(); err != net.ErrClosed {
		t.Errorf("before a request: %v", err)
	}
	long := strings.Repeat("y", 10000)
	io.WriteString(peer, "head"+long)
	b.Wait()
	b.Discard(4)
	b.Write([]byte("first "))
	conn, rw, err := b.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	if n := rw.Reader.Buffered(); n != len(long) || b.in != nil || b.out != nil {
		t.Errorf("%d bytes are buffered of %d", n, len(long))
	}
	b.Close()
	b.Finish()
	b.Abort()
	if b.CloseIdle() {
		t.Error("CloseIdle took it back")
	}
	io.WriteString(peer, " and more")
	peer.CloseWrite()
	got, err := io.ReadAll(rw)
	if string(got) != long+" and more" || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	rw.WriteString("then")
	rw.Flush()
	conn.Close()
	if got, err := io.ReadAll(peer); string(got) != "first then" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// Close from elsewhere ends a request at once: it waits for nobody and takes no buffer that is in
// use.
func TestCloseInTheMiddle(t *testing.T) {
	server, peer := netiotest.Unix(t)
	b := New(server, nil)
	body := &Body{Conn: b}
	enc := &Encoder{Conn: b, Body: body}
	io.WriteString(peer, "part of a body")
	b.Wait()
	body.Expect(100)
	enc.WriteHeader(200, nil)
	b.Finish()
	if b.in == nil || b.out == nil {
		t.Error("a buffer that is in use was given back")
	}
	if err := enc.Flush(); !errors.Is(err, protocol.ErrAborted) {
		t.Error(err)
	}
	b.Free()
	if b.in != nil || b.out != nil {
		t.Error("a buffer is held at the end")
	}
}
