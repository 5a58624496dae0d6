package gateway_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

// servedInBubble dials a server whose connections are in a bubble.
func servedInBubble(t *testing.T, s *gateway.Server) net.Conn {
	t.Helper()
	l := pipe(t)
	s.Log = slog.New(slog.DiscardHandler)
	serve(t, s, func() error { return s.ServeHTTP(l) })
	c, err := l.(*netiotest.Pipes).Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func getHTTP(t *testing.T, c net.Conn, in *bufio.Reader) {
	t.Helper()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Deadlines are set late, and hold to the second: of a head, and between two requests, after any
// number of them.
func TestHTTPDeadlinesHold(t *testing.T) {
	lim := &protocol.Limits{HeadTimeout: 3 * time.Second, IdleTimeout: 20 * time.Second}
	for name, want := range map[string]time.Duration{"": lim.IdleTimeout, "GET / HTTP/1.1\r\n": lim.HeadTimeout} {
		for _, pauses := range [][]time.Duration{{0}, {0, 0, 0}, {2 * time.Second, 0}, {19 * time.Second, 19 * time.Second, 0}} {
			synctest.Test(t, func(t *testing.T) {
				s := &gateway.Server{Limits: lim, Handler: protocol.FromHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))}
				c := servedInBubble(t, s)
				in := bufio.NewReader(c)
				for _, pause := range pauses {
					getHTTP(t, c, in)
					<-time.After(pause)
				}
				began := time.Now()
				io.WriteString(c, name)
				io.Copy(io.Discard, in)
				if took := time.Since(began); took != want {
					t.Errorf("%q after pauses of %v: the end came after %v, want %v", name, pauses, took, want)
				}
			})
		}
	}
}

// Nobody need ask for the end of a request's context when it begins: one that is asked for later
// finds a client that has left.
func TestHTTPClientLeaves(t *testing.T) {
	for _, ask := range []bool{true, false} {
		for _, l := range []net.Listener{tcp(t), unix(t)} {
			left, noticed := make(chan bool), make(chan error, 1)
			s := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if !ask { // a handler that takes long
					<-left
					for r.Context().Err() == nil {
						<-time.After(time.Millisecond)
					}
				} else {
					<-left
					<-r.Context().Done()
				}
				noticed <- r.Context().Err()
			}))}
			serve(t, s, func() error { return s.ServeHTTP(l) })
			c := dial(t, l.Addr())
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			left <- true
			c.Close()
			select {
			case err := <-noticed:
				if err == nil {
					t.Error("no error")
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s, asked: %v: not noticed", l.Addr().Network(), ask)
			}
		}
	}
}
