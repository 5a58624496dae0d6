package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/gateway/upstream"
	"github.com/postern-gateway/postern/protocol"
)

// onlyRead hides what else a reader can do.
type onlyRead struct{ io.Reader }

// A closing body counts how often it is closed.
type closing struct {
	io.Reader
	n *int
}

func (c closing) Close() error { *c.n++; return nil }

// echo answers with the request's body.
func echo(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
	body := r.Body
	if body == nil {
		body = strings.NewReader("no body")
	}
	return &protocol.Response{Status: 200, Header: make(http.Header), Body: io.NopCloser(body)}, nil
}

// What another backend gets is the whole body, or else no other is asked.
func TestBodies(t *testing.T) {
	large := strings.Repeat("x", 100<<10)
	for _, row := range []struct {
		name   string
		method string
		err    error
		body   string
		read   int  // of the body, by the backend that fails
		again  bool // there is a GetBody
		data   bool // there is a second stream
		other  bool // the other backend has the request
	}{
		{name: "no body", method: "GET", err: errClosed, other: true},
		{name: "untouched", method: "POST", err: errRefused, body: large, other: true},
		{name: "a small part was read", method: "PUT", err: errClosed, body: large, read: 100, other: true},
		{name: "all of a small one was read", method: "PUT", err: errClosed, body: "small", read: 100, other: true},
		{name: "a large part was read", method: "PUT", err: errClosed, body: large, read: 50 << 10},
		{name: "a large part was read, and it can be had again", method: "PUT", err: errClosed, body: large, read: 50 << 10, again: true, other: true},
		{name: "all was read, and it can be had again", method: "POST", err: errRefused, body: large, read: 200 << 10, again: true, other: true},
		{name: "a second stream", method: "PUT", err: errRefused, body: "small", data: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := client(func(ctx context.Context, r *protocol.Request) (*protocol.Response, error) {
				if r.Body != nil {
					io.CopyN(io.Discard, r.Body, int64(row.read))
				}
				return nil, row.err
			})
			b := balancer(t, new(upstream.Balancer), upstream.Backend{Name: "A", Client: a}, upstream.Backend{Name: "B", Client: client(echo)})
			r, closed := request(row.method), 0
			want := "no body"
			if row.body != "" {
				r.Body, r.ContentLength, want = onlyRead{strings.NewReader(row.body)}, int64(len(row.body)), row.body
			}
			if row.again {
				r.GetBody = func() (io.Reader, error) { return closing{strings.NewReader(row.body), &closed}, nil }
			}
			if row.data {
				r.Data = strings.NewReader("data")
			}
			if !row.other {
				want = row.err.Error()
			}
			if got := askFor(t, b, r); got != want {
				t.Errorf("got %d bytes, want %d: %.80q", len(got), len(want), got)
			}
			if row.again != (closed == 1) {
				t.Errorf("what GetBody returned was closed %d times", closed)
			}
		})
	}
}

// The bounds of trying: a number, a time, and the end of the client.
func TestTries(t *testing.T) {
	for _, row := range []struct {
		name  string
		b     *upstream.Balancer
		took  time.Duration // each try
		gone  bool
		tries int64
	}{
		{name: "each once", b: new(upstream.Balancer), tries: 4},
		{name: "a number", b: &upstream.Balancer{MaxTries: 2}, tries: 2},
		{name: "once", b: &upstream.Balancer{MaxTries: 1}, tries: 1},
		{name: "a time", b: &upstream.Balancer{RetryTimeout: 25 * time.Millisecond}, took: 10 * time.Millisecond, tries: 3},
		{name: "the client has gone", b: new(upstream.Balancer), gone: true, tries: 1},
	} {
		t.Run(row.name, func(t *testing.T) { testTries(t, row.b, row.took, row.gone, row.tries) })
	}
}

// The error is that of the last backend, which Stats count too.
func testTries(t *testing.T, b *upstream.Balancer, took time.Duration, gone bool, want int64) {
	inBubble(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		defer end()
		last := ""
		for _, name := range []string{"A", "B", "C", "D"} {
			balancer(t, b, upstream.Backend{Name: name, Client: client(func(context.Context, *protocol.Request) (*protocol.Response, error) {
				last = name
				<-time.After(took)
				if gone {
					end()
				}
				return nil, &protocol.Error{Op: name, Kind: protocol.ErrUpstream, NotSent: true}
			})})
		}
		_, err := b.RoundTrip(ctx, request("POST"))
		if e, ok := errors.AsType[*protocol.Error](err); !ok || e.Op != last {
			t.Errorf("%v, after %s", err, last)
		}
		n := int64(0)
		for _, s := range b.Stats().Backends {
			if n += s.Requests; s.Active != 0 {
				t.Errorf("%+v", s)
			}
		}
		if n != want {
			t.Errorf("%d tries, want %d", n, want)
		}
	})
}
