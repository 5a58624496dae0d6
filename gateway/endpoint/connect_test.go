package endpoint_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// TestConnect: a program's own way to connect is taken, with the URL's address.
func TestConnect(t *testing.T) {
	for _, scheme := range []string{"fastcgi", "http", "scgi", "uwsgi"} {
		l := listen(t, scheme+"://127.0.0.1:0")
		serve(t, l)
		asked := ""
		o := &endpoint.ClientOptions{Connect: func(ctx context.Context, network, address string) (net.Conn, error) {
			asked = network + " " + address
			return new(net.Dialer).DialContext(ctx, l.Addr().Network(), l.Addr().String())
		}}
		c, err := endpoint.NewClient(scheme+"+unix:/nowhere", o)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/")})
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if string(b) != "by "+scheme || asked != "unix /nowhere" || err != nil {
			t.Errorf("%s: %q, asked for %q, %v", scheme, b, asked, err)
		}
		c.Close()
	}
}

// TestKeepForwarded: a program that asks for itself adds no fields of a gateway's.
func TestKeepForwarded(t *testing.T) {
	for _, keep := range []bool{false, true} {
		near, far := net.Pipe()
		got := make(chan string, 1)
		go func() {
			b := make([]byte, 4096)
			n, _ := far.Read(b)
			got <- string(b[:n])
			io.WriteString(far, "HTTP/1.1 204 No Content\r\n\r\n")
			far.Close()
		}()
		c, err := endpoint.NewClient("http://127.0.0.1:80", &endpoint.ClientOptions{KeepForwarded: keep,
			Connect: func(context.Context, string, string) (net.Conn, error) { return near, nil }})
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_HOST", "a")})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		c.Close()
		if head := <-got; strings.Contains(head, "X-Forwarded-") == keep {
			t.Errorf("KeepForwarded %v: %q", keep, head)
		}
	}
}
