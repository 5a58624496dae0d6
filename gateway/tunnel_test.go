package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

func echoWebSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, b, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, b) != nil {
			return
		}
	}
}

// A WebSocket passes through HTTP, and any protocol that can hand over its connection, to a handler
// behind it.
func TestProxyTunnels(t *testing.T) {
	for name, p := range map[string]protocol.Protocol{"scgi": scgi.Protocol{}, "uwsgi": uwsgi.Protocol{}, "http": nil} {
		back := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(echoWebSocket))}
		bl := unix(t)
		var c protocol.RoundTripper
		switch name {
		case "http":
			serve(t, back, func() error { return back.ServeHTTP(bl) })
			c = httpClient(t, bl.Addr())
		case "scgi":
			c = &scgi.Client{Dial: dialer(bl.Addr())}
		case "uwsgi":
			c = &uwsgi.Client{Dial: dialer(bl.Addr())}
		}
		if p != nil {
			serve(t, back, func() error { return back.Serve(bl, p) })
		}
		front := &gateway.Server{Handler: &gateway.Proxy{Backend: c}}
		fl := tcp(t)
		serve(t, front, func() error { return front.ServeHTTP(fl) })
		ws, _, err := websocket.Dial(t.Context(), "ws://"+fl.Addr().String()+"/", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, text := range []string{"one", "two"} {
			if err := ws.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if _, b, err := ws.Read(t.Context()); err != nil || string(b) != text {
				t.Errorf("%s: %q, %v", name, b, err)
			}
		}
		ws.Close(websocket.StatusNormalClosure, "")
	}
}

// Each side of a tunnel can end its own direction, and the other goes on.
func TestProxyTunnelHalfCloses(t *testing.T) {
	back := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "echo")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		b, _ := io.ReadAll(rw) // to the client's half-close
		c.Write(append([]byte("all of: "), b...))
	}))}
	front := &gateway.Server{Handler: &gateway.Proxy{Backend: serveSCGI(t, back, unix(t))}}
	l := tcp(t)
	serve(t, front, func() error { return front.ServeHTTP(l) })
	c := dial(t, l.Addr()).(*net.TCPConn)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 101 {
		t.Fatal(res, err)
	}
	io.WriteString(c, "what I say")
	c.CloseWrite()
	if b, err := io.ReadAll(in); err != nil || string(b) != "all of: what I say" {
		t.Errorf("%q, %v", b, err)
	}
}

// FastCGI cannot hand over its connection: the front is told so.
func TestProxyTunnelOverFastCGI(t *testing.T) {
	back := &gateway.Server{Handler: protocol.FromHTTP(http.HandlerFunc(echoWebSocket))}
	front := &gateway.Server{Handler: &gateway.Proxy{Backend: serveSCGI(t, back, unix(t))}}
	l := unix(t)
	serve(t, front, func() error { return front.Serve(l, fastcgi.Protocol{}) })
	c := &fastcgi.Client{Dial: dialer(l.Addr())}
	res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: append(requestParams("GET", "/"), protocol.Pairs("HTTP_CONNECTION", "Upgrade",
		"HTTP_UPGRADE", "websocket", "HTTP_SEC_WEBSOCKET_VERSION", "13", "HTTP_SEC_WEBSOCKET_KEY", "dGhlIHNhbXBsZSBub25jZQ==")...)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.Status != http.StatusNotImplemented {
		t.Errorf("status %d, want 501", res.Status)
	}
}

// A tunnel that stands has no deadline on either side, whatever the server's limits and the
// client's are.
func TestProxyTunnelHasNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		back, front := pipe(t).(*netiotest.Pipes), pipe(t).(*netiotest.Pipes)
		client := &gateway.HTTPClient{Dial: back.Dial}
		s := &gateway.Server{Handler: &gateway.Proxy{Backend: client, ResponseTimeout: time.Minute}, Limits: &protocol.Limits{
			HeadTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second, BodyTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
			FirstByteTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second}}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.ServeHTTP(front)
		}()
		defer func() {
			s.Close()
			<-ended
		}()
		go func() {
			c, err := back.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			c.Read(make([]byte, 4<<10))
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			for b := make([]byte, 3); ; {
				if _, err := io.ReadFull(c, b); err != nil {
					return
				}
				<-time.After(24 * time.Hour)
				c.Write(b)
			}
		}()
		c, err := front.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		in := bufio.NewReader(c)
		res, err := http.ReadResponse(in, nil)
		if err != nil || res.StatusCode != 101 {
			t.Fatal(res, err)
		}
		for _, want := range []string{"one", "two"} {
			<-time.After(24 * time.Hour)
			io.WriteString(c, want)
			got := make([]byte, 3)
			if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		}
	})
}
