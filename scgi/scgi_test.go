package scgi_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
)

func TestHello(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	loop := &protocol.Loop{Handler: protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello, "+r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Y")+" ")
		io.Copy(w, r.Body)
	}))}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go loop.Serve(context.Background(), scgi.Protocol{}.NewConn(c, nil))
		}
	}()
	client := &scgi.Client{Dial: func(ctx context.Context) (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }}
	for _, body := range []string{"", "abc", strings.Repeat("x", 3<<20)} {
		res, err := client.RoundTrip(context.Background(), &protocol.Request{
			Params: protocol.Pairs("REQUEST_METHOD", "POST", "REQUEST_URI", "/a/b?c", "HTTP_X_Y", "1", "HTTP_X_Y", "2"),
			Body:   strings.NewReader(body), ContentLength: int64(len(body)),
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil || string(b) != "hello, POST /a/b 1, 2 "+body {
			t.Fatalf("%d %v %v %.50q", len(b), err, res.Header, b)
		}
		res.Body.Close()
		t.Log(res.Status, res.Header)
	}
}
