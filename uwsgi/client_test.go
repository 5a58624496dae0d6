package uwsgi

import (
	"bufio"
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

// What the backend hears and what we make of what it says.
func TestClientConversation(t *testing.T) {
	want := "\x0e\x29\x00\x03" + "\x0e\x00REQUEST_METHOD\x04\x00POST" + "\x0e\x00CONTENT_LENGTH\x01\x005" + "hello"
	b := &netiotest.Backend{Reads: len(want), Says: []string{"HTTP/1.1 201 Cre", "ated\r\nX-A: 1\r\nContent-Length: 3\r\n\r\na", "bc"}}
	c := &Client{Dial: b.Dial(t)}
	res, err := c.RoundTrip(context.Background(), &protocol.Request{
		Params: protocol.Pairs("REQUEST_METHOD", "POST"), Body: strings.NewReader("hello"), ContentLength: 5, Modifier1: 14, Modifier2: 3,
	})
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

// Nothing is dialled for a request that cannot be sent.
func TestClientRefuses(t *testing.T) {
	c := &Client{Dial: func(context.Context) (net.Conn, error) { panic("dialled") }}
	_, err := c.RoundTrip(context.Background(), &protocol.Request{Params: protocol.Pairs("A", strings.Repeat("v", 70000))})
	if !errors.Is(err, protocol.ErrTooLarge) || err.Error() != "uwsgi: write request: too large: 70000 > 65535 bytes in one variable" {
		t.Error(err)
	}
}

// client returns a client of our own server.
func client(t *testing.T, h protocol.Handler) *Client {
	return &Client{Dial: func(context.Context) (net.Conn, error) {
		server, front := netiotest.Unix(t)
		netiotest.Serve(t, Protocol{}, nil, h, server)
		return front, nil
	}}
}

// Our client and our server, with bodies of every kind.
func TestBodies(t *testing.T) {
	c := client(t, protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	}))
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

// After a 101 the connection is a tunnel, both ways.
func TestTunnel(t *testing.T) {
	c := client(t, protocol.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	})))
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

// uWSGI closes, without a word, on a packet beyond its buffer-size.
func TestClosedOnLargePacket(t *testing.T) {
	for _, row := range []struct {
		pad  int
		want string
	}{
		{4000, "uwsgi: read response head: upstream: the response ended after 0 bytes, before the end of its head: unexpected EOF"},
		{9000, "the request's head was 9009 bytes: uWSGI takes 4096 bytes unless its buffer-size says more: unexpected EOF"},
	} {
		dial := func(context.Context) (net.Conn, error) { return netiotest.NewScript(nil, nil), nil }
		r := &protocol.Request{Params: protocol.Pairs("A", strings.Repeat("v", row.pad))}
		_, err := (&Client{Dial: dial}).RoundTrip(context.Background(), r)
		if err == nil || !strings.HasSuffix(err.Error(), row.want) {
			t.Errorf("%d: %v", row.pad, err)
		}
	}
}
