//go:build linux

package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// To HTTP/1.0 a response without a length ends with its connection: one that is not whole must not
// end as others do.
func TestCutToHTTP10(t *testing.T) {
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
		io.WriteString(w, "half of it")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		if r.Params.Get("QUERY_STRING") == "cut" {
			return errors.New("no more")
		}
		io.WriteString(w, ", and the rest")
		return nil
	})}
	for _, l := range []net.Listener{tcp(t), unix(t)} {
		serve(t, s, func() error { return s.ServeHTTP(l) })
		for _, body := range []int{0, 1, 100, 4096, 100_000} {
			for _, piece := range []int{1, 1000, 1 << 20} {
				if body/piece > 1000 {
					continue
				}
				for _, query := range []string{"cut", "whole"} {
					c := dial(t, l.Addr())
					head := "POST /?" + query + " HTTP/1.0\r\nContent-Length: " + strconv.Itoa(body) + "\r\n\r\n"
					go sayInPieces(c, head+strings.Repeat("x", body), piece)
					got, err := io.ReadAll(c)
					if cut := errors.Is(err, syscall.ECONNRESET); cut != (query == "cut") || !cut && !strings.HasSuffix(string(got), "rest") {
						t.Errorf("%s, body %d by %d, %s: %q, %v", l.Addr().Network(), body, piece, query, got, err)
					}
				}
			}
		}
	}
}

func sayInPieces(c net.Conn, text string, piece int) {
	for ; len(text) > piece; text = text[piece:] {
		io.WriteString(c, text[:piece])
	}
	io.WriteString(c, text)
}

// A kept connection of HTTP/1.0 carries one response after another, and is idle between them.
func TestKeptHTTP10(t *testing.T) {
	s := &gateway.Server{Handler: text("kept")}
	l := unix(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c := dial(t, l.Addr())
	for range 3 {
		io.WriteString(c, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
		var got [1024]byte
		n, err := c.Read(got[:])
		if err != nil || !strings.HasSuffix(string(got[:n]), "kept") {
			t.Fatalf("%q, %v", got[:n], err)
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
		t.Errorf("the end: %q, %v", got, err)
	}
}

// A client of HTTP/1.0 that leaves is noticed, though a byte of its request is unread as far as the
// system knows.
func TestHTTP10ClientLeaves(t *testing.T) {
	begun, cause := make(chan struct{}), make(chan error)
	s := &gateway.Server{Handler: protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		done := r.Context().Done()
		close(begun)
		<-done
		cause <- context.Cause(r.Context())
		return nil
	})}
	l := unix(t)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c := dial(t, l.Addr())
	sayInPieces(c, "GET / HTTP/1.0\r\n\r\n", 7)
	<-begun
	c.Close()
	if err := <-cause; err == nil {
		t.Error("no cause")
	}
}
