package netiotest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// Ends tests how the protocol's responses, connections and contexts end.
func (x *Stream) Ends(t *testing.T) {
	t.Run("cut", x.cut)
	t.Run("hijack keeps what was read", x.hijack)
	t.Run("answer before body", x.answerBeforeBody)
	t.Run("context ends", x.contextEnds)
	t.Run("context ends over a wrapper", x.contextEndsOverAWrapper)
	t.Run("answer over a watched wrapper", x.answerOverAWrapper)
}

func (x *Stream) serve(t *testing.T, c net.Conn, h protocol.HandlerFunc) *Log {
	return Serve(t, x.Protocol, nil, h, c)
}

// A response that fails after a part of it has left is cut, not ended.
func (x *Stream) cut(t *testing.T) {
	server, front := TCP(t)
	log := x.serve(t, server, func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		io.ReadFull(r.Body, make([]byte, 1)) // the front has seen the half
		return errors.New("no more")
	})
	io.WriteString(front, x.Head(1, "SERVER_SOFTWARE", "test")+"x")
	if b, err := io.ReadAll(front); err == nil {
		t.Errorf("a clean end after %q: %s", b, log)
	}
}

// What a front says right behind the head belongs to the one who takes the connection over.
func (x *Stream) hijack(t *testing.T) {
	server, front := Unix(t)
	x.serve(t, server, func(w protocol.ResponseWriter, _ *protocol.Request) error {
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		b, err := rw.Reader.Peek(rw.Reader.Buffered())
		conn.Write(b)
		return err
	})
	io.WriteString(front, x.Head(0)+"early")
	want := x.StatusPrefix + " 101 Switching Protocols\r\n\r\nearly"
	if got, err := io.ReadAll(front); string(got) != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// An answer that was given before the body was read arrives whole, though the front is still
// sending.
func (x *Stream) answerBeforeBody(t *testing.T) {
	server, front := TCP(t)
	x.serve(t, server, func(w protocol.ResponseWriter, _ *protocol.Request) error {
		_, err := io.WriteString(w, "enough")
		return err
	})
	const size = 8 << 20
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(front, x.Head(size)+strings.Repeat("x", size))
		front.CloseWrite()
		sent <- err
	}()
	if err := <-sent; err != nil {
		t.Error("while sending:", err)
	}
	ends(t, front, "\r\n\r\nenough")
}

// The request's context ends when the front goes, though nobody reads and its body lies unread.
func (x *Stream) contextEnds(t *testing.T) {
	server, front := Unix(t)
	x.goes(t, server, front, x.Head(100)+"not all")
}

// It also ends over a connection that wraps a socket and shows nothing of it, as
// netutil.LimitListener's.
func (x *Stream) contextEndsOverAWrapper(t *testing.T) {
	inner, front := Unix(t)
	x.goes(t, struct{ net.Conn }{inner}, front, x.Head(0))
}

// goes sends a request and goes while its handler waits for its context.
func (x *Stream) goes(t *testing.T, server, front net.Conn, request string) {
	cause := make(chan error, 1)
	x.serve(t, server, func(_ protocol.ResponseWriter, r *protocol.Request) error {
		done := r.Context().Done()
		cause <- nil
		<-done
		cause <- context.Cause(r.Context())
		return nil
	})
	io.WriteString(front, request)
	<-cause
	front.Close()
	if err := <-cause; !errors.Is(err, protocol.ErrGone) {
		t.Error(err)
	}
}

// A handler that returns while its context is watched over a wrapper is answered for, and the
// connection ends.
func (x *Stream) answerOverAWrapper(t *testing.T) {
	inner, front := Unix(t)
	x.serve(t, struct{ net.Conn }{inner}, func(w protocol.ResponseWriter, r *protocol.Request) error {
		r.Context().Done()
		_, err := io.WriteString(w, "answered")
		return err
	})
	io.WriteString(front, x.Head(0))
	ends(t, front, "answered")
}

func ends(t *testing.T, front io.Reader, want string) {
	t.Helper()
	if got, err := io.ReadAll(front); err != nil || !strings.HasSuffix(string(got), want) {
		t.Errorf("%q, %v", got, err)
	}
}
