package endpoint_test

import (
	"io"
	"net"
	"testing"

	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/protocol"
)

// TestMuteBackend: every client gives up a backend that says nothing, or stops in the body.
func TestMuteBackend(t *testing.T) {
	for _, row := range []struct{ scheme, says string }{
		{"scgi", ""}, {"uwsgi", ""}, {"fastcgi", ""}, {"http", ""},
		{"scgi", "Status: 200\r\n\r\nhalf"}, {"uwsgi", "Status: 200\r\n\r\nhalf"},
		{"fastcgi", "\x01\x06\x00\x01\x00\x08\x00\x00A: b\n\nab"},
		{"http", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			nc, err := l.Accept()
			if err == nil {
				nc.Read(make([]byte, 1)) // an answer before its request would be another fault
				io.WriteString(nc, row.says)
				io.Copy(io.Discard, nc)
				nc.Close()
			}
		}()
		option := "?first-byte-timeout=50ms"
		if row.says != "" {
			option = "?read-timeout=50ms"
		}
		c, err := endpoint.NewClient(row.scheme+"://"+l.Addr().String()+option, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.RoundTrip(t.Context(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_HOST", "a")})
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if protocol.Status(err) != 504 {
			t.Errorf("%s %q: %v", row.scheme, row.says, err)
		}
		c.Close()
		l.Close()
	}
}
