package endpoint_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// A counted is a server whose handler waits for leave at /wait, and fails at /fail.
type counted struct {
	*testing.T
	srv            *gateway.Server
	listener       *endpoint.Listener
	entered, leave chan struct{}
}

func newCounted(t *testing.T, scheme string) *counted {
	x := &counted{T: t, listener: listen(t, scheme+"://127.0.0.1:0"), entered: make(chan struct{}), leave: make(chan struct{})}
	x.srv = &gateway.Server{Log: slog.New(slog.DiscardHandler)}
	if got := x.srv.Stats(); got != (gateway.Stats{}) {
		t.Errorf("before Serve: %+v", got)
	}
	x.srv.Handler = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		switch r.Params.Get("PATH_INFO") {
		case "/wait":
			x.entered <- struct{}{}
			<-x.leave
		case "/fail":
			return errors.New("it failed")
		}
		_, err := io.WriteString(w, "fine")
		return err
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		x.listener.Serve(x.srv)
	}()
	t.Cleanup(func() {
		x.srv.Close()
		<-ended
	})
	return x
}

// await waits until the server's Stats are want.
func (x *counted) await(want gateway.Stats) {
	x.Helper()
	for late := time.Now().Add(time.Minute); ; runtime.Gosched() {
		got := x.srv.Stats()
		if got == want {
			return
		}
		if time.Now().After(late) {
			x.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}

// ask asks for path, and returns a channel that is closed when the answer is whole.
func (x *counted) ask(c protocol.RoundTripper, path string) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		res, err := c.RoundTrip(x.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", path,
			"SCRIPT_NAME", "", "PATH_INFO", path, "QUERY_STRING", "", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "h")})
		if err != nil {
			x.Error(err)
			return
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}()
	return ended
}

// TestStats follows a server through its life, by each protocol.
func TestStats(t *testing.T) {
	for _, row := range []struct {
		scheme, listener string
		keeps            int // connections that the client keeps
	}{
		{"fastcgi", "fastcgi", 1}, {"scgi", "scgi", 0}, {"uwsgi", "uwsgi", 0}, {"http", "http", 1},
		{"fastcgi", "auto", 1}, {"scgi", "auto", 0}, {"uwsgi", "auto", 0}, {"http", "auto", 1},
	} {
		t.Run(row.scheme+" on "+row.listener, func(t *testing.T) {
			x := newCounted(t, row.listener)
			var kept protocol.RoundTripper
			if row.scheme == "fastcgi" {
				kept = &fastcgi.Client{Dial: dialTo(x.listener.Addr()), MaxIdle: 1}
			} else {
				c, err := endpoint.NewClient(row.scheme+"://"+x.listener.Addr().String(), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				kept = c
			}
			x.await(gateway.Stats{})
			silent, err := net.Dial("tcp", x.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			x.await(gateway.Stats{Conns: 1, IdleConns: 1, Accepted: 1})

			served := x.ask(kept, "/wait")
			<-x.entered
			x.await(gateway.Stats{Conns: 2, IdleConns: 1, Serving: 1, Accepted: 2})
			x.leave <- struct{}{}
			<-served
			now := gateway.Stats{Conns: 1 + row.keeps, IdleConns: 1 + row.keeps, Accepted: 2, Served: 1}
			x.await(now)
			<-x.ask(kept, "/fail")
			now.Served, now.Failed, now.Accepted = 2, 1, int64(3-row.keeps)
			x.await(now)
			if f, ok := kept.(*fastcgi.Client); ok {
				f.CloseIdleConnections()
			}
			x.srv.Close()
			now.Conns, now.IdleConns = 0, 0
			x.await(now)
		})
	}
}

// TestStatsOfRefused counts what is not served: requests that no handler sees.
func TestStatsOfRefused(t *testing.T) {
	x := newCounted(t, "http")
	for range 3 {
		exchange(t, x.listener.Addr().String(), "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400")
	}
	exchange(t, x.listener.Addr().String(), "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", "HTTP/1.1 501")
	exchange(t, x.listener.Addr().String(), "GET / HTTP/1.1\r\nHost: h\r\n"+strings.Repeat("X-A: b\r\n", 2000)+"\r\n", "HTTP/1.1 431")
	x.await(gateway.Stats{Accepted: 5, Served: 5, Failed: 5})
}

// TestStatsOfForbidden counts the peers that may not connect.
func TestStatsOfForbidden(t *testing.T) {
	allow, err := gateway.ParseAllow("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, "scgi://127.0.0.1:0")
	l.Allow = allow
	s := serve(t, l)
	for range 2 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, c)
		c.Close()
	}
	if got, want := s.Stats(), (gateway.Stats{Refused: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func dialTo(a net.Addr) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, a.Network(), a.String())
	}
}
