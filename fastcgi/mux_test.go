package fastcgi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// A muxBackend is a backend that multiplexes, and counts its connections.
type muxBackend struct {
	proto   Protocol
	lim     *protocol.Limits
	handler protocol.HandlerFunc
	dialed  atomic.Int32
	served  sync.WaitGroup
}

// client returns a client of b, whose connections end with the test.
func (b *muxBackend) client(t *testing.T) *Client {
	t.Helper()
	c := &Client{Multiplex: 8, MaxIdle: 1, Dial: func(context.Context) (net.Conn, error) {
		b.dialed.Add(1)
		ours, theirs := sockets(t)
		theirs.SetDeadline(time.Now().Add(patienceOfTests))
		b.served.Go(func() {
			loop := &protocol.Loop{Handler: b.handler, Limits: b.lim}
			loop.Serve(context.Background(), b.proto.NewConn(theirs, b.lim))
		})
		return ours, nil
	}}
	t.Cleanup(func() {
		c.CloseIdleConnections()
		b.served.Wait()
	})
	return c
}

// together returns a handler that answers once n requests are open, with the request's URI.
func together(n int) protocol.HandlerFunc {
	var open sync.WaitGroup
	open.Add(n)
	return func(w protocol.ResponseWriter, r *protocol.Request) error {
		open.Done()
		open.Wait()
		_, err := io.WriteString(w, r.RequestURI())
		return err
	}
}

// getAtOnce gets n pages at once, and checks that each has its own text.
func getAtOnce(t *testing.T, c *Client, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			uri := "/" + strconv.Itoa(i)
			if status, body, err := fetch(t, c, request("GET", "REQUEST_URI", uri)); status != 200 || body != uri || err != nil {
				t.Errorf("%s: got %d %q, %v", uri, status, body, err)
			}
		})
	}
	all.Wait()
}

// TestMultiplex has requests that are open at once.
func TestMultiplex(t *testing.T) {
	t.Run("two on one connection", func(t *testing.T) {
		b := &muxBackend{handler: together(2)}
		getAtOnce(t, b.client(t), 2)
		if n := b.dialed.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("as many as the backend takes", func(t *testing.T) {
		b := &muxBackend{handler: together(8), lim: &protocol.Limits{Requests: 4}}
		getAtOnce(t, b.client(t), 8)
		if n := b.dialed.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("one after another", func(t *testing.T) {
		b := &muxBackend{handler: hello}
		c := b.client(t)
		for range 50 {
			if status, body, err := fetch(t, c, request("GET")); status != 200 || !strings.Contains(body, "hello") || err != nil {
				t.Errorf("got %d %q, %v", status, body, err)
			}
		}
		if n := b.dialed.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

// TestMuxMany has many requests at once, with bodies both ways, among them some that are given up
// in the midst, and some that are read slowly. No answer is another's.
func TestMuxMany(t *testing.T) {
	b := &muxBackend{handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	}}
	c := b.client(t)
	c.MaxOpen, c.MaxIdle = 3, 3
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() { echo(t, c, i) })
	}
	all.Wait()
	if n := b.dialed.Load(); n > 3 {
		t.Errorf("%d connections", n)
	}
}

// echo has the ith request's body echoed.
func echo(t *testing.T, c *Client, i int) {
	ctx, cancel := context.WithTimeout(context.Background(), patienceOfTests)
	defer cancel()
	body := randomBytes(i * 701 % 100_000)
	r := request("POST", "REQUEST_URI", "/"+strconv.Itoa(i), "SERVER_PROTOCOL", "HTTP/1.1")
	r.Body, r.ContentLength = io.MultiReader(bytes.NewReader(body)), int64(len(body)) // in pieces
	res, err := c.RoundTrip(ctx, r)
	if err != nil {
		t.Errorf("%d: %v", i, err)
		return
	}
	defer res.Body.Close()
	if i%5 == 0 {
		io.CopyN(io.Discard, res.Body, int64(len(body)/2))
		return // it is given up
	}
	var in io.Reader = res.Body
	if i%7 == 0 {
		in = iotest.HalfReader(in)
	}
	if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d: %d bytes of %d, %v", i, len(got), len(body), err)
	}
}

// TestMuxMaxOpen: a request for which no connection has room waits, and then fails with 503.
func TestMuxMaxOpen(t *testing.T) {
	begun, letGo := make(chan bool, 2), make(chan bool)
	b := &muxBackend{handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		begun <- true
		<-letGo
		return hello(w, r)
	}}
	c := b.client(t)
	c.MaxOpen, c.Multiplex = 1, 2
	var all sync.WaitGroup
	get := func() {
		if status, _, err := fetch(t, c, request("GET")); status != 200 || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
	}
	all.Go(get)
	all.Go(get)
	<-begun
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := c.RoundTrip(ctx, request("POST"))
	if e, ok := errors.AsType[*protocol.Error](err); !ok || protocol.Status(err) != http.StatusServiceUnavailable || !e.NotSent {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), patienceOfTests)
	defer cancel()
	_, err = c.RoundTrip(protocol.WithPatience(ctx, false), request("GET"))
	if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Status != http.StatusServiceUnavailable || !e.NotSent || e.Err != nil {
		t.Errorf("one that can go elsewhere has waited: %v", err)
	}
	all.Go(get)
	close(letGo)
	all.Wait()
	if n := b.dialed.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestMuxMaxAge: a connection that is old carries no further requests.
func TestMuxMaxAge(t *testing.T) {
	b := &muxBackend{handler: hello}
	c := b.client(t)
	c.MaxAge = time.Nanosecond
	for range 3 {
		if _, _, err := fetch(t, c, request("GET")); err != nil {
			t.Error(err)
		}
	}
	if n := b.dialed.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
}

// TestMuxMaxRequests: a connection carries so many requests, one after another and at once.
func TestMuxMaxRequests(t *testing.T) {
	b := &muxBackend{handler: hello}
	c := b.client(t)
	c.MaxRequests = 2
	for range 5 {
		if _, _, err := fetch(t, c, request("GET")); err != nil {
			t.Error(err)
		}
	}
	if n := b.dialed.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
	b = &muxBackend{handler: together(4)}
	c = b.client(t)
	c.MaxRequests = 2
	getAtOnce(t, c, 4)
	if n := b.dialed.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// TestMuxStderr: each request hears its own FCGI_STDERR.
func TestMuxStderr(t *testing.T) {
	answer := together(8)
	b := &muxBackend{handler: func(w protocol.ResponseWriter, r *protocol.Request) error {
		stderr, _ := protocol.Stderr(w)
		io.WriteString(stderr, r.RequestURI())
		return answer(w, r)
	}}
	c := b.client(t)
	var heard sync.Map
	c.Stderr = func(r *protocol.Request, text []byte) { heard.Store(r.RequestURI(), string(text)) }
	getAtOnce(t, c, 8)
	for i := range 8 {
		uri := "/" + strconv.Itoa(i)
		if text, _ := heard.Load(uri); text != uri {
			t.Errorf("%s: %v", uri, text)
		}
	}
}

// TestMuxOfNetHTTP: package net/http/fcgi multiplexes. It takes no notice of ABORT_REQUEST once it
// has the request's body, and may go on with an answer after END_REQUEST.
func TestMuxOfNetHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			w.Write(body)
		}
	}))
	var dialed atomic.Int32
	c := &Client{Multiplex: 8, MaxOpen: 3, MaxIdle: 3, Dial: func(ctx context.Context) (net.Conn, error) {
		dialed.Add(1)
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}}
	defer c.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() { echo(t, c, i) })
	}
	all.Wait()
	if n := dialed.Load(); n > 3 {
		t.Errorf("%d connections", n)
	}
}
