package netiotest

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// Dial returns a function that connects to a server of the protocol whose handler is h.
func (x *Stream) Dial(t testing.TB, h protocol.Handler) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) {
		server, front := Unix(t)
		Serve(t, x.Protocol, nil, h, server)
		return front, nil
	}
}

// ClientConversation tests what the backend hears of r, to which a body of "hello" is added, and
// what the client makes of what the backend says.
func (x *Stream) ClientConversation(t *testing.T, r *protocol.Request, want string) {
	b := &Backend{Reads: len(want), Says: []string{x.StatusPrefix + " 201 Cre", "ated\r\nX-A: 1\r\nContent-Length: 3\r\n\r\na", "bc"}}
	r.Body, r.ContentLength = strings.NewReader("hello"), 5
	res, err := x.Client(b.Dial(t), nil).RoundTrip(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "abc" || res.Status != 201 || res.Header.Get("X-A") != "1" {
		t.Errorf("%d %v %q, %v", res.Status, res.Header, body, err)
	}
	if diff := cmp.Diff(want, string(b.Heard)); diff != "" {
		t.Error(diff)
	}
}

// ClientRefuses returns the error for a request that cannot be sent, for which nothing may be
// dialled.
func (x *Stream) ClientRefuses(p protocol.Params) error {
	c := x.Client(func(context.Context) (net.Conn, error) { panic("dialled") }, nil)
	_, err := c.RoundTrip(context.Background(), &protocol.Request{Params: p})
	return err
}

// Bodies tests the client and the server with bodies of every kind.
func (x *Stream) Bodies(t *testing.T) {
	c := x.Client(x.Dial(t, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	})), nil)
	for _, size := range []int{0, 1, 4095, 4097, 16 << 10, 16<<10 + 1, 3 << 20} {
		for _, declared := range []int64{int64(size), -1} {
			body := strings.Repeat("x", size)
			res, err := c.RoundTrip(context.Background(), &protocol.Request{
				Params: protocol.Pairs("REQUEST_METHOD", "POST"), Body: strings.NewReader(body), ContentLength: declared,
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(got) != body {
				t.Errorf("%d bytes declared as %d: %d came back, %v", size, declared, len(got), err)
			}
		}
	}
}

// Tunnel tests that after a 101 the connection carries bytes both ways.
func (x *Stream) Tunnel(t *testing.T) {
	c := x.Client(x.Dial(t, protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "echo")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		line, err := rw.ReadString('\n')
		if err == nil {
			rw.WriteString("echo " + line)
			rw.Flush()
		}
	}))), nil)
	res, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "HTTP_UPGRADE", "echo")})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	want := http.Header{"Upgrade": {"echo"}, "Connection": {"Upgrade"}}
	if diff := cmp.Diff(want, res.Header); diff != "" || res.Status != 101 {
		t.Errorf("%d\n%s", res.Status, diff)
	}
	tunnel := res.Body.(io.ReadWriteCloser)
	io.WriteString(tunnel, "hello\n")
	line, err := bufio.NewReader(tunnel).ReadString('\n')
	if line != "echo hello\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if rest, err := io.ReadAll(tunnel); len(rest) > 0 || err != nil {
		t.Errorf("at the end: %q, %v", rest, err)
	}
}
