package endpoint

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/postern-gateway/postern/protocol"
)

// A failing connection takes the first takes bytes that are written to it, and then fails. Its
// peer says nothing.
type failing struct {
	net.Conn
	takes int
	cause error
}

func (c *failing) Write(p []byte) (int, error) {
	n := min(len(p), c.takes)
	if c.takes -= n; n < len(p) {
		return n, c.cause
	}
	return n, nil
}

func (c *failing) Read([]byte) (int, error) { return 0, io.EOF }

// dials are what connecting to a backend comes to, one after another.
type dials []func() (net.Conn, error)

func refused() (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

func takes(n int, cause error) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		theirs.Close()
		return &failing{ours, n, cause}, nil
	}
}

// says connects to a backend that reads what comes, says answer and closes.
func says(answer string) func() (net.Conn, error) {
	return func() (net.Conn, error) { return answering(answer), nil }
}

// kept are connections that are good for one request, and for the writing of so many bytes more.
func kept(answer string, more int) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			theirs.Read(make([]byte, 64<<10))
			io.WriteString(theirs, answer)
		}()
		return &keptConn{Conn: ours, peer: theirs, more: more}, nil
	}
}

type keptConn struct {
	net.Conn
	peer   net.Conn
	writes int
	more   int
}

func (c *keptConn) Write(p []byte) (int, error) {
	if c.writes++; c.writes == 1 {
		return c.Conn.Write(p)
	}
	c.peer.Close()
	return min(len(p), c.more), syscall.EPIPE
}

// keptAnswers are answers after which the connection is kept.
var keptAnswers = map[string]string{
	"fastcgi": answers["fastcgi"],
	"http":    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
}

// TestNotSent: NotSent is set where it is certain that nothing of the request has been written, and
// nowhere else, by every client; and so is
// ResponseBegan where a byte of a response has come.
func TestNotSent(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for scheme := range answers {
		for _, row := range []struct {
			name  string
			ctx   context.Context
			dials dials
			first bool // a request goes before, whose connection is kept
			want  bool
			began bool // ResponseBegan
		}{
			{name: "connection refused", dials: dials{refused}, want: true},
			{name: "the client has gone, and dialling fails of it", ctx: ended, dials: dials{func() (net.Conn, error) { return nil, context.Canceled }}, want: true},
			{name: "an error of dialling that is its own", dials: dials{func() (net.Conn, error) {
				return nil, &protocol.Error{Op: "connect", Kind: protocol.ErrUpstream, Detail: "none", Status: 503}
			}}, want: true},
			{name: "closed before the first byte", dials: dials{takes(0, syscall.EPIPE)}, want: true},
			{name: "too slow for the first byte", dials: dials{takes(0, os.ErrDeadlineExceeded)}, want: true},
			{name: "closed after the first byte", dials: dials{takes(1, syscall.EPIPE)}},
			{name: "too slow for the second byte", dials: dials{takes(1, os.ErrDeadlineExceeded)}},
			{name: "closed after the request", dials: dials{takes(1<<20, nil)}},
			{name: "no answer", dials: dials{says("")}},
			{name: "no head", dials: dials{says("what is this?\r\n\r\n")}, began: true},
			{name: "a kept connection that takes nothing, and then none", first: true, dials: dials{kept(keptAnswers[scheme], 0), refused}, want: true},
			{name: "a kept connection that takes a byte, and then none", first: true, dials: dials{kept(keptAnswers[scheme], 1), refused}},
		} {
			if row.first && keptAnswers[scheme] == "" {
				continue
			}
			t.Run(scheme+"/"+row.name, func(t *testing.T) {
				option := ""
				if scheme == "fastcgi" {
					option = "?keep=1"
				}
				e, err := Parse(scheme + "://127.0.0.1:9" + option)
				if err != nil {
					t.Fatal(err)
				}
				left := row.dials
				e.connect = func(context.Context, string, string) (net.Conn, error) {
					dial := left[0]
					left = left[1:]
					return dial()
				}
				c, err := e.Client(nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				ask := func(ctx context.Context) error {
					res, err := c.RoundTrip(ctx, &protocol.Request{Params: protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", "/",
						"PATH_INFO", "/", "SERVER_PROTOCOL", "HTTP/1.1", "HTTP_HOST", "h")})
					if err == nil {
						io.Copy(io.Discard, res.Body)
						res.Body.Close()
					}
					return err
				}
				ctx := t.Context()
				if row.ctx != nil {
					ctx = row.ctx
				}
				if row.first {
					if err := ask(ctx); err != nil {
						t.Fatal(err)
					}
				}
				err = ask(ctx)
				own, ok := errors.AsType[*protocol.Error](err)
				if !ok || own.NotSent != row.want || own.ResponseBegan != row.began {
					t.Errorf("%#v: %v, want NotSent %v, ResponseBegan %v", own, err, row.want, row.began)
				}
				if len(left) > 0 {
					t.Errorf("%d dials are left", len(left))
				}
			})
		}
	}
}
