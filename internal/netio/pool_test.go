package netio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

const okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// A web is a client's side of HTTP over connections whose far ends are given to serve.
type web struct {
	pool    Pool
	options PoolOptions
	dials   int
	log     bytes.Buffer
	fresh   bool // the pool does not know that the backend keeps connections
	make    func() (ours, theirs net.Conn)
	serve   func(n int, c net.Conn) // of the n-th connection, from 1
}

func (w *web) dial(context.Context) (net.Conn, error) {
	w.dials++
	ours, theirs := w.make()
	go w.serve(w.dials, theirs)
	return ours, nil
}

// ask sends a request without a body, or with what body reads.
func (w *web) ask(t *testing.T, method string, body io.Reader) (string, error) {
	r := &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", method), Body: body}
	if body != nil {
		r.ContentLength = -1
	}
	return w.send(t, r)
}

func (w *web) send(t *testing.T, r *protocol.Request) (string, error) {
	w.options.Protocol, w.options.Dial, w.options.Log = "http", w.dial, slog.New(slog.NewTextHandler(&w.log, nil))
	x := &Stream{Exchange: Exchange{Pool: w.pool.With(w.options), AnyLength: true}}
	if !w.fresh {
		w.pool.keeps.Store(true)
	}
	res, err := x.RoundTrip(t.Context(), r, func(*protocol.Request) ([]byte, error) { return []byte("head"), nil })
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// A connection is used again after each response that is whole and leaves it open, and after no
// other.
func TestKeptConnections(t *testing.T) {
	for _, row := range []struct {
		name, method, says string
		body               string // that the client gets
		kept               bool
	}{
		{"a length", "GET", okResponse, "ok", true},
		{"no body", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "", true},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "", true},
		{"a length of 0", "POST", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true},
		{"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", true},
		{"chunks with a trailer", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", "ok", true},
		{"behind an interim response", "GET", "HTTP/1.1 103 Early Hints\r\n\r\n" + okResponse, "ok", true},
		{"HTTP/1.0 that keeps", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok", true},
		{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false},
		{"close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "ok", false},
		{"a surplus", "GET", okResponse + "\n", "ok", false},
		{"a body where none is", "GET", "HTTP/1.1 304 Not Modified\r\n\r\nok", "", false},
		{"more than the chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "ok", false},
		{"half a trailer", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", "ok", false},
	} {
		for name, pair := range map[string]func() (net.Conn, net.Conn){
			"socket": func() (net.Conn, net.Conn) { return netiotest.Unix(t) },
			"pipe":   net.Pipe, // without a descriptor to look at
		} {
			w := &web{options: PoolOptions{MaxIdle: 2}, make: pair}
			w.serve = func(_ int, c net.Conn) {
				defer c.Close()
				for b := []byte("head"); ; {
					if _, err := io.ReadFull(c, b); err != nil {
						return
					}
					io.WriteString(c, row.says)
				}
			}
			for range 3 {
				if got, err := w.ask(t, row.method, nil); got != row.body || err != nil {
					t.Errorf("%s, %s: %q, %v", row.name, name, got, err)
				}
			}
			if kept := w.dials == 1; kept != row.kept {
				t.Errorf("%s, %s: %d connections for 3 requests", row.name, name, w.dials)
			}
			w.pool.CloseIdle()
		}
	}
}

// What a backend says on an idle connection is never the next response: the connection is closed,
// and the log told.
func TestUnsolicitedBytes(t *testing.T) {
	for name, pair := range map[string]func() (net.Conn, net.Conn){
		"socket": func() (net.Conn, net.Conn) { return netiotest.Unix(t) },
		"pipe":   net.Pipe,
	} {
		say, said := make(chan struct{}), make(chan struct{})
		w := &web{options: PoolOptions{MaxIdle: 2}, make: pair}
		w.serve = func(n int, c net.Conn) {
			defer c.Close()
			io.ReadFull(c, []byte("head"))
			io.WriteString(c, okResponse)
			if n == 1 {
				<-say
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
				close(said)
			}
			io.Copy(io.Discard, c)
		}
		if got, err := w.ask(t, "GET", nil); got != "ok" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		close(say)
		if name == "socket" {
			<-said
		} else { // a pipe's write ends only when all is read, which nobody does
			k := w.pool.idle[0]
			k.background <- <-k.background
		}
		if got, err := w.ask(t, "POST", nil); got != "ok" || err != nil || w.dials != 2 {
			t.Errorf("%s: %q, %v, by %d connections", name, got, err, w.dials)
		}
		if !strings.Contains(w.log.String(), "bytes beyond a response on a kept connection") {
			t.Errorf("%s: the log has %q", name, w.log.String())
		}
		w.pool.CloseIdle()
		<-said
	}
}

// A kept connection that the backend closes as the request comes: what may be sent twice is.
func TestRequestOnAClosedConnection(t *testing.T) {
	for _, row := range []struct {
		method string
		body   io.Reader
		taken  string // of the second request, before the backend closes
		want   string
	}{
		{"GET", nil, "head", "ok"}, {"DELETE", nil, "head", "ok"}, {"POST", nil, "head", ""},
		// half a request cannot have been served
		{"POST", nil, "h", "ok"},
	} {
		w := &web{options: PoolOptions{MaxIdle: 2}, make: net.Pipe}
		w.serve = func(_ int, c net.Conn) {
			defer c.Close()
			io.ReadFull(c, []byte("head"))
			io.WriteString(c, okResponse)
			io.ReadFull(c, []byte(row.taken))
		}
		w.ask(t, "GET", nil)
		got, err := w.ask(t, row.method, row.body)
		if got != row.want || (err == nil) != (row.want != "") || err != nil && !errors.Is(err, protocol.ErrUpstream) {
			t.Errorf("%s: %q, %v", row.method, got, err)
		}
		w.pool.CloseIdle()
	}
}

// An idle connection is closed when its time is over.
func TestKeptConnectionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Time, 1)
		w := &web{options: PoolOptions{MaxIdle: 2, IdleTimeout: 90 * time.Second}, make: net.Pipe}
		w.serve = func(_ int, c net.Conn) {
			io.ReadFull(c, []byte("head"))
			io.WriteString(c, okResponse)
			c.Read([]byte("x"))
			ended <- time.Now()
			c.Close()
		}
		began := time.Now()
		w.ask(t, "GET", nil)
		if took := (<-ended).Sub(began); took != 90*time.Second {
			t.Errorf("closed after %v", took)
		}
	})
}
