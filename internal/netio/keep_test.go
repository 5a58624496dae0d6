//go:build linux

package netio

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
)

// On a Unix socket a response that is cut ends in ECONNRESET behind all that was sent, and a whole
// one does not, however large the request's head and body are and in what pieces they are read and
// come.
func TestKeepInput(t *testing.T) {
	const answer = "an answer"
	for _, head := range []int{1, 100, peekSize - 1, peekSize, peekSize + 1, BufferSize, BufferSize + 1, 3 * BufferSize} {
		for _, body := range []int{0, 1, 10, peekSize, peekSize + 1, BufferSize, 5*BufferSize + 7} {
			for _, piece := range []int{1 << 10, BufferSize, 64 << 10} {
				for _, together := range []bool{true, false} {
					for _, cut := range []bool{true, false} {
						name := fmt.Sprintf("head %d, body %d by %d, together %v, cut %v", head, body, piece, together, cut)
						server, peer := netiotest.Unix(t)
						go func() {
							said := strings.Repeat("h", head) + strings.Repeat("b", body)
							if !together {
								io.WriteString(peer, said[:head])
								said = said[head:]
							}
							io.WriteString(peer, said)
						}()
						if err := exchange(New(server, nil), head, body, piece, answer, cut); err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						got, err := io.ReadAll(peer)
						if string(got) != answer || errors.Is(err, syscall.ECONNRESET) != cut || !cut && err != nil {
							t.Fatalf("%s: %q, %v", name, got, err)
						}
						peer.Close()
					}
				}
			}
		}
	}
}

// exchange reads a request and answers it, whole or not.
func exchange(b *Conn, head, body, piece int, answer string, cut bool) error {
	if !b.KeepsInput() {
		b.KeepInput(new(Keep))
	}
	if err := b.Wait(); err != nil {
		return err
	}
	if err := b.Fill(head); err != nil {
		return err
	}
	if got := string(b.Buffered()[:head]); got != strings.Repeat("h", head) {
		return errors.New("another head")
	}
	b.Discard(head)
	in := &Body{Conn: b}
	in.Expect(int64(body))
	var all strings.Builder
	if _, err := io.CopyBuffer(&all, struct{ io.Reader }{in}, make([]byte, piece)); err != nil || all.String() != strings.Repeat("b", body) {
		return fmt.Errorf("%d bytes of the body, %v", all.Len(), err)
	}
	b.Write([]byte(answer))
	if err := b.Flush(); err != nil {
		return err
	}
	if cut {
		return b.Abort()
	}
	b.Free()
	return b.Finish()
}

// A cut amid a body, all of which that has come has been read, is seen: it waits for what comes
// next, which may be a moment later.
func TestCutAmidTheBody(t *testing.T) {
	for range 50 {
		server, peer := netiotest.Unix(t)
		io.WriteString(peer, "h"+strings.Repeat("b", BufferSize))
		b := New(server, nil)
		b.KeepInput(new(Keep))
		if err := b.Wait(); err != nil {
			t.Fatal(err)
		}
		b.Discard(1)
		in := &Body{Conn: b}
		in.Expect(2 * BufferSize)
		if _, err := io.ReadFull(in, make([]byte, BufferSize)); err != nil {
			t.Fatal(err)
		}
		go io.WriteString(peer, "b")
		b.Abort()
		if got, err := io.ReadAll(peer); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

// What was looked at before there was a Conn is not read again, and also kept.
func TestEarly(t *testing.T) {
	for _, cut := range []bool{true, false} {
		server, peer := netiotest.Unix(t)
		io.WriteString(peer, "hhhbb")
		var piece []byte
		var err error
		Socket(server).Control(func(fd uintptr) { piece, _, err = PeekFirst(int(fd), 5) })
		b := New(server, nil)
		b.KeepInput(new(Keep))
		if err != nil || string(piece) != "hhhbb" || !b.KeepsInput() {
			t.Fatalf("%q, %v", piece, err)
		}
		b.SetPeeked(piece)
		if err := exchange(b, 3, 2, 100, "answer", cut); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(peer); string(got) != "answer" || errors.Is(err, syscall.ECONNRESET) != cut {
			t.Errorf("cut %v: %q, %v", cut, got, err)
		}
	}
}

// Who takes a connection over gets it without what was read of it.
func TestKeepInputAndHijack(t *testing.T) {
	server, peer := netiotest.Unix(t)
	io.WriteString(peer, "head")
	b := New(server, nil)
	b.KeepInput(new(Keep))
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	b.Discard(len("head"))
	conn, rw, err := b.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(peer, "more")
	var more [4]byte
	if _, err := io.ReadFull(rw, more[:]); err != nil || string(more[:]) != "more" {
		t.Errorf("%q, %v", more, err)
	}
	conn.Close()
	if got, err := io.ReadAll(peer); len(got) > 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A connection that is closed from elsewhere amid its response ends as a cut.
func TestFinishAmidTheResponse(t *testing.T) {
	server, peer := netiotest.Unix(t)
	io.WriteString(peer, "head")
	b := New(server, nil)
	b.KeepInput(new(Keep))
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	b.Discard(len("head"))
	b.Write([]byte("half"))
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	b.Finish()
	if got, err := io.ReadAll(peer); string(got) != "half" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestStopKeeping: what was peeked is read like the rest, and a cut answer is a plain end.
func TestStopKeeping(t *testing.T) {
	for _, size := range []int{1, peekSize - 1, peekSize, peekSize + 1, BufferSize + 1} {
		for _, cut := range []bool{true, false} {
			server, peer := netiotest.Unix(t)
			go io.WriteString(peer, strings.Repeat("h", size))
			b := New(server, nil)
			b.KeepInput(new(Keep))
			if err := b.Wait(); err != nil {
				t.Fatal(err)
			}
			b.StopKeeping()
			if err := b.Fill(size); err != nil || string(b.Buffered()) != strings.Repeat("h", size) {
				t.Fatalf("size %d: %d bytes, %v", size, len(b.Buffered()), err)
			}
			b.Discard(size)
			io.WriteString(b, "an answer")
			if err := b.Flush(); err != nil {
				t.Fatal(err)
			}
			if cut {
				b.Abort()
			}
			b.Free()
			b.Close()
			if got, err := io.ReadAll(peer); string(got) != "an answer" || err != nil {
				t.Errorf("size %d, cut %v: %q, %v", size, cut, got, err)
			}
		}
	}
}
