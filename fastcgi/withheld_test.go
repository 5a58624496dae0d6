package fastcgi

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// withheld answers a request whole, and keeps END_REQUEST and the connection until the client has
// gone.
func withheld(f *front) {
	for range 4 {
		f.heard()
	}
	f.say(`STDOUT 1 "Content-Length: 5\r\n\r\nhello"`)
	io.Copy(io.Discard, f.nc)
}

// TestWithheldEnd: a backend that has sent its whole Content-Length and holds back END_REQUEST, its
// connection open, holds up neither the answer's end nor the next request, which goes by another
// connection. CloseIdleConnections ends the wait, and waits for that.
func TestWithheldEnd(t *testing.T) {
	for _, max := range []int{0, 2} {
		c := backend(t, withheld, withheld, withheld)
		c.MaxIdle = max
		c.Limits = &protocol.Limits{ReadTimeout: -1} // nothing else ends it
		for range 3 {
			if status, body, err := fetch(t, c, request("GET")); status != 200 || body != "hello" || err != nil {
				t.Fatalf("%d %q, %v", status, body, err)
			}
		}
		if n := len(c.awaiting); n != 3 {
			t.Errorf("%d connections wait for END_REQUEST, want 3", n)
		}
		c.CloseIdleConnections()
		if n := len(c.awaiting) + c.conns.Open(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	}
}

// TestManyWithheldEnds: no more connections than a bound wait for their END_REQUEST.
func TestManyWithheldEnds(t *testing.T) {
	var scripts []func(*front)
	for range endsAwaited + 3 {
		scripts = append(scripts, withheld)
	}
	c := backend(t, scripts...)
	for range scripts {
		res, err := c.RoundTrip(context.Background(), request("GET"))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); string(b) != "hello" || err != nil {
			t.Fatalf("%q, %v", b, err)
		}
	}
	if n := len(c.awaiting); n != endsAwaited {
		t.Errorf("%d connections wait, want %d", n, endsAwaited)
	}
	c.CloseIdleConnections()
}

// TestWithheldEndIsOpen: a connection whose END_REQUEST is still to come counts for MaxOpen.
func TestWithheldEndIsOpen(t *testing.T) {
	c := backend(t, withheld, plays(asksGet+answers))
	c.MaxOpen = 1
	c.Limits = &protocol.Limits{ReadTimeout: -1}
	if status, body, err := fetch(t, c, request("GET")); status != 200 || body != "hello" || err != nil {
		t.Fatalf("%d %q, %v", status, body, err)
	}
	c.Limits = &protocol.Limits{FirstByteTimeout: time.Millisecond}
	if _, _, err := fetch(t, c, request("GET")); protocol.Status(err) != 503 || !strings.Contains(err.Error(), "fastcgi: connect: upstream: all 1 connections were in use for") {
		t.Error(err)
	}
	c.CloseIdleConnections()
	c.Limits = nil
	if status, body, err := fetch(t, c, request("GET")); status != 200 || body != "hello" || err != nil {
		t.Errorf("%d %q, %v", status, body, err)
	}
}
