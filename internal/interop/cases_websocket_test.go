package interop

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

func webSocketCases() []testCase {
	return []testCase{
		{name: "websocket", says: "coder/websocket, unmodified on both sides, echoes", only: tunnels, run: webSocket("/t/ws")},
		{name: "websocket demo", says: "the demo's own WebSocket echoes", only: tunnels, run: webSocket("/ws")},
		{name: "websocket refused", says: "where nothing can be hijacked coder/websocket answers 501, unmodified", only: framed, run: noWebSocket},
	}
}

// tunnels are the pairs where a 101 makes a tunnel: neither FastCGI nor CGI has one. Of SCGI and
// uwsgi's fronts nginx alone passes it: mod_proxy_scgi and mod_proxy_uwsgi do not, nor does
// lighttpd before 1.4.74.
func tunnels(p *pair) bool {
	return p.protocol == "http" || p.front.name == "nginx" && (p.protocol == "scgi" || p.protocol == "uwsgi")
}

// framed are the pairs whose front passes an Upgrade on over a protocol that cannot switch.
func framed(p *pair) bool { return p.protocol == "fastcgi" && p.front.name == "nginx" }

func noWebSocket(t *testing.T, s *site) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var h http.Header
	if s.viaHTTP {
		h = http.Header{viaHTTP: {"1"}}
	}
	c, res, err := websocket.Dial(ctx, "ws://"+s.addr+"/t/ws", &websocket.DialOptions{HTTPHeader: h})
	if err == nil {
		c.CloseNow()
	}
	if res == nil || res.StatusCode != http.StatusNotImplemented {
		t.Errorf("%v, %v", res, err)
	}
}

func webSocket(path string) func(*testing.T, *site) {
	return func(t *testing.T, s *site) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var h http.Header
		if s.viaHTTP {
			h = http.Header{viaHTTP: {"1"}}
		}
		c, _, err := websocket.Dial(ctx, "ws://"+s.addr+path, &websocket.DialOptions{HTTPHeader: h})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for _, n := range []int64{0, 5, 125, 126, 65_535, 65_536, 300_000} {
			want := pattern(t, n)
			if err := c.Write(ctx, websocket.MessageBinary, want); err != nil {
				t.Fatal(err)
			}
			kind, got, err := c.Read(ctx)
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if kind != websocket.MessageBinary || !bytes.Equal(got, want) {
				t.Fatalf("want %s, got %v %s", sumOf(want), kind, sumOf(got))
			}
		}
		if err := c.Ping(ctxRead(ctx, c)); err != nil {
			t.Errorf("ping: %v", err)
		}
		if err := c.Close(websocket.StatusNormalClosure, "done"); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// ctxRead reads in the background, so that a pong is seen, and returns ctx.
func ctxRead(ctx context.Context, c *websocket.Conn) context.Context {
	return c.CloseRead(ctx)
}
