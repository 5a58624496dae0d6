package scgi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// A response that fails after a part of it has left is cut, not ended.
func TestCut(t *testing.T) {
	server, front := netiotest.TCP(t)
	log := netiotest.Serve(t, Protocol{}, nil, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		io.ReadFull(r.Body, make([]byte, 1)) // the front has seen the half
		return errors.New("no more")
	}), server)
	io.WriteString(front, packet("CONTENT_LENGTH\x001\x00SCGI\x001\x00SERVER_SOFTWARE\x00test\x00")+"x")
	b, err := io.ReadAll(front)
	if err == nil {
		t.Errorf("a clean end after %q: %s", b, log)
	}
}

// What a front says right behind the head belongs to the one who takes the connection over.
func TestHijackKeepsWhatWasRead(t *testing.T) {
	server, front := netiotest.Unix(t)
	netiotest.Serve(t, Protocol{}, nil, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		b, err := rw.Reader.Peek(rw.Reader.Buffered())
		conn.Write(b)
		return err
	}), server)
	io.WriteString(front, packet(head0)+"early")
	got, err := io.ReadAll(front)
	if diff := cmp.Diff("Status: 101 Switching Protocols\r\n\r\nearly", string(got)); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// An answer that was given before the body was read arrives whole, though the front is still sending.
func TestAnswerBeforeBody(t *testing.T) {
	server, front := netiotest.TCP(t)
	netiotest.Serve(t, Protocol{}, nil, protocol.HandlerFunc(func(w protocol.ResponseWriter, _ *protocol.Request) error {
		_, err := io.WriteString(w, "enough")
		return err
	}), server)
	const size = 8 << 20
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(front, packet("CONTENT_LENGTH\x008388608\x00SCGI\x001\x00")+strings.Repeat("x", size))
		front.CloseWrite()
		sent <- err
	}()
	if err := <-sent; err != nil {
		t.Error("while sending:", err)
	}
	got, err := io.ReadAll(front)
	if err != nil || !strings.HasSuffix(string(got), "\r\n\r\nenough") {
		t.Errorf("%q, %v", got, err)
	}
}

// The request's context ends when the front goes, though nobody reads and its body lies unread.
func TestContextEnds(t *testing.T) {
	server, front := netiotest.Unix(t)
	cause := make(chan error, 1)
	netiotest.Serve(t, Protocol{}, nil, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		cause <- nil
		<-r.Context().Done()
		cause <- context.Cause(r.Context())
		return nil
	}), server)
	io.WriteString(front, packet("CONTENT_LENGTH\x00100\x00SCGI\x001\x00")+"not all")
	<-cause
	front.Close()
	if err := <-cause; !errors.Is(err, protocol.ErrGone) {
		t.Error(err)
	}
}

// It also ends over a connection that wraps a socket and shows nothing of it, as netutil.LimitListener's.
func TestContextEndsOverAWrapper(t *testing.T) {
	inner, front := netiotest.Unix(t)
	cause := make(chan error, 1)
	netiotest.Serve(t, Protocol{}, nil, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		done := r.Context().Done()
		cause <- nil
		<-done
		cause <- context.Cause(r.Context())
		return nil
	}), struct{ net.Conn }{inner})
	io.WriteString(front, packet(head0))
	<-cause
	front.Close()
	if err := <-cause; !errors.Is(err, protocol.ErrGone) {
		t.Error(err)
	}
}

// A handler that returns while its context is watched so is answered for, and the connection ends.
func TestAnswerOverAWatchedWrapper(t *testing.T) {
	inner, front := netiotest.Unix(t)
	netiotest.Serve(t, Protocol{}, nil, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		r.Context().Done()
		_, err := io.WriteString(w, "answered")
		return err
	}), struct{ net.Conn }{inner})
	io.WriteString(front, packet(head0))
	got, err := io.ReadAll(front)
	if err != nil || !strings.HasSuffix(string(got), "answered") {
		t.Errorf("%q, %v", got, err)
	}
}
